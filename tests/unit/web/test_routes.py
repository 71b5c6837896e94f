"""Routes that are wired to an installation answer for that one, and when they are wired to another, for that."""

from __future__ import annotations

from pathlib import Path

from collector.app import create_collector, wire
from collector.web.routes import VALUES, Routes
from tests.support.app import App


def test_every_dependency_has_a_value(app: App) -> None:
    assert set(wire(Routes(), app.installation).values) == set(VALUES)


def test_the_installation_wired_last_answers(tmp_path: Path) -> None:
    with App(tmp_path / "first") as first:
        routes = first.asgi
        assert first.batch({"type": "page", "anonymousId": "x"}).status == 200
        assert len(first.get("/api/visitors/x")["events"]) == 1
    with App(tmp_path / "second") as second:
        assert second.asgi is routes, "what one App is done with, the next one has"
        assert second.batch({"type": "page", "anonymousId": "y"}).status == 200
        assert [event["anonymous_id"] for event in second.events()] == ["y"]
        assert second.request("GET", "/api/visitors/x", headers={"authorization": f"Bearer {second.secret_key}"}).status == 404


def test_two_at_once_have_routes_of_their_own(tmp_path: Path) -> None:
    with App(tmp_path / "first") as first, App(tmp_path / "second") as second:
        assert first.asgi is not second.asgi
        first.batch({"type": "page", "anonymousId": "x"})
        assert len(first.events()) == 1 and second.events() == []


def test_a_collector_is_made_with_routes_of_its_own(app: App) -> None:
    made = create_collector(app.installation)
    assert made is not app.asgi
    assert made.asgi_handler.__name__ == "gated"
