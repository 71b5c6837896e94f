"""Errors of the store, classified once, by SQLSTATE and by driver: try again, answer 503, stop, or set aside.

Whose fault an error is decides what a client is told. One of the store's passes: 503, and the same bytes come again. One of
an event does not: told 503, its sender would bring it back for ever, and with it whatever shares its commit; so that one
event ends in the quarantine. Taking the first for the second is worse: the client is told 200 and forgets the event.

Sources: PostgreSQL's documentation, appendix A (the classes of SQLSTATE); sqlite.org/rescode.html.
"""

from __future__ import annotations

from enum import Enum
from typing import Any

import pysqlite3 as _pysqlite3  # a C extension without types
import sqlalchemy as sa

from ..errors import PasserbyError, Unavailable

pysqlite3: Any = _pysqlite3


class StateMoved(Exception):
    """Another collector changed the same rows between our reading and our writing: decide the group again."""


class Fault(Enum):
    """Class of an error of the store, by what is to be done about it."""

    RACE = "try again; then 503"
    CLASH = "try again; then set the event aside"
    AWAY = "503: the store cannot, now"
    BROKEN = "503, and stop: nothing may be trusted until a restart"
    OF_THE_EVENT = "set the event aside: it will never be stored"


_CLASSES = {
    "08": Fault.AWAY,  # connection; also what PgBouncer says when it has no server, or too many clients
    "0A": Fault.RACE,  # not supported: "cached plan must not change result type", after a migration
    "21": Fault.OF_THE_EVENT,  # cardinality
    "22": Fault.OF_THE_EVENT,  # data: no such number, no such character
    "23": Fault.OF_THE_EVENT,  # a constraint
    "24": Fault.RACE,  # cursor state
    "25": Fault.RACE,  # transaction state: somebody else used the session, or the server ended the transaction
    "26": Fault.RACE,  # a prepared statement that is not there: a pooler gave us another session
    "28": Fault.AWAY,  # who we are: a password was changed
    "2D": Fault.RACE,  # transaction termination
    "34": Fault.RACE,  # cursor name
    "3B": Fault.RACE,  # savepoint
    "3D": Fault.AWAY,  # no such database
    "3F": Fault.AWAY,  # no such schema
    "40": Fault.RACE,  # rolled back: serialization, deadlock
    "42": Fault.AWAY,  # names and rights: nothing of a client's is ever part of a statement
    "53": Fault.AWAY,  # disk, memory, connections
    "54": Fault.OF_THE_EVENT,  # program limits: a row too large for its index
    "55": Fault.AWAY,  # in use; a lock that did not come in time
    "57": Fault.AWAY,  # shut down, cancelled, timed out
    "58": Fault.AWAY,  # the system below PostgreSQL
    "72": Fault.RACE,  # snapshot too old
    "F0": Fault.AWAY,  # configuration file
}
"""Class of an SQLSTATE -> what it means. One that is not here is taken for the event's: it is kept, and kept alone."""

_STATES = {
    "23505": Fault.CLASH,  # unique: another collector was faster, unless it happens each time
    "25006": Fault.AWAY,  # read-only: the session leads to what is a standby now
    "42P05": Fault.RACE,  # a prepared statement that is there already: of another client of the pooler
    "XX001": Fault.AWAY,  # data corrupted
    "XX002": Fault.AWAY,  # index corrupted
}

_OF_ANOTHER_SESSION = frozenset({"0A", "24", "25", "26", "34"})
_SESSION_STATES = frozenset({"42P05"})

_WITHOUT_A_CODE: tuple[tuple[type[BaseException], Fault], ...] = (
    (StateMoved, Fault.CLASH),
    (Unavailable, Fault.AWAY),
    (sa.exc.DataError, Fault.OF_THE_EVENT),
    (sa.exc.OperationalError, Fault.AWAY),  # there was no answer
    (sa.exc.InterfaceError, Fault.RACE),  # the connection was closed behind our back: the next one is another
    (sa.exc.InternalError, Fault.RACE),
    (sa.exc.NotSupportedError, Fault.AWAY),
    (sa.exc.TimeoutError, Fault.AWAY),  # no connection became free
    (sa.exc.PendingRollbackError, Fault.RACE),
    (sa.exc.ResourceClosedError, Fault.RACE),
    (MemoryError, Fault.AWAY),
    (OSError, Fault.AWAY),
)
"""Errors in which no driver put a code, in this order. Any other is taken for the event's."""

