"""Page views, in each engine."""

from __future__ import annotations

from .beacons import ABSENT, page
from .engines import Visitors


def test_a_load_counts_once(visitors: Visitors) -> None:
    visitor = visitors.new()
    tab = visitor.open("load?utm_source=news&gclid=x1#part")
    (view,) = visitor.beacons.expect(page("/load", userId=ABSENT), exactly=True)
    assert view["properties"]["url"] == visitor.url("load?utm_source=news&gclid=x1")
    assert view["context"]["campaign"] == {"source": "news", "gclid": "x1"}
    tab.reload()
    visitor.beacons.expect(page("/load", anonymousId=view["anonymousId"]), exactly=True)
