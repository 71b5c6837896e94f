"""In-app messages: the document as authored, its validation, and the public form that browsers get.

A message is structured data, never HTML. This is the first form: banners for page rules; the document's other parts are
refused by name until they exist, rather than accepted and ignored.
"""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

import msgspec

from ..errors import BadParameter
from .message_body import compile_body
from .message_times import When, problems, public_when
from .misfits import MOST_SHOWN, Misfit, inside, misfits, shown, texts
from .rules import Rule, problem_of

MAX_DOCUMENT = 256 * 1024
"""Bytes of a document: forty languages of the longest texts."""
MOST_RUN = 1_000_000_000
"""The greatest `run`: every store holds it, and browsers count as far."""
MOST_TOLD = 5
"""Problems of a document that one error names."""
RESERVED = frozenset({"schema", "check"})
"""Keys that would be paths of the API: `/api/messages/schema`."""

Text120 = Annotated[str, msgspec.Meta(min_length=1, max_length=120)]
_KEY = re.compile(r"^[a-z0-9][a-z0-9-]{1,62}$")
_KEY_FORM = "2 to 63 small letters (a-z), digits and hyphens, the first no hyphen"
Key = Annotated[str, msgspec.Meta(pattern=_KEY.pattern, description=_KEY_FORM)]
Href = Annotated[
    str,
    msgspec.Meta(
        pattern=r"^(https?://|/(?!/)|#|mailto:|tel:)",
        max_length=2000,
        description="an address that begins with https://, http://, /, #, mailto: or tel:",
    ),
]
Status = Literal["draft", "live", "paused", "archived"]


