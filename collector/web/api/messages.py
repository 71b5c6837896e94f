"""Messages: drafts, revisions, publication, and whether one would show (docs/messages.md)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, Literal, get_args

import msgspec
from litestar import delete, get, post, put
from litestar.params import FromPath, QueryParameter

from ...domain.asked import number
from ...domain.log import By
from ...domain.message_gates import Visit
from ...domain.message_schema import message_schema
from ...domain.message_states import Archive, Delete, Operation, Pause, Publish, Resume, Save, ShowAgain
from ...domain.message_times import micros_of
from ...domain.messages import Status, parse_message
from ...errors import BadParameter, NotFound
from ...schemas.messages import (
    CheckAnswer,
    DeletedAnswer,
    MessageDetail,
    MessagesAnswer,
    OperationAnswer,
    RevisionAnswer,
    RevisionsAnswer,
    check_answer,
    message_detail,
    messages_answer,
    operation_answer,
    revision_answer,
)
from ...storage.message_rows import list_revisions
from ...storage.messages import carry_out
from .access import AnyRequest
from .body import decode, takes, takes_schema
from .corrections import CallerDependency
from .dependencies import ClockDependency, Document, Reader, Said, StoreDependency
from .parameters import only

MAX_URL = 2_000
"""Characters of an address that is asked about."""


class NothingAsked(msgspec.Struct, forbid_unknown_fields=True):
    """Nothing can be chosen."""


class PublishAsked(msgspec.Struct, forbid_unknown_fields=True):
    """The newest revision, unless another one is named."""

    revision: Annotated[int, msgspec.Meta(ge=1)] | None = None


class CheckAsked(msgspec.Struct, forbid_unknown_fields=True):
    """A visitor on a page, now or `at` another time. All live messages, or the one of `key`; of a `draft` as if it were
    published."""

    url: Annotated[str, msgspec.Meta(min_length=1, max_length=MAX_URL)]
    identity: Literal["anonymous", "identified"] | None = None
    key: str | None = None
    draft: bool = False
    at: str | None = None


# -- looking -------------------------------------------------------------------------------------------------------------


@get("/messages", summary="Messages", sync_to_thread=True)
def find_messages(
    store: StoreDependency,
    reader: Reader,
    status: Annotated[str | None, QueryParameter(description="draft, live, paused or archived; all unless told.")] = None,
) -> MessagesAnswer:
    """All messages of the site in the order of their keys, each in a sentence, with those that it can meet."""
    if status is not None and status not in get_args(Status):
        raise BadParameter(f"`status` must be one of {', '.join(get_args(Status))}.")
    with store.read() as connection:
        return messages_answer(connection, reader.site_id, status)


@get("/messages/schema", summary="JSON Schema of a message", security=[{}], sync_to_thread=False)
def schema() -> dict[str, Any]:
    """For editors, which send no key: it says nothing of any site."""
    return message_schema()


@get("/messages/{key:str}", summary="One message", sync_to_thread=True)
def message(store: StoreDependency, reader: Reader, key: FromPath[str]) -> MessageDetail:
    """A message with its draft and what is published of it."""
    with store.read() as connection:
        return message_detail(connection, reader.site_id, key)


@get("/messages/{key:str}/revisions", summary="Revisions of a message", sync_to_thread=True)
def revisions(store: StoreDependency, reader: Reader, key: FromPath[str]) -> RevisionsAnswer:
    """All that was saved, newest first; a revision is never changed."""
    with store.read() as connection:
        rows = list_revisions(connection, reader.site_id, key)
    return RevisionsAnswer([revision_answer(row, whole=False) for row in rows])


@get("/messages/{key:str}/revisions/{revision:str}", summary="One revision", sync_to_thread=True)
def one_revision(store: StoreDependency, reader: Reader, key: FromPath[str], revision: FromPath[str]) -> RevisionAnswer:
    """One revision with its document."""
    wanted = number(revision)
    if wanted is None:
        raise NotFound(f"`{key}` has no revision {revision[:20]!r}.")
    with store.read() as connection:
        (row,) = list_revisions(connection, reader.site_id, key, wanted)
    return revision_answer(row, whole=True)


@post("/messages/check", status_code=200, operation_class=takes(CheckAsked), summary="Would it show?", sync_to_thread=True)
def check(store: StoreDependency, reader: Reader, clock: ClockDependency, said: Said) -> CheckAnswer:
    """Ask the gates for a visitor on a page, as far as a server can know them."""
    asked = decode(said, CheckAsked)
    visit = Visit(asked.url, asked.identity, clock() if asked.at is None else micros_of(asked.at))
    with store.read() as connection:
        return check_answer(connection, reader.site_id, visit, asked.key, draft=asked.draft)


# -- changing ------------------------------------------------------------------------------------------------------------


@put("/messages/{key:str}", operation_class=takes_schema("/api/messages/schema"), summary="Save a message", sync_to_thread=True)
def save(
    request: AnyRequest,
    caller: CallerDependency,
    document: Document,
    key: FromPath[str],
    if_revision: Annotated[
        str | None, QueryParameter(description="The newest revision that you have seen, 0 for none: 409 when there is another.")
    ] = None,
) -> OperationAnswer:
    """Keep a draft, as a new revision unless it is the same again; one whose `status` is not draft is in force at once."""
    only(request, ("if_revision",))
    expected = None if if_revision is None else number(if_revision)
    if if_revision is not None and expected is None:
        raise BadParameter("`if_revision` must be the number of a revision, or 0.")
    operation = Save(parse_message(document, key), expected)
    return operation_answer(carry_out(caller.store, caller.site.site_id, key, operation, By.API, caller.now))


@delete(
    "/messages/{key:str}",
    status_code=200,
    operation_class=takes(NothingAsked),
    summary="Delete a message",
    sync_to_thread=True,
)
def remove(request: AnyRequest, caller: CallerDependency, said: Said, key: FromPath[str]) -> DeletedAnswer:
    """Remove a message with all its revisions, for good."""
    only(request, ())
    decode(said, NothingAsked)
    before = carry_out(caller.store, caller.site.site_id, key, Delete(), By.API, caller.now).before
    assert before is not None
    return DeletedAnswer(key, before.revision)


def _post(path: str, kind: type[msgspec.Struct], summary: str) -> Callable[[Callable[..., OperationAnswer]], Any]:
    where = f"/messages/{{key:str}}/{path}"
    return post(where, status_code=200, operation_class=takes(kind), summary=summary, sync_to_thread=True)


@_post("publish", PublishAsked, "Publish a message")
def publish(caller: CallerDependency, said: Said, key: FromPath[str]) -> OperationAnswer:
    """Give the newest revision to browsers, or the one that is named; `diff` is what changes for them."""
    operation = Publish(decode(said, PublishAsked).revision)
    return operation_answer(carry_out(caller.store, caller.site.site_id, key, operation, By.API, caller.now))


def _plain(path: str, operation: Operation, summary: str, does: str) -> Any:
    """An operation of which nothing can be chosen."""

    def handler(caller: CallerDependency, said: Said, key: FromPath[str]) -> OperationAnswer:
        decode(said, NothingAsked)
        return operation_answer(carry_out(caller.store, caller.site.site_id, key, operation, By.API, caller.now))

    handler.__name__ = f"message_{path.replace('-', '_')}"
    handler.__doc__ = does
    return _post(path, NothingAsked, summary)(handler)


MESSAGES = [
    find_messages,
    schema,
    message,
    revisions,
    one_revision,
    check,
    save,
    remove,
    publish,
    _plain("pause", Pause(), "Pause a message", "Stop showing it, until it is resumed."),
    _plain("resume", Resume(), "Resume a message", "Show the published revision again."),
    _plain("archive", Archive(), "Archive a message", "Stop showing it, and put it away."),
    _plain("show-again", ShowAgain(), "Show a message again", "To everyone, also to who has closed it; its content stays."),
]
