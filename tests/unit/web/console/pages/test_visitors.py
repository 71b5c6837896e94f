"""Anonymous id in all its states: epochs, shared browsers, merged, detached."""

from __future__ import annotations

import pytest

from collector.domain.corrections import LogOut
from collector.storage.operations.corrections import carry_out

from ..browser import Desk

pytestmark = pytest.mark.stores("sqlite", "postgresql")


def log_out(desk: Desk, anonymous_id: str) -> None:
    desk.app.clock.wait(1)
    now = desk.app.clock.now
    carry_out(desk.app.installation.store, desk.app.site, LogOut(anonymous_id, now), "api", now)


def test_a_plain_visitor(desk: Desk) -> None:
    desk.page("x")
    text = desk.read("/visitors/x")
    assert "Nobody knows yet who this is" in text and "Attach to a person…" in text
    assert "Detach…" not in text and "Epochs" not in text


def test_touches_of_a_visitor(desk: Desk) -> None:
    """Touches on the visitor's page, and the later person's; what strangers say is shown as text."""
    desk.page("x", context={"page": {"url": "https://shop.test/a", "referrer": "https://search.test/"}})
    desk.page("x", context={"page": {"url": "https://shop.test/b?utm_campaign=%3Cb%3E"}, "campaign": {"odd": [1]}})
    desk.identify("x", "ada")
    for path in ("/visitors/x", f"/people/{desk.number('ada')}"):
        text = desk.read(path)
        assert "First touch 2026-11-22 04:00:01 from https://search.test/ to https://shop.test/a" in text
        assert "Last touch 2026-11-22 04:00:02 direct, no referrer to https://shop.test/b name: <b> odd: [ 1 ]" in text


def test_an_address_that_was_typed_here(desk: Desk) -> None:
    """Mark of the weakest proof; and when an account takes the browser over, whom else it may be."""
    desk.identify("x", None, email="lead@x.io")
    assert "Mapped ID lead@x.io merged 2026-11-22 04:00:01; address typed, not proven" in desk.read("/visitors/x")
    desk.identify("x", "ada")
    text = desk.read("/visitors/x")
    assert "Mapped ID ada merged 2026-11-22 04:00:02; Unverified (browser)" in text
    assert "Possible matches Spoke in this browser too, and perhaps the same human." in text
    lead, ada = desk.number("lead@x.io"), desk.number("ada")
    assert f'href="/console/merge?source={lead}&amp;target={ada}"' in desk.get("/visitors/x").text
    desk.page("y")
    desk.identify("y", "ada")
    assert "Possible matches" not in desk.read("/visitors/y")


def test_a_contested_browser(desk: Desk) -> None:
    desk.page("x")
    desk.identify("x", "ada")
    desk.identify("x", "bob")
    desk.page("x")
    text = desk.read("/visitors/x")
    assert "Shared browser Somebody else signed in here too." in text
    assert "Epochs ada from the beginning, 1 event, merged 2026-11-22" in text
    assert "Contested, belongs to nobody since 2026-11-22 04:00:03, 1 event" in text


def test_an_epoch_that_ended_with_a_log_out(desk: Desk) -> None:
    desk.page("x")
    desk.identify("x", "ada")
    log_out(desk, "x")
    desk.page("x")
    assert "Belongs to nobody yet since 2026-11-22 04:00:03, 1 event" in desk.read("/visitors/x")
    assert "Somebody logged out at 2026-11-22 04:00:03, said the API." in desk.read("/activity?tab=log")
    desk.identify("x", "bob")
    text = desk.read("/visitors/x")
    assert "ada from the beginning, 1 event" in text and "bob since 2026-11-22 04:00:03, 1 event" in text
    assert desk.read(f"/people/{desk.number('bob')}").count("Detach…") == 1


def test_a_person_lists_a_browser_once(desk: Desk) -> None:
    """Claims, two of one browser: two lines of one device, with one way to detach it."""
    desk.page("x")
    desk.identify("x", "ada")
    for _ in range(2):
        log_out(desk, "x")
        desk.page("x")
        desk.identify("x", "ada")
    text = desk.read(f"/people/{desk.number('ada')}")
    assert text.count("Detach…") == 1 and text.count("reaches back to") == 3 and "x 3 events · Detach…" in text
    assert "Events on the timeline 6 3" in desk.read("/detach?id=x")
