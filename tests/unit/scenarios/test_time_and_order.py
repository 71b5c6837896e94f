"""Time, duplication, loss. Scenarios 58-69; rules R15-R19."""

from __future__ import annotations

import json
import random

from collector.domain.times import iso
from tests.support.app import WRITE_KEY

from .course import DAY, HOUR, MINUTE, moment, seconds
from .story import Story


def test_duplicate_event(story: Story) -> None:
    """58, R16. Given the same event a minute and 40 days later; then it is stored once."""
    told = story.event("track", "x")
    story.send(told)
    assert story.ends == {"stored": 1}
    for wait in (MINUTE, 40 * DAY):
        story.wait(wait)
        assert story.send(told).json == {"success": True, "stored": 0, "duplicate": 1, "quarantined": []}
    assert story.shown() == {None: [told["messageId"]]}


def test_duplicate_in_one_batch(story: Story) -> None:
    """58. Given the same events twice in one request; then each is stored once, and its effects happen once."""
    told = [story.event("page", "x"), story.event("identify", "x", "A")]
    story.send(*told, *told)
    assert story.ends == {"stored": 2, "duplicate": 2}
    assert story.shown() == {"A": [one["messageId"] for one in told]}
    assert story.log() == ["anonymous_merge x A"]


def test_duplicate_identify(story: Story) -> None:
    """59, R16. Given an identify replayed after a newer one; then there is one merge, and the newer traits stay."""
    story.page("x")
    login = story.event("identify", "x", "A", traits={"plan": "old"})
    story.send(login)
    story.identify("x", "A", traits={"plan": "new"})
    story.send(login)
    assert story.ends == {"duplicate": 1}
    assert story.log() == ["anonymous_merge x A"]
    assert story.fields("A") == {"plan": "new"}


def test_a_replayed_refusal_changes_nothing(story: Story) -> None:
    """59, R16. Given B was refused on x; when that request is sent again; then there is no second entry, and the answer is repeated."""
    story.identify("x", "A")
    refused = story.event("identify", "x", "B")
    story.send(refused)
    assert story.rotated() == ["x"]
    story.send(refused)
    assert story.rotated() == ["x"]
    assert len(story.entries("merge_refused")) == 1


def test_a_replayed_identify_does_not_claim_what_was_freed(story: Story) -> None:
    """59, R16, R27. Given x was detached; when A's old identify is replayed; then x stays nobody's, with no new entry."""
    page = story.page("x")
    login = story.event("identify", "x", "A")
    story.send(login)
    story.detach("x")
    before = story.log()
    story.send(login)
    assert (story.whose(page), story.log()) == (None, before)


def test_a_whole_history_replayed(story: Story) -> None:
    """R16, R19. Given a history with refusals, merges and undos; when all its requests are sent again; then nothing changes."""
    requests = [
        [story.event("page", "x", at=1), story.event("identify", "x", "A", at=2, email="a@x.io")],
        [story.event("identify", "x", "B", at=3), story.event("page", "x", at=4), story.event("track", "x", "B", at=5)],
        [story.event("identify", "y", "B", at=6, email="a@x.io"), story.event("alias", "z", "B", at=7, previousId="w")],
        [story.event("group", "x", "A", at=8, groupId="acme"), story.event("identify", "v", "null", at=9)],
    ]
    for request in requests:
        story.send(*request)
    story.merge("B", into="A")
    story.unmerge(story.last_merge())
    before = (story.shown(), story.log(), story.everybody(), story.members("acme"))
    for _ in range(2):
        for request in reversed(requests):
            story.wait(HOUR)
            story.send(*request)
            assert story.ends == {"duplicate": len(request)}
    assert (story.shown(), story.log(), story.everybody(), story.members("acme")) == before


def test_the_same_message_id_on_another_device(story: Story) -> None:
    """R16. Given two devices that use one message id; then both events are stored."""
    first = story.event("track", "x")
    story.send(first)
    story.send({**first, "anonymousId": "y"})
    assert story.ends == {"stored": 1}


def test_a_message_id_with_other_content(story: Story) -> None:
    """R16. Given a message id that comes again with another user; then the first is kept, the second set aside."""
    told = story.event("identify", "x", "A")
    story.send(told)
    story.send({**told, "userId": "B"})
    assert story.ends == {"id_conflict": 1}
    assert story.people() == {"A"}


def test_late_anonymous(story: Story) -> None:
    """61, R17. Given an event from before the identify arrives two days after it; then it is A's, and A's first visit."""
    login = story.identify("x", "A", at=10 * DAY)
    story.wait_for(12 * DAY)
    late = story.page("x", at=8 * DAY)
    assert story.shown() == {"A": [late, login]}
    assert story.was_anonymous() == {late}
    assert story.visits("A") == (8 * DAY, 10 * DAY, 10 * DAY)


def test_late_anonymous_after_a_year(story: Story) -> None:
    """R17. Given an event from before the identify arrives a year after it; then it is A's: there is no time limit."""
    login = story.identify("x", "A", at=10 * DAY)
    story.wait_for(375 * DAY)
    late = story.page("x", at=8 * DAY)
    assert story.shown() == {"A": [late, login]}


