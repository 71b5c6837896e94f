"""Accounts: the list, one account, and the way between people and accounts."""

from __future__ import annotations

import pytest

from ..browser import Desk

pytestmark = pytest.mark.stores("sqlite", "postgresql")


def test_accounts_none_yet(desk: Desk) -> None:
    assert "No event has named an account yet." in desk.read("/accounts")


def test_an_account_with_its_people(desk: Desk) -> None:
    desk.identify("x", "ada", email="ada@example.com")
    desk.send({"type": "group", "groupId": "acme & <co>", "userId": "ada", "anonymousId": "x",
               "traits": {"name": "Acme", "seats": 12}})  # fmt: skip
    desk.send({"type": "group", "groupId": "lone/1", "anonymousId": "y"})
    page = desk.get("/accounts").text
    assert 'href="/console/accounts?id=acme+%26+%3Cco%3E"' in page and 'href="/console/accounts?id=lone%2F1"' in page
    text = desk.read("/accounts?id=acme+%26+%3Cco%3E")
    assert "Account with 1 person" in text and "ada@example.com" in text
    assert "name Acme group call" in text and "seats 12 group call" in text
    person = desk.get(f"/people/{desk.number('ada')}").text
    assert 'href="/console/accounts?id=acme+%26+%3Cco%3E">acme &amp; &lt;co&gt;</a>' in person
    assert "Nobody who is known belongs to this account." in desk.read("/accounts?id=lone%2F1")


def test_membership_follows_a_detach(desk: Desk) -> None:
    desk.send({"type": "group", "groupId": "acme", "anonymousId": "x"})
    desk.identify("x", "ada")
    assert "Account with 1 person" in desk.read("/accounts?id=acme")
    desk.confirm("/detach?id=x")
    assert "Account with 0 people" in desk.read("/accounts?id=acme")


def test_unknown_accounts_are_404(desk: Desk) -> None:
    for path in ("/accounts?id=never", "/accounts?id=", "/accounts?id=%00"):
        assert desk.get(path).status_code == 404, path


def test_paging(desk: Desk) -> None:
    for number in range(60):
        desk.send({"type": "group", "groupId": f"account {number}", "anonymousId": "x"})
    first = desk.get("/accounts").text
    assert first.count("line cells") == 50 and "Older" in first