class Strict(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """A part of the document; an unknown key is an error that names it."""


class Do(Strict, tag_field="type", frozen=True):
    """Effect of an action, done after the one before it."""


class Open(Do, tag="open", frozen=True):
    href: Href


class Dismiss(Do, tag="dismiss", frozen=True):
    pass


class Track(Do, tag="track", frozen=True):
    name: Text120


class Action(Strict, frozen=True):
    id: Key
    label: Text120
    do: Annotated[list[Open | Dismiss | Track], msgspec.Meta(min_length=1, max_length=5)]
    style: Literal["primary", "secondary", "link"] = "primary"


class Content(Strict, frozen=True):
    title: Text120
    body: Annotated[str, msgspec.Meta(max_length=2000)] = ""
    actions: Annotated[list[Action], msgspec.Meta(max_length=3)] = []
    close_label: Text120 = "Close"


class Locales(Strict, frozen=True):
    default: str
    texts: dict[str, Content]


class Where(Strict, frozen=True):
    pages: Annotated[list[Rule], msgspec.Meta(max_length=20)]


class Who(Strict, frozen=True):
    identity: Literal["anonymous", "identified", "anyone"] = "anonymous"


class Cap(Strict, frozen=True):
    """At most `max` showings `per` hour, day, week or thirty days, counted back from now."""

    max: Annotated[int, msgspec.Meta(ge=1, le=20)]
    per: Literal["PT1H", "P1D", "P7D", "P30D"]


class Often(Strict, frozen=True):
    lifetime: Annotated[int, msgspec.Meta(ge=1)] | None = 1
    stop_on: tuple[Literal["dismiss", "act"], ...] = ("dismiss", "act")
    caps: Annotated[tuple[Cap, ...], msgspec.Meta(max_length=3)] = ()


class Placement(Strict, frozen=True):
    edge: Literal["top", "bottom"] = "bottom"


class Message(Strict, frozen=True):
    """The authored document (docs/messages.md), as far as it exists."""

    key: Key
    name: Text120
    where: Where
    content: Locales
    schema: Literal[1] = 1
    kind: Literal["banner"] = "banner"
    status: Status = "draft"
    run: Annotated[int, msgspec.Meta(ge=1, le=MOST_RUN)] = 1
    placement: Placement = Placement()
    who: Who = Who()
    when: When = When()
    often: Often = Often()
    priority: Annotated[int, msgspec.Meta(ge=0, le=100)] = 50
    note: Annotated[str, msgspec.Meta(max_length=2000)] = ""


class DoesNotFit(BadParameter):
    """A document that is no message, with all that is wrong with it."""

    def __init__(self, found: list[Misfit]) -> None:
        rest = len(found) - MOST_TOLD
        more = f" And {rest} more." if rest > 0 else ""
        super().__init__(f"The message does not fit: {'; '.join(map(str, found[:MOST_TOLD]))}.{more}")
        self.found = found


def parse_message(document: bytes, key: str | None = None) -> Message:
    """Return the validated message; `key` is what its path or file is called, and stands in for a key that is left out.

    Raises DoesNotFit, which names the place of each problem and what is allowed there.
    """
    if len(document) > MAX_DOCUMENT:
        raise DoesNotFit([Misfit("$", f"the document has {len(document):,} bytes; at most {MAX_DOCUMENT:,}")])
    document = document if key is None else _keyed(document, key)
    try:
        message = msgspec.json.decode(document, type=Message)
    except msgspec.ValidationError as error:
        raise DoesNotFit(_misfits(document) or [_in_msgspecs_words(error)]) from error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise DoesNotFit([Misfit("$", f"the document is not JSON ({error})")]) from error
    found = problems_of(message)
    if found:
        raise DoesNotFit(found)
    return message


def _in_msgspecs_words(error: msgspec.ValidationError) -> Misfit:
    """For what cannot be walked, such as a number that no decoder takes."""
    problem, _, place = str(error).partition(" - at `")
    return Misfit(place.rstrip("`") or "$", problem)


def _keyed(document: bytes, key: str) -> bytes:
    raw = _decoded(document)
    if not isinstance(raw, dict):
        return document
    if not _KEY.fullmatch(key):  # before it is encoded: a file's name may hold what is no text
        raise DoesNotFit([Misfit("$.key", f"`key` is {shown(key)}; it must be {_KEY_FORM}")])
    if raw.setdefault("key", key) != key:
        raise DoesNotFit([Misfit("$.key", f"`key` is {shown(raw['key'])}, but this is the message {shown(key)}")])
    return msgspec.json.encode(raw)


def _misfits(document: bytes) -> list[Misfit]:
    raw = _decoded(document)
    return [] if raw is msgspec.UNSET else misfits(raw, Message)


def _decoded(document: bytes) -> Any:
    """The document as plain values; UNSET for what is no JSON, maybe only behind the place where msgspec gave up."""
    try:
        return msgspec.json.decode(document)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return msgspec.UNSET


def problems_of(message: Message) -> list[Misfit]:
    """Return what no type can say: rules that mean nothing, a missing language, addresses within texts, keys that are taken."""
    found = [Misfit("$.key", f"`key` is {message.key!r}, which the API needs for itself")] if message.key in RESERVED else []
    for index, rule in enumerate(message.where.pages):
        problem = problem_of(rule)
        if problem:
            found.append(Misfit(inside("$.where.pages", index), problem))
    found += problems(message.when)
    if message.content.default not in message.content.texts:
        language = message.content.default
        found.append(Misfit("$.content.default", f"`content.texts` lacks the default language, {shown(language)}"))
    for language, content in message.content.texts.items():
        try:
            compile_body(content.body)
        except BadParameter as error:
            found.append(Misfit(f"{inside('$.content.texts', language[:MOST_SHOWN])}.body", error.message))
    for place, text in texts(msgspec.to_builtins(message)):
        if "\0" in text:
            found.append(Misfit(place, "there is a NUL character, which not every store can hold"))
    return found


def content_of(message: Message) -> Message:
    """Return the message without what is no content, and is kept apart from its revisions: `status` and `run`."""
    return msgspec.structs.replace(message, status="draft", run=1)


def public_form(message: Message, revision: int) -> dict[str, Any]:
    """Return what a browser needs to decide and draw; name and note stay with us."""
    content = message.content.texts[message.content.default]
    form: dict[str, Any] = msgspec.to_builtins(
        {
            "id": message.key,
            "key": message.key,
            "revision": revision,
            "run": message.run,
            "kind": message.kind,
            "placement": {"edge": message.placement.edge},
            "who": {"identity": message.who.identity},
            "where": {"pages": message.where.pages},
            **({"when": public_when(message.when)} if message.when != When() else {}),
            "often": {
                "lifetime": message.often.lifetime,
                "stop_on": message.often.stop_on,
                **({"caps": message.often.caps} if message.often.caps else {}),
            },
            "priority": message.priority,
            "content": {
                "title": content.title,
                "body": compile_body(content.body),
                "actions": [_public_action(action) for action in content.actions],
                "close_label": content.close_label,
            },
        }
    )
    return form


def _public_action(action: Action) -> dict[str, Any]:
    return {"id": action.id, "label": action.label, "style": action.style, "do": msgspec.to_builtins(action.do)}
