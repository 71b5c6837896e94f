"""Counting an event once, by site, device and message id; and never to the loss of who proves more.

A message id can be guessed, and everybody has the write key. So what a higher sender says (events.Sender) takes the message
id, whichever arrives first: the same event of a lower one is one with it, and other content stays beside it, under a
message id that is marked with its sender. What is there no more, or was dropped, because its person was deleted, counts as
there (event_tombstones.py).
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum, auto
from typing import Any, NamedTuple

import sqlalchemy as sa
from msgspec.structs import replace

from ...domain.events import MARK, Event, Flag, Sender
from ...domain.keys import device_key, new_uuid7
from ...domain.streams import State
from .. import tables
from ..faults import StateMoved
from . import event_tombstones, visits
from .bulk import insert_rows, select_in
from .event_tombstones import EventTombstone, Key, seal_of
from .loading import load_people

Row = tuple[Any, ...]

_event = tables.event.c
_PLACE, _FLAGS = ([column.name for column in tables.event.columns].index(name) for name in ("message_id", "flags"))
_KNOWN = (
    "SELECT device_id, message_id, fingerprint, sender, flags FROM event "
    "WHERE site_id = {mark} AND (device_id, message_id) IN ({keys})"
)


class Outcome(Enum):
    NEW = auto()
    DUPLICATE = auto()
    PROVEN = auto()
    """The same event is there, from a lower sender: it is counted once, and this is what is kept of it."""
    CONFLICT = auto()


class Kept(NamedTuple):
    """An event that is there already, or was (`is_gone`): its `content` is its fingerprint, or the seal of that."""

    key: Key
    content: bytes
    sender: Sender
    echoes: int = 0
    """Flags of ECHOES: which lower senders have said the same."""
    is_gone: bool = False


class Meeting(NamedTuple):
    """Matches of an event under its message id: `same` gives way to it, `other` stays under a marked id, or itself is kept
    under one, `message_id`. `echo` is a higher sender's, which the event is the first to repeat: it must not be told so."""

    outcome: Outcome
    same: Kept | None = None
    other: Kept | None = None
    echo: Kept | None = None
    message_id: str | None = None


_NEW = Meeting(Outcome.NEW)
ECHOES = {Sender.PUBLIC: Flag.ECHOED, Sender.SIGNED: Flag.ECHOED_SIGNED, Sender.SERVER: 0}
"""Flag of an event that this lower sender has said too."""
_ANY_ECHO = Flag.ECHOED | Flag.ECHOED_SIGNED
_SENDER = [column.name for column in tables.event.columns].index("sender")
"""Its place in a row."""


def kept_as(event: Event, meeting: Meeting) -> Event:
    """Return the event as it is kept: under its own message id or a marked one; of `same`, whose place it takes, it notes that
    its sender has said it too."""
    if meeting.same is None and meeting.message_id is None:
        return event
    echoes = 0 if meeting.same is None else meeting.same.echoes | ECHOES[meeting.same.sender]
    return replace(event, message_id=meeting.message_id or event.message_id, flags=event.flags | echoes)


