"""Dependencies of every page: the store and the view of this request; and what a form sends."""

from __future__ import annotations

from typing import Annotated, Any

from litestar.di import NamedDependency
from litestar.enums import RequestEncodingType
from litestar.params import Body, SkipValidation

from ....errors import NotFound
from ....storage.engine import Store
from ....storage.site_registry import SiteRegistry
from .login import AuthenticationDependency
from .render import AnyRequest, View
from .settings import ConsoleSettings

StoreDependency = NamedDependency[SkipValidation[Store]]
SitesDependency = NamedDependency[SkipValidation[SiteRegistry]]
SettingsDependency = NamedDependency[SkipValidation[ConsoleSettings]]
ViewDependency = NamedDependency[SkipValidation[View]]
Form = Annotated[dict[str, Any], Body(media_type=RequestEncodingType.URL_ENCODED)]


def view_of(request: AnyRequest, authentication: AuthenticationDependency, sites: SitesDependency) -> View:
    """Make the view of a signed-in request; the site is the one named in the query, else the first. Raises NotFound."""
    name = request.query_params.get("site")
    everything = sites.known.all
    site = sites.known.by_name(name) if name else next(iter(everything), None)
    if site is None:
        raise NotFound("There is no such site. `passerby site add NAME` makes one.")
    return View(request, authentication.templates, authentication.cookies, everything, site)


def said(data: dict[str, Any], key: str) -> str:
    """Return the text of a form's field, empty when it is missing."""
    value = data.get(key)
    return value[:1000] if isinstance(value, str) else ""
