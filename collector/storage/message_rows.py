"""Messages as they are read: how each stands, its newest and its published document, and all its revisions."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import msgspec
import sqlalchemy as sa
import structlog

from ..domain.message_states import Known, Standing
from ..domain.messages import Message, public_form
from ..errors import NotFound, PasserbyError
from . import tables

log = structlog.get_logger()

_message, _revision = tables.message, tables.message_revision
_MOST_REVISION = 2**31 - 1
"""The greatest number that the column holds; PostgreSQL refuses to compare it with a greater one."""
_newest, _published = tables.message_revision.alias("newest"), tables.message_revision.alias("published")


class MessageRow(msgspec.Struct, frozen=True):
    """A message with the contents that count; `of` puts one together with the message's status and run."""

    site_id: int
    key: str
    known: Known
    updated_at: int
    updated_by: str

    @property
    def standing(self) -> Standing:
        return self.known.standing

    def of(self, content: Message) -> Message:
        return msgspec.structs.replace(content, status=self.standing.status, run=self.standing.run)

    @property
    def newest(self) -> Message:
        return self.of(self.known.newest)

    @property
    def live(self) -> Message | None:
        """The message as browsers get it; None when they get none."""
        content = self.known.published if self.standing.status == "live" else None
        return None if content is None else self.of(content)

    @property
    def in_force(self) -> Message:
        """The message as a file says it."""
        return self.of(self.known.in_force)


class RevisionRow(msgspec.Struct, frozen=True):
    """One saved document; `at` is in microseconds."""

    revision: int
    at: int
    by: str
    content: Message


def load_messages(connection: sa.Connection, *where: sa.ColumnElement[bool]) -> list[MessageRow]:
    """Return the messages that fit, of all sites unless told, in the order of their keys."""
    return [_row(row) for row in _rows(connection, *where)]


def _rows(connection: sa.Connection, *where: sa.ColumnElement[bool]) -> list[Any]:
    """Rows in the order of Python's texts, which is that of conflicts; a database may have another."""
    query = (
        sa.select(_message, _newest.c.document.label("newest"), _published.c.document.label("given"))
        .join(_newest, _of_message(_newest, _message.c.revision))
        .outerjoin(_published, _of_message(_published, _message.c.published))
    )
    return sorted(connection.execute(query.where(*where)), key=lambda row: (row.site_id, row.key))


def _of_message(revision: sa.FromClause, number: sa.ColumnElement[Any]) -> sa.ColumnElement[bool]:
    columns = revision.c
    return sa.and_(columns.site_id == _message.c.site_id, columns.key == _message.c.key, columns.revision == number)


def _row(row: Any) -> MessageRow:
    given = None if row.given is None else msgspec.convert(row.given, Message)
    known = Known(Standing(row.revision, row.published, row.status, row.run), msgspec.convert(row.newest, Message), given)
    return MessageRow(row.site_id, row.key, known, row.updated_at, row.updated_by)


def list_messages(connection: sa.Connection, site_id: int | None = None, status: str | None = None) -> list[MessageRow]:
    """Return the messages of a site, or of all, with that status, or with any."""
    asked = {"site_id": site_id, "status": status}
    return load_messages(connection, *(_message.c[name] == value for name, value in asked.items() if value is not None))


def get_message(connection: sa.Connection, site_id: int, key: str) -> MessageRow:
    """Return one message. Raises NotFound."""
    found = load_messages(connection, _message.c.site_id == site_id, _message.c.key == key)
    if not found:
        raise NotFound(f"There is no message {key!r}; `passerby message list` shows those that there are.")
    return found[0]


def list_revisions(connection: sa.Connection, site_id: int, key: str, revision: int | None = None) -> list[RevisionRow]:
    """Return the revisions of a message, newest first, or the one of that number. Raises NotFound when there is none."""
    asked = {"site_id": site_id, "key": key, "revision": revision}
    where = [_revision.c[name] == value for name, value in asked.items() if value is not None]
    query = sa.select(_revision).where(*where).order_by(_revision.c.revision.desc())
    rows = [] if revision is not None and revision > _MOST_REVISION else connection.execute(query).all()
    if not rows:
        raise NotFound(f"There is no message {key!r}." if revision is None else f"`{key}` has no revision {revision}.")
    return [RevisionRow(row.revision, row.at, row.by, msgspec.convert(row.document, Message)) for row in rows]


def live_messages(connection: sa.Connection) -> dict[int, list[dict[str, Any]]]:
    """Return the public forms of the published revisions of the live messages, by site.

    One that this version cannot read, as after a newer one was taken back, is left out and named in the log.
    """
    live: dict[int, list[dict[str, Any]]] = {}
    for found in _rows(connection, _message.c.status == "live"):
        try:
            row = _row(found)
            if row.live is not None and row.standing.live is not None:
                live.setdefault(row.site_id, []).append(public_form(row.live, row.standing.live))
        except (msgspec.ValidationError, PasserbyError, LookupError):
            _tell_of_unread(found.site_id, found.key, found.revision)
    return live


@lru_cache(maxsize=1_000)
def _tell_of_unread(site_id: int, key: str, revision: int) -> None:
    """Log it once: live messages are read again every few seconds."""
    log.warning("a stored message cannot be read; it is not shown", site=site_id, message=key, revision=revision)
