"""Identity in each engine: five tabs of one visitor, and a log-out in one of them."""

from __future__ import annotations

import pytest

from .beacons import ABSENT, Event, identify, page, track
from .engines import Tab, Visitors, anonymous_id, handed_on, jar
from .servers import Host

pytestmark = pytest.mark.each_engine

TABS = 5


def test_reset_makes_somebody_else(visitors: Visitors) -> None:
    visitor = visitors.new()
    tab = visitor.open("load")
    (view,) = visitor.beacons.expect(page("/load"))
    user = f"user-{visitor.client}-{visitors.engine.name}"
    tab.do(f"passerby.identify('{user}', {{ plan: 'free' }}); passerby.track('hers')")
    visitor.beacons.expect(identify(user, traits={"plan": "free"}), track("hers", userId=user), exactly=True)
    tab.do("passerby.track('queued'); passerby.reset(); passerby.track('after')")
    queued, after = visitor.beacons.expect(track("queued"), track("after", userId=ABSENT), exactly=True)
    assert (queued["userId"], queued["anonymousId"]) == (user, view["anonymousId"])
    assert after["anonymousId"] == anonymous_id(tab) != view["anonymousId"]
    kept = tab.run("return JSON.stringify([{ ...localStorage }, { ...sessionStorage }, document.cookie])")
    assert user not in kept
    assert view["anonymousId"] not in kept
    tab.reload()
    visitor.beacons.expect(page("/load", anonymousId=after["anonymousId"], userId=ABSENT), exactly=True)


def test_five_tabs_and_a_logout_in_one(host: Host, visitors: Visitors) -> None:
    """The old id is left behind by all five, and nothing of the next visitor goes to the one who left."""
    visitor = visitors.new()
    first, second = (f"user-{name}-{visitor.client}-{visitors.engine.name}" for name in ("first", "second"))
    tabs = [visitor.open("load") for _ in range(TABS)]
    views = visitor.beacons.expect(*[page("/load")] * TABS, exactly=True)
    (old,) = {view["anonymousId"] for view in views}
    tabs[0].do(f"passerby.identify('{first}')")
    visitor.beacons.expect(identify(first))
    handed_on(tabs[0], tabs)
    in_all(tabs, "hers")
    visitor.beacons.expect(*everywhere("hers", userId=first, anonymousId=old), exactly=True)
    before = message_ids(host, first)
    assert len(before) == 2 * TABS + 1

    # As soon as the browser lets them know: no tab has had an event of its own to look around at before it speaks.
    tabs[3].do("passerby.reset()")
    handed_on(tabs[3], tabs)
    in_all(tabs, "between")
    new = anonymous_id(tabs[3])
    assert new != old
    visitor.beacons.expect(*everywhere("between", userId=ABSENT, anonymousId=new), exactly=True)
    tabs[1].do(f"passerby.identify('{second}')")
    handed_on(tabs[1], tabs)
    in_all(tabs, "theirs")
    told, *_ = visitor.beacons.expect(identify(second), *everywhere("theirs", userId=second, anonymousId=new), exactly=True)
    assert told["context"]["anonymousIds"] == [new]
    for tab in tabs:
        tab.reload()
    visitor.beacons.expect(*[page("/load", userId=second, anonymousId=new)] * TABS, exactly=True)

    read = host.read()
    assert message_ids(host, first) == before
    assert read.person(first)["anonymous_ids"] == [old]
    assert read.person(second)["anonymous_ids"] == [new]
    assert {cookie.value.partition(".")[0] for cookie in jar(tabs[4]).values()} == {new}


def in_all(tabs: list[Tab], name: str) -> None:
    for n, tab in enumerate(tabs):
        tab.do(f"passerby.track('{name}', {{ n: {n} }})")


def everywhere(name: str, **more: object) -> list[Event]:
    return [track(name, properties={"n": n}, **more) for n in range(TABS)]


def message_ids(host: Host, user_id: str) -> list[str]:
    return [event["message_id"] for event in host.read().timeline(user_id)]
