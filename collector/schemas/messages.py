"""Messages as the API and `--json` answer them: how each stands, what an operation has changed, whether it would show."""

from __future__ import annotations

from typing import Any

import msgspec
import sqlalchemy as sa

from ..domain.message_conflicts import Conflict, conflicts_among, conflicts_with
from ..domain.message_diff import Difference
from ..domain.message_gates import Visit, verdict
from ..domain.message_words import sentence
from ..domain.messages import Message
from ..domain.times import iso
from ..storage.message_rows import MessageRow, RevisionRow, get_message, list_messages
from ..storage.messages import Outcome


class ConflictAnswer(msgspec.Struct):
    """Two messages that can meet on `page`, where `first` is the one that is shown."""

    first: str
    second: str
    page: str
    sentence: str


class MessageAnswer(msgspec.Struct, kw_only=True):
    """A message. `revision` is its newest; `published_revision`, null before the first publication, is what browsers get while
    the status is live. The sentence is that of the live message, else of the draft."""

    key: str
    name: str
    status: str
    run: int
    revision: int
    published_revision: int | None
    updated_at: str
    updated_by: str
    sentence: str
    conflicts: list[ConflictAnswer]


class MessagesAnswer(msgspec.Struct):
    messages: list[MessageAnswer]


class MessageDetail(MessageAnswer, kw_only=True):
    """A message with its newest document and the published one, both without `status` and `run`."""

    draft: dict[str, Any]
    published: dict[str, Any] | None


class RevisionAnswer(msgspec.Struct):
    """One saved document; `document` is null in a list."""

    revision: int
    at: str
    by: str
    name: str
    sentence: str
    document: dict[str, Any] | None = None


class RevisionsAnswer(msgspec.Struct):
    revisions: list[RevisionAnswer]


class OperationAnswer(msgspec.Struct, kw_only=True):
    """A message after an operation; `changed` is false where it stood so already. `saved` is what the newest revision changes
    of the one before, `diff` what the published one does; `previous_revision` was published before, null if none was."""

    key: str
    changed: bool
    status: str
    run: int
    revision: int
    published_revision: int | None
    previous_revision: int | None
    saved: list[Difference]
    diff: list[Difference]
    conflicts: list[ConflictAnswer]


class DeletedAnswer(msgspec.Struct):
    """The message is gone, with its revisions up to this one."""

    key: str
    revision: int


class VerdictAnswer(msgspec.Struct):
    """Whether one message would show. `reason` is the first gate that is closed; where none is, `unknown` names the facts that
    the server cannot know, or was not told."""

    key: str
    revision: int
    priority: int
    shows: bool
    reason: str | None
    unknown: list[str]


class CheckAnswer(msgspec.Struct):
    """The messages in the order in which a page takes the first that shows."""

    url: str
    messages: list[VerdictAnswer]


def messages_answer(connection: sa.Connection, site_id: int, status: str | None = None) -> MessagesAnswer:
    """Return the messages of a site, with that status or with any, each with the live ones that it can meet."""
    rows = list_messages(connection, site_id)
    conflicts = conflicts_among([row.live for row in rows if row.live is not None])
    return MessagesAnswer(
        [_message(row, _of(row.key, conflicts)) for row in rows if status is None or row.standing.status == status]
    )


def message_detail(connection: sa.Connection, site_id: int, key: str) -> MessageDetail:
    """Return one message with the live ones that it can meet, or could if it were published. Raises NotFound."""
    row = get_message(connection, site_id, key)
    others = [other.live for other in list_messages(connection, site_id, "live") if other.live is not None]
    content = row.known.published
    return MessageDetail(
        **_values(row, conflicts_with([row.live or row.newest], others)),
        draft=document(row.known.newest),
        published=None if content is None else document(content),
    )


def _of(key: str, conflicts: list[Conflict]) -> list[Conflict]:
    return [conflict for conflict in conflicts if key in (conflict.first, conflict.second)]


def _message(row: MessageRow, conflicts: list[Conflict]) -> MessageAnswer:
    return MessageAnswer(**_values(row, conflicts))


def _values(row: MessageRow, conflicts: list[Conflict]) -> dict[str, Any]:
    shown = row.live or row.newest
    return {
        "key": row.key,
        "name": shown.name,
        "status": row.standing.status,
        "run": row.standing.run,
        "revision": row.standing.revision,
        "published_revision": row.standing.published,
        "updated_at": iso(row.updated_at),
        "updated_by": row.updated_by,
        "sentence": sentence(shown),
        "conflicts": [_conflict(conflict) for conflict in conflicts],
    }


def _conflict(conflict: Conflict) -> ConflictAnswer:
    return ConflictAnswer(conflict.first, conflict.second, conflict.page, conflict.sentence)


def document(content: Message) -> dict[str, Any]:
    """Return a document as it is authored, without what stands at its default."""
    plain: dict[str, Any] = msgspec.to_builtins(content)
    return plain


def revision_answer(row: RevisionRow, *, whole: bool) -> RevisionAnswer:
    """Return a revision, with its document when the `whole` of it is asked for."""
    content = document(row.content) if whole else None
    return RevisionAnswer(row.revision, iso(row.at), row.by, row.content.name, sentence(row.content), content)


def operation_answer(outcome: Outcome) -> OperationAnswer:
    """Return the answer to an operation that leaves the message there."""
    assert outcome.after is not None
    return OperationAnswer(
        key=outcome.key,
        changed=outcome.is_change,
        status=outcome.after.status,
        run=outcome.after.run,
        revision=outcome.after.revision,
        published_revision=outcome.after.published,
        previous_revision=outcome.before.published if outcome.before else None,
        saved=outcome.saved,
        diff=outcome.published,
        conflicts=[_conflict(conflict) for conflict in outcome.conflicts],
    )


def check_answer(
    connection: sa.Connection, site_id: int, visit: Visit, key: str | None = None, *, draft: bool = False
) -> CheckAnswer:
    """Return which messages would show on a visit: the live ones, or the one of that key.

    Of a `draft` the newest revision is asked, as if it were published. Raises NotFound for a key that there is not.
    """
    rows = list_messages(connection, site_id, "live") if key is None else [get_message(connection, site_id, key)]
    asked = [(_draft(row) if draft else (row.in_force, row.standing.published)) for row in rows]
    ordered = sorted(zip(rows, asked, strict=True), key=lambda pair: (-pair[1][0].priority, pair[0].key))
    return CheckAnswer(visit.url, [_verdict(row, message, revision, visit) for row, (message, revision) in ordered])


def _draft(row: MessageRow) -> tuple[Message, int]:
    return msgspec.structs.replace(row.newest, status="live"), row.standing.revision


def _verdict(row: MessageRow, message: Message, revision: int | None, visit: Visit) -> VerdictAnswer:
    found = verdict(message, visit)
    return VerdictAnswer(row.key, revision or row.standing.revision, message.priority, found.shows, found.reason, found.unknown)
