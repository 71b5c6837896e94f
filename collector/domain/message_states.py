"""Life of a message: its drafts and revisions, what is published of it, and the operations that change that.

A revision is never changed, and a browser gets the published one, also while a newer draft is being written. `Operation` is
what can be asked for; API, command line and files make one each and hand it to `carry_out` of storage/messages.py.
"""

from __future__ import annotations

from typing import assert_never

import msgspec

from ..errors import Conflict, NotFound
from .messages import MOST_RUN, Message, Status, content_of


class Standing(msgspec.Struct, frozen=True):
    """State of a message: its newest revision, the published one (None while there is none), status and run."""

    revision: int
    published: int | None
    status: Status
    run: int

    @property
    def live(self) -> int | None:
        """The revision that browsers get; None when they get none."""
        return self.published if self.status == "live" else None


class Save(msgspec.Struct, frozen=True):
    """Keep a document. One that is marked live is published; one that is paused or archived makes the message so, and is what
    `resume` shows.

    `if_revision` is the newest revision that the author has seen, 0 for none."""

    message: Message
    if_revision: int | None = None


class Publish(msgspec.Struct, frozen=True):
    """Give a revision to browsers, the newest unless another one is named."""

    revision: int | None = None


class Pause(msgspec.Struct, frozen=True):
    """Stop showing it, until it is resumed."""


class Resume(msgspec.Struct, frozen=True):
    """Show the published revision again; the newest where nothing was published."""


class Archive(msgspec.Struct, frozen=True):
    """Stop showing it, and put it away."""


class ShowAgain(msgspec.Struct, frozen=True):
    """Forget what every browser has seen and answered: it is shown again to everyone, its content as it was."""


class Delete(msgspec.Struct, frozen=True):
    """Remove it with all its revisions."""


Operation = Save | Publish | Pause | Resume | Archive | ShowAgain | Delete


class Known(msgspec.Struct, frozen=True):
    """A message before an operation: how it stands, and the contents of its newest and its published revision."""

    standing: Standing
    newest: Message
    published: Message | None

    @property
    def in_force(self) -> Message:
        """The content that a file holds, and that `resume` shows: what is published, as long as nothing is, the draft."""
        return self.published or self.newest


def decide(known: Known | None, key: str, operation: Operation) -> Standing | None:
    """Return how the message stands after the operation; None when it is gone.

    The revision is one more where a new one has to be kept. Raises NotFound for a message that there is not, and Conflict when
    there is nothing to do, or when somebody has saved in between.
    """
    if isinstance(operation, Save):
        return _saved(known, key, operation)
    if known is None:
        raise NotFound(f"There is no message {key!r}; `passerby message list` shows those that there are.")
    return None if isinstance(operation, Delete) else _moved(known.standing, key, operation)


def _moved(standing: Standing, key: str, operation: Publish | Pause | Resume | Archive | ShowAgain) -> Standing:
    match operation:
        case Publish():
            changed = _published(standing, key, standing.revision if operation.revision is None else operation.revision)
        case Pause():
            changed = _from(standing, key, "live", "paused")
        case Resume():
            changed = _with(_from(standing, key, "paused", "live"), published=standing.published or standing.revision)
        case Archive():
            if standing.status == "archived":
                raise Conflict(f"`{key}` is archived already.")
            changed = _with(standing, status="archived")
        case ShowAgain():
            if standing.run >= MOST_RUN:
                raise Conflict(f"`{key}` is at run {standing.run}, and a run goes no further: save it under another key.")
            changed = _with(standing, run=standing.run + 1)
        case _:
            assert_never(operation)
    return changed


def _from(standing: Standing, key: str, needed: Status, status: Status) -> Standing:
    if standing.status != needed:
        raise Conflict(f"`{key}` is not {needed} but {standing.status}: there is nothing to do.")
    return _with(standing, status=status)


def _with(standing: Standing, **changes: object) -> Standing:
    return msgspec.structs.replace(standing, **changes)


def _published(standing: Standing, key: str, revision: int) -> Standing:
    if not 1 <= revision <= standing.revision:
        raise NotFound(f"`{key}` has no revision {revision}; its newest is {standing.revision}.")
    if standing.live == revision:
        raise Conflict(f"Revision {revision} of `{key}` is live already.")
    return _with(standing, published=revision, status="live")


def _saved(known: Known | None, key: str, save: Save) -> Standing:
    """A draft changes nothing of what is published. Any other status says what is to be in force, also while nobody sees it:
    saved again it changes nothing, also when somebody has begun a newer draft."""
    message, newest = save.message, 0 if known is None else known.standing.revision
    if save.if_revision is not None and save.if_revision != newest:
        there = f"is at revision {newest}" if known else "is not there"
        raise Conflict(
            f"`{key}` {there}, and not at {save.if_revision}: somebody was faster. Look at what is there, and save again."
        )
    if known is None:
        standing = Standing(1, None, "draft", message.run)
        return standing if message.status == "draft" else _in_force(standing, message, 1)
    content, standing = content_of(message), known.standing
    # Never published and saved as it stands: what a pull has written may be pushed, and is no publication.
    is_told = standing.published is not None or message.status == standing.status
    if message.status != "draft" and content == known.in_force and is_told:
        return _in_force(standing, message, standing.published)
    if content != known.newest:
        standing = _with(standing, revision=standing.revision + 1)
    if message.status == "draft":
        return standing if standing.published else _with(standing, run=max(standing.run, message.run))
    return _in_force(standing, message, standing.revision)


def _in_force(standing: Standing, message: Message, revision: int | None) -> Standing:
    """A run is only counted up: a file that does not know of a later `show-again` does not take it back."""
    return _with(standing, published=revision, status=message.status, run=max(standing.run, message.run))
