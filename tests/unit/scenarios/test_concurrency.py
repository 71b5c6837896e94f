"""Concurrent events, through two collectors where the store allows it. Scenarios 70, 71, 75; rules R6, R7, R16, R26."""

from __future__ import annotations

import sqlalchemy as sa

from collector.storage import tables
from tests.support.app import WRITE_KEY

from .crowd import ROUNDS, Crowd, stored_and_rotated
from .story import Story


def contested_streams(story: Story, x: str) -> int:
    device, stream = tables.device.c, tables.stream.c
    query = (
        sa.select(sa.func.count()).select_from(tables.stream.join(tables.device, stream.device_id == device.device_id))
        .where(device.owner == x, stream.kind == 0, stream.epoch == -1)
    )  # fmt: skip
    with story.app.installation.store.read() as connection:
        count: int = connection.execute(query).scalar_one()
    return count


def entries_of(story: Story, x: str) -> list[str]:
    return sorted(entry["kind"] for entry in story.entries() if entry["anonymous_id"] == x)


def test_race_16_users_one_anon(story: Story, crowd: Crowd) -> None:
    """70. Given a page of x; when 16 users identify on it at once; then one has it, 15 are refused, one contested epoch."""
    for number in range(ROUNDS):
        x = f"x{number}"
        page = story.page(x)
        logins = [story.event("identify", x, f"U{number}-{user}", at=story.now) for user in range(16)]
        stored, rotated = stored_and_rotated(crowd.at_once(*(crowd.sent(login) for login in logins)))
        assert (stored, rotated) == (16, [x] * 15)
        assert entries_of(story, x) == ["anonymous_merge"] + ["merge_refused"] * 15
        nobodys = [story.event("page", x, at=story.now) for _ in range(16)]
        crowd.at_once(*(crowd.sent(event) for event in nobodys))
        assert contested_streams(story, x) == 1
        shown = story.shown()
        assert {event["messageId"] for event in nobodys} <= set(shown[None])
        owner = story.mapped(x)
        assert page in shown[owner]
        assert all(login["messageId"] in shown[login["userId"]] for login in logins)


def test_race_16_users_in_one_batch(story: Story) -> None:
    """70. Given the same in one request; then the first has it, and the rest are refused."""
    page = story.page("x")
    story.send(*(story.event("identify", "x", f"U{number}", at=story.now) for number in range(16)))
    assert story.rotated() == ["x"]
    assert story.whose(page) == "U0"
    assert entries_of(story, "x") == ["anonymous_merge"] + ["merge_refused"] * 15


def test_race_16_devices_one_user(story: Story, crowd: Crowd) -> None:
    """71. Given 16 devices; when one user, whom nobody knows yet, signs in on all at once; then one person, 16 merges."""
    for number in range(ROUNDS):
        pages = [story.event("page", f"x{number}-{device}", at=story.now) for device in range(16)]
        story.send(*pages)
        logins = [story.event("identify", f"x{number}-{device}", f"A{number}", at=story.now) for device in range(16)]
        stored, rotated = stored_and_rotated(crowd.at_once(*(crowd.sent(login) for login in logins)))
        assert (stored, rotated) == (16, [])
        assert set(story.timeline(f"A{number}")) == {told["messageId"] for told in (*pages, *logins)}
        assert len(story.person(f"A{number}")["anonymous_ids"]) == 16
    assert len(story.entries("anonymous_merge")) == 16 * ROUNDS
    assert len(story.people()) == ROUNDS


def test_race_16_forms_one_address(story: Story, crowd: Crowd) -> None:
    """71. Given 16 devices; when all tell the same address, new and in several spellings, at once; then one person."""
    for number in range(ROUNDS):
        forms = [
            story.event("identify", f"x{number}-{device}", at=story.now, email=f"Form{number}@x.io" if device % 2 else f"form{number}@X.io")
            for device in range(16)
        ]  # fmt: skip
        stored_and_rotated(crowd.at_once(*(crowd.sent(form) for form in forms)))
        assert len(story.timeline(f"form{number}@x.io")) == 16
    assert len(story.people()) == ROUNDS


