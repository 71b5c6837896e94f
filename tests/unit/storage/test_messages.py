"""Messages in the store: one document per key, its revision counted up; only the live ones are given out."""

from __future__ import annotations

import json

import pytest

from collector.domain.messages import Message, parse_message
from collector.storage.engine import Store
from collector.storage.messages import list_messages, live_messages, put_message

pytestmark = pytest.mark.stores("sqlite", "postgresql")


def document(key: str, status: str = "live") -> Message:
    whole = {
        "key": key, "name": "N", "status": status, "where": {"pages": []}, "content": {"default": "en", "texts": {"en": {"title": "T"}}},
    }  # fmt: skip
    return parse_message(json.dumps(whole).encode())


def test_put_and_list(store: Store) -> None:
    assert [
        put_message(store, 1, document("one"), 5),
        put_message(store, 1, document("one"), 6),
        put_message(store, 2, document("one"), 7),
    ] == [1, 2, 1]
    put_message(store, 1, document("two", "draft"), 8)
    with store.read() as connection:
        assert [(site, revision, found.key) for site, revision, found in list_messages(connection)] == [
            (1, 2, "one"),
            (1, 1, "two"),
            (2, 1, "one"),
        ]
        assert list_messages(connection)[0][2] == document("one"), "as it was authored"
        live = live_messages(connection)
    assert {site: [(form["key"], form["revision"]) for form in forms] for site, forms in live.items()} == {
        1: [("one", 2)],
        2: [("one", 1)],
    }
    put_message(store, 1, document("one", "paused"), 9)
    with store.read() as connection:
        assert set(live_messages(connection)) == {2}
