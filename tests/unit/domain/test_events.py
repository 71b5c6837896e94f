"""Events are frozen: a change makes a new value, and the old one stays."""

from __future__ import annotations

import msgspec
import pytest

from collector.domain.events import Asserted, Draft, Event, Proof, Sender, Written, finished
from collector.domain.log import Unproven

DRAFT = Draft(0, 1, "track", "m", 5, 6, properties={"a": 1}, asserted=Asserted("u"), written=Written({"b": 2}))


def test_finished_event_has_all_of_its_draft() -> None:
    event = finished(DRAFT)
    assert type(event) is Event
    assert msgspec.structs.asdict(event) == msgspec.structs.asdict(DRAFT)


@pytest.mark.parametrize("name", Event.__struct_fields__)
def test_event_is_frozen(name: str) -> None:
    with pytest.raises(AttributeError):
        setattr(finished(DRAFT), name, None)


@pytest.mark.parametrize("part", [Asserted(), Written()])
def test_parts_are_frozen(part: Asserted | Written) -> None:
    for name in part.__struct_fields__:
        with pytest.raises(AttributeError):
            setattr(part, name, None)


@pytest.mark.parametrize(
    ("asserted", "sender"),
    [
        (Asserted("u"), Sender.PUBLIC), (Asserted("u", strength=Proof.VERIFIED), Sender.SIGNED),
        (Asserted(email="e@x.io", email_strength=Proof.PROVEN_EMAIL), Sender.SIGNED), (Asserted(from_server=True), Sender.SERVER),
        (Asserted("u", strength=Proof.VERIFIED, unproven=Unproven.EXPIRED), Sender.PUBLIC),
    ],
)  # fmt: skip
def test_sender(asserted: Asserted, sender: Sender) -> None:
    event = msgspec.structs.replace(finished(DRAFT), asserted=asserted)
    assert event.asserted.sender is sender
    assert event.cause.startswith("m") and (event.cause == "m") == (sender is Sender.PUBLIC)


def test_name_that_it_speaks_with() -> None:
    assert Asserted("u", email="e@x.io").named == ("user", "u")
    assert Asserted(email="e@x.io").named == ("email", "e@x.io")
    assert Asserted(illegal_id="null").named is None
