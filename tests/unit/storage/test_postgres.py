"""PostgreSQL that is slow, frozen, or behind PgBouncer in transaction mode: every wait ends, and nothing stays in a session."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from collector.storage import postgres as module
from collector.storage import tables
from collector.storage.engine import Store
from collector.storage.faults import Fault, fault_of
from collector.storage.setup import open_store
from tests.support.app import App
from tests.support.pgbouncer import pgbouncer

pytestmark = pytest.mark.stores("postgresql")

LIMITS = {"statement_timeout": "30s", "lock_timeout": "5s", "idle_in_transaction_session_timeout": "1min"}


def settings(connection: sa.Connection) -> dict[str, str]:
    return {name: str(connection.exec_driver_sql(f"SHOW {name}").scalar()) for name in (*LIMITS, "transaction_isolation")}


def test_every_transaction_has_limits(store: Store) -> None:
    for _ in range(2):
        with store.read() as connection:
            assert settings(connection) == {**LIMITS, "transaction_isolation": "repeatable read"}
        with store.write() as connection:
            assert settings(connection) == {**LIMITS, "transaction_isolation": "read committed"}


def test_background_work_has_no_limits(empty_url: str) -> None:
    store = Store(empty_url, patient=True)
    with store.write() as connection:
        assert settings(connection) == {**dict.fromkeys(LIMITS, "0"), "transaction_isolation": "read committed"}
    store.close()


def test_an_address_may_say_otherwise(empty_url: str) -> None:
    store = Store(f"{empty_url}?application_name=mine&keepalives_idle=77")
    with store.read() as connection:
        assert connection.exec_driver_sql("SHOW application_name").scalar() == "mine"
        assert connection.connection.driver_connection.info.get_parameters()["keepalives_idle"] == "77"  # type: ignore[union-attr]
    store.close()


def test_text_is_utf8_whatever_the_environment_says(empty_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """PGCLIENTENCODING=LATIN1 would have every name beyond it set aside."""
    monkeypatch.setenv("PGCLIENTENCODING", "LATIN1")
    store = Store(empty_url)
    with store.write() as connection:
        connection.execute(tables.meta.insert().values(key="k", value="Zoë \u732b \U0001f408"))
    with store.read() as connection:
        assert (
            connection.execute(sa.select(tables.meta.c.value).where(tables.meta.c.key == "k")).scalar()
            == "Zoë \u732b \U0001f408"
        )
    store.close()


@contextmanager
def frozen(store: Store) -> Iterator[None]:
    """Stop the processes that serve this store's connections, by their numbers, as a machine that hangs would."""
    with store.read() as connection, store.write() as other:
        pids = [int(one.exec_driver_sql("SELECT pg_backend_pid()").scalar_one()) for one in (connection, other)]
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for pid in pids:
            os.kill(pid, signal.SIGCONT)


