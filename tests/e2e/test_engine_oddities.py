"""Pages that are unlike others: credentials in the address, a wrapped `fetch`, Trusted Types, XHTML; and what `debug()` says of
healthy ones.

What browsers do differently is tried in each; the rest in Chromium.
"""

from __future__ import annotations

import re

import pytest

from .beacons import ABSENT, Event, identify, page, track
from .engines import Engine
from .rounds import Case, Rounds
from .servers import PAGES, Host

CALLED = track("called", properties={"n": 1})
SOURCE = (PAGES / "oddities.js").read_text()
NAMED = re.findall(r'^  "([\w-]+)": ', SOURCE, re.MULTILINE)

WRAPPED = [name for name in NAMED if name.split("-")[0] in ("string", "init", "request", "answer")]
"""Doings of a page's own `fetch` with its arguments and its answer."""
TRUSTED = [name for name in NAMED if name.startswith("trusted")]
REFUSING = ("trusted-none", "trusted-another", "trusted-taken")
"""Policies under which the loader may make no script, also because the page has made one of its name: nothing is thrown."""
CREDENTIALS = ["oddities", "oddities-script", "oddities-relative", "oddities-loader", "oddities-relative-adrift"]
"""Forms of the snippet, on a page whose address holds a name and a password."""
XHTML = ["xhtml-queue", "xhtml-loader", "xhtml-script"]


def both(address: str) -> list[Event]:
    return [page(f"/{address}"), CALLED]


def view_only(address: str) -> list[Event]:
    return [page(f"/{address}")]


def called_in(address: str) -> list[Event]:
    """Plain tag: no function to call exists before the script does."""
    return view_only(address) if address.endswith(("script", "relative", "adrift")) else both(address)


def wrapped() -> dict[str, Case]:
    return {name: Case(f"oddities?{name}", both("oddities"), {"called": True, "trouble": ""}) for name in WRAPPED}


def trusted() -> dict[str, Case]:
    queue = {f"oddities {name}": Case(f"oddities?{name}", both("oddities")) for name in TRUSTED}
    loader = {
        f"oddities-loader {name}": Case(
            f"oddities-loader?{name}",
            [] if name in REFUSING else both("oddities-loader"),
            # Refusals are reported by the browser, and are no error of ours.
            forgiven="rusted" if name in REFUSING else "",
        )
        for name in TRUSTED
    }
    return queue | loader


def credentials() -> dict[str, Case]:
    return {f"{one} credentials": Case(f"{one}?credentials", called_in(one), credentials="user:secret") for one in CREDENTIALS}


def xhtml() -> dict[str, Case]:
    return {one: Case(f"{one}?xhtml", called_in(one)) for one in XHTML}


def debug() -> dict[str, Case]:
    events: dict[str, list[Event]] = {
        "debug": both("oddities"),
        "debug-reloaded": both("oddities") * 3,
        "debug-slow-locks": both("oddities"),
        "debug-left-behind": both("oddities") * 2,
        "debug-left-behind-twice": both("oddities") * 3,
        "debug-page": [page("/oddities", name="Extra"), CALLED, page("/oddities", name=ABSENT)],
        "debug-routes": [*both("oddities"), page("/one"), page("/two")],
        "debug-identified": [*both("oddities"), identify("user-7"), {"type": "group", "groupId": "company-3"}],
        "debug-withdrawn": both("oddities"),
    }
    made = {name: Case(f"oddities?{name}", sent, {"errors": []}, leaves=True) for name, sent in events.items()}
    for site in ("hash", "captures", "message"):
        made[f"debug {site}"] = Case(f"oddities-{site}?debug", both(f"oddities-{site}"), {"errors": []})
    made["debug-consent"] = Case("oddities-consent?debug-consent", view_only("oddities-consent"), {"errors": []})
    made["debug consent"] = Case("oddities-consent?debug", [], {"errors": []})
    return made


DEBUG = debug()
TAKING_OVER = {name: case for name, case in DEBUG.items() if "left-behind" in name or "locks" in name}
"""Queues of other pages are taken over under the engine's own locks."""
IN_EACH = xhtml() | trusted() | TAKING_OVER
IN_CHROMIUM = wrapped() | credentials() | {name: case for name, case in DEBUG.items() if name not in TAKING_OVER}


@pytest.fixture(scope="module")
def rounds(engine: Engine, host: Host) -> Rounds:
    return Rounds(engine, host, IN_EACH)


@pytest.fixture(scope="module")
def in_chromium(chromium: Engine, host: Host) -> Rounds:
    return Rounds(chromium, host, IN_CHROMIUM)


@pytest.mark.parametrize("name", wrapped())
def test_a_page_that_wraps_fetch_gets_a_text_and_a_plain_init(in_chromium: Rounds, name: str) -> None:
    in_chromium[name].check()


@pytest.mark.table(chromium=3, others=9)
@pytest.mark.parametrize("name", trusted())
def test_trusted_types_have_nothing_thrown_into_the_page(rounds: Rounds, name: str) -> None:
    """The queue's script is the page's own markup, which no policy is about; the loader asks for the policy `passerby`."""
    visit = rounds[name]
    visit.check()
    assert [line for line in visit.visitor.complaints if not line.startswith("violated: ")] == []


@pytest.mark.parametrize("name", credentials())
def test_credentials_in_the_address_are_no_part_of_what_is_sent(in_chromium: Rounds, name: str) -> None:
    visit = in_chromium[name]
    visit.check()
    for request in visit.visitor.beacons.requests:
        assert b"secret" not in request.body
        assert "secret" not in f"{request.path} {request.headers}"


@pytest.mark.table(others=2)
@pytest.mark.parametrize("name", xhtml())
def test_each_form_is_well_formed_xml(rounds: Rounds, name: str) -> None:
    rounds[name].check()


@pytest.mark.parametrize("name", [name for name in DEBUG if name in IN_CHROMIUM])
def test_debug_says_nothing_of_errors_on_a_healthy_page(in_chromium: Rounds, name: str) -> None:
    in_chromium[name].check()


@pytest.mark.parametrize("name", TAKING_OVER)
def test_debug_says_nothing_of_errors_where_a_queue_was_taken_over(rounds: Rounds, name: str) -> None:
    rounds[name].check()
