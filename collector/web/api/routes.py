"""The paths of the read API. The application gives the dependencies `sites` and `store`, and maps the errors."""

from __future__ import annotations

from litestar import Router
from litestar.di import Provide

from . import activity, people
from .access import site_of_secret_key

API_HANDLERS = [
    Router(
        "/api",
        route_handlers=[
            people.find_people,
            people.person_events,
            people.visitor,
            people.visitor_by_query,
            activity.activity,
            activity.counts,
            activity.quarantine,
        ],
        dependencies={"reader": Provide(site_of_secret_key, sync_to_thread=False)},
        tags=["Read API"],
        security=[{"secretKey": []}],
    )
]
"""Add to the application's route handlers. `security` refers to an OpenAPI scheme named `secretKey` (HTTP bearer)."""
