"""In-app messages: the document as authored, its validation, and the public form that browsers get.

A message is structured data, never HTML. This is the first form: banners for page rules; the document's other parts are
refused by name until they exist, rather than accepted and ignored.
"""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

import msgspec

from ..errors import BadParameter
from .rules import Rule, problem_of

Text120 = Annotated[str, msgspec.Meta(min_length=1, max_length=120)]
Key = Annotated[str, msgspec.Meta(pattern=r"^[a-z0-9][a-z0-9-]{1,62}$")]
Href = Annotated[str, msgspec.Meta(pattern=r"^(https?://|/(?!/)|#|mailto:|tel:)", max_length=2000)]


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


class Often(Strict, frozen=True):
    lifetime: Annotated[int, msgspec.Meta(ge=1)] | None = 1
    stop_on: tuple[Literal["dismiss", "act"], ...] = ("dismiss", "act")


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
    status: Literal["draft", "live", "paused", "archived"] = "draft"
    run: Annotated[int, msgspec.Meta(ge=1)] = 1
    placement: Placement = Placement()
    who: Who = Who()
    often: Often = Often()
    priority: Annotated[int, msgspec.Meta(ge=0, le=100)] = 50
    note: Annotated[str, msgspec.Meta(max_length=2000)] = ""


def parse_message(document: bytes) -> Message:
    """Return the validated message. Raises BadParameter with the path of what does not fit."""
    try:
        message = msgspec.json.decode(document, type=Message)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise BadParameter(f"The message does not fit: {error}.") from error
    for index, rule in enumerate(message.where.pages):
        problem = problem_of(rule)
        if problem:
            raise BadParameter(f"The message does not fit: {problem} - at `$.where.pages[{index}]`.")
    if message.content.default not in message.content.texts:
        raise BadParameter("The message does not fit: `content.texts` lacks the default language.")
    for content in message.content.texts.values():
        compile_body(content.body)
    return message


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
            "often": {"lifetime": message.often.lifetime, "stop_on": message.often.stop_on},
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


_INLINE = re.compile(r"\*\*(?P<b>[^*\n]+)\*\*|\*(?P<em>[^*\n]+)\*|\[(?P<text>[^\]\n]+)\]\((?P<href>[^)\s]+)\)")
_HREF = re.compile(r"(https?://|/(?!/)|#|mailto:|tel:)")


def compile_body(body: str) -> list[list[Any]]:
    """Compile the inline subset (**bold**, *em*, [text](address), one paragraph a line) to nodes, so that a browser
    parses no markup. Raises BadParameter for an address with another scheme."""
    return [_paragraph(line) for line in body.splitlines() if line.strip()]


def _paragraph(line: str) -> list[Any]:
    nodes: list[Any] = []
    end = 0
    for match in _INLINE.finditer(line):
        if match.start() > end:
            nodes.append(line[end : match.start()])
        nodes.append(_node(match))
        end = match.end()
    return [*nodes, line[end:]] if end < len(line) else nodes


def _node(match: re.Match[str]) -> list[str]:
    if match["b"]:
        return ["b", match["b"]]
    if match["em"]:
        return ["em", match["em"]]
    if not _HREF.match(match["href"]):
        raise BadParameter(f"The message does not fit: {match['href']!r} is not an address that a link may have.")
    return ["a", match["text"], match["href"]]
