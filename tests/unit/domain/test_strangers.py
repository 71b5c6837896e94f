"""What is answered where somebody is not to be told of: as if nothing were known of them."""

from __future__ import annotations

from collector.domain.changes import DeviceAdded, EpochOpened, Logged
from collector.domain.deciding import Decision
from collector.domain.log import Op
from collector.domain.strangers import Unheard, answered_as
from collector.domain.streams import Boundary, Device, Identifier, State

DEVICE = DeviceAdded(Device(1, "x"))
OTHER = DeviceAdded(Device(2, "y"))
EPOCH = EpochOpened(1, Boundary(5, 1))
ENTRY = Logged(Op.HANDOFF, 1, 0, "cause")


def test_what_is_forgotten() -> None:
    known = Identifier("email", "e", "e", 7, 50)
    state = State(
        identifiers={("email", "e"): known, ("user", "u"): known}, deleted={("user", "d"): 3, ("anonymous_id", "x"): 4}
    )
    unheard = Unheard()
    assert not unheard
    unheard.known.add(("email", "e"))
    unheard.deleted.add(("user", "d"))
    assert unheard
    forgotten = unheard.forgotten(state)
    assert list(forgotten.identifiers) == [("user", "u")]
    assert forgotten.deleted == {("anonymous_id", "x"): 4}
    assert len(state.identifiers) == len(state.deleted) == 2, "it is not changed"


def test_the_answer_and_the_ends_of_epochs_are_the_strangers() -> None:
    """And nothing else of what a stranger would have done; a device is added when it has an epoch to end, and is not there."""
    stranger = Decision(9, [DEVICE, OTHER, ENTRY, EPOCH], ("y",))
    for own, expected in (([], [DEVICE, EPOCH]), ([DEVICE], [DEVICE, EPOCH]), ([ENTRY], [ENTRY, DEVICE, EPOCH])):
        decided = answered_as(Decision(8, list(own), ("x",)), stranger, ends_epochs=True)
        assert (decided.stream_id, decided.changes, decided.rotate) == (8, expected, ("y",))
    decided = answered_as(Decision(None, [], ("x",)), stranger, ends_epochs=False)
    assert (decided.stream_id, decided.changes, decided.rotate) == (None, [], ("y",))
