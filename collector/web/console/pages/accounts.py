"""Accounts: the list, and one with its people."""

from __future__ import annotations

from typing import Any

from litestar import Response, get
from litestar.params import FromQuery

from ....errors import NotFound
from ....storage import reports
from ..shell.dependencies import StoreDependency, ViewDependency


@get("/accounts", sync_to_thread=True)
def accounts(
    view: ViewDependency, store: StoreDependency, id: FromQuery[str | None] = None, cursor: FromQuery[str | None] = None
) -> Response[Any]:
    """All accounts, or one: an account's id is a stranger's text, so it travels in the query string."""
    if id is not None:
        return _account(view, store, id, cursor)
    with store.read() as connection:
        page = reports.find_accounts(connection, view.site.site_id, cursor=cursor)
    return view.page("accounts.html", "rows" if cursor else None, page=page, cursor=cursor)


def _account(view: ViewDependency, store: StoreDependency, account_id: str, cursor: str | None) -> Response[Any]:
    site_id = view.site.site_id
    with store.read() as connection:
        found = reports.find_accounts(connection, site_id, account_id=account_id).rows
        if not found:
            raise NotFound("There is no account with this id.")
        page = reports.find_people(connection, site_id, account_id=account_id, cursor=cursor)
    return view.page("account.html", "rows" if cursor else None, account=found[0], page=page, cursor=cursor)