def test_race_of_users_for_one_address(story: Story, crowd: Crowd) -> None:
    """57. Given 8 users who identify with one address at once; then one has it, seven are refused it, and keep the rest."""
    for number in range(ROUNDS):
        logins = [
            story.event("identify", f"x{number}-{user}", f"U{number}-{user}", at=story.now, email=f"e{number}@x.io") for user in range(8)
        ]  # fmt: skip
        stored_and_rotated(crowd.at_once(*(crowd.sent(login) for login in logins)))
        people = [story.person(login["userId"]) for login in logins]
        assert sorted(len(one["emails"]) for one in people) == [0] * 7 + [1]
    refused = [entry for entry in story.log() if entry.endswith("email_taken")]
    assert len(refused) == 7 * ROUNDS


def test_race_of_forms_and_the_sign_in(story: Story, crowd: Crowd) -> None:
    """K12, K13. Given 15 browsers that type one address while its account signs in; then all that was said is one account's."""
    for number in range(ROUNDS):
        calls = [story.event("identify", f"x{number}-{form}", at=story.now, email=f"g{number}@x.io") for form in range(15)]
        calls.insert(8, story.event("identify", f"y{number}", f"G{number}", at=story.now, email=f"g{number}@x.io"))
        stored_and_rotated(crowd.at_once(*(crowd.sent(call) for call in calls)))
        assert len(story.timeline(f"G{number}")) == 16
    assert len(story.people()) == ROUNDS


def test_the_same_event_16_times_at_once(story: Story, crowd: Crowd) -> None:
    """58, R16. Given an identify that is sent 16 times at once; then it is stored once, with its effects, and 15 times a duplicate."""
    for number in range(ROUNDS):
        page = story.page(f"x{number}")
        login = story.event("identify", f"x{number}", f"A{number}", at=story.now, traits={"plan": "pro"})
        answers = crowd.at_once(*[crowd.sent(login)] * 16)
        assert sorted((answer.json["stored"], answer.json["duplicate"]) for answer in answers) == [(0, 1)] * 15 + [(1, 0)]
        assert story.timeline(f"A{number}") == [page, login["messageId"]]
        assert entries_of(story, f"x{number}") == ["anonymous_merge"]


def test_race_of_crossing_aliases(story: Story, crowd: Crowd) -> None:
    """73. Given A and B; when servers alias each to the other at once; then both are answered 200, and there is one merge."""
    for number in range(ROUNDS):
        a, b = f"A{number}", f"B{number}"
        story.identify(f"a{number}", a)
        story.identify(f"b{number}", b)
        aliases = [story.server.event("alias", None, one, previousId=other, at=story.now) for one, other in ((a, b), (b, a))]
        stored_and_rotated(crowd.at_once(*(crowd.said_by_server(one) for one in aliases)))
        assert story.id_of(a) == story.id_of(b)
        assert len(story.entries("people_merged")) == number + 1


def test_race_of_a_lead_and_its_account(story: Story, crowd: Crowd) -> None:
    """56. Given a proven lead; when its account is identified with the address 8 times at once; then one merge."""
    for number in range(ROUNDS):
        story.server.identify(None, email=f"e{number}@x.io")
        logins = [
            story.server.event("identify", f"x{number}-{device}", f"U{number}", at=story.now, email=f"e{number}@x.io") for device in range(8)
        ]  # fmt: skip
        stored_and_rotated(crowd.at_once(*(crowd.said_by_server(one) for one in logins)))
        assert story.id_of(f"U{number}") == story.id_of(f"e{number}@x.io")
        assert len(story.entries("people_merged")) == number + 1


def test_race_in_a_kiosk(story: Story, crowd: Crowd) -> None:
    """Kiosk mode. Given eight people identify on one kiosk at once; then nobody is contested, and the page is one's."""
    story.site(after_claim="new_visitor")
    for collector in crowd.collectors:
        collector.installation.sites.refresh()
    for number in range(ROUNDS):
        x = f"x{number}"
        page = story.page(x)
        logins = [story.event("identify", x, f"U{number}-{user}", at=story.now) for user in range(8)]
        stored_and_rotated(crowd.at_once(*(crowd.sent(one) for one in logins)))
        assert story.whose(page) is not None
        assert contested_streams(story, x) == 0


