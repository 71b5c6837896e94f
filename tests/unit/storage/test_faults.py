"""Store errors and what each means: a table of SQLSTATE and SQLite's codes, and real errors of real stores."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import psycopg
import pytest
import sqlalchemy as sa

from collector.domain.events import Reason
from collector.errors import NotFound, Unavailable
from collector.storage import tables
from collector.storage.engine import Store, sqlite_url
from collector.storage.faults import Fault, StateMoved, answer_to, fault_of, is_of_the_session, is_of_the_store, is_retried
from tests.support.server import free_port
from tests.support.sqlite import pysqlite3

RACE, CLASH, AWAY, BROKEN, OF_THE_EVENT = Fault

STATES = {
    # 08 connection; PgBouncer says all of its own with 08P01
    "08000": AWAY, "08003": AWAY, "08006": AWAY, "08001": AWAY, "08004": AWAY, "08007": AWAY, "08P01": AWAY,
    "0A000": RACE,  # cached plan must not change result type
    "21000": OF_THE_EVENT,
    # 22 data
    "22000": OF_THE_EVENT, "22001": OF_THE_EVENT, "22003": OF_THE_EVENT, "22007": OF_THE_EVENT, "22008": OF_THE_EVENT,
    "22021": OF_THE_EVENT, "22023": OF_THE_EVENT, "22032": OF_THE_EVENT, "22P02": OF_THE_EVENT, "22P03": OF_THE_EVENT,
    "22P05": OF_THE_EVENT,
    # 23 constraints
    "23000": OF_THE_EVENT, "23502": OF_THE_EVENT, "23503": OF_THE_EVENT, "23505": CLASH, "23514": OF_THE_EVENT, "23P01": OF_THE_EVENT,
    "24000": RACE,
    # 25 transaction state
    "25001": RACE, "25P01": RACE, "25P02": RACE, "25P03": RACE, "25006": AWAY,
    "26000": RACE, "42P05": RACE, "34000": RACE,
    "28000": AWAY, "28P01": AWAY, "3D000": AWAY, "3F000": AWAY,
    "40000": RACE, "40001": RACE, "40002": RACE, "40003": RACE, "40P01": RACE,
    "42501": AWAY, "42601": AWAY, "42703": AWAY, "42P01": AWAY, "42883": AWAY,
    "53000": AWAY, "53100": AWAY, "53200": AWAY, "53300": AWAY, "53400": AWAY,
    "54000": OF_THE_EVENT, "54001": OF_THE_EVENT, "54011": OF_THE_EVENT, "54023": OF_THE_EVENT,
    "55000": AWAY, "55006": AWAY, "55P03": AWAY, "55P04": AWAY,
    "57000": AWAY, "57014": AWAY, "57P01": AWAY, "57P02": AWAY, "57P03": AWAY, "57P04": AWAY, "57P05": AWAY,
    "58000": AWAY, "58030": AWAY, "58P01": AWAY, "58P02": AWAY,
    "72000": RACE, "F0000": AWAY,
    "P0001": OF_THE_EVENT,  # a trigger of the customer's
    "XX000": OF_THE_EVENT, "XX001": AWAY, "XX002": AWAY,
    "ZZ123": OF_THE_EVENT,  # not known: kept, and kept alone
}  # fmt: skip


def wrapped(original: Exception) -> sa.exc.DBAPIError:
    """Error as SQLAlchemy hands it on, under its name for it."""
    return sa.exc.DBAPIError.instance("INSERT", {}, original, (psycopg.Error, pysqlite3.Error))  # type: ignore[no-any-return,call-overload]


@pytest.mark.parametrize(("state", "fault"), STATES.items())
def test_each_sqlstate(state: str, fault: Fault) -> None:
    """SQLSTATE decides, and not the class of Python that the driver raises."""
    kinds = {
        psycopg.OperationalError,
        psycopg.InternalError,
        psycopg.ProgrammingError,
        psycopg.DataError,
        psycopg.NotSupportedError,
    }
    for kind in kinds:
        made = type("Made", (kind,), {"sqlstate": state})("said")
        assert fault_of(made) is fault
        assert fault_of(wrapped(made)) is fault
        assert is_retried(made) == (fault in (RACE, CLASH))
        assert is_of_the_store(made) == (fault in (RACE, AWAY, BROKEN))
        assert (answer_to(wrapped(made)) is not None) == is_of_the_store(made)


def test_every_state_that_the_driver_knows_is_decided() -> None:
    """SQLSTATE that psycopg has a class for: never an outage and at the same time set aside by chance."""
    known: dict[str, Any] = psycopg.errors._sqlcodes
    by_chance = {state[:2] for state in known if len(state) == 5 and fault_of(known[state]("x")) is OF_THE_EVENT}
    assert by_chance <= {"00", "01", "02", "03", "09", "0B", "0F", "0L", "0P", "0Z", "10", "20", "21", "22", "23", "27", "2B", "2F", "38", "39",
                         "44", "54", "HV", "P0", "XX"}  # fmt: skip


@pytest.mark.parametrize(
    ("error", "fault"),
    [
        (psycopg.OperationalError("server closed the connection unexpectedly"), AWAY),
        (psycopg.InterfaceError("the connection is closed"), RACE),
        (psycopg.DataError("PostgreSQL text fields cannot contain NUL (0x00) bytes"), OF_THE_EVENT),
        (psycopg.ProgrammingError("cannot adapt type"), OF_THE_EVENT),
    ],
)
def test_the_driver_without_a_state(error: Exception, fault: Fault) -> None:
    assert fault_of(wrapped(error)) is fault


@pytest.mark.parametrize(
    ("error", "fault"),
    [
        (StateMoved(), CLASH),
        (sa.exc.TimeoutError("QueuePool limit"), AWAY),
        (sa.exc.PendingRollbackError("x"), RACE),
        (sa.exc.ResourceClosedError("x"), RACE),
        (Unavailable(), AWAY),
        (ConnectionResetError(), AWAY),
        (OSError(28, "No space left on device"), AWAY),
        (MemoryError(), AWAY),
        (UnicodeEncodeError("utf-8", "\ud800", 0, 1, "surrogates not allowed"), OF_THE_EVENT),
        (OverflowError("Python int too large"), OF_THE_EVENT),
        (ValueError("our own"), OF_THE_EVENT),
    ],
)
def test_errors_of_no_driver(error: Exception, fault: Fault) -> None:
    assert fault_of(error) is fault


SQLITE = {
    "SQLITE_BUSY": AWAY, "SQLITE_BUSY_SNAPSHOT": AWAY, "SQLITE_LOCKED": AWAY, "SQLITE_FULL": AWAY, "SQLITE_READONLY": AWAY,
    "SQLITE_READONLY_DBMOVED": AWAY, "SQLITE_CANTOPEN": AWAY, "SQLITE_CANTOPEN_ISDIR": AWAY, "SQLITE_NOMEM": AWAY, "SQLITE_PERM": AWAY,
    "SQLITE_PROTOCOL": AWAY, "SQLITE_INTERRUPT": AWAY, "SQLITE_CORRUPT": AWAY, "SQLITE_CORRUPT_INDEX": AWAY, "SQLITE_NOTADB": AWAY,
    "SQLITE_IOERR": BROKEN, "SQLITE_IOERR_FSYNC": BROKEN, "SQLITE_IOERR_WRITE": BROKEN, "SQLITE_SCHEMA": RACE,
    "SQLITE_CONSTRAINT_PRIMARYKEY": CLASH, "SQLITE_CONSTRAINT_UNIQUE": CLASH, "SQLITE_CONSTRAINT_NOTNULL": OF_THE_EVENT,
    "SQLITE_TOOBIG": OF_THE_EVENT, "SQLITE_MISMATCH": OF_THE_EVENT, "SQLITE_ERROR": OF_THE_EVENT,
}  # fmt: skip


@pytest.mark.parametrize(("name", "fault"), SQLITE.items())
def test_each_code_of_sqlite(name: str, fault: Fault) -> None:
    error = pysqlite3.OperationalError("said")
    error.sqlite_errorname = name
    assert fault_of(wrapped(error)) is fault


@pytest.mark.parametrize(
    ("sentence", "fault"),
    [
        ("disk I/O error", BROKEN),
        ("database is locked", AWAY),
        ("database table is locked", AWAY),
        ("database or disk is full", AWAY),
        ("attempt to write a readonly database", AWAY),
        ("unable to open database file", AWAY),
        ("database disk image is malformed", AWAY),
        ("no such table: event", AWAY),
        ("cannot start a transaction within a transaction", RACE),
        ("string or blob too big", OF_THE_EVENT),
    ],
)
def test_sentences_of_sqlite(sentence: str, fault: Fault) -> None:
    assert fault_of(wrapped(pysqlite3.OperationalError(sentence))) is fault


def test_errors_of_another_kind_are_nobodys_outage() -> None:
    for error in (NotFound(), ValueError(), OSError(), Unavailable()):
        assert answer_to(error) is None


# -- real ones -----------------------------------------------------------------------------------------------------------


def raised(store: Store, *statements: str) -> sa.exc.DBAPIError:
    """Return what the last of these statements is answered, in one transaction."""
    *before, last = statements
    with pytest.raises(sa.exc.DBAPIError) as found, store.write() as connection:
        for statement in before:
            connection.exec_driver_sql(statement)
        connection.exec_driver_sql(last)
    return found.value


REAL = {
    "22021": (OF_THE_EVENT, "SELECT convert_from('\\x00'::bytea, 'UTF8')"),
    "22P05": (OF_THE_EVENT, "SELECT '\"\\u0000\"'::jsonb ->> 0"),
    "22003": (OF_THE_EVENT, "SELECT 99999999999999999999::bigint"),
    "22P02": (OF_THE_EVENT, "SELECT 'x'::jsonb"),
    "23502": (OF_THE_EVENT, "INSERT INTO meta (key) VALUES ('k')"),
    "23505": (CLASH, "INSERT INTO meta VALUES ('k', 'v')", "INSERT INTO meta VALUES ('k', 'v')"),
    "25006": (AWAY, "SET TRANSACTION READ ONLY", "INSERT INTO meta VALUES ('k', 'v')"),
    "26000": (RACE, "EXECUTE nothing"),
    "34000": (RACE, "FETCH 1 FROM nothing"),
    "42P05": (RACE, "PREPARE p AS SELECT 1", "PREPARE p AS SELECT 1"),
    "0A000": (
        RACE, "CREATE TEMPORARY TABLE t (x int) ON COMMIT DROP", "PREPARE q AS SELECT * FROM t", "EXECUTE q",
        "ALTER TABLE t ADD y int", "EXECUTE q",
    ),
    "42501": (AWAY, "SELECT * FROM pg_authid"),
    "42P01": (AWAY, "SELECT * FROM nowhere"),
    "54000": (OF_THE_EVENT, "INSERT INTO meta SELECT string_agg(md5(n::text), ''), '' FROM generate_series(1, 300) n"),
    "57014": (AWAY, "SET LOCAL statement_timeout = 10", "SELECT pg_sleep(30)"),
    "57P01": (AWAY, "SELECT pg_terminate_backend(pg_backend_pid())"),
}  # fmt: skip


@pytest.mark.stores("postgresql")
@pytest.mark.parametrize("state", REAL)
def test_real_errors_of_postgresql(store: Store, state: str) -> None:
    """Errors are what their state says; the store then serves the next one."""
    fault, *statements = REAL[state]
    error = raised(store, *statements)  # type: ignore[arg-type]
    assert getattr(error.orig, "sqlstate", None) == state
    assert fault_of(error) is fault
    assert error.connection_invalidated == (is_of_the_session(error) or state == "57P01"), (
        "a session of somebody else's is replaced"
    )
    with store.write() as connection:
        assert connection.exec_driver_sql("SELECT 1").scalar() == 1


@pytest.mark.stores("postgresql")
def test_a_lock_that_does_not_come(store: Store) -> None:
    with store.write() as holding:
        holding.exec_driver_sql("LOCK TABLE meta")
        error = raised(store, "SET LOCAL lock_timeout = 10", "LOCK TABLE meta")
    assert fault_of(error) is AWAY


@pytest.mark.stores("postgresql")
def test_serialization_failure_and_deadlock(store: Store) -> None:
    """40001, and 40P01 when each holds what the other wants."""
    with store.write() as connection:
        connection.exec_driver_sql("INSERT INTO meta VALUES ('k', 'v')")
    with store.write() as late:
        late.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        late.exec_driver_sql("SELECT * FROM meta")
        with store.write() as first:
            first.exec_driver_sql("UPDATE meta SET value = 'w'")
        with pytest.raises(sa.exc.DBAPIError) as found, late.begin_nested():
            late.exec_driver_sql("UPDATE meta SET value = 'x'")
    assert fault_of(found.value) is RACE


@pytest.mark.parametrize("where", ["127.0.0.1:{port}/x", "{server}/there_is_none"])
@pytest.mark.stores("postgresql")
def test_no_connection(empty_url: str, where: str) -> None:
    server = empty_url.rpartition("@")[2].partition("/")[0]
    user = empty_url.rpartition("@")[0]
    store = Store(f"{user}@{where.format(port=free_port(), server=server)}")
    with pytest.raises(sa.exc.DBAPIError) as found, store.read():
        pass
    assert fault_of(found.value) is AWAY
    store.close()


@pytest.mark.stores("sqlite", "postgresql")
@pytest.mark.parametrize(
    ("value", "fault"),
    [("\ud800", OF_THE_EVENT), (2**70, OF_THE_EVENT), (object(), OF_THE_EVENT)],
    ids=["surrogate", "number", "object"],
)
def test_values_that_no_column_takes(store: Store, value: Any, fault: Fault) -> None:
    with pytest.raises(Exception) as found, store.write() as connection:
        connection.exec_driver_sql(
            _insert(store),
            (1, 1, str(Reason.DELETED) if not isinstance(value, str) else value, value if not isinstance(value, str) else 1),
        )
    assert fault_of(found.value) is fault


def _insert(store: Store) -> str:
    mark = "?" if store.is_sqlite else "%s"
    return f"INSERT INTO {tables.reason_count.name} (site_id, hour, reason, count) VALUES ({mark}, {mark}, {mark}, {mark})"


def test_real_errors_of_sqlite(tmp_path: Path) -> None:
    store = Store(sqlite_url(tmp_path))
    with store.write() as connection:
        connection.exec_driver_sql("CREATE TABLE t (x INTEGER PRIMARY KEY, y TEXT NOT NULL)")

    def fault(statement: str) -> Fault:
        with pytest.raises(sa.exc.DBAPIError) as found, store.write() as connection:
            connection.exec_driver_sql("INSERT INTO t VALUES (1, 'y')")
            connection.exec_driver_sql(statement)
        return fault_of(found.value)

    assert fault("INSERT INTO t VALUES (1, 'z')") is CLASH
    assert fault("INSERT INTO t VALUES (2, NULL)") is OF_THE_EVENT
    assert fault("SELECT * FROM nowhere") is AWAY
    assert fault("INSERT INTO t VALUES (2, zeroblob(2000000000))") is OF_THE_EVENT
    store.close()
    path = tmp_path / "passerby.db"
    path.write_bytes(b"not a database" * 1_000)
    for left in tmp_path.glob("passerby.db-*"):
        left.unlink()
    with pytest.raises(sa.exc.DBAPIError) as found, store.read():
        pass
    assert fault_of(found.value) is AWAY
    store.close()
