"""What is done to people and devices by hand (docs/identity.md, *By hand*); each has a preview that changes nothing."""

from __future__ import annotations

from typing import Annotated

import msgspec
from litestar import Response, delete, post
from litestar.params import FromPath

from ...domain.asked import legal, moment
from ...domain.sites import Site
from ...ports import Clock
from ...schemas.corrections import DeletionAnswer, OutcomeAnswer, deletion_answer, outcome_answer
from ...storage.engine import Store
from ...storage.operations import corrections, deletion
from .access import AnyRequest
from .body import decode, takes
from .dependencies import BY, ClockDependency, Reader, Said, StoreDependency, TombstoneKey
from .parameters import Preview, is_preview, merge_number, only, person_number

Number = Annotated[str, msgspec.Meta(description="A person's id: a string of digits.")]
AnonymousId = Annotated[str, msgspec.Meta(description="Any anonymous id, as the browser sends it.")]


class Asked(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    preview: bool = False


class MergeAsked(Asked, kw_only=True):
    into: Number


class EmailAsked(Asked, kw_only=True):
    email: str


class AttachAsked(Asked, kw_only=True):
    person_id: Number


class LogoutAsked(Asked, kw_only=True):
    at: str | None = None


class DetachNamed(Asked, kw_only=True):
    anonymous_id: AnonymousId


class AttachNamed(AttachAsked, kw_only=True):
    anonymous_id: AnonymousId


class LogoutNamed(LogoutAsked, kw_only=True):
    anonymous_id: AnonymousId


# -- two people ----------------------------------------------------------------------------------------------------------


@post("/people/{person_id:str}/merge", status_code=200, operation_class=takes(MergeAsked), summary="Merge two people",
      sync_to_thread=True)  # fmt: skip
def merge(
    store: StoreDependency, reader: Reader, clock: ClockDependency, said: Said, person_id: FromPath[str]
) -> OutcomeAnswer:
    """Make the person one with `into`, whose number stands for both; `merge_id` undoes it."""
    source, asked = person_number(person_id), decode(said, MergeAsked)
    target = person_number(asked.into)
    return outcome_answer(corrections.merge(store, reader, source, target, BY, clock(), preview=asked.preview))


@post("/merges/{merge_id:str}/undo", status_code=200, operation_class=takes(Asked), summary="Undo a merge of two people",
      sync_to_thread=True)  # fmt: skip
def unmerge(
    store: StoreDependency, reader: Reader, clock: ClockDependency, said: Said, merge_id: FromPath[str]
) -> OutcomeAnswer:
    """Both people as if they had not been merged, with what each did in between."""
    number, asked = merge_number(merge_id), decode(said, Asked)
    return outcome_answer(corrections.unmerge(store, reader, number, BY, clock(), preview=asked.preview), number)


@post("/people/{person_id:str}/remove_email", status_code=200, operation_class=takes(EmailAsked),
      summary="Remove an address of a person", sync_to_thread=True)  # fmt: skip
def remove_email(
    store: StoreDependency, reader: Reader, clock: ClockDependency, said: Said, person_id: FromPath[str]
) -> OutcomeAnswer:
    """Take an address away that is not the person's any longer: it finds nobody, and is whose who says it next."""
    number, asked = person_number(person_id), decode(said, EmailAsked)
    return outcome_answer(corrections.remove_email(store, reader, number, asked.email, BY, clock(), preview=asked.preview))


@delete("/people/{person_id:str}", status_code=202, operation_class=takes(Asked), summary="Delete a person",
        sync_to_thread=True)  # fmt: skip
def delete_person(
    request: AnyRequest, store: StoreDependency, reader: Reader, clock: ClockDependency, tombstone_key: TombstoneKey,
    said: Said, person_id: FromPath[str], preview: Preview = None,
) -> Response[DeletionAnswer]:  # fmt: skip
    """The person is gone when this answers; `job_id` removes the events. Everybody merged with it goes too, for good."""
    only(request, ("preview",))
    number, previews = person_number(person_id), is_preview(preview) or decode(said, Asked).preview
    done = deletion.delete_person(store, reader, number, tombstone_key, BY, clock(), preview=previews)
    return Response(deletion_answer(done), status_code=200 if previews else 202)


# -- one device ----------------------------------------------------------------------------------------------------------


@post("/visitors/{anonymous_id:str}/detach", status_code=200, operation_class=takes(Asked), summary="Detach a device",
      sync_to_thread=True)  # fmt: skip
def detach(
    store: StoreDependency, reader: Reader, clock: ClockDependency, said: Said, anonymous_id: FromPath[str]
) -> OutcomeAnswer:
    """Take an anonymous id from its person, for good: no identify claims it again."""
    return _detach(store, reader, clock, anonymous_id, decode(said, Asked))


@post("/visitors/detach", status_code=200, operation_class=takes(DetachNamed), sync_to_thread=True,
      summary="Detach a device that is named in the body")  # fmt: skip
def detach_named(store: StoreDependency, reader: Reader, clock: ClockDependency, said: Said) -> OutcomeAnswer:
    """The same, for ids that do not fit into a path."""
    asked = decode(said, DetachNamed)
    return _detach(store, reader, clock, asked.anonymous_id, asked)


def _detach(store: Store, site: Site, clock: Clock, anonymous_id: str, asked: Asked) -> OutcomeAnswer:
    return outcome_answer(corrections.detach(store, site, anonymous_id, BY, clock(), preview=asked.preview))


@post("/visitors/{anonymous_id:str}/attach", status_code=200, operation_class=takes(AttachAsked), summary="Attach a device",
      sync_to_thread=True)  # fmt: skip
def attach(
    store: StoreDependency, reader: Reader, clock: ClockDependency, said: Said, anonymous_id: FromPath[str]
) -> OutcomeAnswer:
    """Give the anonymous events of an id to a person, whoever has them now: how a refused merge is carried out."""
    return _attach(store, reader, clock, anonymous_id, decode(said, AttachAsked))


@post("/visitors/attach", status_code=200, operation_class=takes(AttachNamed), sync_to_thread=True,
      summary="Attach a device that is named in the body")  # fmt: skip
def attach_named(store: StoreDependency, reader: Reader, clock: ClockDependency, said: Said) -> OutcomeAnswer:
    """The same, for ids that do not fit into a path."""
    asked = decode(said, AttachNamed)
    return _attach(store, reader, clock, asked.anonymous_id, asked)


def _attach(store: Store, site: Site, clock: Clock, anonymous_id: str, asked: AttachAsked) -> OutcomeAnswer:
    person = person_number(asked.person_id)
    return outcome_answer(corrections.attach(store, site, anonymous_id, person, BY, clock(), preview=asked.preview))


@post("/visitors/{anonymous_id:str}/logout", status_code=200, operation_class=takes(LogoutAsked), sync_to_thread=True,
      summary="Tell of a log-out that only the server knows")  # fmt: skip
def log_out(
    store: StoreDependency, reader: Reader, clock: ClockDependency, said: Said, anonymous_id: FromPath[str]
) -> OutcomeAnswer:
    """What comes from the id after `at` (now, unless told) without a user is free to be claimed by the next person."""
    return _log_out(store, reader, clock, anonymous_id, decode(said, LogoutAsked))


@post("/visitors/logout", status_code=200, operation_class=takes(LogoutNamed), sync_to_thread=True,
      summary="Tell of a log-out on a device that is named in the body")  # fmt: skip
def log_out_named(store: StoreDependency, reader: Reader, clock: ClockDependency, said: Said) -> OutcomeAnswer:
    """The same, for ids that do not fit into a path."""
    asked = decode(said, LogoutNamed)
    return _log_out(store, reader, clock, asked.anonymous_id, asked)


def _log_out(store: Store, site: Site, clock: Clock, anonymous_id: str, asked: LogoutAsked) -> OutcomeAnswer:
    now = clock()
    at, owner = moment(asked.at, now), legal(anonymous_id)
    return outcome_answer(corrections.log_out(store, site, owner, at, BY, now, preview=asked.preview))


CORRECTIONS = [
    merge, unmerge, remove_email, delete_person, detach, detach_named, attach, attach_named, log_out, log_out_named,
]  # fmt: skip