def test_race_of_groups(story: Story, crowd: Crowd) -> None:
    """Table of calls. Given 16 people join one new account at once, with traits; then all are members, the newest traits stay."""
    for number in range(ROUNDS):
        acme = f"acme{number}"
        told = [
            story.event("group", f"x{number}-{one}", f"U{number}-{one}", at=story.now + one, groupId=acme, traits={"seats": one})
            for one in range(16)
        ]  # fmt: skip
        stored_and_rotated(crowd.at_once(*(crowd.sent(one) for one in told)))
        assert len(story.members(acme)) == 16
        assert story.account(acme)["fields"] == {"seats": 15}
        story.wait(30)


def test_race_of_fields(story: Story, crowd: Crowd) -> None:
    """R20. Given 12 fields, tags and account traits that are said at once; then none is lost."""
    story.server.identify(None, "A", email="a@x.io")
    story.page("x")
    each = range(12)
    acts = [
        crowd.sent(story.event("identify", f"a{number}", "A", at=story.now, traits={f"said{number}": number}))
        for number in each
    ]
    acts += [crowd.sent(story.event("identify", "x", at=story.now, traits={f"unsaid{number}": number})) for number in each]
    acts += [
        crowd.sent(story.event("group", f"a{number}", "A", at=story.now, groupId="acme", traits={f"of{number}": number}))
        for number in each
    ]
    crowd.at_once(*acts)
    story.identify("x", "A")
    assert story.fields("A") == {f"{name}{number}": number for name in ("said", "unsaid") for number in each}
    assert story.account("acme")["fields"] == {f"of{number}": number for number in each}


def test_race_at_the_fan_in_brake(story: Story, crowd: Crowd) -> None:
    """R22. Given A holds 40 devices and identifies on 20 more at once; then no more than fifty are A's."""
    story.send(*(story.event("identify", f"x{number}", "A", at=1) for number in range(40)))
    more = [story.event("identify", f"y{number}", "A", at=2) for number in range(20)]
    stored_and_rotated(crowd.at_once(*(crowd.sent(one) for one in more)))
    assert len(story.person("A")["anonymous_ids"]) == 50


def test_race_of_one_handoff(story: Story, crowd: Crowd) -> None:
    """R34. Given eight browsers open the same handed-over address at once; then one of them is joined with x."""
    for number in range(ROUNDS):
        x = f"x{number}"
        shop = story.page(x)
        token = story.app.post("/v1/handoff", {"anonymousId": x, "writeKey": WRITE_KEY}).json["token"]
        url = {"url": f"https://blog.test/?passerby_handoff={token}"}
        arrivals = [story.event("page", f"{x}-{one}", at=story.now, properties=url) for one in range(8)]
        stored_and_rotated(crowd.at_once(*(crowd.sent(one) for one in arrivals)))
        for one in range(8):
            story.identify(f"{x}-{one}", f"U{number}-{one}")
        owner = story.whose(shop)
        assert owner is not None
        assert owner.startswith(f"U{number}-")
        assert len([entry for entry in story.entries("anonymous_merge", "merge_refused") if entry["anonymous_id"] == x]) == 1


def test_claim_cost_flat(story: Story) -> None:
    """75. Given streams of 100 and 4,000 events; when each is claimed; then no event is written anew, and it takes alike long."""
    for x, batches in (("small", 1), ("large", 8)):
        for _ in range(batches):
            story.send(*(story.event("page", x, at=1) for _ in range(100 if x == "small" else 500)))
    event = tables.event
    before = {(row.device_id, row.message_id): row for row in story.app.rows(event)}
    logins = {story.identify("small", "A"), story.identify("large", "B")}
    after = {(row.device_id, row.message_id): row for row in story.app.rows(event)}
    assert {message for _, message in after.keys() - before.keys()} == logins
    assert {key: after[key] for key in before} == before