class EventRows:
    """The events of one group and site: which of them are there already, and the rows of those that are kept."""

    def __init__(
        self, connection: sa.Connection, site_id: int, events: Iterable[Event], key: bytes, seq: int, has_tombstones: bool
    ) -> None:
        """`key` is that of the tombstones, `seq` the number of the transaction; `has_tombstones` says that there are
        tombstones."""
        self._connection = connection
        self._site_id = site_id
        self._key = key
        self.seq = seq
        self._has_tombstones = has_tombstones
        self._kept: dict[Key, Kept] = {}
        self._rows: dict[Key, Row] = {}
        self._quiet: set[int] = set()
        self._buried: set[Key] = set()
        self._raised: set[Key] = set()
        self._read({key for event in events for key in _keys(event, event.message_id, event.former_id)})

    def meet(self, event: Event) -> Meeting:
        """Say what becomes of the event (`kept_as`), and which other ones it meets.

        A sender is answered by what it has said itself, under its own mark or as an echo of a better one; as if the better
        ones' were not there.
        """
        found = self._all(event, event.message_id)
        if not found:
            former = self._all(event, event.former_id) if event.former_id is not None else []
            return Meeting(Outcome.DUPLICATE) if any(self._is_same(event, one) for one in former) else _NEW
        sender = event.asserted.sender
        marked = [_marked(event.message_id, one) for one in Sender]
        self._read(_keys(event, *marked))
        found += [kept for one in marked for kept in self._all(event, one)]
        own = next((kept for kept in found if kept.sender == sender or kept.echoes & ECHOES[sender]), None)
        if own is not None:
            return Meeting(Outcome.DUPLICATE if self._is_same(event, own) else Outcome.CONFLICT)
        same = next((kept for kept in found if self._is_same(event, kept)), None)
        if same is not None and same.sender > sender:
            return Meeting(Outcome.DUPLICATE, echo=same)
        outcome = Outcome.NEW if same is None else Outcome.PROVEN
        holder = self._kept.get((event.device_id, event.message_id))
        if holder is None or holder is same:
            return Meeting(outcome, same)
        if holder.sender < sender:
            return Meeting(outcome, same, holder)
        return Meeting(outcome, same, message_id=marked[sender])

    def keep(self, event: Event, row: Row, meeting: Meeting) -> None:
        """Take the row of an event that is to be kept, in its place. `row` is in the order of the table's columns."""
        if meeting.same is not None:
            self._remove(meeting.same)
        if meeting.other is not None:
            self._put_beside(meeting.other)
        key = (event.device_id, event.message_id)
        self._rows[key] = row
        self._kept[key] = Kept(key, event.fingerprint, Sender(row[_SENDER]), row[_FLAGS] & _ANY_ECHO)

    def bury(self, event: Event, meeting: Meeting) -> None:
        """Remember an event that was dropped, so that its retry is one; one that it has met stays what it is."""
        has_met = meeting.same is not None or meeting.other is not None
        message_id = _marked(event.message_id, event.asserted.sender) if has_met else event.message_id
        seal = seal_of(self._key, event.fingerprint)
        self._put(Kept((event.device_id, message_id), seal, event.asserted.sender, is_gone=True))

    def note_echo(self, kept: Kept, sender: Sender) -> None:
        """Remember that this lower sender has said the same."""
        echo = int(ECHOES[sender])
        if kept.is_gone:
            self._remove(kept)
            self._put(kept._replace(echoes=kept.echoes | echo))
            return
        self._kept[kept.key] = kept._replace(echoes=kept.echoes | echo)
        row = self._rows.get(kept.key)
        if row is None:
            flags = _event.flags.op("|")(echo)
            self._connection.execute(sa.update(tables.event).where(*self._at(kept.key)).values(flags=flags))
        else:
            self._rows[kept.key] = (*row[:_FLAGS], row[_FLAGS] | echo, *row[_FLAGS + 1 :])

    def write(self) -> None:
        """Insert the rows. Raises StateMoved when another collector has one of them."""
        buried = {key: self._kept[key] for key in self._buried}
        tombstones = {key: EventTombstone(one.content, one.sender, one.echoes) for key, one in buried.items()}
        try:
            insert_rows(self._connection, tables.event, list(self._rows.values()))
            event_tombstones.remove(self._connection, self._site_id, self._key, self._raised)
            event_tombstones.put(self._connection, self._site_id, self._key, tombstones)
        except sa.exc.IntegrityError as error:  # a retry of the same event, at another collector
            raise StateMoved from error

    def recount_visits(self) -> None:
        """Count the visits anew of the people who had an event that gave way. After what the group changes is written."""
        if not self._quiet:
            return
        stream = tables.stream.c
        query = sa.select(stream.person_id).where(stream.stream_id.in_(sorted(self._quiet)), stream.person_id.is_not(None))
        people = set(self._connection.execute(query).scalars())
        if people:
            state = State()
            load_people(self._connection, state, people)
            visits.write_recounted(self._connection, state, people)

    def _all(self, event: Event, message_id: str) -> list[Kept]:
        """Return the events known under a message id, here and where this one was before its anonymous id was deleted."""
        kept = self._kept.get((event.device_id, message_id))
        found = [] if kept is None else [kept]
        if event.asserted.retired is not None:
            before = self._kept.get((device_key(event.site_id, event.asserted.retired), message_id))
            found += [] if before is None or before is kept else [before]
        return found

    def _read(self, keys: Iterable[Key]) -> None:
        wanted = {key for key in keys if key not in self._kept}
        for row in select_in(self._connection, _KNOWN, (self._site_id,), wanted):
            key = (row[0], row[1])
            self._kept[key] = Kept(key, bytes(row[2]), Sender(row[3]), row[4] & _ANY_ECHO)
        if not self._has_tombstones:
            return
        gone = event_tombstones.find(self._connection, self._site_id, self._key, wanted - self._kept.keys() - self._raised)
        for key, one in gone.items():
            self._kept[key] = Kept(key, one.seal, Sender(one.sender), one.echoes, is_gone=True)

    def _is_same(self, event: Event, kept: Kept) -> bool:
        return kept.content == (seal_of(self._key, event.fingerprint) if kept.is_gone else event.fingerprint)

    def _put(self, gone: Kept) -> None:
        self._kept[gone.key] = gone
        self._buried.add(gone.key)

    def _remove(self, kept: Kept) -> None:
        del self._kept[kept.key]
        if kept.is_gone:
            self._buried.discard(kept.key)
            self._raised.add(kept.key)
            return
        row = self._rows.pop(kept.key, None)
        if row is None:
            removed = sa.delete(tables.event).where(*self._at(kept.key)).returning(_event.stream_id)
            self._quiet.update(self._connection.execute(removed).scalars())
        else:
            self._quiet.add(row[tables.event.columns.keys().index("stream_id")])

    def _put_beside(self, kept: Kept) -> None:
        device_id, message_id = kept.key
        marked = _marked(message_id, kept.sender)
        if (device_id, marked) in self._kept:  # left over from when somebody else had the message id
            marked = f"{marked}:{new_uuid7()}"
        if kept.is_gone:
            self._remove(kept)
            self._put(kept._replace(key=(device_id, marked)))
            return
        del self._kept[kept.key]
        row = self._rows.pop(kept.key, None)
        if row is None:
            self._connection.execute(sa.update(tables.event).where(*self._at(kept.key)).values(message_id=marked, seq=self.seq))
        else:
            self._rows[device_id, marked] = (*row[:_PLACE], marked, *row[_PLACE + 1 :])
        self._kept[device_id, marked] = kept._replace(key=(device_id, marked))

    def _at(self, key: Key) -> tuple[sa.ColumnElement[bool], ...]:
        return _event.site_id == self._site_id, _event.device_id == key[0], _event.message_id == key[1]


def _marked(message_id: str, sender: Sender) -> str:
    return f"{message_id}{MARK}{sender.name.lower()}"


def _keys(event: Event, *message_ids: str | None) -> list[Key]:
    """Where the event may be: on its device, and on that which it was on before its anonymous id was deleted; a replay of it
    is still a replay."""
    keys = [(event.device_id, one) for one in message_ids if one is not None]
    if event.asserted.retired is not None:
        before = device_key(event.site_id, event.asserted.retired)
        keys += [(before, one) for one in message_ids if one is not None]
    return keys
