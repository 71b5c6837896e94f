"""decide() and apply() by example. Random histories, and what must hold for all of them: test_histories.py."""

from __future__ import annotations

import copy
import itertools
from typing import Any

import msgspec
import pytest

from collector.domain import identity
from collector.domain.applying import apply
from collector.domain.changes import Claim, IdentifierWritten, Logged
from collector.domain.events import DAY, Address, Event, Proof
from collector.domain.identity import Decision
from collector.domain.keys import device_key, user_owner
from collector.domain.profile import profile
from collector.domain.streams import Identifier, Kind, State, Stream
from tests.support.events import make_event

START = 1_795_320_000_000_000
SITE = 1


def event(
    kind: str = "track", anonymous: str | None = None, user: str | None = None, at: int = 0, message: str = "m", **more: Any
) -> Event:
    """Event as the steps leave it; `at` is in seconds after the start."""
    owner = anonymous or (user_owner("user", user) if user else user_owner("email", more.get("email", "")))
    time = START + at * 1_000_000
    return make_event(
        SITE, kind, message, time, anonymous_id=anonymous, user_id=user, owner=owner,
        device_id=device_key(SITE, owner), **more,
    )  # fmt: skip


class History:
    """Decisions on events one by one on one state; remembers where each went."""

    def __init__(self, lookback_days: int = 90) -> None:
        self.state = State()
        self.policy = identity.Policy(lookback=lookback_days * DAY)
        self.numbers = itertools.count(1)
        self.went: list[tuple[Event, Decision]] = []

    def add(self, happened: Event) -> Decision:
        decision = identity.decide(self.state, happened, lambda: next(self.numbers), self.policy)
        for change in decision.changes:
            apply(self.state, change)
        self.went.append((happened, decision))
        return decision

    def stream(self, happened: Event, decision: Decision) -> Stream:
        streams = self.state.devices[happened.device_id].streams
        return next(stream for stream in streams if stream.stream_id == decision.stream_id)

    def name(self, person_id: int | None) -> str | None:
        if person_id is None:
            return None
        canonical = self.state.canonical(person_id)
        names = [f"{found.kind}:{found.value}" for found in self.state.identifiers.values()
                 if self.state.canonical(found.person_id) == canonical]  # fmt: skip
        return " ".join(sorted(names))

    def belongs(self) -> dict[str, str | None]:
        """Message id -> whose it is now."""
        return {happened.message_id: self.name(self.stream(happened, decision).person_id) for happened, decision in self.went}

    def facts(self) -> dict[str, Any]:
        """Facts of the state that show, without the numbers that were drawn for it. First and last visits are not in it:
        for what a claim brings along they are completed by storage, and tested there."""
        people = {
            self.name(person.person_id): (
                person.first_identified_at,
                {key: (found.v, found.at, found.by) for key, found in person.fields.items()},
                person.unsubscribed_at, {tag: found.on for tag, found in person.tags.items()},
            )
            for person in self.state.people.values()
        }  # fmt: skip
        claims = {
            (device.owner, int(stream.kind), int(stream.epoch)): (self.name(stream.person_id), stream.claimed_at, stream.strength)
            for device in self.state.devices.values() for stream in device.streams
            if stream.kind == Kind.ANONYMOUS and stream.person_id is not None
        }  # fmt: skip
        contested = {device.owner: device.contested_from for device in self.state.devices.values() if device.contested_from}
        return {"belongs": self.belongs(), "people": people, "claims": claims, "contested": contested}


def told(*happened: Event) -> History:
    history = History()
    for one in happened:
        history.add(one)
    return history


def _plain(state: State) -> Any:
    return msgspec.to_builtins([list(state.devices.values()), list(state.identifiers.values()), list(state.people.values())])


def _orders(*happened: Event) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for order in itertools.permutations(happened):
        facts = told(*order).facts()
        if facts not in found:
            found.append(facts)
    return found


def test_one_login_in_every_order() -> None:
    """Two anonymous events, identify, an asserted event, a repeated identify: 120 orders, one state (measured before)."""
    (only,) = _orders(
        event(anonymous="x", at=1, message="a1", fields={"city": "Rome"}),
        event(anonymous="x", at=2, message="a2"),
        event("identify", "x", "A", 3, "i1", fields={"plan": "pro"}),
        event(anonymous="x", user="A", at=4, message="t1"),
        event("identify", "x", "A", 5, "i2", fields={"plan": "team"}),
    )
    assert set(only["belongs"].values()) == {"user:A"}
    assert only["people"]["user:A"][0] == START + 3_000_000, "First Identified Visit"
    assert only["people"]["user:A"][1]["plan"][0] == "team"


