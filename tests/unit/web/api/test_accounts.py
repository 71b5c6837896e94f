"""Accounts over HTTP."""

from __future__ import annotations

from urllib.parse import quote

import pytest

from tests.support.app import App
from tests.unit.scenarios.story import Story

pytestmark = pytest.mark.stores("sqlite", "postgresql")


def test_an_account_and_its_people(story: Story) -> None:
    story.group("acme", "x", "A", traits={"plan": "enterprise"}, at=1)
    story.group("acme", "y", "B", at=2)
    assert story.get("/api/accounts")["accounts"] == [{
        "account_id": "acme", "fields": {"plan": "enterprise"}, "members": 2, "created_at": "2026-11-22T04:00:01.000Z",
        "last_seen": "2026-11-22T04:00:02.000Z",
    }]  # fmt: skip
    one = story.get("/api/accounts/acme", limit=1)
    assert (one["members"], [person["user_ids"] for person in one["people"]]) == (2, [["B"]])
    (rest,) = story.get("/api/accounts/acme", limit=1, cursor=one["next"])["people"]
    assert rest["user_ids"] == ["A"]


def test_accounts_are_paged(story: Story) -> None:
    for number in range(5):
        story.group(f"acme-{number}", f"x{number}", f"A{number}")
    first = story.get("/api/accounts", limit=2)
    assert [one["account_id"] for one in first["accounts"]] == ["acme-4", "acme-3"]
    assert len(story.get("/api/accounts", limit=3, cursor=first["next"])["accounts"]) == 3


def test_a_name_that_fits_into_no_path(story: Story) -> None:
    story.group("a/b", "x", "A")
    (one,) = story.get("/api/accounts", account_id="a/b")["accounts"]
    assert one["members"] == 1
    assert len(story.get("/api/people", account="a/b")["people"]) == 1


@pytest.mark.parametrize("name", ["nowhere", "\x00", "Acme", "\ufffd", "x" * 300])
def test_accounts_that_are_none(story: Story, name: str) -> None:
    story.group("acme", "x", "A")
    assert story.get("/api/accounts", account_id=name) == {"accounts": [], "next": None}
    answer = story.api("GET", f"/api/accounts/{quote(name, safe='')}")
    assert (answer.status, answer.json["code"]) == (404, "not_found")


@pytest.mark.parametrize("path", ["/api/accounts", "/api/accounts/acme", "/api/jobs"])
def test_limits_and_cursors(story: Story, path: str) -> None:
    story.group("acme", "x", "A")
    for limit in ("0", "501", "x", "-1"):
        assert story.api("GET", f"{path}?limit={limit}").json["code"] == "bad_parameter"
    if path != "/api/jobs":
        assert story.api("GET", f"{path}?cursor=nonsense").json["code"] == "bad_parameter"


def test_another_site_sees_no_account(story: Story, app: App, other: dict[str, str]) -> None:
    story.group("acme", "x", "A")
    assert app.request("GET", "/api/accounts", headers=other).json == {"accounts": [], "next": None}
    assert app.request("GET", "/api/people?account=acme", headers=other).json == {"people": [], "next": None}
