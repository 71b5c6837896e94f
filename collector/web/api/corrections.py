"""Corrections of people and devices by hand (docs/identity.md, *By hand*); each has a preview that changes nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

import msgspec
from litestar import Response, delete, post
from litestar.di import NamedDependency
from litestar.params import FromPath, SkipValidation

from ...domain.asked import legal, moment
from ...domain.corrections import Attach, Correction, Detach, LogOut, MergePeople, RemoveEmail, Unmerge
from ...domain.log import By
from ...domain.sites import Site
from ...schemas.corrections import DeletionAnswer, OutcomeAnswer, deletion_answer, outcome_answer
from ...storage.engine import Store
from ...storage.operations import deletion
from ...storage.operations.corrections import carry_out
from .access import AnyRequest
from .body import decode, takes
from .dependencies import ClockDependency, Reader, Said, StoreDependency, TombstoneKey
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


class Caller(msgspec.Struct, frozen=True):
    """The site that asks, at the moment at which it asks."""

    store: Store
    site: Site
    now: int

    def carry_out(self, correction: Correction, asked: Asked, undone: int | None = None) -> OutcomeAnswer:
        """Carry a correction out, or preview it; `undone` is the merge that it takes back."""
        outcome = carry_out(self.store, self.site, correction, By.API, self.now, preview=asked.preview)
        return outcome_answer(outcome, undone)


def caller_of(store: StoreDependency, reader: Reader, clock: ClockDependency) -> Caller:
    return Caller(store, reader, clock())


CallerDependency = NamedDependency[SkipValidation[Caller]]


def _post(path: str, kind: type[Asked], summary: str) -> Callable[[Callable[..., OutcomeAnswer]], Any]:
    return post(path, status_code=200, operation_class=takes(kind), summary=summary, sync_to_thread=True)


# -- two people ----------------------------------------------------------------------------------------------------------


@_post("/people/{person_id:str}/merge", MergeAsked, "Merge two people")
def merge(caller: CallerDependency, said: Said, person_id: FromPath[str]) -> OutcomeAnswer:
    """Make the person one with `into`, whose number stands for both; `merge_id` undoes it."""
    source, asked = person_number(person_id), decode(said, MergeAsked)
    return caller.carry_out(MergePeople(source, person_number(asked.into)), asked)


@_post("/merges/{merge_id:str}/undo", Asked, "Undo a merge of two people")
def unmerge(caller: CallerDependency, said: Said, merge_id: FromPath[str]) -> OutcomeAnswer:
    """Both people as if they had not been merged, with what each did in between."""
    number, asked = merge_number(merge_id), decode(said, Asked)
    return caller.carry_out(Unmerge(number), asked, undone=number)


@_post("/people/{person_id:str}/remove_email", EmailAsked, "Remove an address of a person")
def remove_email(caller: CallerDependency, said: Said, person_id: FromPath[str]) -> OutcomeAnswer:
    """Take an address away that is not the person's any longer: it finds nobody, and is whose who says it next."""
    number, asked = person_number(person_id), decode(said, EmailAsked)
    return caller.carry_out(RemoveEmail(number, asked.email), asked)


@delete(
    "/people/{person_id:str}",
    status_code=202,
    operation_class=takes(Asked),
    summary="Delete a person",
    sync_to_thread=True,
)
def delete_person(
    request: AnyRequest,
    caller: CallerDependency,
    tombstone_key: TombstoneKey,
    said: Said,
    person_id: FromPath[str],
    preview: Preview = None,
) -> Response[DeletionAnswer]:
    """The person is gone when this answers; `job_id` removes the events. Everybody merged with it goes too, for good."""
    only(request, ("preview",))
    number, previews = person_number(person_id), is_preview(preview) or decode(said, Asked).preview
    done = deletion.delete_person(caller.store, caller.site, number, tombstone_key, By.API, caller.now, preview=previews)
    return Response(deletion_answer(done), status_code=200 if previews else 202)


# -- one device ----------------------------------------------------------------------------------------------------------


@_post("/visitors/{anonymous_id:str}/detach", Asked, "Detach a device")
def detach(caller: CallerDependency, said: Said, anonymous_id: FromPath[str]) -> OutcomeAnswer:
    """Take an anonymous id from its person, for good: no identify claims it again."""
    return caller.carry_out(Detach(anonymous_id), decode(said, Asked))


@_post("/visitors/detach", DetachNamed, "Detach a device that is named in the body")
def detach_named(caller: CallerDependency, said: Said) -> OutcomeAnswer:
    """The same, for ids that do not fit into a path."""
    asked = decode(said, DetachNamed)
    return caller.carry_out(Detach(asked.anonymous_id), asked)


@_post("/visitors/{anonymous_id:str}/attach", AttachAsked, "Attach a device")
def attach(caller: CallerDependency, said: Said, anonymous_id: FromPath[str]) -> OutcomeAnswer:
    """Give the anonymous events of an id to a person, whoever has them now: how a refused merge is carried out."""
    asked = decode(said, AttachAsked)
    return caller.carry_out(Attach(anonymous_id, person_number(asked.person_id)), asked)


@_post("/visitors/attach", AttachNamed, "Attach a device that is named in the body")
def attach_named(caller: CallerDependency, said: Said) -> OutcomeAnswer:
    """The same, for ids that do not fit into a path."""
    asked = decode(said, AttachNamed)
    return caller.carry_out(Attach(asked.anonymous_id, person_number(asked.person_id)), asked)


@_post("/visitors/{anonymous_id:str}/logout", LogoutAsked, "Tell of a log-out that only the server knows")
def log_out(caller: CallerDependency, said: Said, anonymous_id: FromPath[str]) -> OutcomeAnswer:
    """Free what comes from the id after `at` (now, unless told) without a user, to be claimed by the next person."""
    asked = decode(said, LogoutAsked)
    at = moment(asked.at, caller.now)
    return caller.carry_out(LogOut(legal(anonymous_id), at), asked)


@_post("/visitors/logout", LogoutNamed, "Tell of a log-out on a device that is named in the body")
def log_out_named(caller: CallerDependency, said: Said) -> OutcomeAnswer:
    """The same, for ids that do not fit into a path."""
    asked = decode(said, LogoutNamed)
    at = moment(asked.at, caller.now)
    return caller.carry_out(LogOut(legal(asked.anonymous_id), at), asked)


CORRECTIONS = [
    merge,
    unmerge,
    remove_email,
    delete_person,
    detach,
    detach_named,
    attach,
    attach_named,
    log_out,
    log_out_named,
]