_SQLITE = {
    "IOERR": Fault.BROKEN,
    "BUSY": Fault.AWAY,
    "LOCKED": Fault.AWAY,
    "FULL": Fault.AWAY,
    "READONLY": Fault.AWAY,
    "CANTOPEN": Fault.AWAY,
    "NOMEM": Fault.AWAY,
    "PERM": Fault.AWAY,
    "AUTH": Fault.AWAY,
    "NOLFS": Fault.AWAY,
    "PROTOCOL": Fault.AWAY,
    "INTERRUPT": Fault.AWAY,
    "CORRUPT": Fault.AWAY,
    "NOTADB": Fault.AWAY,
    "SCHEMA": Fault.RACE,
    "ABORT": Fault.RACE,
    "CONSTRAINT_UNIQUE": Fault.CLASH,
    "CONSTRAINT_PRIMARYKEY": Fault.CLASH,
}
"""Result code of SQLite -> what it means; the longest name that fits counts."""

_SQLITE_SENTENCES = (
    ("UNIQUE constraint failed", Fault.CLASH),
    ("disk I/O error", Fault.BROKEN),
    ("is locked", Fault.AWAY),
    ("is full", Fault.AWAY),
    ("readonly", Fault.AWAY),
    ("unable to open", Fault.AWAY),
    ("malformed", Fault.AWAY),
    ("no such table", Fault.AWAY),
    ("no such column", Fault.AWAY),
    ("within a transaction", Fault.RACE),
    ("no transaction is active", Fault.RACE),
)
"""Messages of SQLite, where its code says too little (SQLITE_ERROR, SQLITE_CONSTRAINT), or the driver gives none."""


def fault_of(error: BaseException) -> Fault:
    """Return what an error of a transaction means."""
    original = original_of(error)
    state = getattr(original, "sqlstate", None)
    if state is not None:
        return _STATES.get(state) or _CLASSES.get(state[:2], Fault.OF_THE_EVENT)
    if isinstance(original, pysqlite3.Error):
        return _fault_of_sqlite(original)
    found = (fault for kind, fault in _WITHOUT_A_CODE if isinstance(error, kind) or isinstance(original, kind))
    return next(found, Fault.OF_THE_EVENT)


def original_of(error: BaseException) -> BaseException:
    """Return the driver's own error, which SQLAlchemy wraps."""
    original = getattr(error, "orig", None)
    return original if isinstance(original, BaseException) else error


def is_retried(error: BaseException) -> bool:
    """Say whether the transaction may succeed when it is simply done again."""
    return fault_of(error) in (Fault.RACE, Fault.CLASH)


def is_of_the_store(error: BaseException) -> bool:
    """Say whether the error, after its retries, is the store's and not that of what was to be stored."""
    return fault_of(error) in (Fault.RACE, Fault.AWAY, Fault.BROKEN)


def is_of_the_session(error: BaseException) -> bool:
    """Say whether the session is not the one that we left, so that it has to be replaced and not only rolled back."""
    state = getattr(original_of(error), "sqlstate", None) or ""
    return state in _SESSION_STATES or state[:2] in _OF_ANOTHER_SESSION


def answer_to(error: Exception) -> PasserbyError | None:
    """Return what a client is told of an error of the store, when it may ask again; None for an error of another kind."""
    is_from_store = isinstance(error, sa.exc.SQLAlchemyError | StateMoved)
    return Unavailable("The store does not answer now; ask again.") if is_from_store and is_of_the_store(error) else None


def is_text_that_no_store_holds(error: Exception) -> bool:
    """Say whether a text has characters that the store refuses: NUL on PostgreSQL, half of a surrogate pair on either."""
    original = original_of(error)
    if isinstance(original, UnicodeEncodeError):
        return "surrogates" in original.reason
    state = getattr(original, "sqlstate", None)
    return state in ("22021", "22P05") or (state is None and isinstance(error, sa.exc.DataError) and "NUL" in str(original))


def _fault_of_sqlite(error: Any) -> Fault:
    name = (getattr(error, "sqlite_errorname", None) or "").removeprefix("SQLITE_")
    while name:
        if name in _SQLITE:
            return _SQLITE[name]
        name = name.rpartition("_")[0]
    sentence = str(error)
    return next((fault for part, fault in _SQLITE_SENTENCES if part in sentence), Fault.OF_THE_EVENT)
