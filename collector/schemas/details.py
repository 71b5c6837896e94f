"""People in full, for the API and the command line."""

from __future__ import annotations

import sqlalchemy as sa

from ..errors import NotFound
from ..storage import reports
from ..storage.reports.lookup import members
from .people import (
    FoundPerson,
    MatchAnswer,
    PeopleAnswer,
    PersonDetail,
    PersonName,
    device_answer,
    merge_answer,
    person_values,
    touch_values,
)


def people_answer(connection: sa.Connection, site_id: int, page: reports.Page[reports.PersonRow]) -> PeopleAnswer:
    """Return a page of people, each with where they came from."""
    touches = reports.people_touches(connection, site_id, (row.person_id for row in page.rows))
    return PeopleAnswer(
        [FoundPerson(**person_values(row), **touch_values(touches[row.person_id])) for row in page.rows], page.next
    )


def person_detail(connection: sa.Connection, site_id: int, person_id: int) -> PersonDetail:
    """Return a person with its devices and merges; a number that was merged stands for whom it was merged into.

    Whoever is somebody else again, after a merge was taken back, is named by number only. Raises NotFound.
    """
    row = reports.get_person(connection, site_id, person_id)
    if row is None:
        raise NotFound("There is no person with this id.")
    own = members(connection, {row.person_id})
    return PersonDetail(
        **person_values(row),
        **touch_values(reports.people_touches(connection, site_id, [row.person_id])[row.person_id]),
        devices=[device_answer(one) for one in reports.identities(connection, site_id, row.person_id)],
        merges=[
            merge_answer(one, one.source if one.source_id in own else None)
            for one in reports.merges_of(connection, site_id, row.person_id)
        ],
        possible_matches=[
            MatchAnswer(PersonName(str(one.person.person_id), one.person.label), one.anonymous_id)
            for one in reports.possible_matches(connection, site_id, row.person_id)
        ],
    )
