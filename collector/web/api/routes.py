"""The paths of the API for the site's own servers.

The application gives the dependencies `sites`, `store`, `clock`, `links` and `tombstone_key`, and maps the errors.
"""

from __future__ import annotations

from litestar import Router
from litestar.di import Provide

from . import accounts, activity, changes, counts, links, people, visitors, work
from .access import site_of_secret_key
from .body import read_document, read_said
from .corrections import CORRECTIONS, caller_of
from .messages import MESSAGES

API_HANDLERS = [
    Router(
        "/api",
        route_handlers=[
            people.find_people,
            people.person,
            people.person_events,
            people.export_person,
            visitors.visitor,
            visitors.visitor_by_query,
            *visitors.CALLED_LIKE_VERBS,
            *CORRECTIONS,
            accounts.find_accounts,
            accounts.account,
            activity.activity,
            changes.changes,
            counts.counts,
            counts.quarantine,
            links.make_link,
            *MESSAGES,
            work.find_jobs,
            work.retain,
        ],
        dependencies={
            "reader": Provide(site_of_secret_key),
            "said": Provide(read_said),
            "document": Provide(read_document),
            "caller": Provide(caller_of, sync_to_thread=False),
        },
        tags=["Server API"],
        security=[{"secretKey": []}],
    )
]
"""Add to the application's route handlers. `security` refers to an OpenAPI scheme named `secretKey` (HTTP bearer)."""
