"""Deletion of a person, of whom nothing comes back. Rule R28; *Deletion*."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa

from collector.storage import tables

from .story import Story


def trace(story: Story, *words: str) -> list[str]:
    """Places of the store that hold one of these words, as `table.column`."""
    found = []
    with story.app.installation.store.read() as connection:
        for table in tables.metadata.sorted_tables:
            for row in connection.execute(sa.select(table)).mappings():
                found += [f"{table.name}.{name}" for name, value in row.items() if any(word in _text(value) for word in words)]
    return found


def _text(value: Any) -> str:
    return bytes(value).decode("utf-8", "replace") if isinstance(value, bytes | memoryview) else str(value)


def test_a_deleted_person_is_gone(story: Story) -> None:
    """R28. Given A with a history on x; when A is deleted; then neither events, ids, fields nor entries are left."""
    story.page("browser-of-zoe")
    story.identify("browser-of-zoe", "user-zoe", email="Zoe@Word.io", traits={"hobby": "chess-zoe"})
    story.track("browser-of-zoe", "user-zoe", properties={"note": "zoe"})
    story.track(None, "user-zoe")
    story.group("acme", "browser-of-zoe", "user-zoe")
    other, login = story.page("y"), story.identify("y", "B")
    number = story.id_of("user-zoe")
    story.delete("user-zoe")
    assert story.shown() == {"B": [other, login]}
    assert story.people() == {"B"}
    assert story.identified() == 1
    assert not story.was_seen("browser-of-zoe") or not story.visitor("browser-of-zoe")["events"]
    assert story.api("GET", f"/api/people/{number}/events").status == 404
    assert story.members("acme") == set() if story.api("GET", "/api/accounts/acme").status == 200 else True
    assert trace(story, "zoe", "Zoe") == []


def test_deletion_keeps_nothing_of_late_events(story: Story) -> None:
    """Deletion. Given a deleted person; when late events and refused ones arrive; then no table holds who it was."""
    story.identify("browser-of-zoe", "user-zoe", email="zoe@word.io")
    story.delete("user-zoe")
    story.wait(10)
    story.send(
        story.event("page", "browser-of-zoe", at=1), story.event("track", "browser-of-zoe", "user-zoe", at=1),
        story.event("identify", "elsewhere", "user-zoe", at=1), story.event("identify", "elsewhere", email="zoe@word.io", at=1),
        story.event("alias", "elsewhere", "user-zoe", at=1, previousId="browser-of-zoe"),
    )  # fmt: skip
    assert trace(story, "zoe") == []


def test_deletion_then_events_of_the_browser(story: Story) -> None:
    """R28, Sequences. Given A is deleted; when x goes on without a user; then that is dropped, and x is to be given up."""
    story.page("x")
    story.identify("x", "A")
    story.delete("A")
    answer = story.send(story.event("page", "x"), story.event("track", "x"))
    assert (answer.reasons, answer.json["stored"], story.ends) == ([], 2, {"deleted": 2})
    assert story.rotated() == ["x"]
    assert story.shown() == {}
    assert story.get("/api/counts")["reasons"]["deleted"] == 2
    assert story.get("/api/quarantine")["quarantined"] == [] or "x" not in [
        one["body"] for one in story.get("/api/quarantine")["quarantined"]
    ]  # fmt: skip


@pytest.mark.parametrize("verify", ["off", "optional", "required"])
def test_a_given_up_browser_speaks_only_for_whom_it_may(story: Story, verify: str) -> None:
    """R21, R28, K16. Given x is given up; when a proven address is typed there; then it is kept where typing is enough."""
    story.server.identify(None, "B", email="b@x.io")
    story.identify("x", "A")
    story.delete("A")
    story.site(verify=verify)
    story.send(story.event("identify", "x", email="b@x.io"), story.event("identify", "x", "C"))
    assert story.ends == {"off": {"stored": 2}, "optional": {"deleted": 1, "stored": 1}, "required": {"deleted": 2}}[verify]
    assert story.rotated() == ["x"]


def test_the_same_user_later_is_a_new_person(story: Story) -> None:
    """R28, Sequences. Given `T(x,A)`, delete A, `T(x,A)`; then the second is a new A, who has nothing of the old one."""
    story.track("x", "A")
    story.identify("x", "A", traits={"plan": "pro"}, email="a@x.io")
    old = story.id_of("A")
    story.delete("A")
    story.wait(10)
    again = story.track("x", "A")
    assert story.rotated() == ["x"]
    assert story.shown() == {"A": [again]}
    assert story.id_of("A") != old
    assert (story.fields("A"), story.person("A")["emails"], story.person("A")["anonymous_ids"]) == ({}, [], [])
    assert story.visits("A") == (story.now, story.now, story.now)


def test_late_events_of_a_deleted_user_are_dropped(story: Story) -> None:
    """Deletion. Given A was deleted at 100; when events of A arrive that happened up to then, and later; then only these are."""
    story.track("x", "A", at=1)
    story.wait_for(100)
    story.delete("A")
    story.wait_for(200)
    told = [story.event("track", "y", "A", at=at) for at in (50, 100, 101)]
    story.send(*told)
    assert story.ends == {"deleted": 2, "stored": 1}
    assert story.shown() == {"A": [told[2]["messageId"]]}


def test_late_events_of_a_deleted_address_are_dropped(story: Story) -> None:
    """Deletion. Given a person with an address was deleted; then the address is treated as the user id is."""
    story.server.identify(None, email="a@x.io", at=1)
    story.wait_for(100)
    story.delete("a@x.io")
    story.wait_for(200)
    told = [story.server.event("identify", None, email="A@X.io", at=at) for at in (50, 150)]
    assert story.server.send(*told).reasons == [(0, "deleted")]
    assert story.shown() == {"A@X.io": [told[1]["messageId"]]}


def test_a_replay_of_what_was_deleted_is_dropped(story: Story) -> None:
    """R16, R28. Given A's requests are sent again after A was deleted; then they are duplicates, and none of it comes back."""
    told = [story.event("page", "x"), story.event("identify", "x", "A", email="a@x.io"), story.event("track", None, "A")]
    story.send(*told)
    story.wait(10)
    story.delete("A")
    story.send(*told)
    assert story.ends == {"duplicate": 3}
    assert (story.shown(), story.people()) == ({}, set())


