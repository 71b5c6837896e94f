"""Addresses that join: room between the strengths of proof, what was typed, and when each address was said."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from collector.storage.types import RawJSON

revision = "0004"
down_revision = "0003"

_STRENGTHS = {"strength": "CASE strength WHEN 0 THEN 10 WHEN 1 THEN 30 WHEN 2 THEN 40 WHEN 3 THEN 50 ELSE strength END"}
_CLAIMED = "kind = 0 AND person_id IS NOT NULL"
"""0 is also the strength of what nobody has claimed, and of an asserted stream on which no user was named."""


def upgrade() -> None:
    for name, comment in (
        ("typed", "as fields: said with an address and no user"),
        ("addresses", "address -> {strength, at}: last said so"),
    ):
        op.add_column("person", sa.Column(name, RawJSON(), nullable=False, server_default="{}", comment=comment))
    _renumber("identifier", "1 = 1")
    _renumber("stream", f"{_CLAIMED} OR strength > 0")
    _tell_typed("identifier", "kind = 'email'")
    _tell_typed("stream", "kind = 0")
    _renumber_log()


def _tell_typed(table: str, where: str) -> None:
    """Mark as typed what the write key said of a person without a user id: an address, the weakest claim but a link's."""
    accounts = "SELECT person_id FROM identifier WHERE kind = 'user'"
    typed = f"strength = 30 AND person_id IS NOT NULL AND person_id NOT IN ({accounts})"
    op.execute(f"UPDATE {table} SET strength = 20 WHERE {where} AND {typed}")  # noqa: S608 - no value in it


def _renumber(table: str, where: str) -> None:
    op.execute(f"UPDATE {table} SET strength = {_STRENGTHS['strength']} WHERE {where}")  # noqa: S608 - no value in it


def _renumber_log() -> None:
    """The strength of each claim is told in its entry, too."""
    number = "json_extract(detail, '$.strength')"
    written = "json_set(detail, '$.strength', {new})"
    if op.get_bind().dialect.name == "postgresql":
        number = "(detail ->> 'strength')::int"
        written = "jsonb_set(detail, '{{strength}}', to_jsonb({new}))"
    new = _STRENGTHS["strength"].replace("CASE strength", f"CASE {number}").replace("ELSE strength", f"ELSE {number}")
    told = f"op = 'anonymous_merge' AND {number} IS NOT NULL"
    op.execute(f"UPDATE identity_log SET detail = {written.format(new=new)} WHERE {told}")  # noqa: S608 - no value in it
