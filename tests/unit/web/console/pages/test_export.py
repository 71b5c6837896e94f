"""Export of a person, the same as the API's."""

from __future__ import annotations

import json

from collector.schemas.export_lines import lines
from collector.storage.reports.person_export import open_export

from ..browser import Desk


def test_export_is_what_the_api_gives(desk: Desk) -> None:
    desk.page("x")
    desk.identify("x", "ada", city="Rome")
    ada = desk.number("ada")
    assert f'href="/console/people/{ada}/export"' in desk.get(f"/people/{ada}").text
    answer = desk.get(f"/people/{ada}/export")
    assert answer.status_code == 200
    assert answer.headers["content-disposition"] == f'attachment; filename="person-{ada}.ndjson"'
    assert answer.headers["content-type"].startswith("application/x-ndjson")
    assert answer.headers["cache-control"] == "no-store"
    kinds = [json.loads(line)["kind"] for line in answer.text.splitlines()]
    assert {"person", "identifier", "device", "event", "log"} <= set(kinds) and kinds[-1] == "end"
    records = open_export(desk.app.installation.store, desk.app.site.site_id, ada)
    assert answer.content == b"".join(lines(records))


def test_unknown_people_are_404(desk: Desk) -> None:
    for path in ("/people/1/export", "/people/x/export", "/people/%00/export"):
        assert desk.get(path).status_code == 404


def test_export_asks_for_login(desk: Desk) -> None:
    desk.client.cookies.clear()
    assert desk.get("/people/1/export").status_code == 303
