"""User-Agent: browser, system, device; a page's header speaks for its visitor, a server's does not."""

from __future__ import annotations

import json
import threading

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from collector.enrichers import user_agent
from collector.enrichers.user_agent import MAX_LENGTH, Client, client_of
from collector.ingest.context import AT_ONCE, OFF_LOOP, Allowance
from tests.support.app import WRITE_KEY, App

CHROME = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36"
IPHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_4 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.4 "
    "Mobile/15E148 Safari/604.1"
)
BOT = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"


def seen(text: str) -> Client:
    found = client_of(text, Allowance(1))
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("text", "browser", "device", "is_bot"),
    [
        (CHROME, "Chrome", "desktop", False), (IPHONE, "Mobile Safari", "mobile", False), (BOT, "Googlebot", "bot", True),
        ("curl/8.0", "curl", "bot", True), ("python-requests/2.31.0", "Python Requests", "bot", True), ("", "Other", "other", False),
        (CHROME.replace("Chrome", "HeadlessChrome"), "HeadlessChrome", "bot", True),
    ],
)  # fmt: skip
def test_client(text: str, browser: str, device: str, is_bot: bool) -> None:
    client, found = seen(text)
    assert (client["browser"], client["device"], found) == (browser, device, is_bot)


def _post(app: App, headers: dict[str, str], **context: str) -> dict[str, object]:
    event = {"type": "track", "event": "e", "anonymousId": "x", "context": context}
    answer = app.request("POST", "/v1/track", json.dumps(event).encode(), {"x-write-key": WRITE_KEY, **headers})
    assert answer.status == 200
    found: dict[str, object] = app.events()[-1]
    return found


def test_user_agent_header_of_page_or_server(app: App) -> None:
    page = {"origin": "https://shop.test", "user-agent": IPHONE}
    assert _post(app, page)["context"] == {"client": seen(IPHONE)[0]}
    assert _post(app, {"user-agent": "analytics-python/2.4.0"})["context"] == {}, "a server's own name is no visitor's"
    assert _post(app, {"user-agent": "Go-http-client"}, userAgent=CHROME)["context"] == {
        "client": seen(CHROME)[0],
        "userAgent": CHROME,
    }
    assert _post(app, page, userAgent=CHROME)["context"] == {"client": seen(CHROME)[0], "userAgent": CHROME}


def test_bots_are_kept_and_marked(app: App) -> None:
    assert _post(app, {"origin": "https://shop.test", "user-agent": BOT})["flags"] == ["bot"]


@pytest.mark.parametrize("text", ["(" * 50_000, "Mozilla/5.0 " + "a; " * 20_000, "Android " * 10_000, "x" * 200_000 + "bot"])
def test_no_text_is_parsed_beyond_its_beginning(app: App, monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    """ReDoS: the parser's expressions have had costly inputs; their time is bounded by the length."""
    parsed: list[str] = []
    parse = user_agent._parse

    def watched(text: str) -> Client:
        parsed.append(text)
        return parse(text)

    monkeypatch.setattr(user_agent, "_known", {})
    monkeypatch.setattr(user_agent, "_parse", watched)
    event = {"type": "track", "event": "e", "anonymousId": "x"}
    headers = {"x-write-key": WRITE_KEY, "origin": "https://shop.test", "user-agent": text}
    assert app.request("POST", "/v1/track", json.dumps(event).encode(), headers).status == 200
    assert parsed == [text[:MAX_LENGTH]]
    assert len(text) > MAX_LENGTH


@settings(max_examples=60)
@given(st.text(max_size=MAX_LENGTH))
def test_no_text_is_an_error(text: str) -> None:
    client, _ = seen(text)
    assert set(client) == {"browser", "browser_version", "os", "os_version", "device"}


def many(number: int) -> list[dict[str, object]]:
    """Events of unseen browsers, each with a long name of its own."""
    agents = [f"{CHROME} {number}-{one} " + "x" * 400 for one in range(number)]
    return [{"type": "track", "event": "e", "anonymousId": "x", "context": {"userAgent": agent}} for agent in agents]


@pytest.mark.parametrize(("number", "parsed"), [(AT_ONCE, AT_ONCE), (30, 30), (850, OFF_LOOP)])
def test_parsing_is_bounded_for_one_request(app: App, monkeypatch: pytest.MonkeyPatch, number: int, parsed: int) -> None:
    """850 names cost 2.6 s of the event loop before. What is past the bound is stored without `client`, and a bot is one still."""
    calls: list[str] = []
    threads: set[str] = set()

    def parse(text: str) -> Client:
        calls.append(text)
        threads.add(threading.current_thread().name)
        return {"browser": "Chrome"}, False

    monkeypatch.setattr(user_agent, "_parse", parse)
    monkeypatch.setattr(user_agent, "_known", {})
    assert app.batch(*many(number)).json["stored"] == number
    with_client = [event for event in app.events() if "client" in event["context"]]
    assert (len(calls), len(with_client)) == (parsed, parsed)
    assert len(set(calls)) == len(calls), "none twice"
    assert all(name.startswith("ingest") for name in threads) == (number > AT_ONCE)


def test_a_bot_past_the_bound_is_marked(app: App) -> None:
    answer = app.batch(
        *many(OFF_LOOP), {"type": "track", "event": "e", "anonymousId": "x", "context": {"userAgent": "Googlebot/9 new"}}
    )
    assert answer.json["stored"] == OFF_LOOP + 1
    assert [event["flags"] for event in app.events() if event["context"]["userAgent"].startswith("Googlebot")] == [["bot"]]
