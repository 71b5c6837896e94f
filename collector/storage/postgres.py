"""PostgreSQL that may be slow, frozen, or behind a pooler: nothing is waited for without an end, nothing is left in a session.

Behind PgBouncer in transaction mode a session is another one in every transaction. So nothing is asked for at the start of a
connection that PgBouncer does not know (`options`); and where somebody stands between, limits are set with each transaction
(`SET LOCAL`, sent together with its BEGIN: no further round trip) and no statement is prepared.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from functools import cache, partial
from typing import Any

import sqlalchemy as sa

from .faults import is_of_the_session
from .types import readable

CONNECT_SECONDS = 5
"""How long a new connection, or the first word of an old one, may take."""
LOCK_SECONDS = 5
STATEMENT_SECONDS = 30
IDLE_SECONDS = 60
"""How long a transaction may do nothing: what it holds, it keeps from the others."""
ANSWER_SECONDS = STATEMENT_SECONDS + 5
"""When a statement is given up without a word from the server, which would have ended it itself by then."""
_READY_NONE = 0

_SET = "; ".join(
    f"SET {{scope}}{name} = '{seconds}s'"
    for name, seconds in (
        ("statement_timeout", STATEMENT_SECONDS),
        ("lock_timeout", LOCK_SECONDS),
        ("idle_in_transaction_session_timeout", IDLE_SECONDS),
    )
)
SET_FOR_THE_SESSION, SET_FOR_THE_TRANSACTION = _SET.format(scope=""), _SET.format(scope="LOCAL ")
BEGIN_WRITING = "BEGIN ISOLATION LEVEL READ COMMITTED"
BEGIN_READING = "BEGIN ISOLATION LEVEL REPEATABLE READ"
WITH_LIMITS = {begin: f"{begin}; {SET_FOR_THE_TRANSACTION}" for begin in (BEGIN_WRITING, BEGIN_READING)}

_LIBPQ = {
    "connect_timeout": CONNECT_SECONDS,
    "keepalives": 1,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 15_000,
    "client_encoding": "utf8",
    "application_name": "passerby",
}
"""How a connection is made, unless its address says otherwise: one whose other end is gone is noticed after 25 seconds."""


def make_engine(url: str, *, writes: bool, patient: bool) -> sa.Engine:
    """Return an engine on which every transaction has its limits, unless it is for work that is `patient`."""
    asked = sa.make_url(url).query
    engine = sa.create_engine(
        url,
        pool_size=4 if writes else 8,
        pool_timeout=CONNECT_SECONDS,
        pool_pre_ping=True,
        hide_parameters=True,  # they are people's; errors are logged
        json_deserializer=readable,
        use_native_hstore=False,  # nothing of it is used, and each start would ask for it
        connect_args={"autocommit": True, **{name: value for name, value in _LIBPQ.items() if name not in asked}},
    )
    sa.event.listen(engine, "do_connect", partial(_connect, patient))
    sa.event.listen(engine, "begin", partial(_begin, BEGIN_WRITING if writes else BEGIN_READING))
    sa.event.listen(engine, "handle_error", _replace_session)
    return engine


def _connect(patient: bool, _dialect: object, _record: object, _arguments: Any, named: dict[str, Any]) -> Any:
    connection = _driver().connect(**named)
    connection.answer_seconds = None if patient else ANSWER_SECONDS
    said = connection.execute("SELECT pg_backend_pid()").fetchone()
    if said is None or said[0] != connection.info.backend_pid:  # a pooler stands between, and makes numbers of its own up
        connection.prepare_threshold = None
        connection.begins = {} if patient else WITH_LIMITS
    elif not patient:
        connection.execute(SET_FOR_THE_SESSION)
    return connection


def _begin(begin: str, connection: sa.Connection) -> None:
    """Begin, in place of the driver, which would do it with the first statement and alone."""
    driver: Any = connection.connection.driver_connection
    if connection.get_execution_options().get("isolation_level") != "AUTOCOMMIT":
        connection.exec_driver_sql(driver.begins.get(begin, begin))


def _replace_session(context: sa.engine.ExceptionContext) -> None:
    if context.original_exception is not None and is_of_the_session(context.original_exception):
        context.is_disconnect = True
        context.invalidate_pool_on_disconnect = False


@cache
def _driver() -> Any:
    """Return psycopg's connection, with an end to every wait. psycopg is there only where PostgreSQL is used."""
    import psycopg

    class Bounded(psycopg.Connection[Any]):
        """Closes itself when the server says nothing for longer than it may: frozen, or cut off, without a reset.

        The server's own limits cannot do that, and neither can those of TCP, whose packets the kernel of a frozen server
        acknowledges.
        """

        answer_seconds: float | None = None
        begins: Mapping[str, str] = {}

        def wait(self, gen: Any, *args: Any, **more: Any) -> Any:
            return super().wait(self._until(gen), *args, **more)

        def _until(self, gen: Any) -> Any:
            is_idle = self.pgconn.transaction_status == psycopg.pq.TransactionStatus.IDLE
            seconds = CONNECT_SECONDS if is_idle else self.answer_seconds
            deadline = None if seconds is None else time.monotonic() + seconds
            try:
                wanted = next(gen)
                while True:
                    ready = yield wanted
                    if ready == _READY_NONE and deadline is not None and time.monotonic() > deadline:
                        self.pgconn.finish()
                        raise psycopg.OperationalError("the server has not answered in time; the connection is closed")
                    wanted = gen.send(ready)
            except StopIteration as end:
                return end.value

    return Bounded
