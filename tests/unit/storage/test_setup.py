"""Making a store ready: the schema that migrations make is the one on the page of tables."""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext

from collector.errors import ConfigError
from collector.storage import setup, tables
from collector.storage.engine import Store, sqlite_url
from collector.storage.sites import load_sites

pytestmark = pytest.mark.stores("sqlite", "postgresql")


def test_migrations_make_the_tables(tmp_path: Path, bare_url: str | None) -> None:
    store = setup.open_store(tmp_path / "data", bare_url)
    with store.read() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": False})
        assert compare_metadata(context, tables.metadata) == []
    assert setup.schema_revision(store) == setup.head_revision()
    assert setup.durability_problems(store) == []
    store.close()


def test_rows_of_the_write_path_carry_their_shard_key() -> None:
    """Device, stream and event can be distributed by device: it is in every primary key and unique constraint."""
    for table in (tables.device, tables.stream, tables.event):
        unique = [table.primary_key, *(one for one in table.constraints if isinstance(one, sa.UniqueConstraint))]
        for constraint in unique:
            assert {"site_id", "device_id"} <= {column.name for column in constraint.columns}, (table.name, constraint)


def test_opening_again_changes_nothing(tmp_path: Path, bare_url: str | None) -> None:
    for _ in range(2):
        store = setup.open_store(tmp_path / "data", bare_url)
        made = setup.ensure_first_site(store, b"m" * 32, 1)
        store.close()
    assert made is None
    store = setup.open_store(tmp_path / "data", bare_url)
    assert [site.name for site in load_sites(store)] == [setup.FIRST_SITE]
    setup.set_meta(store, "k", "one")
    setup.set_meta(store, "k", "two")
    assert (setup.get_meta(store, "k"), setup.get_meta(store, "other")) == ("two", None)
    store.close()


def test_every_collector_on_a_store_has_its_own_number(tmp_path: Path) -> None:
    store = setup.open_store(tmp_path / "data", None)
    assert [setup.take_number(store) for _ in range(3)] == [1, 2, 3]
    store.close()


def test_a_migration_is_whole_or_not_there(tmp_path: Path, bare_url: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Cut off in the middle, the next start finds nothing half-made (F7)."""
    create = sa.schema.CreateIndex

    from alembic.operations import Operations

    original = Operations.create_index
    calls = []
    cut_off = Store(bare_url or sqlite_url(tmp_path))

    def failing(self: Operations, *args: object, **kwargs: object) -> object:
        calls.append(args)
        if len(calls) == 4:
            raise KeyboardInterrupt
        return original(self, *args, **kwargs)  # type: ignore[arg-type]

    with monkeypatch.context() as patch:
        patch.setattr(Operations, "create_index", failing)
        with pytest.raises(KeyboardInterrupt):
            setup.migrate(cut_off)
    cut_off.close()
    assert create is not None
    store = setup.open_store(tmp_path, bare_url)
    with store.read() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": False})
        assert compare_metadata(context, tables.metadata) == []
    store.close()


def test_a_directory_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigError, match="cannot be made"):
        setup.open_store(tmp_path / "file" / "data", None)
