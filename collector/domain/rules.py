"""Page rules: where a message may appear. The same semantics as snippet/src, held together by shared vectors.

A flat list of includes and excludes. Any matching exclude says no; with at least one include, one must match; only
excludes say yes elsewhere; no rules at all mean every page. No regular expressions from users: a tiny glob.
"""

from __future__ import annotations

import re
from typing import Annotated, Literal
from urllib.parse import parse_qsl, unquote_to_bytes, urlsplit

import msgspec

MAX_STARS = 8


class Rule(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """One line of the list. `name` is the query parameter; `value` is a glob when `op` is `matches`."""

    op: Literal["is", "contains", "starts", "ends", "matches", "exists"]
    part: Literal["path", "query", "hash", "host"] = "path"
    name: str | None = None
    value: Annotated[str, msgspec.Meta(max_length=200)] = ""
    exclude: bool = False


class Page(msgspec.Struct, frozen=True):
    """The normalised parts of an address that rules can ask for."""

    path: str
    query: tuple[tuple[str, str], ...]
    hash: str
    host: str


def problem_of(rule: Rule) -> str | None:
    """Return why a rule cannot be saved, or None."""
    if rule.part == "query" and not rule.name:
        return "a rule on the query needs `name`, the parameter"
    if rule.op == "exists" and rule.part != "query":
        return "`exists` is for query parameters"
    if rule.op != "exists" and rule.value == "":
        return "`value` is empty"
    if rule.op == "matches" and rule.value.count("*") > MAX_STARS:
        return f"a pattern may have at most {MAX_STARS} stars"
    return None


def matches(rules: list[Rule], url: str) -> bool:
    """Say whether the page at `url` is one where the rules allow."""
    return page_reason(rules, url) is None


def page_reason(rules: list[Rule], url: str) -> str | None:
    """Return why a page is none where the rules allow, in the browser's words; None when it is one.

    `page_excluded:N` names the rule by its place in the list; `page_not_included` is said of all together.
    """
    page = parse_page(url)
    for index, rule in enumerate(rules):
        if rule.exclude and _matches(rule, page):
            return f"page_excluded:{index}"
    includes = [rule for rule in rules if not rule.exclude]
    return None if not includes or any(_matches(rule, page) for rule in includes) else "page_not_included"


def parse_page(url: str) -> Page:
    try:
        parts = urlsplit(url)
    except ValueError:  # such as a bracket that opens an IPv6 address and none that closes it
        parts = urlsplit("")
    return Page(
        path=normal_path(parts.path or "/"),
        query=tuple((_lower(key), _lower(value)) for key, value in _query(parts.query)),
        hash=_lower(_decode_uri(parts.fragment)),
        host=(parts.hostname or "").lower(),
    )


def _query(text: str) -> list[tuple[str, str]]:
    return parse_qsl(text, keep_blank_values=True, errors="replace", separator="&")


def normal_path(path: str) -> str:
    """Decode as JavaScript's decodeURI does, lower ASCII letters, drop trailing slashes except the root's."""
    return _lower(_decode_uri(path)).rstrip("/") or "/"


def _lower(text: str) -> str:
    return text.translate(_ASCII_LOWER)


_ASCII_LOWER = {upper: upper + 32 for upper in range(ord("A"), ord("Z") + 1)}
_RESERVED = frozenset(b";/?:@&=+$,#")
_ESCAPES = re.compile(r"(?:%[0-9a-fA-F]{2})+")


def _decode_uri(text: str) -> str:
    """decodeURI (ECMA-262, 19.2.6.2): reserved characters stay encoded; a malformed text is left as it is."""
    if "%" not in text:
        return text
    if re.search(r"%(?![0-9a-fA-F]{2})", text):
        return text
    try:
        return _ESCAPES.sub(_decode_run, text)
    except UnicodeDecodeError:
        return text


def _decode_run(match: re.Match[str]) -> str:
    run = match[0]
    triples = [run[index : index + 3] for index in range(0, len(run), 3)]
    out: list[str] = []
    pending = b""
    for triple in triples:
        byte = unquote_to_bytes(triple)
        if byte[0] in _RESERVED:
            out.append(pending.decode() + triple)
            pending = b""
        else:
            pending += byte
    return "".join(out) + pending.decode()


def _matches(rule: Rule, page: Page) -> bool:
    return any(_compare(rule, candidate) for candidate in _candidates(rule, page))


def _candidates(rule: Rule, page: Page) -> tuple[str, ...]:
    match rule.part:
        case "path":
            return (page.path,)
        case "query":
            name = _lower(rule.name or "")
            return tuple(value for key, value in page.query if key == name)
        case "hash":
            return (page.hash,)
        case "host":
            return (page.host,)


def _compare(rule: Rule, candidate: str) -> bool:
    value = _normal_value(rule)
    match rule.op:
        case "is":
            return candidate == value
        case "contains":
            return value in candidate
        case "starts":
            return candidate.startswith(value)
        case "ends":
            return candidate.endswith(value)
        case "matches":
            return _fits(value, candidate, rule.part == "path")
        case "exists":
            return True


def _normal_value(rule: Rule) -> str:
    """The rule's side of the comparison, brought to the same form as the page's."""
    if rule.part == "path" and rule.op in ("is", "matches"):
        return normal_path(rule.value)
    return _lower(_decode_uri(rule.value)) if rule.part in ("path", "hash") else _lower(rule.value)


def _fits(pattern: str, candidate: str, is_path: bool) -> bool:
    """Say whether the candidate fits; a path's trailing `/*` also fits the bare parent."""
    if is_path and pattern.endswith("/*") and not pattern.endswith("\\/*") and _glob(pattern[:-2], candidate):
        return True
    return _glob(pattern, candidate)


_PIECE = re.compile(r"\\.|:[a-z_][a-z0-9_]*|.", re.DOTALL)


def _glob(pattern: str, text: str) -> bool:
    """Match the glob: `*` any run, `:name` one segment, `\\` makes the next character literal.

    Follows the set of positions reached so far, as bits, so the time is at most pattern times text: no pattern, however
    many stars it has, can be slow. The same as snippet/src/lib/glob.ts.
    """
    ends = (1 << len(text) + 1) - 1
    behind: dict[str, int] = {}
    for position, character in enumerate(text, 1):
        behind[character] = behind.get(character, 0) | 1 << position
    inside = ends & ~behind.get("/", 0) & ~1
    reached = 1
    for piece in _PIECE.findall(pattern):
        if piece == "*":
            reached = ends & ~((reached & -reached) - 1) if reached else 0
        elif len(piece) > 1 and piece[0] == ":":
            stepped = (reached << 1) & inside
            reached = stepped
            while stepped:
                stepped = (stepped << 1) & inside & ~reached
                reached |= stepped
        else:
            reached = (reached << 1) & behind.get(piece[-1], 0)
    return bool(reached >> len(text) & 1)