def test_identify_arrives_first(story: Story) -> None:
    """62. Given an identify that arrives before the events it follows; then all is as in the right order."""
    story.wait_for(10)
    page, login = story.event("page", "x", at=1), story.event("identify", "x", "A", at=2)
    story.send(login, page)
    story.send({**page, "anonymousId": "y"}, {**login, "anonymousId": "y", "userId": "B"})
    assert story.visits("A") == story.visits("B") == (1, 2, 2)
    assert story.log() == ["anonymous_merge x A", "anonymous_merge y B"]


def test_clock_fast_3_days(story: Story) -> None:
    """66, R15. Given a client whose clock is three days ahead, as its sentAt says; then the times are right, in order."""
    story.wait_for(100)
    sent = iso(moment(3 * DAY + 100))
    first, second = story.event("page", "x", at=3 * DAY + 50), story.event("page", "x", at=3 * DAY + 60)
    story.app.batch(second, first, sentAt=sent)
    story.wait(5)
    story.send(second, first, sentAt=sent)
    assert story.ends == {"duplicate": 2}
    times = {event["message_id"]: seconds(event["timestamp"]) for event in story._events()}
    assert (times[first["messageId"]], times[second["messageId"]]) == (50, 60)


def test_a_browser_is_never_ahead_of_its_receipt(story: Story) -> None:
    """66, R15. Given a browser's event of three days ahead, and one of 40 days ago; then both are moved within 31 days."""
    events = [story.event("page", "x", at=3 * DAY), story.event("page", "x", at=-40 * DAY)]
    body = json.dumps({"batch": events, "writeKey": WRITE_KEY}).encode()
    assert story.app.request("POST", "/v1/batch", body, {"origin": "https://shop.test"}).json["stored"] == 2
    times = {event["message_id"]: seconds(event["timestamp"]) for event in story._events()}
    assert times == {events[0]["messageId"]: 0, events[1]["messageId"]: -31 * DAY}
    assert all("time_clamped" in event["flags"] for event in story._events())


def test_future_date_api(story: Story) -> None:
    """67, R15. Given a server's event of next year in a batch; then it fails alone; up to five minutes ahead is accepted."""
    events = [story.event("track", None, "A", at=at) for at in (0, 365 * DAY, 299, 301)]
    answer = story.app.batch(*events)
    assert (answer.json["stored"], answer.reasons) == (2, [(1, "future_date"), (3, "future_date")])


def test_an_old_date_of_a_server_is_taken(story: Story) -> None:
    """R15. Given a server's event of five years ago; then its date is kept, and is A's first visit."""
    story.server.track(None, "A", at=-5 * 365 * DAY)
    assert story.visits("A")[0] == -5 * 365 * DAY


def test_identify_cancelled_by_redirect(story: Story) -> None:
    """68. Given the identify was lost on a redirect, and the next page makes it again; then x is merged once."""
    page = story.page("x")
    lost = story.event("identify", "x", "A")
    again = story.event("identify", "x", "A")
    story.send(again)
    assert story.shown() == {"A": [page, again["messageId"]]}
    story.send(lost)
    assert story.log() == ["anonymous_merge x A"], "also if the lost one was only late"


def test_offline_queue_two_users(story: Story) -> None:
    """69. Given one flush with what A did on x, and after a reset B on y; then each event is as it was stamped."""
    story.wait_for(100)
    queue = [
        story.event("page", "x", at=1), story.event("identify", "x", "A", at=2), story.event("track", "x", "A", at=3),
        story.event("page", "y", at=5), story.event("identify", "y", "B", at=6), story.event("track", "y", "B", at=7),
    ]  # fmt: skip
    ids = [one["messageId"] for one in queue]
    story.send(*queue)
    assert story.ends == {"stored": 6}
    assert story.shown() == {"A": ids[:3], "B": ids[3:]}
    assert "refused" not in " ".join(story.log())


def test_offline_queue_without_rotation(story: Story) -> None:
    """69, R9. Given one flush with A's and B's events on one id; then what carries a user is theirs, in any order of arrival."""
    story.wait_for(100)
    queue = [
        story.event("identify", "x", "A", at=2), story.event("track", "x", "A", at=3),
        story.event("identify", "x", "B", at=6), story.event("track", "x", "B", at=7), story.event("page", "x", at=8),
    ]  # fmt: skip
    ids = [one["messageId"] for one in queue]
    random.Random(7).shuffle(queue)
    story.send(*queue)
    shown = story.shown()
    assert (set(shown["A"]) - {ids[4]}, set(shown["B"]) - {ids[4]}) == ({ids[0], ids[1]}, {ids[2], ids[3]})


def test_the_log_is_dated_by_receipt_and_the_claim_by_its_event(story: Story) -> None:
    """R19, R30. Given an identify of 10 that arrives at 100; then the entry is of 100, the merge of 10."""
    story.page("x", at=1)
    story.wait_for(100)
    story.identify("x", "A", at=10)
    (entry,) = story.entries()
    assert (seconds(entry["at"]), seconds(story.visitor("x")["merged_at"])) == (100, 10)
