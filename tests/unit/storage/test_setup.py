"""Migrations: the schema that they make is the one on the page of tables."""

from __future__ import annotations

import os
from contextlib import closing
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext

from collector.domain.message_states import Standing
from collector.domain.messages import MOST_RUN
from collector.errors import ConfigError
from collector.storage import setup, tables
from collector.storage.commit_order import next_seq, raise_base
from collector.storage.doctor import examine
from collector.storage.engine import Store, sqlite_url
from collector.storage.message_rows import list_messages, list_revisions, live_messages
from collector.storage.reports import get_person
from collector.storage.sites import add_site, load_sites

pytestmark = pytest.mark.stores("sqlite", "postgresql")


def test_migrations_make_the_tables(tmp_path: Path, bare_url: str | None) -> None:
    with closing(setup.open_store(tmp_path / "data", bare_url)) as store:
        assert differences(store) == []
        assert setup.schema_revision(store) == setup.head_revision()
        assert setup.durability_problems(store) == []


def differences(store: Store) -> list[object]:
    """Differences between the tables of the store and the page of tables, either way; but for the comments,
    which are for readers of that page."""
    with store.read() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": not store.is_sqlite})
        found = compare_metadata(context, tables.metadata)
    return [one for one in found if "comment" not in str((one[0] if isinstance(one, list) else one)[0])]


def test_rows_of_the_write_path_carry_their_shard_key() -> None:
    """Device, stream and event can be distributed by device: it is in every primary key and unique constraint."""
    for table in (tables.device, tables.stream, tables.event):
        unique = [table.primary_key, *(one for one in table.constraints if isinstance(one, sa.UniqueConstraint))]
        for constraint in unique:
            assert {"site_id", "device_id"} <= {column.name for column in constraint.columns}, (table.name, constraint)


def test_opening_again_changes_nothing(tmp_path: Path, bare_url: str | None) -> None:
    for _ in range(2):
        with closing(setup.open_store(tmp_path / "data", bare_url)) as store:
            made = setup.ensure_first_site(store, b"m" * 32, 1)
    assert made is None
    with closing(setup.open_store(tmp_path / "data", bare_url)) as store:
        assert [site.name for site in load_sites(store)] == [setup.FIRST_SITE]
        setup.set_meta(store, "k", "one")
        setup.set_meta(store, "k", "two")
        assert (setup.get_meta(store, "k"), setup.get_meta(store, "other")) == ("two", None)


def test_every_collector_on_a_store_has_its_own_number(store: Store) -> None:
    assert [setup.take_number(store) for _ in range(3)] == [1, 2, 3]


