"""Dependencies of the handlers, given by the application (store, clock, signer, key) and by the router (site, body)."""

from __future__ import annotations

from litestar.di import NamedDependency
from litestar.params import SkipValidation

from ...domain.sites import Site
from ...ingest.links import LinkSigner
from ...ports import Clock
from ...storage.engine import Store

StoreDependency = NamedDependency[SkipValidation[Store]]
ClockDependency = NamedDependency[SkipValidation[Clock]]
LinksDependency = NamedDependency[SkipValidation[LinkSigner]]
TombstoneKey = NamedDependency[SkipValidation[bytes]]

Reader = NamedDependency[SkipValidation[Site]]
"""The site whose secret key the request carries."""
Said = NamedDependency[SkipValidation[bytes]]
"""The body of the request, read by `body.read_said`."""
Document = NamedDependency[SkipValidation[bytes]]
"""The body of a request that brings a message, read by `body.read_document`."""
