"""The read side: one function per question, each one query or a few, all of them on committed rows."""

from .accounts import find_accounts
from .activity import Tab, activity, newest_of_tabs
from .counts import hours, reasons, received_span, recent_quarantine, totals
from .inactive import INACTIVE_DAYS, PeopleCount, count_inactive, count_people, seen_before
from .matches import possible_matches
from .people import find_people, get_person, identities, merges_of, people_after
from .portraits import Portrait, portrait
from .shapes import (
    AccountRow,
    ActivityRow,
    EventRow,
    Field,
    HourCount,
    Identity,
    LogRow,
    MergeRow,
    Name,
    Page,
    PersonRow,
    PossibleMatch,
    QuarantineRow,
    Span,
    Touch,
    Touches,
    Visitor,
)
from .timelines import get_visitor, person_events, visitor_events
from .touches import people_touches, visitor_touches

__all__ = [
    "INACTIVE_DAYS",
    "AccountRow",
    "ActivityRow",
    "EventRow",
    "Field",
    "HourCount",
    "Identity",
    "LogRow",
    "MergeRow",
    "Name",
    "Page",
    "PeopleCount",
    "PersonRow",
    "Portrait",
    "PossibleMatch",
    "QuarantineRow",
    "Span",
    "Tab",
    "Touch",
    "Touches",
    "Visitor",
    "activity",
    "count_inactive",
    "count_people",
    "find_accounts",
    "find_people",
    "get_person",
    "get_visitor",
    "hours",
    "identities",
    "merges_of",
    "newest_of_tabs",
    "people_after",
    "people_touches",
    "person_events",
    "portrait",
    "possible_matches",
    "reasons",
    "received_span",
    "recent_quarantine",
    "seen_before",
    "totals",
    "visitor_events",
    "visitor_touches",
]