def test_logout_with_rotation_in_every_order() -> None:
    (only,) = _orders(
        event(anonymous="x", at=1, message="x1"),
        event("identify", "x", "A", 2, "iA"),
        event(anonymous="y", at=3, message="y1"),
        event("identify", "y", "B", 4, "iB"),
        event(anonymous="y", user="B", at=5, message="tB"),
    )
    assert only["belongs"] == {"x1": "user:A", "iA": "user:A", "y1": "user:B", "iB": "user:B", "tB": "user:B"}
    assert only["contested"] == {}


@pytest.mark.parametrize("rotates", [True, False])
def test_assertions_stay_with_their_user_in_every_order(rotates: bool) -> None:
    """Assertions in every order, even without rotation, are that user's."""
    second = "y" if rotates else "x"
    for facts in _orders(
        event(anonymous="x", at=1, message="x1"),
        event("identify", "x", "A", 2, "iA"),
        event(anonymous="x", user="A", at=3, message="tA"),
        event("identify", second, "B", 4, "iB"),
        event(anonymous=second, user="B", at=5, message="tB"),
    ):
        belongs = facts["belongs"]
        assert (belongs["iA"], belongs["tA"], belongs["iB"], belongs["tB"]) == ("user:A", "user:A", "user:B", "user:B")


# -- proofs, e-mail, fields ----------------------------------------------------------------------------------------------


def test_a_stronger_proof_overrides() -> None:
    history = told(event(anonymous="x", message="a"), event("identify", "x", "A", 1, "i1"))
    decision = history.add(event("identify", "x", "B", 2, "i2", strength=Proof.VERIFIED))
    assert history.belongs()["a"] == "user:B"
    merge = next(change for change in decision.changes if isinstance(change, Logged))
    assert (merge.op, history.name(merge.person_id), history.name(merge.other_id)) == ("anonymous_merge", "user:B", "user:A")
    assert told(event("identify", "x", "B", 2, "i2", strength=Proof.VERIFIED), event("identify", "x", "A", 1, "i1"),
                event(anonymous="x", message="a")).belongs()["a"] == "user:B"  # fmt: skip


def test_a_typed_address_of_somebody_proven() -> None:
    """Rule K16: where proofs are asked for, typing a victim's address attaches nothing and asserts nobody."""
    history = History()
    history.policy = identity.Policy(is_guarded=True)
    history.add(event("identify", None, "A", 0, "i1", email="ada@x.io", strength=Proof.VERIFIED, email_strength=Proof.VERIFIED))
    history.add(event("identify", "evil", None, 1, "i2", email="ada@x.io"))
    assert history.belongs()["i2"] is None
    assert [change.op for _, went in history.went for change in went.changes if isinstance(change, Logged)] == ["merge_refused"]


def test_one_address_two_user_ids() -> None:
    history = told(event("identify", "x", "U1", 0, "i1", email="e@x.io"), event("identify", "y", "U2", 1, "i2", email="e@x.io"))
    assert history.belongs() == {"i1": "email:e@x.io user:U1", "i2": "user:U2"}


@pytest.mark.parametrize(
    ("user", "email", "named"),
    [
        (None, None, []), ("A", None, []), ("a@", None, []), (None, "e@x.io", [("e@x.io", "E@x.io", 50)]),
        ("A", "e@x.io", [("e@x.io", "E@x.io", 50)]), ("A@x.io", None, [("a@x.io", "A@x.io", 30)]),
        ("A@x.io", "e@x.io", [("a@x.io", "A@x.io", 30), ("e@x.io", "E@x.io", 50)]),
        ("e@X.io", "e@x.io", [("e@x.io", "E@x.io", 50)]),
    ],
)  # fmt: skip
def test_addresses_that_an_event_names(user: str | None, email: str | None, named: list[Address]) -> None:
    """Address of its own as written; the user id's before it, as well proven as the id; of one the better proof."""
    more: dict[str, Any] = {"email": email, "email_display": email and "E@x.io", "email_strength": Proof.VERIFIED}
    assert event("identify", "x", user, **more).asserted.addresses() == tuple(named)


def test_an_address_that_is_the_user_id_is_as_well_proven() -> None:
    said = event("identify", "x", "e@x.io", email="e@x.io", strength=Proof.VERIFIED, email_strength=Proof.ASSERTED)
    assert said.asserted.addresses() == (("e@x.io", "e@x.io", Proof.VERIFIED),)


@pytest.mark.parametrize(("at", "emails"), [(5, []), (6, ["e@x.io"])])
def test_a_deleted_address_is_nobodys_up_to_that_moment(at: int, emails: list[str]) -> None:
    history = History()
    history.state.deleted["email", "e@x.io"] = START + 5_000_000
    history.add(event("identify", "x", "A", at, "i", email="e@x.io"))
    assert [value for kind, value in history.state.identifiers if kind == "email"] == emails


