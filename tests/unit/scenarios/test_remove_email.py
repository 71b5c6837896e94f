"""Removal of a person's address by hand (K17)."""

from __future__ import annotations

import pytest

from collector.domain.corrections import RemoveEmail
from collector.errors import Conflict, NotFound
from collector.storage import tables
from collector.storage.operations.corrections import Outcome, carry_out
from tests.unit.web.api.conftest import everything

from .story import Story


@pytest.fixture(autouse=True)
def two_addresses(story: Story) -> None:
    story.identify("x", "A", email="Old@x.io")
    story.identify("x", "A", email="new@x.io")


def remove(story: Story, name: str, email: str, preview: bool = False) -> Outcome:
    app = story.app
    correction = RemoveEmail(int(story.id_of(name)), email)
    return carry_out(app.installation.store, app.site, correction, "t", app.clock.now, preview=preview)


def test_a_removed_address_finds_nobody(story: Story) -> None:
    """K17, By hand. Given two addresses of A; when one is removed; then it finds nobody, nothing of it is remembered, and all else stays."""
    before = story.timeline("A")
    remove(story, "A", " OLD@X.io ")
    assert story.person("A")["emails"] == ["new@x.io"]
    assert story.people() == {"A"}
    assert story.get("/api/people?email=old@x.io")["people"] == []
    assert story.timeline("A") == before
    assert [row.addresses for row in story.app.rows(tables.person)] == [
        {"new@x.io": {"strength": 30, "at": story.app.clock.now}}
    ]
    (entry,) = story.entries("address_removed")
    assert (entry["name"], entry["detail"]["address"]) == ("Address removed", "Old@x.io")


def test_the_preview_of_a_removal_changes_nothing(story: Story) -> None:
    """By hand. Given two addresses of A; when a removal is previewed; then it says who is left with what, and nothing is changed."""
    before = everything(story.app)
    (moved,) = remove(story, "A", "old@x.io", preview=True).people
    assert moved.before is not None and moved.after is not None
    assert (moved.before.person.emails, moved.after.person.emails) == (["new@x.io", "Old@x.io"], ["new@x.io"])
    assert everything(story.app) == before


def test_removed_address_goes_to_the_next_who_says_it(story: Story) -> None:
    """K17, By hand. Given an address was removed from A; when B says it; then it is B's, and no longer A's to say."""
    remove(story, "A", "old@x.io")
    story.identify("y", "B", email="old@x.io")
    assert story.person("B")["emails"] == ["old@x.io"]
    story.identify("x", "A", email="old@x.io")
    assert story.person("A")["emails"] == ["new@x.io"]


def test_an_address_of_somebody_who_was_merged_is_removed(story: Story) -> None:
    """K13, By hand. Given a lead joined A; when its address is removed and the merge undone; then it finds nobody."""
    story.identify("y", email="lead@x.io")
    story.identify("x", "A", email="lead@x.io")
    remove(story, "A", "lead@x.io")
    assert story.person("A")["emails"] == ["new@x.io", "Old@x.io"]
    story.unmerge(story.last_merge())
    assert story.get("/api/people?email=lead@x.io")["people"] == []
    (entry,) = story.entries("address_removed")
    assert (entry["person"]["person_id"], entry["other"]["label"]) == (
        story.id_of("A"),
        f"Person {entry['other']['person_id']}",
    )


def test_each_removal_has_its_entry(story: Story) -> None:
    """R30, By hand. Given an address is removed, said again and removed again; then each removal has an entry of its own."""
    for _ in range(2):
        remove(story, "A", "old@x.io")
        story.identify("x", "A", email="old@x.io")
    assert [entry["other"] for entry in story.entries("address_removed")] == [None, None]


def test_address_of_nobody_is_not_removed(story: Story) -> None:
    """By hand. Given an only name, and what is none of A's addresses; when their removal is asked for; then it is refused, with the reason."""
    story.identify("y", email="lead@x.io")
    with pytest.raises(Conflict, match="all that names the person; delete the person instead"):
        remove(story, "lead@x.io", "lead@x.io")
    for other in ("lead@x.io", "unknown@x.io", "A", ""):
        with pytest.raises(Conflict, match="none of the person's addresses"):
            remove(story, "A", other)
    with pytest.raises(NotFound):
        carry_out(story.app.installation.store, story.app.site, RemoveEmail(1, "a@x.io"), "t", 1)


def test_an_address_is_removed_over_http(story: Story) -> None:
    """By hand. Given two addresses of A; when the API is asked; then a preview stands in the body, and what does not fit is refused."""
    path = f"/api/people/{story.id_of('A')}/remove_email"
    would = story.do("POST", path, {"email": "old@x.io", "preview": True})
    assert would["people"][0]["after"]["emails"] == ["new@x.io"]
    assert story.person("A")["emails"] == ["new@x.io", "Old@x.io"]
    story.do("POST", path, {"email": "old@x.io"})
    assert story.person("A")["emails"] == ["new@x.io"]
    assert story.api("POST", path, {"email": "old@x.io"}).status == 409
    assert story.api("POST", path, {}).status == 400
    assert story.api("POST", path, {"email": "a@x.io", "previw": True}).status == 400
