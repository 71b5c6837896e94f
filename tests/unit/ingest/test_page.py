"""Page view addresses, which the snippet sends once, are stored as every client tells them."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from .test_steps import complete

URL = "https://x.io/p?a=1&b=%20#c"
TOLD = {"url": URL, "path": "/p", "title": "T", "referrer": "https://y.io/"}
WHOLE = {**TOLD, "search": "?a=1&b=%20"}


@pytest.mark.parametrize(
    ("properties", "page", "expected"),
    [
        (TOLD, {"path": "/p", "canonical": "https://x.io/p"}, {**WHOLE, "canonical": "https://x.io/p"}),  # the snippet's
        (TOLD, None, WHOLE),
        ({**TOLD, "extra": 1, "url": 7}, {"path": "/p"}, {"path": "/p", "title": "T", "referrer": "https://y.io/"}),
        ({**TOLD, "title": "Own"}, {"path": "/q", "title": "T"}, {**WHOLE, "path": "/q"}),
        (TOLD, "text", "text"),
        ({}, {"path": "/p"}, {"path": "/p"}),
        ({"url": "https://x.io/p", "path": "/p"}, {}, {"url": "https://x.io/p", "path": "/p", "search": ""}),
        ({"url": "https://x.io/p"}, {}, {"url": "https://x.io/p"}),
        ({"url": "https://x.io/p?a", "search": ""}, {}, {"url": "https://x.io/p?a", "search": ""}),
    ],
)
def test_page_view_tells_its_address_once(properties: Any, page: Any, expected: Any) -> None:
    before = msgspec.json.encode([properties, page])
    event = complete(type="page", properties=properties, context={"page": page} if page is not None else {})
    assert event.context.get("page") == expected
    assert msgspec.json.encode([properties, page]) == before


def test_search_is_told_by_the_address() -> None:
    assert complete(type="page", properties=TOLD).properties == WHOLE
    assert complete(context={"page": TOLD}, properties={"url": URL}).properties == {"url": URL}, "of a page view only"
    assert complete(context={"page": TOLD}).context["page"] == WHOLE
    shared = {"page": TOLD}
    assert complete(batch_context=shared).context["page"] == WHOLE
    assert shared == {"page": TOLD}


def test_filled_in_address_makes_no_other_event() -> None:
    """Duplicate, and no conflict: an event stored by a collector that filled nothing in, which comes again."""
    once = complete(type="page", properties=TOLD, context={"page": {"path": "/p"}})
    assert once.fingerprint == complete(type="page", properties=TOLD, context={"page": TOLD}).fingerprint
    assert once.fingerprint != complete(type="page", properties={**TOLD, "title": "Other"}).fingerprint