def test_an_address_said_again_is_written_only_with_a_better_proof() -> None:
    history = told(event("identify", "x", "A", 0, "i1", email="e@x.io"))
    for number, (strength, written) in enumerate(
        ((Proof.ASSERTED, []), (Proof.VERIFIED, [Proof.VERIFIED]), (Proof.ASSERTED, []))
    ):
        decision = history.add(event("identify", "x", "A", 1 + number, f"j{number}", email="e@x.io", email_strength=strength))
        assert [one.identifier.strength for one in decision.changes if isinstance(one, IdentifierWritten)] == written
    assert history.state.identifiers["email", "e@x.io"].strength == Proof.VERIFIED


def test_an_address_that_moves_on_has_an_entry_for_each_time() -> None:
    strengths = (Proof.TYPED, Proof.ASSERTED, Proof.VERIFIED)
    history = told(
        *(event("identify", "x", f"U{number}", number, f"i{number}", email="e@x.io", email_strength=strength)
          for number, strength in enumerate(strengths))
    )  # fmt: skip
    moves = [one for _, went in history.went for one in went.changes if isinstance(one, Logged) and one.op == "address_moved"]
    assert [one.detail for one in moves] == [{"address": "e@x.io", "strength": strength} for strength in strengths[1:]]
    assert len({one.cause for one in moves}) == 2


def test_an_address_that_moves_leaves_no_room_for_one_more() -> None:
    """Fifth address from another account, by the same event that names a sixth."""
    history = told(*(event("identify", "x", "a@x.io", number, f"i{number}", email=f"{number}@x.io") for number in range(4)))
    history.add(event("identify", "y", "B", 5, "j"))
    other = history.state.identifiers["user", "B"].person_id
    history.state.identifiers["email", "a@x.io"] = Identifier("email", "a@x.io", "a@x.io", other, Proof.TYPED)
    history.add(event("identify", "x", "a@x.io", 6, "k", email="4@x.io"))
    assert history.belongs()["k"] == "email:0@x.io email:1@x.io email:2@x.io email:3@x.io email:a@x.io user:a@x.io"


def test_an_illegal_user_claims_nothing() -> None:
    history = told(event(anonymous="x", message="a"))
    decision = history.add(event("identify", "x", None, 1, "i", illegal_id="null"))
    assert history.belongs() == {"a": None, "i": None}
    assert [change.op for change in decision.changes if isinstance(change, Logged)] == ["illegal_id"]


def test_fields_fill_only_what_is_empty() -> None:
    history = told(
        event("identify", None, "A", 0, "i0", fields={"plan": "pro", "city": None, "zip": "", "zero": 0, "no": False}),
        event("identify", "x", None, 1, "f", illegal_id="null",
              fields={"plan": "free", "city": "Rome", "zip": "1", "zero": 9, "no": True, "new": 1, "email": "x@x.io",
                      "unsubscribed_at": 1, "consent": True}),
        event("identify", "x", "A", 2, "i1"),
    )  # fmt: skip
    looks = profile(history.state.people.values(), history.state.held.values())
    assert {key: found.v for key, found in looks.fields.items()} == {
        "plan": "pro",
        "city": "Rome",
        "zip": "1",
        "zero": 0,
        "no": False,
        "new": 1,
    }


def test_the_lookback_starts_at_the_claim() -> None:
    history = History(lookback_days=30)
    history.add(event(anonymous="x", message="a"))
    decision = history.add(event("identify", "x", "A", 100, "i"))
    claim = next(change for change in decision.changes if isinstance(change, Claim))
    assert claim.attributed_from == claim.claimed_at - 30 * DAY
    assert claim.claimed_at == START + 100_000_000


def test_at_most_one_entry_per_refusal_and_hour() -> None:
    history = told(event("identify", "x", "A", 0, "i0"))
    causes = set()
    for number in range(10):
        decision = history.add(event("identify", "x", "B", 1 + number, f"i{number + 1}"))
        causes |= {change.cause for change in decision.changes if isinstance(change, Logged)}
    assert len(causes) == 1, "ten page loads, one cause: the log holds it once"


def test_decide_leaves_the_state_alone() -> None:
    history = told(event(anonymous="x", message="a"), event("identify", "x", "A", 1, "i"))
    before = copy.deepcopy(history.state)
    identity.decide(history.state, event("identify", "x", "B", 2, "j", fields={"a": 1}), lambda: 99)
    assert _plain(history.state) == _plain(before)
