"""Rate limits: 429 with Retry-After, counted as refused, and no other sender's business."""

from __future__ import annotations

import json
from collections.abc import Iterator
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from collector.app import create_app
from collector.config import Settings
from collector.domain.ip import Address
from collector.errors import RateLimited
from collector.ingest.rates import ADDRESS, SITE, SUBJECTS, Admission, RateLimits, Rates, network_of
from tests.support.app import PREFIX, WRITE_KEY, Answer, App

EVENT = {"type": "track", "event": "e", "anonymousId": "visitor"}
TIGHT: dict[str, Any] = {"address_requests": 0.2, "address_events": 0, "address_visitors": 0}
"""Rate: two requests, then one per 5 s."""


@pytest.fixture
def tight(tmp_path: Path) -> Iterator[App]:
    with App(tmp_path / "data", **TIGHT) as app:
        yield app


def _segment_body_key(app: App) -> Answer:
    return app.batch(EVENT)


def _segment_header_key(app: App) -> Answer:
    return app.post("/v1/track", EVENT, x_write_key=WRITE_KEY)


def _segment_prefix(app: App) -> Answer:
    return app.post(f"/{PREFIX}/v1/batch", {"batch": [EVENT], "writeKey": WRITE_KEY})


def _bento(app: App) -> Answer:
    return app.bento({"events": [{"type": "t", "email": "ada@example.com"}]})


WAYS = {
    "key in the body": _segment_body_key,
    "key in a header": _segment_header_key,
    "prefix": _segment_prefix,
    "Bento": _bento,
}


@pytest.mark.parametrize("way", WAYS)
def test_a_flood_is_refused_and_counted(tight: App, way: str) -> None:
    answers = [WAYS[way](tight) for _ in range(6)]
    assert [answer.status for answer in answers] == [200, 200, 429, 429, 429, 429]
    for answer in answers[2:]:
        assert 1 <= int(answer.headers["retry-after"]) <= 60
    tight.installation.journal.stop()
    counts = tight.assert_conserved()
    assert (counts["received"], counts["refused"]) == (6, 4)


def test_a_refusal_can_be_read_by_the_page(tight: App) -> None:
    origin = "https://www.example.com"
    answers = [
        tight.request("POST", f"/{PREFIX}/v1/track", json.dumps(EVENT).encode(), {"origin": origin, "x-write-key": WRITE_KEY})
        for _ in range(3)
    ]
    assert answers[-1].status == 429
    assert answers[-1].json["code"] == "rate_limited"
    assert answers[-1].headers["access-control-allow-origin"] in ("*", origin)
    assert answers[-1].headers["access-control-expose-headers"] == "retry-after"


def test_a_flood_is_seen(tight: App) -> None:
    """Log line, one for all of them, and a metric."""
    with capture_logs() as lines:
        for _ in range(6):
            tight.batch(EVENT)
    assert len([line for line in lines if "refused" in line["event"]]) == 1
    assert 'passerby_refusals_total{limit="address_requests"} 4.0' in tight.request("GET", "/metrics").body.decode()


@pytest.mark.parametrize("what", ["requests", "events", "visitors"])
@pytest.mark.parametrize("subject", ["site", "key", "address"])
def test_rate_limits_are_kept_and_told(tmp_path: Path, subject: str, what: str) -> None:
    """Limits by the nine settings, one by one; batches go into debt: the second is refused."""
    rates: dict[str, Any] = {f"{of}_{kind}": 0 for of in SUBJECTS for kind in RateLimits.__struct_fields__}
    with App(tmp_path / "data", **{**rates, f"{subject}_{what}": 0.1}) as app:
        batches: list[list[dict[str, Any]]] = [
            [{**EVENT, "anonymousId": f"visitor-{number}-{batch}"} for number in range(3)] for batch in range(2)
        ]
        assert [app.batch(*events).status for events in batches] == [200, 429]
        assert f'limit="{subject}_{what}"' in app.request("GET", "/metrics").body.decode()
        if what == "visitors":
            assert app.batch(*batches[0]).status == 200, "who has been seen goes on"
        app.installation.journal.stop()
        assert app.assert_conserved()["refused"] == 3 if what != "requests" else 1


def test_rate_limits_unset_limit_nothing(tmp_path: Path) -> None:
    rates: dict[str, Any] = {f"{of}_{kind}": 0 for of in SUBJECTS for kind in RateLimits.__struct_fields__}
    with App(tmp_path / "data", **rates) as app:
        assert {app.batch(EVENT).status for _ in range(50)} == {200}


def test_ten_million_visitors_never_meet_the_defaults() -> None:
    """A month's visitors, with ten requests of two events; the busiest second ten times the mean, all through one proxy that
    nobody has named as trusted, so that they share an address."""
    busiest = 10_000_000 / (30 * 86_400) * 10
    for limit in Settings().rate_limits.values():
        assert limit.visitors > busiest
        assert limit.events > busiest * 10 * 2
    assert Settings().key_requests > busiest * 10
    assert Settings().address_requests * 10 > busiest * 10, "for ten seconds on end"


def test_a_network_is_one_sender() -> None:
    assert network_of(ip_address("2001:db8::1")) == network_of(ip_address("2001:db8:0:0:ffff::2"))
    assert network_of(ip_address("2001:db8::1")) != network_of(ip_address("2001:db8:0:1::1"))
    assert network_of(ip_address("192.0.2.1")) != network_of(ip_address("192.0.2.2"))
    assert network_of(ip_address("0.0.0.1")) != network_of(ip_address("::1"))


def test_a_header_makes_no_new_sender(tight: App) -> None:
    forged = [
        tight.request(
            "POST", "/v1/track", json.dumps(EVENT).encode(), {"x-write-key": WRITE_KEY, "x-forwarded-for": f"192.0.2.{n}"}
        )
        for n in range(4)
    ]
    assert [answer.status for answer in forged] == [200, 200, 429, 429]


def test_behind_a_trusted_proxy_each_visitor_is_one(tmp_path: Path) -> None:
    with App(tmp_path / "data", trusted_proxies=("127.0.0.1",), **TIGHT) as app:
        asked = [
            app.request(
                "POST", "/v1/track", json.dumps(EVENT).encode(), {"x-write-key": WRITE_KEY, "x-forwarded-for": f"192.0.2.{n}"}
            )
            for n in range(4)
        ]
        assert {answer.status for answer in asked} == {200}


def asked(rates: Rates, address: Address | None) -> Admission:
    admission = rates.admission(address)
    assert admission is not None
    return admission


def test_a_flood_of_one_site_takes_nothing_from_another() -> None:
    """Same address too; and what is refused for an address is not taken from its site and key."""
    now = [0.0]
    one = RateLimits(requests=1)
    rates = Rates({ADDRESS: one, SITE: RateLimits(requests=2)}, clock=lambda: now[0])
    flooder, other = ip_address("192.0.2.1"), ip_address("192.0.2.2")
    refused = 0
    for _ in range(100):
        try:
            asked(rates, flooder).know(1, "k")
        except RateLimited:
            refused += 1
    assert refused == 90
    asked(rates, other).know(1, "k")
    asked(rates, flooder).know(2, "l")


def test_both_applications_stand_behind_the_gate(tight: App) -> None:
    assert create_app(tight.installation).asgi_handler.__name__ == "gated"
