"""Bounds of a profile, however much is sent. What is over is with its event, is counted, and harms nobody else."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
import pytest
import sqlalchemy as sa

from collector.domain import bounds
from collector.domain.keys import device_key
from collector.domain.people import FieldValue
from collector.domain.times import iso
from collector.storage import tables
from collector.storage.write.claimants import load
from tests.support.events import make_event

from .course import moment
from .sender import Told
from .story import Story

Sent = Callable[[Story, int], Told]
"""Event n of many events that each bring one name more."""
NAMES = 400


def _identify(user: str | None = "A", **more: Any) -> Sent:
    return lambda story, n: story.event("identify", "x", user, traits={f"name {n}": n}, **more)


def _group(story: Story, n: int) -> Told:
    return story.event("group", "x", "A", groupId="acme", traits={f"name {n}": n})


def _join(story: Story, n: int) -> Told:
    return story.event("group", "x", "A", groupId=f"account {n}")


def _held_by_person(story: Story) -> tuple[int, dict[str, int]]:
    person = story.person("A")
    return len(person["fields"]), person["left_out"]


def _held_by_lead(story: Story) -> tuple[int, dict[str, int]]:
    person = story.person("a@x.io")
    return len(person["fields"]), person["left_out"]


def _held_by_visitor(story: Story) -> tuple[int, dict[str, int]]:
    story.identify("x", "A")
    return _held_by_person(story)


def _held_by_account(story: Story) -> tuple[int, dict[str, int]]:
    account = story.account("acme")
    return len(account["fields"]), account["left_out"]


def _accounts(story: Story) -> tuple[int, dict[str, int]]:
    person = story.person("A")
    return len(person["accounts"]), person["left_out"]


MEMBERS: dict[str, tuple[Sent, Callable[[Story], tuple[int, dict[str, int]]], int, str]] = {
    "fields of an account": (_identify(), _held_by_person, bounds.OF_PERSON.names, "fields"),
    "fields with a typed address": (_identify(None, email="a@x.io"), _held_by_lead, bounds.OF_PERSON.names, "fields"),
    "fields of a visitor": (_identify(None), _held_by_visitor, bounds.OF_STREAM.names, "fields"),
    "traits of a group": (_group, _held_by_account, bounds.OF_ACCOUNT.names, "fields"),
    "accounts of a person": (_join, _accounts, bounds.MOST_ACCOUNTS, "accounts"),
}
"""Kinds that grow by names, bounded by number: how they are sent, looked at, bounded, and called."""


@pytest.mark.parametrize("member", MEMBERS)
def test_names_end(story: Story, member: str) -> None:
    """Bounds. Given 400 events with a new name each; then the first ones are held, the others counted; and all are stored."""
    sent, held, most, kind = MEMBERS[member]
    answer = story.send(*(sent(story, n) for n in range(NAMES)))
    assert answer.json["stored"] == NAMES and not answer.json["quarantined"]
    count, left_out = held(story)
    assert (count, left_out) == (most, {kind: NAMES - most})


@pytest.mark.parametrize("user", ["A", None])
def test_known_names_are_updated_beyond_the_bound(story: Story, user: str | None) -> None:
    """Bounds. Given a profile that is full; when known names come with new values; then those are held, a new name is not."""
    story.send(*(_identify(user)(story, n) for n in range(NAMES)))
    late = story.identify("x", user, traits={"name 0": "new", "name 299": "new", "name 300": "new", "other": "new"})
    story.identify("x", "A")
    fields = story.fields("A")
    assert {name for name, value in fields.items() if value == "new"} == {"name 0", "name 299"}
    assert story.event_shown(late)["flags"] == ["left_out"]
    assert story.person("A")["left_out"] == {"fields": NAMES - 300 + 2}


@pytest.mark.parametrize("user", ["A", None])
def test_bytes_end(story: Story, user: str | None) -> None:
    """Bounds. Given 40 values of 10,000 letters; then as many are held as fit; and updates may take as many bytes again."""
    bound = bounds.OF_PERSON if user else bounds.OF_STREAM
    told = [story.event("identify", "x", user, traits={f"name {n}": "a" * 10_000}) for n in range(40)]
    story.send(*told)
    for letter in "bc":
        for n in range(40):
            story.identify("x", user, traits={f"name {n}": letter * 20_000})
    with story.app.installation.store.read() as connection:
        table = tables.person if user else tables.stream
        rows = connection.execute(sa.select(table.c.fields)).scalars().all()
    size = max(len(msgspec.json.encode({key: field["v"] for key, field in row.items()})) for row in rows)
    assert bound.size < size <= 2 * bound.size
    story.identify("x", "A")
    held = [value for name, value in story.fields("A").items() if name.startswith("name")]
    assert len(held) == bound.size // 10_000
    assert {value[0] for value in held} <= set("abc") and any(value == "c" * 20_000 for value in held)


def test_tags_end(story: Story) -> None:
    """Bounds. Given 400 tags, then the first one taken away; then 300 are held, less that one, and 100 counted."""
    command = {"type": "$tag", "email": "a@x.io"}
    assert story.app.bento({"events": [{**command, "details": {"tag": f"tag {n}"}} for n in range(NAMES)]}).status == 200
    assert story.app.bento({"events": [{**command, "type": "$remove_tag", "details": {"tag": "tag 0"}}]}).status == 200
    person, most = story.person("a@x.io"), bounds.OF_TAGS.names
    assert (len(person["tags"]), person["left_out"]) == (most - 1, {"tags": NAMES - most})


def test_addresses_end(story: Story) -> None:
    """Bounds. Given a server that says a new address of A each time; then A has a hundred, and the others are refused."""
    for n in range(bounds.MOST_ADDRESSES + 3):
        story.server.identify(None, "A", email=f"a{n}@x.io")
    assert len(story.person("A")["emails"]) == bounds.MOST_ADDRESSES
    assert any("fan_in" in entry for entry in story.log())


def test_people_that_are_one_end(story: Story) -> None:
    """Bounds. Given a server that makes one user after another an alias of A; then a hundred are one, and the next is refused
    (`too_many_people`), also by hand."""
    story.identify("a", "A")
    for n in range(bounds.MOST_MEMBERS + 1):
        story.server.track(None, f"B{n}")
        story.server.alias("A", f"B{n}")
    assert len(story.person("A")["user_ids"]) == bounds.MOST_MEMBERS
    assert [entry for entry in story.log() if "refused" in entry][-1].endswith("too_many_people")
    late = f"B{bounds.MOST_MEMBERS}"
    assert story.api("POST", f"/api/people/{story.id_of(late)}/merge", {"into": story.id_of("A")}).status == 409


def test_epochs_of_a_kiosk_end(story: Story, monkeypatch: pytest.MonkeyPatch) -> None:
    """Bounds. Given a kiosk whose browser never takes a new id; then its epochs end, and what comes then belongs to nobody."""
    monkeypatch.setattr("collector.domain.naming.MOST_EPOCHS", 5)
    story.site(after_claim="new_visitor")
    for n in range(10):
        story.page("x")
        story.identify("x", f"U{n}")
    late = story.page("x")
    with story.app.installation.store.read() as connection:
        boundaries = connection.execute(sa.select(tables.device.c.boundaries).where(tables.device.c.owner == "x")).scalar_one()
    assert len(boundaries) == 5
    assert story.whose(late) is None


def test_log_outs_end(story: Story, monkeypatch: pytest.MonkeyPatch) -> None:
    """Bounds. Given a device that was logged out as often as may be; then the next log-out is refused with the reason."""
    monkeypatch.setattr("collector.domain.corrections.MOST_EPOCHS", 3)
    story.page("x")
    answers = [story.api("POST", "/api/visitors/x/logout", {"at": iso(moment(-n))}).status for n in range(1, 6)]
    assert answers[:3] == [answers[0]] * 3 and answers[0] < 300
    assert answers[3:] == [409] * 2


def test_device_of_many_users_is_not_read_whole(story: Story) -> None:
    """Bounds. Given a program that sends one anonymous id for everybody; then each event reads its own user only."""
    story.send(*(story.event("track", "server", f"U{n}") for n in range(200)))
    device_id = device_key(1, "server")
    event = make_event(1, "identify", "m", 1, anonymous_id="server", user_id="U7", owner="server", device_id=device_id)
    with story.app.installation.store.write() as connection:
        state, _ = load(connection, 1, [event], b"key")
    assert len(state.people) == 1
    assert [stream.user_person for stream in state.devices[event.device_id].streams] == [*state.people]
    story.identify("server", "U7", traits={"plan": "pro"})
    assert (story.fields("U7"), story.fields("U8")) == ({"plan": "pro"}, {})


def test_row_of_before_the_bounds_stays(story: Story) -> None:
    """Bounds. Given a profile of 1,000 fields from before there were bounds; then it is shown whole, known names are updated,
    and nothing is added."""
    story.identify("x", "A")
    fields = {f"name {n}": FieldValue("old", 1, "identify", "m") for n in range(1_000)}
    with story.app.installation.store.write() as connection:
        connection.execute(sa.update(tables.person).values(fields=fields))
    story.identify("x", "A", traits={"name 999": "new", "more": "new"})
    shown = story.fields("A")
    assert len(shown) == 1_000 and shown["name 999"] == "new" and "more" not in shown


def test_many_streams_together_keep_the_bound(story: Story) -> None:
    """Bounds. Given visitors who each said 200 other names, and become A; then A shows the first one's, as many more as fit,
    and counts the rest."""
    for x in "xyz":
        story.send(*(story.event("identify", x, traits={f"{x} {n}": n}) for n in range(200)))
    for x in "xyz":
        story.identify(x, "A")
    person = story.person("A")
    assert (len(person["fields"]), person["left_out"]) == (300, {"fields": 300})
    assert sum(name.startswith("x") for name in person["fields"]) == 200


def test_accounts_of_many_streams_are_shown_in_part(story: Story) -> None:
    """Bounds. Given A in 80 accounts on each of two browsers; then the 100 newest are shown, and the others counted."""
    story.send(*(story.event("group", x, "A", groupId=f"{x} {n}") for x in "xy" for n in range(80)))
    person = story.person("A")
    assert (len(person["accounts"]), person["left_out"]) == (100, {"accounts": 60})
    assert person["accounts"][0] == "y 79"
