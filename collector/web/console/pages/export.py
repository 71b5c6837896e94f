"""Everything about one person as a file: the same lines as the API and the command line give."""

from __future__ import annotations

from litestar import get
from litestar.params import FromPath

from ....schemas.export_lines import NDJSON, lines
from ....storage.reports.person_export import open_export
from ...streaming import Streamed
from ..shell.dependencies import StoreDependency, ViewDependency
from .people import person_number


@get("/people/{person_id:str}/export", media_type=NDJSON, sync_to_thread=True)
def export(view: ViewDependency, store: StoreDependency, person_id: FromPath[str]) -> Streamed:
    number = person_number(person_id)
    records = open_export(store, view.site.site_id, number)
    headers = {"content-disposition": f'attachment; filename="person-{number}.ndjson"'}
    return Streamed(lines(records), NDJSON, headers)
