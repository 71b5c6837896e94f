"""Process as a whole: starting, two at once, its own console port, slow senders, sites made beside it."""

from __future__ import annotations

import json
import socket
import stat
import time
from pathlib import Path

import httpx
import pytest

from tests.support.server import Collector, free_port


def test_the_first_start(tmp_path: Path) -> None:
    """Data directory, schema, site, secret and a password that is said once."""
    data = tmp_path / "not" / "there" / "yet"
    data.parent.mkdir(parents=True)
    with Collector(data) as collector:
        assert stat.S_IMODE((data / "secret").stat().st_mode) == 0o600
        deadline = time.monotonic() + 5
        while "Sign in as admin with" not in collector.log:  # said a moment after the first answer
            assert time.monotonic() < deadline, collector.log
            time.sleep(0.02)
        site = collector.site
        assert set(site) >= {
            "site_id", "name", "write_key", "publishable_key", "secret_key", "script_url", "ingest_url", "snippet_html", "prefix",
        }  # fmt: skip
        script = httpx.get(site["script_url"])
        assert script.status_code == 200
        assert site["write_key"] in script.text
        assert httpx.post(site["ingest_url"], json={"batch": [], "writeKey": site["write_key"]}).status_code == 200
        assert httpx.get(f"{collector.url}/healthz").json()["unsafe"] == []
        assert httpx.get(f"{collector.url}/console/login").status_code == 200
        assert "passerby_events_total" in httpx.get(f"{collector.url}/metrics").text


def test_a_site_made_beside_it_is_usable_at_once(tmp_path: Path) -> None:
    """`site add` in another process: the running server takes its very first request, by every kind of key."""
    with Collector(tmp_path / "data") as collector:
        event = {"type": "track", "event": "e", "anonymousId": "a"}
        collector.send(event)
        for number, path in enumerate(("/v1/track", "{prefix}/v1/track", "/v1/batch/events")):
            site = collector.add_site(f"Site {number}", "--domain", "example.com")
            if "events" in path:
                answer = httpx.post(
                    collector.url + path, json={"events": [{"type": "t", "email": "a@x.io"}]},
                    auth=(site["publishable_key"], site["secret_key"]),
                )  # fmt: skip
            else:
                url = collector.url + path.format(prefix=site["prefix"])
                answer = httpx.post(url, json={**event, "writeKey": site["write_key"]})
            assert answer.status_code == 200, f"{path}: {answer.text}"
        assert httpx.get(collector.add_site("One more")["script_url"]).status_code == 200


def test_a_setting_changed_beside_it_is_followed(tmp_path: Path) -> None:
    with Collector(tmp_path / "data") as collector:
        name = collector.site["name"]
        collector.cli("site", "set", name, "--only-own-origins", "--domain", "https://www.shop.test/")
        deadline = time.monotonic() + 10
        body = {"type": "track", "event": "e", "anonymousId": "a", "writeKey": collector.site["write_key"]}
        while httpx.post(f"{collector.url}/v1/track", json=body, headers={"origin": "https://evil.test"}).status_code != 403:
            assert time.monotonic() < deadline
            time.sleep(0.1)
        answer = httpx.post(f"{collector.url}/v1/track", json=body, headers={"origin": "https://www.shop.test"})
        assert answer.status_code == 200


def test_the_console_on_a_port_of_its_own(tmp_path: Path) -> None:
    port = free_port()
    with Collector(tmp_path / "data", environment={"PASSERBY_CONSOLE_PORT": str(port)}) as collector:
        assert httpx.get(f"http://127.0.0.1:{port}/console/login").status_code == 200
        assert httpx.get(f"{collector.url}/console/login").status_code == 404
        for path in ("/v1/batch", "/v1/track"):
            body = {"type": "track", "event": "e", "anonymousId": "a", "batch": [], "writeKey": collector.site["write_key"]}
            assert httpx.post(f"http://127.0.0.1:{port}{path}", json=body).status_code in (404, 405)
            assert httpx.post(f"{collector.url}{path}", json=body).status_code == 200
        assert f"http://127.0.0.1:{port}/console" in collector.log


def test_a_port_that_is_taken(tmp_path: Path) -> None:
    with Collector(tmp_path / "data") as collector:
        second = Collector(tmp_path / "other", port=collector.port)
        second.start(wait=False)
        assert second.wait(20) == 1
        assert f"Cannot listen on 127.0.0.1:{collector.port}" in second.log
        assert "Traceback" not in second.log
        assert not (tmp_path / "other" / "passerby.db").exists(), "said before anything is made"


def test_a_second_server_on_the_same_data_directory(tmp_path: Path) -> None:
    """Lock of a data directory (F15): the second process says so and leaves the first alone."""
    with Collector(tmp_path / "data") as first:
        second = Collector(tmp_path / "data")
        second.start(wait=False)
        assert second.wait(20) == 1
        assert "Another process serves" in second.log
        assert first.send({"type": "track", "event": "e", "anonymousId": "a"})["stored"] == 1
        first.kill()
        first.start()  # the lock dies with its process
        assert first.api("/api/counts")["stored"] == 1


@pytest.mark.parametrize(
    "start",
    [b"", b"POST /v1/batch HTTP/1.1\r\nHost: x\r\n", b"POST /v1/batch HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{"],
    ids=["nothing", "half the headers", "half the body"],
)
def test_slow_senders_are_closed(tmp_path: Path, start: bytes) -> None:
    environment = {"PASSERBY_HEADER_SECONDS": "1", "PASSERBY_BODY_SECONDS": "1"}
    with Collector(tmp_path / "data", environment=environment) as collector:
        slow = [socket.create_connection(("127.0.0.1", collector.port), timeout=60) for _ in range(20)]
        for one in slow:
            one.sendall(start)
        assert collector.send({"type": "track", "event": "e", "anonymousId": "a"})["stored"] == 1, "others are served"
        for one in slow:
            heard = one.recv(4_000)
            assert heard == b"" or heard.startswith((b"HTTP/1.1 408", b"HTTP/1.1 400")), heard
            one.close()


def test_logs_hold_no_identifiers(tmp_path: Path) -> None:
    with Collector(tmp_path / "data", environment={"PASSERBY_LOG_LEVEL": "debug"}) as collector:
        secret = {"type": "identify", "userId": "ada-secret-id", "anonymousId": "visitor-id", "traits": {"email": "ada@x.io"}}
        collector.send(secret, {"type": "nonsense", "userId": "ada-secret-id"})
        httpx.post(f"{collector.url}/v1/batch", content=b"ada@x.io")
        collector.stop()
        for private in ("ada-secret-id", "visitor-id", "ada@x.io", collector.site["secret_key"]):
            assert private not in collector.log
        lines = [line for line in collector.log.splitlines() if line.startswith("{")]
        assert all(json.loads(line)["level"] for line in lines)
