"""What every page is given: the store and the view of this request."""

from __future__ import annotations

from litestar.di import NamedDependency
from litestar.params import SkipValidation

from ...errors import NotFound
from ...storage.engine import Store
from ...storage.sites import SiteRegistry
from .entrance import DoorDependency
from .render import AnyRequest, View

StoreDependency = NamedDependency[SkipValidation[Store]]
SitesDependency = NamedDependency[SkipValidation[SiteRegistry]]
ViewDependency = NamedDependency[SkipValidation[View]]


def view_of(request: AnyRequest, door: DoorDependency, sites: SitesDependency) -> View:
    """Make the view of a signed-in request; the site is the one named in the query, else the first. Raises NotFound."""
    name = request.query_params.get("site")
    everything = sites.all()
    site = sites.by_name(name) if name else next(iter(everything), None)
    if site is None:
        raise NotFound("There is no such site. `passerby site add NAME` makes one.")
    return View(request, door.templates, door.cookies, everything, site)
