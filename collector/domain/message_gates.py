"""Gates of a message: would it show for such a visitor on such a page, and if not, which gate holds it back?

The same gates as the browser's (snippet/src/messages/gates.ts), in their order and with their reason codes, as far as a server
can know. What it cannot know is named, not guessed. Another gate is one more function of `GATES`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import msgspec

from .message_times import needs_visitors_clock, schedule_reason
from .messages import Message
from .rules import page_reason


class Visit(msgspec.Struct, frozen=True):
    """A visitor on a page, at a moment (microseconds since 1970; None is any); `identity` is None where it is not known."""

    url: str
    identity: Literal["anonymous", "identified"] | None = None
    at: int | None = None


class Unknown(msgspec.Struct, frozen=True):
    """Fact that a gate would have to know: of the browser, or of the visit where it was not told."""

    fact: str


class Verdict(msgspec.Struct, frozen=True):
    """Whether the message shows. `reason` is the first gate that is closed, None when none is known to be; then `unknown` names
    the facts on which it still depends."""

    reason: str | None
    unknown: list[str]

    @property
    def shows(self) -> bool:
        return self.reason is None


Gate = Callable[[Message, Visit], str | Unknown | None]


def status(message: Message, visit: Visit) -> str | None:  # noqa: ARG001 - every gate has the same signature
    return None if message.status == "live" else "not_live"


def schedule(message: Message, visit: Visit) -> str | Unknown | None:
    when = message.when
    if visit.at is None:
        return Unknown("time") if when.starts_at or when.ends_at or when.hours else None
    return schedule_reason(when, visit.at) or (Unknown("visitors_clock") if needs_visitors_clock(when) else None)


def identity(message: Message, visit: Visit) -> str | Unknown | None:
    wanted = message.who.identity
    if wanted in ("anyone", visit.identity):
        return None
    if visit.identity is None:
        return Unknown("identity")
    return "is_identified" if wanted == "anonymous" else "is_anonymous"


def pages(message: Message, visit: Visit) -> str | None:
    return page_reason(message.where.pages, visit.url)


def memory(message: Message, visit: Visit) -> Unknown | None:  # noqa: ARG001
    """Memory of what was shown and answered is in the browser only: `dismissed`, `acted`, `lifetime_reached`."""
    return Unknown("memory") if message.often.lifetime is not None or message.often.stop_on else None


def trigger(message: Message, visit: Visit) -> Unknown | None:  # noqa: ARG001
    """Trigger of the page, which happens in the browser only: `waiting:delay`."""
    name = str(message.when.trigger.__struct_config__.tag)
    return None if name == "page_ready" else Unknown(f"trigger:{name}")


GATES: tuple[Gate, ...] = (status, schedule, identity, pages, memory, trigger)
"""In the order in which the browser asks; the first that is closed is the reason."""


def verdict(message: Message, visit: Visit) -> Verdict:
    """Ask every gate. A gate that is known to be closed is a reason also behind one that is not known."""
    unknown: list[str] = []
    for gate in GATES:
        answer = gate(message, visit)
        if isinstance(answer, str):
            return Verdict(answer, [])
        if answer is not None:
            unknown.append(answer.fact)
    return Verdict(None, unknown)
