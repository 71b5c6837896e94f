"""Corrections, done or previewed, as the API and `--json` answer them."""

from __future__ import annotations

from typing import Any

import msgspec

from ..domain.times import iso
from ..storage.operations.corrections import Moved, Outcome
from ..storage.operations.deletion import Deletion
from ..storage.operations.jobs import JobRow
from ..storage.reports import Portrait
from .people import PersonAnswer, maybe_number, person_values, plain_fields


class PortraitAnswer(PersonAnswer, kw_only=True):
    """A person with how much is on its timeline, and how much of that is from before anybody knew them."""

    events: int
    anonymous_events: int


class Moves(msgspec.Struct):
    """Gain of a person (loss, below zero), and its fields that change: name -> [before, after], null for none."""

    events: int
    anonymous_events: int
    fields: dict[str, list[Any]]


class MovedAnswer(msgspec.Struct):
    """A person before and after. null where the number stood for nobody, or stands for somebody else."""

    person_id: str
    before: PortraitAnswer | None
    after: PortraitAnswer | None
    moves: Moves


class OutcomeAnswer(msgspec.Struct):
    """`preview`: nothing was changed. `merge_id` undoes a merge of two people."""

    preview: bool
    merge_id: str | None
    people: list[MovedAnswer]


class DeletionAnswer(msgspec.Struct):
    """Deletion of a person, and what goes with it; `job_id` is the job that removes the events, null in a preview."""

    preview: bool
    person_id: str
    label: str
    events: int
    streams: int
    identifiers: list[str]
    anonymous_ids: list[str]
    job_id: str | None


class JobAnswer(msgspec.Struct):
    """A job that takes a while; `total` is null while nobody knows. `state`: waiting, running, done or failed."""

    job_id: str
    kind: str
    state: str
    done: int
    total: int | None
    error: str | None
    created_at: str
    updated_at: str


class JobsAnswer(msgspec.Struct):
    jobs: list[JobAnswer]


def outcome_answer(outcome: Outcome, merge_id: int | None = None) -> OutcomeAnswer:
    """Return the answer; `merge_id` is the merge that was taken back, where the outcome made none."""
    made = merge_id if outcome.merge_id is None else outcome.merge_id
    return OutcomeAnswer(outcome.preview, maybe_number(made), [_moved(one) for one in outcome.people])


def _moved(moved: Moved) -> MovedAnswer:
    return MovedAnswer(str(moved.person_id), _portrait(moved.before), _portrait(moved.after), moves_of(moved))


def _portrait(found: Portrait | None) -> PortraitAnswer | None:
    if found is None:
        return None
    return PortraitAnswer(**person_values(found.person), events=found.events, anonymous_events=found.anonymous_events)


def moves_of(moved: Moved) -> Moves:
    """Return what changes for one person."""
    before, after = moved.before, moved.after
    return Moves(
        (after.events if after else 0) - (before.events if before else 0),
        (after.anonymous_events if after else 0) - (before.anonymous_events if before else 0),
        _changed(before, after) if before and after else {},
    )


def _changed(before: Portrait, after: Portrait) -> dict[str, list[Any]]:
    old, new = plain_fields(before.person.fields), plain_fields(after.person.fields)
    return {key: [old.get(key), new.get(key)] for key in sorted({*old, *new}) if _json(old.get(key)) != _json(new.get(key))}


def _json(value: Any) -> bytes:
    """As it is told apart outside: `true` is not `1`."""
    return msgspec.json.encode(value)


def deletion_answer(done: Deletion) -> DeletionAnswer:
    return DeletionAnswer(
        preview=done.preview,
        person_id=str(done.person_id),
        label=done.label,
        events=done.events,
        streams=done.streams,
        identifiers=done.identifiers,
        anonymous_ids=done.anonymous_ids,
        job_id=maybe_number(done.job_id),
    )


def job_answer(row: JobRow) -> JobAnswer:
    return JobAnswer(
        str(row.job_id), row.kind, row.state, row.done, row.total, row.error, iso(row.created_at), iso(row.updated_at)
    )
