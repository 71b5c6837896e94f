"""Messages in the store: every operation on them, each in one transaction; a preview is the same, taken back."""

from __future__ import annotations

from contextlib import suppress

import msgspec
import sqlalchemy as sa

from ..domain.log import By
from ..domain.message_conflicts import Conflict, conflicts_with
from ..domain.message_diff import Difference, differences
from ..domain.message_states import Operation, Save, Standing, decide
from ..domain.messages import Message, content_of
from . import races, tables
from .engine import Store
from .message_rows import MessageRow, list_messages, load_messages

_message, _revision = tables.message, tables.message_revision


class Outcome(msgspec.Struct, frozen=True):
    """Outcome of an operation on one message, done or only shown (a preview).

    `before` and `after` are None where there was or is no message. `saved` is what the newest document has changed, `published`
    what changes of the published one; both empty where there was none before. `conflicts` are told when it has become live.
    """

    key: str
    before: Standing | None
    after: Standing | None
    saved: list[Difference]
    published: list[Difference]
    conflicts: list[Conflict]

    @property
    def is_change(self) -> bool:
        return self.before != self.after


class _Change(msgspec.Struct, frozen=True):
    """One message before and after its operation."""

    key: str
    before: MessageRow | None
    after: MessageRow | None

    @property
    def newly_live(self) -> Message | None:
        """The message that browsers get now and did not get before."""
        if self.after is None or (self.before and self.before.standing.live == self.after.standing.live):
            return None
        return self.after.live


class _TakenBack(Exception):
    """Ends a preview: nothing of it is kept."""


def carry_out(store: Store, site_id: int, key: str, operation: Operation, by: str, now: int) -> Outcome:
    """Carry an operation out; `by` names who asked, `now` is in microseconds.

    Raises NotFound for a message or revision that there is not, Conflict when there is nothing to do or somebody was faster,
    and Unavailable when it cannot be done now.
    """
    return carry_out_all(store, site_id, {key: operation}, by, now)[0]


def carry_out_all(
    store: Store, site_id: int, operations: dict[str, Operation], by: str, now: int, *, preview: bool = False
) -> list[Outcome]:
    """Carry one operation a message out, all of them or none. Raises what `carry_out` raises."""
    changes: list[_Change] = []
    live: list[Message] = []

    def once() -> None:
        with suppress(_TakenBack), store.write() as connection:
            changes[:] = _apply(connection, site_id, operations, by, now)
            live[:] = [row.live for row in list_messages(connection, site_id, "live") if row.live]
            if preview:
                raise _TakenBack

    races.carry_out(once, "nothing was changed", of="the same messages")
    # Not in the transaction, which others wait for: to look for conflicts takes its time.
    conflicts = conflicts_with([change.newly_live for change in changes if change.newly_live], live)
    return [_outcome(change, conflicts) for change in changes]


def put_message(store: Store, site_id: int, message: Message, now: int, by: str = By.CLI) -> int:
    """Save a document under its key, and publish it when it says that it is live; return its newest revision."""
    after = carry_out(store, site_id, message.key, Save(message), by, now).after
    assert after is not None
    return after.revision


def _apply(connection: sa.Connection, site_id: int, operations: dict[str, Operation], by: str, now: int) -> list[_Change]:
    before = {key: _locked(connection, site_id, key) for key in sorted(operations)}  # sorted: two pushes take turns
    for key, row in before.items():
        _apply_one(connection, site_id, key, row, operations[key], by, now)
    after = {row.key: row for row in list_messages(connection, site_id)}
    return [_Change(key, before[key], after.get(key)) for key in operations]


def _locked(connection: sa.Connection, site_id: int, key: str) -> MessageRow | None:
    """The message, which no other collector changes before this transaction ends. Two that make the same one clash, and the
    second tries again."""
    here = (_message.c.site_id == site_id, _message.c.key == key)
    connection.execute(sa.select(_message.c.key).where(*here).with_for_update())
    return next(iter(load_messages(connection, *here)), None)


def _apply_one(
    connection: sa.Connection, site_id: int, key: str, row: MessageRow | None, operation: Operation, by: str, now: int
) -> None:
    before = None if row is None else row.standing
    after = decide(None if row is None else row.known, key, operation)
    here = {"site_id": site_id, "key": key}
    if after is None:
        for table in (_message, _revision):
            connection.execute(sa.delete(table).where(table.c.site_id == site_id, table.c.key == key))
    elif after != before:
        if isinstance(operation, Save) and (before is None or after.revision > before.revision):
            document = msgspec.json.encode(content_of(operation.message))
            kept = {"revision": after.revision, "document": document, "by": by, "at": now}
            connection.execute(sa.insert(_revision).values(**here, **kept))
        values = {**msgspec.structs.asdict(after), "updated_at": now, "updated_by": by}
        if before is None:
            connection.execute(sa.insert(_message).values(**here, **values))
        else:
            where = (_message.c.site_id == site_id, _message.c.key == key)
            connection.execute(sa.update(_message).where(*where).values(values))


def _outcome(change: _Change, conflicts: list[Conflict]) -> Outcome:
    old = change.before.known if change.before else None
    new = change.after.known if change.after else None
    return Outcome(
        change.key,
        old.standing if old else None,
        new.standing if new else None,
        differences(old.newest if old else None, new.newest if new else None),
        differences(old.published if old else None, new.published if new else None),
        [conflict for conflict in conflicts if change.newly_live and change.key in (conflict.first, conflict.second)],
    )
