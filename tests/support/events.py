"""Events from flat keywords: which part of an event a name belongs to is looked up."""

from __future__ import annotations

from typing import Any

import msgspec

from collector.domain.events import Asserted, Event, Written


def make_event(
    site_id: int, kind: str, message_id: str, time: int, received_at: int | None = None, *, index: int = 0, **values: Any
) -> Event:
    """Return an event as the steps leave it; received when it happened, unless another time is given."""
    return changed(Event(index, site_id, kind, message_id, time, time if received_at is None else received_at), **values)


def changed(event: Event, **values: Any) -> Event:
    """Return the event with other values, of itself, of what it asserts or of what it writes."""
    asserted = {name: values.pop(name) for name in Asserted.__struct_fields__ if name in values}
    written = {name: values.pop(name) for name in Written.__struct_fields__ if name in values}
    return msgspec.structs.replace(
        event,
        asserted=msgspec.structs.replace(event.asserted, **asserted),
        written=msgspec.structs.replace(event.written, **written),
        **values,
    )
