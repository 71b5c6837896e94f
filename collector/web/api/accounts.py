"""Accounts (groups), and who belongs to them."""

from __future__ import annotations

from typing import Annotated

from litestar import get
from litestar.params import FromPath, QueryParameter

from ...errors import NotFound
from ...schemas.people import AccountAnswer, AccountDetail, AccountsAnswer, account_values, person_answer
from ...storage import reports
from .dependencies import Reader, StoreDependency
from .parameters import Cursor, Limit, row_limit


@get("/accounts", summary="Find accounts", sync_to_thread=True)
def find_accounts(
    store: StoreDependency,
    reader: Reader,
    account_id: Annotated[str | None, QueryParameter(description="Only this one, exactly.")] = None,
    limit: Limit = None,
    cursor: Cursor = None,
) -> AccountsAnswer:
    """All accounts, or the one that is named, newest activity first. A name that no account has gives an empty list."""
    rows = row_limit(limit)
    if account_id is not None and "\x00" in account_id:
        return AccountsAnswer([], None)
    with store.read() as connection:
        page = reports.find_accounts(connection, reader.site_id, account_id=account_id, limit=rows, cursor=cursor)
    return AccountsAnswer([AccountAnswer(**account_values(row)) for row in page.rows], page.next)


@get("/accounts/{account_id:str}", summary="One account", sync_to_thread=True)
def account(
    store: StoreDependency, reader: Reader, account_id: FromPath[str], limit: Limit = None, cursor: Cursor = None
) -> AccountDetail:
    """An account with the people who belong to it, newest seen first and paged."""
    rows = row_limit(limit)
    with store.read() as connection:
        found = [] if "\x00" in account_id else reports.find_accounts(connection, reader.site_id, account_id=account_id).rows
        if not found:
            raise NotFound("There is no account with this id.")
        page = reports.find_people(connection, reader.site_id, account_id=account_id, limit=rows, cursor=cursor)
    return AccountDetail(**account_values(found[0]), people=[person_answer(row) for row in page.rows], next=page.next)