def test_a_server_that_says_nothing_is_given_up(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """Frozen server: the kernel acknowledges what it is sent, and its own limits do not run: ours end the wait."""
    monkeypatch.setattr(module, "CONNECT_SECONDS", 0.3)
    with frozen(store):
        for opened in (store.read, store.write):
            started = threading.active_count()
            with opened() as connection:  # a new session, in place of the one that is given up
                assert connection.exec_driver_sql("SELECT 1").scalar() == 1
            assert threading.active_count() == started
    with store.write() as connection:
        assert connection.exec_driver_sql("SELECT 1").scalar() == 1


def test_a_statement_that_is_not_answered(store: Store) -> None:
    with store.write() as connection:
        driver: Any = connection.connection.driver_connection
        driver.answer_seconds = 0.3
        pid = int(connection.exec_driver_sql("SELECT pg_backend_pid()").scalar_one())
        os.kill(pid, signal.SIGSTOP)
        try:
            with pytest.raises(sa.exc.OperationalError, match="has not answered in time") as found:
                connection.exec_driver_sql("SELECT 1")
        finally:
            os.kill(pid, signal.SIGCONT)
        assert fault_of(found.value) is Fault.AWAY
        assert found.value.connection_invalidated
        connection.rollback()


# -- behind PgBouncer ----------------------------------------------------------------------------------------------------


@pytest.fixture
def pooled_url(empty_url: str) -> Iterator[str]:
    with pgbouncer(empty_url) as url:
        yield url


def test_sessions_change_and_nothing_stays_in_them(pooled_url: str, empty_url: str, tmp_path: Path) -> None:
    store, direct = open_store(tmp_path / "data", pooled_url), Store(empty_url, patient=True)
    seen = set()
    for _ in range(12):
        with store.write() as connection:
            seen.add(connection.exec_driver_sql("SELECT pg_backend_pid()").scalar())
            assert settings(connection) == {**LIMITS, "transaction_isolation": "read committed"}
            assert connection.connection.driver_connection.prepare_threshold is None  # type: ignore[union-attr]
        with store.read() as connection:
            assert settings(connection)["transaction_isolation"] == "repeatable read"
    assert len(seen) > 1, "else this test shows nothing"
    # Another client of the same pool finds its sessions as the server makes them.
    other = Store(pooled_url, patient=True)
    for _ in range(6):
        with other.write() as connection:
            assert settings(connection)["statement_timeout"] == "0"
    for opened in (store, direct, other):
        opened.close()


@pytest.mark.parametrize("app_url", ["pooled"], indirect=True)
def test_application_behind_pgbouncer(tmp_path: Path, app_url: str) -> None:
    """Transactions over sessions that change: all stored, none set aside, none refused; people, lists and deletion too."""
    with App(tmp_path / "data", database_url=app_url) as app:
        for number in range(60):
            answer = app.batch(
                {"type": "page", "anonymousId": f"a{number % 7}", "messageId": f"p{number}"},
                {"type": "identify", "anonymousId": f"a{number % 7}", "userId": f"u{number % 7}", "traits": {"n": number}},
                {"type": "group", "anonymousId": f"a{number % 7}", "userId": f"u{number % 7}", "groupId": "g"},
            )
            assert (answer.status, answer.json["stored"]) == (200, 3), answer
            assert len(app.get("/api/people")["people"]) == min(number + 1, 7)
        assert app.get("/api/counts")["stored"] == 180
        (first, *_) = app.get("/api/people?user_id=u1")["people"]
        headers = {"authorization": f"Bearer {app.secret_key}"}
        assert app.request("DELETE", f"/api/people/{first['person_id']}", b"", headers).status == 202
        app.installation.housekeeping.look()
        assert app.quarantine() == []
        assert len(app.get("/api/people")["people"]) == 6


@pytest.fixture
def app_url(request: pytest.FixtureRequest, store_kind: str) -> Iterator[str]:
    from tests.support.app import app_database

    with app_database() as url, pgbouncer(url) as pooled:
        yield pooled


def test_control_prepared_statements_are_lost_there(pooled_url: str) -> None:
    """Control, lest the tests above pass by chance: a driver that prepares gets into trouble in this pool."""
    engine = sa.create_engine(pooled_url, connect_args={"prepare_threshold": 0})
    with pytest.raises(sa.exc.DBAPIError) as found:
        for number in range(30):
            with engine.begin() as connection:
                connection.execute(sa.text("SELECT :x"), {"x": number})
    assert fault_of(found.value) is Fault.RACE
    engine.dispose()


def test_a_prepared_statement_that_is_lost_all_the_same(store: Store) -> None:
    """Statement lost behind our back: the next try has a session of its own, and succeeds."""
    tries = []
    for _ in range(20):
        try:
            with store.write() as connection:
                connection.execute(sa.select(tables.meta).where(tables.meta.c.key == "k"))
                driver: Any = connection.connection.driver_connection
                driver.pgconn.exec_(b"DEALLOCATE ALL")  # not through the driver, which would notice
            tries.append(True)
        except sa.exc.DBAPIError as error:
            assert fault_of(error) is Fault.RACE
            assert error.connection_invalidated
            tries.append(False)
    assert False in tries
    assert all(tries[at + 1] for at, went in enumerate(tries[:-1]) if not went), tries
