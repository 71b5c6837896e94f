"""Alembic's entry: runs on the connection that setup.migrate() hands over."""

from __future__ import annotations

from alembic import context

from collector.storage.tables import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata, render_as_batch=True)
context.run_migrations()