def test_deleting_twice(story: Story) -> None:
    """R28. Given A was deleted, came back as a new person, and is deleted again; then that one is gone as well."""
    story.identify("x", "A")
    old = story.id_of("A")
    story.delete("A")
    assert story.api("DELETE", f"/api/people/{old}").status == 404
    story.wait(10)
    story.identify("y", "A")
    story.delete("A")
    assert story.people() == set()
    story.send(story.event("page", "y"))
    assert story.ends == {"deleted": 1}
    story.send(story.event("page", "x"))
    assert story.ends == {"deleted": 1}


def test_a_preview_of_a_deletion(story: Story) -> None:
    """By hand. Given a preview of a deletion; then it says something, and everything is as it was."""
    page, login = story.page("x"), story.identify("x", "A")
    assert story.delete("A", preview=True)
    after = story.page("x")
    assert story.shown() == {"A": [page, login, after]}


def test_an_export_before_a_deletion(story: Story) -> None:
    """R28, R29. Given A with a history; then one request exports it, anonymous past included; afterwards there is none."""
    page, login = story.page("x"), story.identify("x", "A", traits={"plan": "pro"})
    number = story.id_of("A")
    answer = story.api("GET", f"/api/people/{number}/export")
    assert answer.status == 200
    assert page in answer.body.decode()
    assert login in answer.body.decode()
    story.delete("A")
    assert story.api("GET", f"/api/people/{number}/export").status == 404


def test_a_long_history_is_deleted_completely(story: Story) -> None:
    """R28. Given a person with thousands of events on many devices; when deleted; then all of it is gone."""
    for start in range(0, 2_000, 500):
        story.send(*(story.event("page", f"x{number % 40}", at=1) for number in range(start, start + 500)))
    story.send(*(story.event("identify", f"x{number}", "A", at=2) for number in range(40)))
    kept = story.track("other", "B")
    story.delete("A")
    assert story.shown() == {"B": [kept]}
    story.send(*(story.event("page", f"x{number}") for number in range(40)))
    assert story.ends == {"deleted": 40}


def test_a_late_identify_does_not_attach_a_deleted_address(story: Story) -> None:
    """Deletion. Given A with an address was deleted at 100; when B's identify of 50 with it arrives; then B is made without."""
    story.identify("x", "A", email="a@x.io", at=1)
    story.wait_for(100)
    story.delete("A")
    story.wait_for(200)
    late = story.identify("y", "B", email="a@x.io", at=50)
    assert story.timeline("B") == [late]
    assert story.person("B")["emails"] == []
    story.identify("y", "B", email="a@x.io", at=150)
    assert story.person("B")["emails"] == ["a@x.io"]


def test_a_link_signed_before_the_deletion_claims_nothing(story: Story) -> None:
    """Deletion. Given links to an address from before and after its person was deleted; then only the second claims."""
    story.identify("c", "C", email="c@x.io")
    before = story.link("c@x.io")
    story.delete("C")
    story.wait(10)
    opened = story.open("x", before)
    assert story.whose(opened) is None
    again = story.open("y", story.link("c@x.io"))
    assert story.whose(again) == "c@x.io"


def test_deleting_a_person_of_one_event(story: Story) -> None:
    """R28. Given somebody known only to the server; when deleted; then nothing is left, and the count is right."""
    story.server.track(None, "user-zoe")
    assert story.identified() == 1
    story.delete("user-zoe")
    assert (story.identified(), story.people(), story.shown()) == (0, set(), {})
    assert trace(story, "zoe") == []


def test_refusals_about_the_deleted_go_too(story: Story) -> None:
    """R21, R28. Given identifies of zoe that were refused for want of proof; when zoe is deleted; then no entry names her."""
    story.server.identify(None, "user-zoe", email="zoe@word.io")
    story.site(verify="required")
    story.identify("x", "user-zoe", email="zoe@word.io")
    story.identify("y", email="zoe@word.io")
    story.delete("user-zoe")
    assert [
        place
        for place in trace(story, "zoe")
        if place.startswith(("identity_log", "identifier", "person", "device", "tombstone"))
    ] == []


def test_a_handoff_does_not_keep_a_deleted_id(story: Story) -> None:
    """R28, R34. Given zoe's browser came over to y, which was detached from her; when she is deleted; then y knows it no more."""
    token = story.app.post("/v1/handoff", {"anonymousId": "browser-of-zoe", "writeKey": "wk_golden"}).json["token"]
    story.page("browser-of-zoe")
    story.open("y", f"https://blog.test/?passerby_handoff={token}")
    story.identify("browser-of-zoe", "user-zoe")
    story.detach("y")
    story.delete("user-zoe")
    assert trace(story, "zoe") == []


def test_a_refusal_that_names_the_deleted_goes(story: Story) -> None:
    """R28, R30. Given B was refused on zoe's browser; when zoe is deleted; then no entry names her or her browser."""
    story.identify("browser-of-zoe", "user-zoe")
    story.identify("browser-of-zoe", "B")
    story.identify("y", "B", context={"anonymousIds": ["browser-of-zoe"]})
    story.delete("user-zoe")
    assert [place for place in trace(story, "zoe") if place.startswith("identity_log")] == []