def test_a_migration_is_whole_or_not_there(tmp_path: Path, bare_url: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Migration cut off: the next start finds nothing half-made (F7)."""
    from alembic.operations import Operations

    original = Operations.create_index
    calls = []

    def failing(self: Operations, *args: object, **kwargs: object) -> object:
        calls.append(args)
        if len(calls) == 4:
            raise KeyboardInterrupt
        return original(self, *args, **kwargs)  # type: ignore[arg-type]

    with monkeypatch.context() as patch, closing(Store(bare_url or sqlite_url(tmp_path))) as cut_off:
        patch.setattr(Operations, "create_index", failing)
        with pytest.raises(KeyboardInterrupt):
            setup.migrate(cut_off)
    with closing(setup.open_store(tmp_path, bare_url)) as store:
        assert differences(store) == []


_FIRST = """
INSERT INTO device (site_id, device_id, owner, virtual, contested_from, created_at) VALUES (1, 7, 'x', false, 5, 1);
INSERT INTO stream (site_id, device_id, stream_id, kind, epoch, user_person, claimable, person_id, strength, fields)
    VALUES (1, 7, 70, 0, 0, 0, true, 3, 1, '{"city": {"v": "Rome", "at": 1, "by": "identify", "event": "m"}}'),
           (1, 7, 71, 0, 1, 0, false, null, 0, '{}');
INSERT INTO person (person_id, site_id, canonical_id, created_at, fields, tags)
    VALUES (3, 1, 3, 1, '{"city": {"v": "Rome", "at": 1, "by": "anonymous", "event": "m"},
                          "plan": {"v": "pro", "at": 1, "by": "identify", "event": "n"}}', '{}')
"""
"""Rows of the first schema: the contested epoch was number 1, and what was anonymous was copied into the person."""


def test_a_store_of_the_first_schema_is_taken_along(tmp_path: Path, bare_url: str | None) -> None:
    with closing(Store(bare_url or sqlite_url(tmp_path))) as store:
        with store.write() as connection:
            command.upgrade(setup._alembic(connection), "0001")
            for statement in _FIRST.split(";"):
                connection.exec_driver_sql(statement)
        setup.migrate(store)
        with store.read() as connection:
            assert set(connection.execute(sa.select(tables.stream.c.stream_id, tables.stream.c.epoch))) == {(70, 0), (71, -1)}
            assert list(connection.execute(sa.select(tables.person.c.fields)).scalar_one()) == ["plan"], "filled is derived now"
            shown = get_person(connection, 1, 3)
            assert shown is not None
            assert {key: field.value for key, field in shown.fields.items()} == {"plan": "pro", "city": "Rome"}
            assert connection.execute(sa.select(tables.device.c.boundaries, tables.device.c.joined)).one() == ([], [])
        assert differences(store) == []


_SEVENTH = """
INSERT INTO event (site_id, device_id, message_id, stream_id, ts, received_at, type, properties, context, flags, fingerprint, sender)
    VALUES (1, 7, 'old', 70, 1, 1000, 'page', '{}', '{}', 0, 'f', 0), (1, 7, 'new', 70, 1, 3000, 'page', '{}', '{}', 0, 'f', 0);
INSERT INTO identity_log (site_id, log_id, at, op, device_id, stream_id, cause, detail)
    VALUES (1, 1, 2000, 'anonymous_merge', 7, 70, 'm', '{}')
"""


def test_stored_rows_are_numbered_as_received(tmp_path: Path, bare_url: str | None) -> None:
    """Later rows are numbered above it, also where the store numbers its transactions itself."""
    url = bare_url or sqlite_url(tmp_path)
    with closing(Store(url)) as store, store.write() as connection:
        command.upgrade(setup._alembic(connection), "0007")
        for statement in _SEVENTH.split(";"):
            connection.exec_driver_sql(statement)
    with closing(setup.open_store(tmp_path, bare_url)) as store:
        with store.read() as connection:
            rows = connection.execute(sa.select(tables.event.c.message_id, tables.event.c.seq)).all()
            assert dict(map(tuple, rows)) == {"old": 1000, "new": 3000}
            assert connection.execute(sa.select(tables.identity_log.c.seq)).scalar() == 2000
        add_site(store, b"m" * 32, "Shop", 1)
        raise_base(store)
        with store.write() as connection:
            assert next_seq(connection, 1) > 3000
        assert differences(store) == []


_THIRD = """
INSERT INTO device (site_id, device_id, owner, virtual, created_at, boundaries, joined) VALUES (1, 7, 'x', false, 1, '[]', '[]');
INSERT INTO stream (site_id, device_id, stream_id, kind, epoch, user_person, claimable, person_id, strength, fields)
    VALUES (1, 7, 70, 0, 0, 0, true, 3, 0, '{}'), (1, 7, 71, 0, -1, 0, false, null, 0, '{}'),
           (1, 7, 72, 1, 0, 3, false, 3, 0, '{}'), (1, 7, 73, 1, 0, 4, false, 4, 3, '{}'),
           (1, 7, 74, 0, 1, 0, true, 5, 1, '{}'), (1, 7, 75, 0, 2, 0, true, 3, 1, '{}');
INSERT INTO person (person_id, site_id, canonical_id, created_at, fields, tags)
    VALUES (3, 1, 3, 1, '{}', '{}'), (5, 1, 5, 1, '{}', '{}');
INSERT INTO identifier (site_id, kind, value, display, person_id, strength, created_at)
    VALUES (1, 'email', 'link', 'link', 3, 0, 1), (1, 'user', 'said', 'said', 3, 1, 1), (1, 'email', 'proven', 'proven', 3, 2, 1),
           (1, 'user', 'verified', 'verified', 3, 3, 1), (1, 'email', 'typed', 'typed', 5, 1, 1);
INSERT INTO identity_log (site_id, log_id, at, op, device_id, stream_id, cause, person_id, detail)
    VALUES (1, 1, 1, 'anonymous_merge', 7, 70, 'm', 3, '{"since": 0, "strength": 1}'),
           (1, 2, 1, 'merge_refused', 7, 0, 'n', 3, '{"reason": "contested"}')
"""


def test_strengths_get_room_between_them(tmp_path: Path, bare_url: str | None) -> None:
    """Strengths wherever stored; 0 stays where it says that nothing was claimed or asserted. What the write key said of
    somebody without a user id was typed."""
    with closing(Store(bare_url or sqlite_url(tmp_path))) as store:
        with store.write() as connection:
            command.upgrade(setup._alembic(connection), "0003")
            for statement in _THIRD.split(";"):
                connection.exec_driver_sql(statement)
        setup.migrate(store)
        with store.read() as connection:
            streams = connection.execute(sa.select(tables.stream.c.stream_id, tables.stream.c.strength))
            assert dict(map(tuple, streams)) == {70: 10, 71: 0, 72: 0, 73: 50, 74: 20, 75: 30}
            names = connection.execute(sa.select(tables.identifier.c.value, tables.identifier.c.strength))
            assert dict(map(tuple, names)) == {"link": 10, "said": 30, "proven": 40, "verified": 50, "typed": 20}
            details = connection.execute(sa.select(tables.identity_log.c.detail).order_by(tables.identity_log.c.log_id))
            assert list(details.scalars()) == [{"since": 0, "strength": 30}, {"reason": "contested"}]
            shown = get_person(connection, 1, 3)
            assert shown is not None
            assert shown.emails == ["link", "proven"]
        assert differences(store) == []


_NINTH = """
INSERT INTO message (site_id, key, revision, document, updated_at) VALUES
    (1, 'live', 4, '{"key": "live", "name": "N", "status": "live", "run": 3, "where": {"pages": []}, "content": CONTENT}', 7),
    (1, 'off', 2, '{"key": "off", "name": "N", "status": "paused", "where": {"pages": []}, "content": CONTENT}', 8),
    (2, 'live', 1, '{"key": "live", "name": "N", "where": {"pages": []}, "content": CONTENT}', 9),
    (2, 'runs', 1, '{"key": "runs", "name": "N", "run": 10000000000000000000000000, "where": {"pages": []}, "content": CONTENT}', 9)
""".replace("CONTENT", '{"default": "en", "texts": {"en": {"title": "T"}}}')


def test_messages_get_revisions(tmp_path: Path, bare_url: str | None) -> None:
    """A live one is published as it was, with its run; what was put away is known by its newest document only."""
    with closing(Store(bare_url or sqlite_url(tmp_path))) as store:
        with store.write() as connection:
            command.upgrade(setup._alembic(connection), "0009")
            connection.exec_driver_sql(_NINTH)
        setup.migrate(store)
        with store.read() as connection:
            rows = list_messages(connection)
            assert [(row.site_id, row.key, row.standing, row.updated_at) for row in rows] == [
                (1, "live", Standing(4, 4, "live", 3), 7),
                (1, "off", Standing(2, None, "paused", 1), 8),
                (2, "live", Standing(1, None, "draft", 1), 9),
                (2, "runs", Standing(1, None, "draft", MOST_RUN), 9),
            ]
            assert {site: [form["revision"] for form in forms] for site, forms in live_messages(connection).items()} == {1: [4]}
            (kept,) = list_revisions(connection, 1, "live")
            assert (kept.revision, kept.at, kept.by, kept.content.status, kept.content.run) == (4, 7, "cli", "draft", 1)
        assert differences(store) == []


def test_a_directory_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigError, match="cannot be made"):
        setup.open_store(tmp_path / "file" / "data", None)


def test_data_files_are_readable_by_their_owner_only(tmp_path: Path) -> None:
    """Modes: directory, database, files that SQLite lays beside it, whatever the umask; `doctor` looks at them."""
    before = os.umask(0)
    try:
        store = setup.open_store(tmp_path / "data", None)
    finally:
        os.umask(before)
    with store.write() as connection:
        connection.execute(sa.text("UPDATE meta SET value = value"))
    modes = {path.name: path.stat().st_mode & 0o777 for path in (tmp_path / "data", *(tmp_path / "data").iterdir())}
    assert modes == {"data": 0o700, "passerby.db": 0o600, "passerby.db-wal": 0o600, "passerby.db-shm": 0o600}
    (tmp_path / "data" / "passerby.db").chmod(0o644)
    mends = [found.mend for found in examine(store, tmp_path / "data", has_secret_file=False)]
    assert f"chmod 600 {tmp_path / 'data' / 'passerby.db'}" in mends
    store.close()
