"""Names in unreadable bytes: a table of the shapes in which they are written there."""

from __future__ import annotations

import gzip
import json
from typing import Any

import pytest

from collector.domain.mentions import Names

NAMES = Names(exact=["user-no-zoé 7", "auth0|5f7c8ec7c33c6c004bbafe82", "a1b2c3d4-0000-4000-8000-00000000601d", "42", "A", "m-000123-x"],
              emails=["zoe.ö@word.io"])  # fmt: skip
EVENT: dict[str, Any] = {"type": "track", "userId": "user-no-zoé 7", "messageId": "other"}


def escaped(value: Any, times: int = 1) -> str:
    for _ in range(times):
        value = json.dumps(value)
    return str(value)


FOUND: dict[str, bytes] = {
    "decoded JSON": json.dumps(EVENT, ensure_ascii=False).encode(),
    "escaped letters": json.dumps(EVENT).encode(),
    "every letter escaped": b'{"userId":"' + b"".join(b"\\u%04x" % ord(letter) for letter in "user-no-zo\u00e9 7") + b'"}',
    "JSON in a text of JSON": escaped(EVENT, 2).encode(),
    "JSON in a text in a text": escaped(EVENT, 3).encode(),
    "JSON in a text in a text in a text": escaped(EVENT, 4).encode(),
    "cut off behind the name": json.dumps(EVENT, ensure_ascii=False).encode()[:48],
    "cut off in the name": b'{"type":"track","anonymousId":"a1b2c3d4-0000-4000',
    "cut off in an escape": b'{"type":"track","userId":"user-no-zo\\u00',
    "cut off in a letter": '{"type":"track","userId":"user-no-zo\u00e9'.encode()[:-1],
    "an address as it is looked up": '{"email":"zoe.ö@word.io"}'.encode(),
    "an address in capitals": '{"traits":{"email":"Zoe.Ö@WORD.io"}}'.encode(),
    "an address in two code points": '{"email":"zoe.o\u0308@word.io"}'.encode(),
    "an address in a text": 'told to <Zoe.ö@word.io>, twice'.encode(),
    "an address in a query": b'{"url":"https://shop.test/?mail=zoe.%C3%B6%40word.io&x=1"}',
    "a query that is escaped twice": b'{"url":"https://shop.test/?to=%2Fx%3Fmail%3Dzoe.%25C3%25B6%2540word.io"}',
    "an id with other signs": b'{"userId":"auth0|5f7c8ec7c33c6c004bbafe82"}',
    "an id with escaped slashes": b'{"anonymousIds":["a1b2c3d4-0000-4000-8000-00000000601d"]}',
    "as the name of a member": b'{"a1b2c3d4-0000-4000-8000-00000000601d":1}',
    "in an array": b'["x",["auth0|5f7c8ec7c33c6c004bbafe82"]]',
    "a message id": b'{"messageId":"m-000123-x","type":17}',
    "a short id": b'{"userId":"42"}',
    "a short id as a number": b'{"userId":42,"x":1}',
    "a short id in snake case": b'{"user_id" : "A"}',
    "a short id in a text of JSON": escaped({"anonymousId": "A"}, 2).encode(),
    "a short id in a query": b"https://shop.test/?uid=42&x=1",
    "a short id among others": b'{"anonymousIds":["A","B"]}',
    "not UTF-8": b'\xff\xfe\xff {"userId":"auth0|5f7c8ec7c33c6c004bbafe82"} \xc3',
    "UTF-16 without a mark": json.dumps({"userId": "a1b2c3d4-0000-4000-8000-00000000601d"}).encode("utf-16-le"),
    "UTF-16 with a mark": json.dumps({"userId": "user-no-zoé 7"}, ensure_ascii=False).encode("utf-16"),
    "gzip": gzip.compress(json.dumps(EVENT).encode()),
    "gzip that ends in the middle": gzip.compress(json.dumps(EVENT).encode() + bytes(range(256)) * 40)[:-60],
    "gzip whose end is broken": gzip.compress(json.dumps(EVENT).encode() * 50)[:-8] + b"\x00" * 8,
    "a form": b"userId=auth0%7C5f7c8ec7c33c6c004bbafe82&type=track",
    "no JSON": b"<event user='user-no-zo\xc3\xa9 7'/>",
}  # fmt: skip

NOT_FOUND: dict[str, bytes] = {
    "nothing": b"",
    "somebody else": b'{"userId":"user-no-zo\xc3\xa9 8","email":"zoe@word.io"}',
    "a longer id": b'{"userId":"auth0|5f7c8ec7c33c6c004bbafe82a"}',
    "a longer address": '{"email":"azoe.ö@word.io"}'.encode(),
    "a short id that is another number": b'{"count":42,"userId":"43"}',
    "a short id in a word": b'{"userId":"421"}',
    "a short id that is a letter of a text": b'{"userId":"B","text":"A letter"}',
    "the beginning of an id, and no end": b'{"userId":"a1b2c3d4-0000"}',
    "a beginning that is too short": b'{"userId":"auth0|5',
}  # fmt: skip


@pytest.mark.parametrize("shape", FOUND)
def test_mentions_found(shape: str) -> None:
    assert NAMES.are_in(FOUND[shape])


@pytest.mark.parametrize("shape", NOT_FOUND)
def test_mentions_not_found(shape: str) -> None:
    assert not NAMES.are_in(NOT_FOUND[shape])


def test_mentions_of_no_names() -> None:
    assert not Names()
    assert not Names().are_in(b'{"userId":"42"}')


def test_a_name_of_signs() -> None:
    assert Names(exact=["+*~#+*"]).are_in(b'{"userId":"+*~#+*"}')
    assert not Names(exact=["+*"]).are_in(b'{"userId":"x","text":"+*"}')
