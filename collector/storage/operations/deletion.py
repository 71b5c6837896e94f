"""Deleting a person: its events, streams, devices, names and log entries go; keyed hashes of the names stay (rule R28).

Its names go at once, so that nobody can be taken for it any more; then its streams are cut off, in pieces, and with the last
one it is gone itself. What is left to be removed are the events of streams that nothing shows (erasing.py).
"""

from __future__ import annotations

import msgspec
import sqlalchemy as sa

from ...domain.keys import excluded_key
from ...domain.sites import Site
from ...errors import NotFound
from .. import tables
from ..engine import Store
from ..faults import StateMoved
from ..races import carry_out
from ..reports.lookup import canonical_ids
from ..reports.people import get_person
from . import erasing, jobs
from .removal import begin, excluded_streams, given_up_devices, lock_people

TRIES = 10
PAUSE_SECONDS = 0.1
COPIES = "Backups and exports made before now still hold it: remove them, or let them end; restore one, and delete again."
"""Copies that no job reaches, told with every deletion that is done."""
_stream, _person, _device, _event = tables.stream.c, tables.person.c, tables.device.c, tables.event.c


class Deletion(msgspec.Struct, frozen=True):
    """Deletion of a person, done or only shown (`preview`); `job_id` is the job that removes the events."""

    preview: bool
    person_id: int
    label: str
    events: int
    streams: int
    identifiers: list[str]
    anonymous_ids: list[str]
    job_id: int | None = None


def delete_person(
    store: Store, site: Site, person_id: int, key: bytes, by: str, now: int, *, preview: bool = False
) -> Deletion:
    """Delete a person and everybody merged with it. Raises NotFound for an unknown one.

    `key` is that of the tombstones. After this returns nothing shows the person any more; the events are removed by the
    job, and `passerby serve` takes it up if nobody else does.
    """

    def begun() -> Deletion:
        with store.read() as connection:
            told = _foretell(connection, site.site_id, person_id)
        if preview:
            return told
        with store.erase() as connection:
            job_id = _add_job(connection, site.site_id, told, key, by, now)
        return msgspec.structs.replace(told, preview=False, job_id=job_id)

    # Another deletion of the same person changes it piece by piece: so it takes longer than a race.
    done = carry_out(begun, "nothing was deleted", PAUSE_SECONDS, TRIES)
    if done.job_id is not None:
        jobs.run_begun(store, jobs.Turn(site.site_id, now, key, done.job_id), ("devices", "log"), KINDS)
    return done


# -- looking -------------------------------------------------------------------------------------------------------------


def _foretell(connection: sa.Connection, site_id: int, person_id: int) -> Deletion:
    """Say what a deletion removes, in a number of statements that does not grow with it."""
    shown = get_person(connection, site_id, person_id)
    if shown is None:
        raise NotFound("There is no person with this id.")
    people = sa.select(_person.person_id).where(_person.canonical_id == shown.person_id)
    theirs = sa.select(_stream.stream_id).where(_stream.site_id == site_id, _stream.person_id.in_(people))
    excluded = sa.select(_stream.stream_id).where(
        *excluded_streams(site_id), _stream.user_person.in_([excluded_key(site_id, one) for one in shown.user_ids])
    )
    streams = theirs.union_all(excluded) if shown.user_ids else theirs
    seen = sa.select(_stream.device_id).where(_stream.site_id == site_id, _stream.person_id.in_(people))
    given_up = given_up_devices(site_id, people).where(_device.device_id.in_(seen), _device.virtual.is_(False))
    anonymous_ids = connection.execute(given_up.order_by(_device.owner)).scalars(1)
    return Deletion(
        preview=True,
        person_id=shown.person_id,
        label=shown.label,
        events=connection.execute(sa.select(sa.func.count()).where(_event.stream_id.in_(streams))).scalar_one(),
        streams=connection.execute(sa.select(sa.func.count()).select_from(streams.subquery())).scalar_one(),
        identifiers=[*shown.user_ids, *shown.emails],
        anonymous_ids=list(anonymous_ids),
    )


# -- beginning -----------------------------------------------------------------------------------------------------------


def _add_job(connection: sa.Connection, site_id: int, told: Deletion, key: bytes, by: str, now: int) -> int:
    people = lock_people(connection, site_id, told.person_id)
    if told.person_id not in people or canonical_ids(connection, site_id, {told.person_id}) != {told.person_id: told.person_id}:
        raise StateMoved  # merged into somebody else since it was looked at
    plan = {"steps": ["devices", "log", "events", "quarantine", "forget", "scrub"]}
    job_id = jobs.add(connection, site_id, "deletion", plan, told.events, now, state="running")
    begin(connection, jobs.Turn(site_id, now, key, job_id), told.person_id, people, by, told.events)
    return job_id


# -- the job "deletion" --------------------------------------------------------------------------------------------------


def _piece(connection: sa.Connection, turn: jobs.Turn, plan: jobs.Plan) -> tuple[int, int]:
    """Do some of what is left of a deletion. Counts events."""
    if "streams" in plan:
        erasing.adopt(connection, turn, plan, ["events", *erasing.FINAL])
        return 0, 0
    removed = erasing.step(connection, turn, plan) if plan else 0
    if not plan.get("steps"):
        plan.clear()
    return removed, removed


KINDS = {"deletion": jobs.Kind(_piece, erasing.look)}
