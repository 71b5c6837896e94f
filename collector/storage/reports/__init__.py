"""The read side: one function per question, each one query or a few, all of them on committed rows."""

from .activity import Tab, activity, newest_of_tabs
from .counts import hours, reasons, received_span, recent_quarantine, totals
from .people import find_people, get_person, identified_total, identities, people_after
from .shapes import (
    ActivityRow,
    EventRow,
    Field,
    HourCount,
    Identity,
    LogRow,
    Name,
    Page,
    PersonRow,
    QuarantineRow,
    Span,
    Visitor,
)
from .timelines import get_visitor, person_events, visitor_events

__all__ = [
    "ActivityRow",
    "EventRow",
    "Field",
    "HourCount",
    "Identity",
    "LogRow",
    "Name",
    "Page",
    "PersonRow",
    "QuarantineRow",
    "Span",
    "Tab",
    "Visitor",
    "activity",
    "find_people",
    "get_person",
    "get_visitor",
    "hours",
    "identified_total",
    "identities",
    "newest_of_tabs",
    "people_after",
    "person_events",
    "reasons",
    "received_span",
    "recent_quarantine",
    "totals",
    "visitor_events",
]
