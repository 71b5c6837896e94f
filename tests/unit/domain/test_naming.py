"""Answers to a browser follow from what was said under its anonymous ids, and from nothing else."""

from __future__ import annotations

import itertools

import pytest

from collector.domain.applying import apply
from collector.domain.changes import DeviceAdded, DeviceHeard, DeviceNamed
from collector.domain.events import Address, Event, Proof
from collector.domain.identity import Policy, decide
from collector.domain.keys import device_key
from collector.domain.naming import MOST_ADDRESSES, mark
from collector.domain.streams import Named, State
from tests.support.events import make_event

SITE, KEY = 1, b"key"
_messages = itertools.count(1)


def said(
    user: str | None = None, *addresses: str, x: str = "x", time: int = 10, strength: Proof = Proof.ASSERTED, kind: str = "identify",
    previous: str | None = None,
) -> Event:  # fmt: skip
    email = addresses[0] if addresses else None
    return make_event(
        SITE, kind, f"m{next(_messages)}", time, name=previous, anonymous_id=x, user_id=user, email=email,
        email_display=email, device_id=device_key(SITE, x), owner=x, strength=strength, email_strength=strength,
    )  # fmt: skip


def told(*events: Event, state: State | None = None, policy: Policy | None = None) -> list[tuple[str, ...]]:
    """Ids given up by each of the events, one after the other."""
    state, numbers = state or State(key=KEY), itertools.count(1)
    answers = []
    for event in events:
        decision = decide(state, event, lambda: next(numbers), policy)
        for change in decision.changes:
            apply(state, change)
        answers.append(decision.rotate)
    return answers


GIVEN_UP, KEPT = ("x",), ()
TABLE = {
    "one user": ([said("A"), said("A")], [KEPT, KEPT]),
    "another user": ([said("A"), said("B"), said("A"), said("B")], [KEPT, GIVEN_UP, KEPT, GIVEN_UP]),
    "a better proof": ([said("A"), said("B", strength=Proof.VERIFIED), said("A")], [KEPT, KEPT, GIVEN_UP]),
    "typed, then a user": ([said(None, "e@x", strength=Proof.TYPED), said("A"), said("B")], [KEPT, KEPT, GIVEN_UP]),
    "typed by another": ([said("A"), said(None, "e@x", strength=Proof.TYPED)], [KEPT, KEPT]),
    "by an address": ([said("A", "e@x"), said(None, "e@x"), said(None, "f@x")], [KEPT, KEPT, GIVEN_UP]),
    "an address, then its user": (
        [said(None, "e@x"), said("A", "e@x"), said("A"), said("B", "e@x")],
        [KEPT, KEPT, KEPT, GIVEN_UP],
    ),
    "earlier, but later said": ([said("A", time=10), said("B", time=5)], [KEPT, GIVEN_UP]),
    "an alias": ([said("A", x="y", kind="alias", previous="x"), said("B")], [KEPT, GIVEN_UP]),
}


@pytest.mark.parametrize("name", TABLE)
def test_rotation_is_told_by_names(name: str) -> None:
    events, answers = TABLE[name]
    assert told(*events) == answers


def test_a_name_is_kept_as_a_keyed_hash() -> None:
    state = State(key=KEY)
    told(said("ada", "ada@x"), state=state)
    (named,) = state.devices[device_key(SITE, "x")].named.values()
    assert named == Named(mark(KEY, SITE, "user", "ada"), (mark(KEY, SITE, "email", "ada@x"),), Proof.ASSERTED)
    assert "ada" not in repr(named)
    others = {
        mark(KEY, SITE, "user", "ada"),
        mark(b"other", SITE, "user", "ada"),
        mark(KEY, 2, "user", "ada"),
        mark(KEY, SITE, "email", "ada"),
    }
    assert len(others) == 4


def test_addresses_of_one_id_are_bounded() -> None:
    state = State(key=KEY)
    told(*(said("A", f"e{n}@x") for n in range(MOST_ADDRESSES + 3)), state=state)
    assert len(state.devices[device_key(SITE, "x")].named[0].addresses) == MOST_ADDRESSES


def test_the_usual_identify_remembers_nothing_new() -> None:
    state = State(key=KEY)
    told(said("A", "e@x"), state=state)
    decision = decide(state, said("A", "e@x", time=20), lambda: 99)
    assert not [change for change in decision.changes if isinstance(change, DeviceNamed | DeviceHeard)]


def test_tombstone_keeps_no_anonymous_id_of_a_late_event() -> None:
    """Deleted id: whom it names is remembered, and told to the next; the id itself is not."""
    state = State(key=KEY, deleted={("user", "A"): 50})
    late = decide(state, said("A", time=10), lambda: 1)
    assert late.stream_id is None
    assert not [change for change in late.changes if isinstance(change, DeviceAdded)]
    for change in late.changes:
        apply(state, change)
    assert not state.devices[device_key(SITE, "x")].is_kept
    assert told(said("B", time=60), said("A", time=70), state=state) == [GIVEN_UP, KEPT]
    assert state.devices[device_key(SITE, "x")].is_kept


def test_an_alias_of_a_users_id_makes_no_visitor_of_it() -> None:
    state = State(key=KEY)
    told(said("victim"), state=state)
    alias = said("me", x="y", kind="alias", previous="victim")
    for change in decide(state, alias, lambda: 99).changes:
        apply(state, change)
    assert not state.devices[device_key(SITE, "victim")].is_kept
    assert told(said("third", x="victim"), state=state) == [("victim",)]


def test_an_address_of_an_event_without_addresses() -> None:
    """Addresses of an event are those it has, not None."""
    assert said("A").asserted.addresses() == ()
    assert said("A", "e@x").asserted.addresses() == (Address("e@x", "e@x", Proof.ASSERTED),)


@pytest.mark.parametrize("kiosk", [False, True])
def test_a_kiosk_contests_nothing_and_ends_epochs(kiosk: bool) -> None:
    state = State(key=KEY)
    answers = told(said("A", time=10), said("B", time=10), said("B", time=20), state=state, policy=Policy(is_kiosk=kiosk))
    device = state.devices[device_key(SITE, "x")]
    assert answers == ([KEPT, GIVEN_UP, KEPT] if kiosk else [KEPT, GIVEN_UP, GIVEN_UP])
    assert (device.contested_from is None) == kiosk
    assert [boundary.since for boundary in device.boundaries] == ([11, 21] if kiosk else [])


def test_an_owner_by_hand_counts_as_named() -> None:
    """Owner by hand, or by a claim from before names were remembered: the one who was named."""
    for user, answer in (("A", KEPT), ("B", GIVEN_UP)):
        state = State(key=KEY)
        told(said("A"), said("B", x="y"), state=state)
        state.devices[device_key(SITE, "x")].named = {}
        assert told(said(user, time=20), state=state) == [answer]
