"""Health: alive, ready, figures of a collector."""

from __future__ import annotations

import re

from tests.support.app import App


def figures(app: App) -> dict[str, float]:
    text = app.request("GET", "/metrics").body.decode()
    return {name: float(value) for name, value in re.findall(r"^(passerby_\S+) (\S+)$", text, re.MULTILINE)}


def test_health(app: App) -> None:
    said = app.request("GET", "/healthz").json
    assert (said["status"], said["store"], said["unsafe"]) == ("ok", "sqlite", [])


def test_ready_until_it_stops(app: App) -> None:
    assert app.request("GET", "/readyz").status == 200
    app.installation.journal.stop()
    answer = app.request("GET", "/readyz")
    assert (answer.status, answer.headers["retry-after"]) == (503, "2")
    assert app.request("GET", "/healthz").status == 200, "alive, though not ready"


def test_metrics_count_how_events_ended(app: App) -> None:
    app.batch({"type": "track", "event": "e", "anonymousId": "visitor-one", "messageId": "m"}, b"7")
    app.batch({"type": "track", "event": "e", "anonymousId": "visitor-one", "messageId": "m"})
    found = figures(app)
    assert found['passerby_events_total{outcome="stored"}'] == 1
    assert found['passerby_events_total{outcome="duplicate"}'] == 1
    assert found['passerby_events_total{outcome="quarantined"}'] == 1
    assert found['passerby_quarantined_total{reason="not_an_object"}'] == 1
    assert found["passerby_commit_seconds_count"] == 2
    assert found["passerby_queued_events"] == 0
    assert "visitor-one" not in app.request("GET", "/metrics").body.decode()
