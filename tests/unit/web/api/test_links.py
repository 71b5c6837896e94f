"""Signed links over HTTP. For opening one see the scenarios."""

from __future__ import annotations

from typing import Any

import pytest

from collector.domain.events import DAY
from collector.domain.times import iso
from tests.unit.scenarios.story import Story


def test_a_link(story: Story) -> None:
    made = story.do("POST", "/api/links", {"email": "Ada@x.io", "url": "https://shop.test/offer?a=1#top"})
    assert made["parameter"] == "passerby_link"
    assert made["url"] == f"https://shop.test/offer?a=1&passerby_link={made['token']}#top"
    assert made["expires_at"] == iso(story.app.clock() + 30 * DAY)
    read = story.app.installation.links.read_link(story.app.site, made["token"], story.app.clock())
    assert read is not None
    assert (read.kind, read.value, read.display) == ("email", "ada@x.io", "Ada@x.io")
    bare = story.do("POST", "/api/links", {"user_id": "A"})
    assert (bare["url"], bool(bare["token"])) == (None, True)


@pytest.mark.parametrize(
    "body",
    [
        {}, {"email": "a@x.io", "user_id": "A"}, {"email": "nobody"}, {"email": ""}, {"user_id": "null"}, {"user_id": ""},
        {"user_id": "x" * 256}, {"user_id": 7}, {"user_id": "A", "url": "javascript:alert(1)"}, {"user_id": "A", "url": ""},
        {"user_id": "A", "url": "/offer"}, {"user_id": "A", "url": "https://"}, {"user_id": "A", "url": "https:///x"},
        {"user_id": "A", "url": "https://x.io/a b"}, {"user_id": "A", "url": "https://x.io/\r\nSet-Cookie: x"},
        {"user_id": "A", "url": "ftp://x.io/"}, {"user_id": "A", "url": "https://x.io/\x00"}, {"user_id": "A", "to": "x"},
        {"user_id": None, "email": None}, {"user_id": "A\nB"}, {"user_id": "A", "url": ["https://x.io"]},
    ],
)  # fmt: skip
def test_link_that_is_none(story: Story, body: dict[str, Any]) -> None:
    answer = story.api("POST", "/api/links", body)
    assert (answer.status, answer.json["code"]) == (400, "bad_parameter")
    assert answer.json["message"].endswith(".")


def test_a_link_is_good_on_its_own_site_only(story: Story, other: dict[str, str]) -> None:
    made = story.app.request("POST", "/api/links", b'{"user_id": "A"}', other).json
    assert story.app.installation.links.read_link(story.app.site, made["token"], story.app.clock()) is None
