"""Whether bytes that nobody could read name somebody: a person's names, in whatever shape they are written there.

Bytes of the quarantine are what was refused: JSON, text with JSON in it, an event that is cut off, UTF-16, gzip that never
ends, a form. They are searched as text, once as they are and once more for each layer of escaping that comes off.
"""

from __future__ import annotations

import re
import unicodedata
import zlib
from collections.abc import Iterable, Iterator
from urllib.parse import unquote

LAYERS = 5
"""Of escaping, one in another, that are taken off."""
TELLING = 6
"""Characters from which a name is one wherever it is written; a shorter one, `42`, only as an id."""
CUT_OFF = 8
"""Characters of a name, at the end of the bytes, that count as the whole of it."""
_UNPACKED = 1_000_000
"""Bytes of a gzip that are looked at."""

_WORD = re.compile(r"\w+")
_ESCAPE = re.compile(r"\\(?:u([0-9a-fA-F]{4})|(.))", re.DOTALL)
_HALF = re.compile(r"\\u[0-9a-fA-F]{0,3}\Z|%[0-9a-fA-F]?\Z")
"""An escape that the end of the bytes cut off."""
_LETTERS = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f"}
_AS_AN_ID = re.compile(
    r"(?:(?:user|anonymous|previous|visitor|device|client|customer|person|account)_?ids?|e?-?mails?|distinct_?id|[ua]?id|user|\$anon_distinct_id)"
    r"[\"'\\]*\s*[:=]\s*\[?[\"'\\]*\Z",
    re.IGNORECASE,
)
_MESSAGE_ID = re.compile(r"\bmessage_?id[\"']?\s*[:=]\s*[\"']?([^\"'&\\\s,}]{1,100})", re.IGNORECASE)
_BEFORE = 60
"""Characters before a short name in which the member that makes it an id is looked for."""


class Names:
    """The names of one person or of many, made ready to be looked for. `emails` are found however they are capitalised."""

    def __init__(self, exact: Iterable[str] = (), emails: Iterable[str] = ()) -> None:
        self._exact = _Index(exact)
        self._emails = _Index(_folded(one) for one in emails)

    def __bool__(self) -> bool:
        return bool(self._exact or self._emails)

    def are_in(self, body: bytes) -> bool:
        """Say whether one of the names is in these bytes."""
        return any(self.are_in_text(text) for text in readings(body))

    def are_in_text(self, text: str) -> bool:
        """Say whether one of the names is in a text that has nothing to be taken off."""
        return bool((self._exact and self._exact.is_in(text)) or (self._emails and self._emails.is_in(_folded(text))))


class _Index:
    """Names by their longest word: the words of a text are looked up, whatever the number of names."""

    def __init__(self, names: Iterable[str]) -> None:
        self._by_word: dict[str, list[str]] = {}
        wordless = []
        for name in sorted(set(names) - {""}):
            words = _WORD.findall(name)
            if words:
                self._by_word.setdefault(max(words, key=len), []).append(name)
            else:
                wordless.append(name)
        self._words = frozenset(self._by_word)
        self._wordless = wordless
        self._beginnings = {name[:CUT_OFF] for names in self._by_word.values() for name in names if len(name) > CUT_OFF}
        self._long = [name for names in self._by_word.values() for name in names if len(name) > CUT_OFF]

    def __bool__(self) -> bool:
        return bool(self._by_word or self._wordless)

    def is_in(self, text: str) -> bool:
        words = self._words.intersection(_WORD.findall(text))
        if any(_stands_in(name, text) for word in words for name in self._by_word[word]):
            return True
        return any(_stands_in(name, text) for name in self._wordless) or self._is_cut_off_in(text)

    def _is_cut_off_in(self, text: str) -> bool:
        """Say whether the text ends in the middle of a name."""
        end = text[-_LONGEST:]
        for start in range(len(end) - CUT_OFF + 1):
            if end[start : start + CUT_OFF] in self._beginnings and not (start and _is_word(end[start - 1])):
                begun = end[start:].rstrip("\ufffd\\")
                if any(name.startswith(begun) for name in self._long):
                    return True
        return False


_LONGEST = 300


def _stands_in(name: str, text: str) -> bool:
    """Say whether the name stands alone somewhere in the text, and, if it is short, as an id."""
    at = text.find(name)
    while at >= 0:
        end = at + len(name)
        is_apart = not (at and _is_word(text[at - 1]) and _is_word(name[0])) and not (
            end < len(text) and _is_word(text[end]) and _is_word(name[-1])
        )
        if is_apart and (len(name) >= TELLING or _AS_AN_ID.search(text[max(0, at - _BEFORE) : at])):
            return True
        at = text.find(name, at + 1)
    return False


def _is_word(letter: str) -> bool:
    return letter == "_" or letter.isalnum()


def readings(body: bytes) -> Iterator[str]:
    """Give the texts that these bytes may be: unpacked, and with one layer of escaping less each time."""
    yield from _unescaped(_text(body))
    if body[:2] in (b"\xff\xfe", b"\xfe\xff"):
        yield from _unescaped(body.decode("utf-16", "replace"))
    if body[:2] == b"\x1f\x8b":
        yield from _unescaped(_text(_unpacked(body)))


def find_message_id(body: bytes) -> str | None:
    """Return the message id in the bytes of one event that could not be read, escaped or not; None without one."""
    if b"essage" not in body:
        return None
    for text in readings(body):
        found = _MESSAGE_ID.search(text)
        if found is not None:
            return found[1].replace("\x00", "\ufffd")
    return None


def _unpacked(body: bytes) -> bytes:
    """Return what can be unpacked, of a gzip that is broken or ends in the middle, too."""
    packed = zlib.decompressobj(wbits=31)
    parts, left = [], _UNPACKED
    try:
        for start in range(len(body)):  # one by one, so that a fault costs nothing of what came before it
            parts.append(packed.decompress(body[start : start + 1], left))
            left -= len(parts[-1])
            if left <= 0:
                break
    except zlib.error:
        pass
    return b"".join(parts)


def _text(body: bytes) -> str:
    """UTF-8; in UTF-16 every second byte of what is ASCII is none."""
    plain = body.replace(b"\x00", b"") if body.count(b"\x00") * 4 > len(body) else body
    return plain.decode("utf-8", "replace")


def _unescaped(text: str) -> Iterator[str]:
    text = _HALF.sub("", text)
    for _ in range(LAYERS):
        yield text
        less = unquote(text, errors="replace") if "%" in text else text
        less = _whole(_ESCAPE.sub(_letter, less)) if "\\" in less else less
        if less == text:
            return
        text = less


def _letter(found: re.Match[str]) -> str:
    return chr(int(found[1], 16)) if found[1] else _LETTERS.get(found[2], found[2])


def _whole(text: str) -> str:
    """Put the two halves of a letter beyond U+FFFF together, as they are escaped one by one."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _folded(text: str) -> str:
    return unicodedata.normalize("NFC", text).lower()
