"""Oracles: the write key, which everybody has, learns nothing of anybody: every answer follows from what was sent, and from
what was shown before by the anonymous ids in it. *What the write key is told*; rules K12, R16, R28."""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Callable
from typing import Any

import pytest

from collector.domain.times import iso
from tests.support.app import PREFIX, WRITE_KEY, Answer
from tests.support.part import part

from .course import DAY, HOUR, moment
from .heard import heard
from .sender import Told
from .story import Story

BEFORE, DELETED_AT, NOW = 10.0, 1 * HOUR, 2 * HOUR


def _nothing(_story: Story, _name: str) -> None:
    pass


def _lead(story: Story, name: str) -> None:
    story.identify(f"by {name}", email=f"{name}@x.io")


def _account(story: Story, name: str) -> None:
    story.identify(f"by {name}", name, email=f"{name}@x.io")


def _proven(story: Story, name: str) -> None:
    story.server.identify(None, name, email=f"{name}@x.io")


def _proven_lead(story: Story, name: str) -> None:
    story.server.identify(None, email=f"{name}@x.io")


def _member(story: Story, name: str) -> None:
    story.group("acme", f"by {name}", name)
    _account(story, name)


def _deleted(story: Story, name: str) -> None:
    _proven(story, name)
    story.wait_for(DELETED_AT)
    story.delete(name)


def _came_back(story: Story, name: str) -> None:
    _deleted(story, name)
    _proven(story, name)


def _merged(story: Story, name: str) -> None:
    _account(story, name)
    story.identify(f"of {name}", f"other {name}")
    story.merge(name, into=f"other {name}")


def _undone(story: Story, name: str) -> None:
    _merged(story, name)
    story.unmerge(story.last_merge())


def _bought(story: Story, name: str) -> None:
    """Buy: the server said with the message ids what the probes say, or something else."""
    for kind in BROWSERS:
        story.server.track(None, name, messageId=f"order {kind} {name}", name="e")
        story.server.track(None, name, messageId=f"other order {kind} {name}", name="e")
        story.server.identify(None, email=f"{name}@x.io", messageId=f"order of the address {kind} {name}")
        other = f"other of the address {kind} {name}"
        story.server.identify(None, email=f"{name}@x.io", messageId=other, traits={"plan": "pro"})


BROWSERS = ("new", "signed in", "given up", "none")
STATES: dict[str, Callable[[Story, str], None]] = {
    "nobody": _nothing, "lead": _lead, "account": _account, "proven": _proven, "provenlead": _proven_lead, "member": _member,
    "deleted": _deleted, "cameback": _came_back, "merged": _merged, "undone": _undone, "bought": _bought,
}  # fmt: skip
"""Knowledge of a person -> how it comes about. The names are all of one kind, so that no answer is longer by one."""

MOST_WORK = 3
"""Factor of the fewest statements that the most may be; each is a part of one transaction, whose flush takes longest."""

Event = dict[str, Any]
PROBES: dict[str, Callable[[str, str], Event]] = {
    "track": lambda u, e: {"type": "track", "event": "e", "userId": u},
    "page": lambda u, e: {"type": "page", "userId": u},
    "screen": lambda u, e: {"type": "screen", "name": "s", "userId": u},
    "group": lambda u, e: {"type": "group", "groupId": "acme", "userId": u},
    "account": lambda u, e: {"type": "track", "event": "e", "userId": u, "context": {"groupId": "acme"}},
    "user": lambda u, e: {"type": "identify", "userId": u},
    "address": lambda u, e: {"type": "identify", "traits": {"email": e}},
    "both": lambda u, e: {"type": "identify", "userId": u, "traits": {"email": e, "plan": "pro"}},
    "own address": lambda u, e: {"type": "identify", "userId": "me", "traits": {"email": e}},
    "address as id": lambda u, e: {"type": "identify", "userId": e},
    "alias to": lambda u, e: {"type": "alias", "userId": u, "previousId": f"formerly {u}"},
    "alias of": lambda u, e: {"type": "alias", "userId": "me", "previousId": u},
    "actor": lambda u, e: {"type": "identify", "userId": u, "context": {"actor": "admin"}},
    "bad token": lambda u, e: {"type": "identify", "userId": u, "traits": {"email": e}, "context": {"token": "a.b.c"}},
    "given up beside": lambda u, e: {"type": "identify", "traits": {"email": e}, "context": {"anonymousIds": ["dead"]}},
    "given up beside a user": lambda u, e: {"type": "identify", "userId": u, "context": {"anonymousIds": ["dead", "taken"]}},
    "order": lambda u, e: {"type": "track", "event": "e", "userId": u, "messageId": "order-17"},
    "other order": lambda u, e: {"type": "track", "event": "f", "userId": u, "messageId": "order-17"},
    "order of the address": lambda u, e: {"type": "identify", "traits": {"email": e}, "messageId": "order-17"},
    "other of the address": lambda u, e: {"type": "identify", "traits": {"email": e}, "messageId": "order-17"},
    "illegal": lambda u, e: {"type": "track", "userId": u},
}
"""Probes by a write key: by user id, address and message id."""


def with_other_content(event: Event) -> Event:
    """Probe of other content, under its message id."""
    return {**event, "properties": {"other": "content"}, "traits": {**event.get("traits", {}), "other": "content"}}


X = re.compile(r"[0-9a-f]{8}-0000-4000-8000-[0-9a-f]{12}")
ANY_ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")


class Asker:
    """Page of the site's: it sends with the write key, as a browser, and keeps what can be told apart of the answer."""

    def __init__(self, story: Story) -> None:
        self.story = story
        self.numbers = itertools.count(1)
        self.given_up = "dddddddd-0000-4000-8000-000000000000"
        story.identify(self.given_up, "given up")
        story.delete("given up")

    def browser(self, kind: str) -> str | None:
        x = f"{next(self.numbers):08x}-0000-4000-8000-000000000000"
        if kind == "signed in":
            self.story.send(self.story.event("identify", x, "me", at=self.story.now))
        if kind == "given up":
            return self.given_up
        return None if kind == "none" else x

    def ask(self, x: str | None, *events: Event, at: float) -> tuple[Any, int, int]:
        """Send; return what is seen of the answer, the number of transactions that wrote, and of statements."""
        told = [
            {"anonymousId": x, "timestamp": iso(moment(at)), "messageId": f"q{next(self.numbers)}", **one} for one in events
        ]
        body = json.dumps({"batch": told, "writeKey": WRITE_KEY}).encode()
        with heard() as said:
            answer = self.story.app.request("POST", "/v1/batch", body, {"origin": "https://shop.test", "host": "shop.test"})
        return seen(answer), sum("hour_count" in one for one in said), len(said)


def seen(answer: Answer) -> Any:
    """Parts of an answer that can be told apart; a new id is any new id."""
    whole = json.dumps([answer.status, sorted(answer.headers.items()), answer.body.decode()])
    return ANY_ID.sub("fresh", X.sub("x", whole))


MODES = part([("off", "owner"), ("optional", "owner"), ("optional", "new_visitor"), ("required", "new_visitor")], 2)
ASKED = [*itertools.product(BROWSERS, (NOW,)), ("new", BEFORE), ("signed in", BEFORE)]


@pytest.mark.parametrize("store_kind", ["sqlite"], indirect=True)  # decisions are the same on both, and there are many
@pytest.mark.parametrize(("verify", "after_claim"), MODES)
def test_the_write_key_learns_nothing_of_anybody(story: Story, verify: str, after_claim: str) -> None:
    """What the write key is told. Given somebody of whom everything, or nothing, is known; when a browser says whatever it can
    of them, now and of before they were deleted, and then goes on; then every answer is the same, after about the same work."""
    for name, come_about in STATES.items():
        come_about(story, name)
    story.identify("dead", "gone")
    story.identify("taken", "somebody")
    story.delete("gone")
    asker = Asker(story)
    story.wait_for(NOW)
    story.site(verify=verify, after_claim=after_claim)
    for probe, (kind, at) in itertools.product(PROBES, ASKED):
        told: dict[Any, list[str]] = {}
        works = []
        for name in STATES:
            x = asker.browser(kind)
            event = {"messageId": f"q{next(asker.numbers)}", **PROBES[probe](name, f"{name}@x.io")}
            if event["messageId"] == "order-17":
                event["messageId"] = f"{probe} {kind} {name}"
            answer, commits, statements = asker.ask(x, event, at=at)
            again = [asker.ask(x, one, at=at)[0] for one in (event, with_other_content(event))]
            goes_on = x is not None and after_claim == "new_visitor"  # elsewhere, nothing is answered to a page alone
            after = asker.ask(x, {"type": "page"}, at=story.now)[0] if goes_on else None
            told.setdefault((answer, *again, after, commits), []).append(name)
            works.append(statements)
        assert list(told.values()) == [[*STATES]], (probe, kind, at, told)
        assert max(works) <= MOST_WORK * min(works), (probe, kind, at, dict(zip(STATES, works, strict=True)))


@pytest.mark.parametrize("deleted", [False, True])
@pytest.mark.parametrize("kind", ["asserted", "anonymous", "lead", "of nobody's browser"])
def test_oracle_of_removed_events(story: Story, kind: str, deleted: bool) -> None:
    """What the write key is told, R16, R28. Given events of A were sent, and A was deleted, or not; when they are sent again, or
    others under their message ids; then they are duplicates, and conflicts, and none of them is kept anew."""
    x, user, email = None if kind == "of nobody's browser" else "x", None if kind == "lead" else "A", "a@x.io"
    told = [
        story.event("page", x, None if kind == "anonymous" or (user is None and x) else "A", at=1, messageId="m1"),
        story.event("identify", x, user, at=2, messageId="m2", traits={"email": email}),
    ]
    story.send(*told)
    if deleted:
        story.delete(email if user is None else user)
    for _ in range(2):
        answer = story.send(*told)
        assert (answer.json["stored"], answer.json["duplicate"]) == (0, 2)
        assert story.ends == {"duplicate": 2}
        others = [{**one, "properties": {"o": 1}, "traits": {"o": 1}} for one in told]
        assert story.send(*others).reasons == [(0, "id_conflict"), (1, "id_conflict")]
    assert len(story.app.events()) == (0 if deleted else 2)


@pytest.mark.parametrize("known", [False, True])
def test_oracle_of_an_id_that_is_a_users(story: Story, known: bool) -> None:
    """What the write key is told. Given an id that a browser has made an anonymous one of its own; when it is said to be
    somebody's former id; then it is given up, whether a user has it as well or not."""
    if known:
        story.server.identify(None, "victim")
    story.identify("victim", "mine")
    story.send(story.event("alias", "x", "me", previousId="victim"))
    assert story.rotated() == ["victim"]


@pytest.mark.parametrize("merged", [False, True])
def test_oracle_of_two_users_who_are_one(story: Story, merged: bool) -> None:
    """What the write key is told, R9. Given A and B, merged or not; when B identifies where A did; then x is given up."""
    story.identify("x", "A")
    story.identify("y", "B")
    if merged:
        story.merge("B", into="A")
    for _ in range(2):
        story.identify("x", "B")
        assert story.rotated() == ["x"]
    story.identify("x", "A")
    assert story.rotated() == []


def test_a_lead_that_became_an_account_keeps_its_browser(story: Story) -> None:
    """K13. Given an address was typed on x, and became A's there; when A identifies again and again; then x is A's."""
    story.identify("x", email="a@x.io")
    for _ in range(3):
        story.identify("x", "A", email="a@x.io")
        assert story.rotated() == []


def test_the_secret_key_is_told_the_truth(story: Story) -> None:
    """What the write key is told. Given duplicates, conflicts and events of somebody deleted; then the secret key hears of
    each, the write key of those that are its own; the counts are the same."""
    story.server.track(None, "gone", at=1)
    story.delete("gone")
    for sender, key in ((story, "browser"), (story.server, "server")):
        late = sender.event("track", None, "gone", at=1, messageId=f"late-{key}")
        first, other = ({"type": "track", "event": name, "userId": key, "messageId": "m"} for name in ("e", "f"))
        answer = sender.send(first, first, other, late)
        assert story.ends == {"stored": 1, "duplicate": 1, "id_conflict": 1, "deleted": 1}
        told = (answer.json["stored"], answer.json["duplicate"], answer.reasons)
        assert told == ((2, 1, [(2, "id_conflict")]) if key == "browser" else (1, 1, [(2, "id_conflict"), (3, "deleted")]))
    assert story.app.counts()["received"] == 9


def test_oracle_of_other_answers(story: Story) -> None:
    """What the write key is told. Given somebody known and nobody; when a handoff is asked for, a preflight, the script, the
    settings that SDKs fetch; then no statement about people is made, and the answers are the same."""
    story.identify("known", "A", email="a@x.io")
    origin = {"origin": "https://shop.test"}
    for method, path, bodies in (
        ("POST", "/v1/handoff", [json.dumps({"anonymousId": x, "writeKey": WRITE_KEY}).encode() for x in ("known", "never")]),
        ("OPTIONS", "/v1/batch", [b""]), ("OPTIONS", f"/{PREFIX}/v1/identify", [b""]), ("GET", f"/{PREFIX}/script.js", [b""]),
    ):  # fmt: skip
        answers = set()
        for body in bodies:
            with heard() as said:
                answer = story.app.request(method, path, body, origin)
            answers.add((answer.status, tuple(sorted(answer.headers)), tuple(sorted(answer.json)) if method == "POST" else ""))
            assert answer.status < 300
            assert not [one for one in said if re.search(r"person|identifier|stream|event|device|tombstone", one)], path
        assert len(answers) == 1


def _public(story: Story, x: str | None, **told: Any) -> Told:
    return {"type": "track", "event": "guessed", "anonymousId": x, "messageId": "order-17", **told}


SPOILED: dict[str, tuple[Callable[[Story], Told], Callable[[Story], Told], bool]] = {
    "a server's, by user": (
        lambda story: _public(story, None, userId="A"), lambda story: _public(story, None, userId="A", event="bought"), True,
    ),
    "a server's, by address": (
        lambda story: {"type": "identify", "traits": {"email": "a@x.io"}, "messageId": "order-17"},
        lambda story: {"type": "identify", "traits": {"email": "a@x.io", "plan": "pro"}, "messageId": "order-17"}, True,
    ),
    "a server's, in a browser": (
        lambda story: _public(story, "x"), lambda story: _public(story, "x", userId="A"), True,
    ),
    "a signed one": (
        lambda story: _public(story, "x", userId="A"),
        lambda story: _public(story, "x", userId="A", event="bought", context=story.signed("A")), False,
    ),
    "a signed identify": (
        lambda story: {"type": "identify", "anonymousId": "x", "userId": "B", "messageId": "order-17"},
        lambda story: {
            "type": "identify", "anonymousId": "x", "userId": "A", "messageId": "order-17", "context": story.signed("A"),
        }, False,
    ),
    "after the browser was given up": (
        lambda story: _public(story, "dead", userId="A"), lambda story: _public(story, "dead", userId="A", event="bought"), True,
    ),
}  # fmt: skip
"""Guess, what is really said, and whether it is said with the secret key."""


@pytest.mark.parametrize("spoiled", SPOILED)
@pytest.mark.parametrize("order", ["guessed first", "guessed last", "in one group"])
def test_proven_events_cannot_be_spoiled(story: Story, spoiled: str, order: str) -> None:
    """R16. Given somebody sends a guessed message id with other content, first or last; then what is proven is kept as if
    nobody had, under its message id; both are stored, and told again they are duplicates."""
    story.site(verify="optional")
    story.identify("dead", "gone")
    story.delete("gone")
    story.wait(DAY)
    guess, truth, is_servers = SPOILED[spoiled]
    tellings = [(story, guess(story)), (story.server if is_servers else story, truth(story))]
    if order == "guessed last":
        tellings.reverse()
    if order == "in one group" and not is_servers:
        story.send(*(told for _, told in tellings))
    else:
        for sender, told in tellings:
            sender.send(told)
            assert story.ends == {"stored": 1}
    kept = {row["message_id"]: (row["name"], row["user_id"], row["properties"]) for row in story.app.events()}
    said = truth(story)
    assert kept["order-17"] == (said.get("event"), said.get("userId"), said.get("traits", {}))
    for sender, told in tellings:
        sender.send(told)
        assert story.ends == {"duplicate": 1}


def test_duplicate_of_browser_and_server_is_one(story: Story) -> None:
    """R16. Given a browser and a server that report one event with one message id, in either order; then it is counted once,
    with the server's time and proof, and what only the server may say is done."""
    for number, senders in enumerate(((story, story.server), (story.server, story))):
        at = {story: 5.0, story.server: 3.0}
        for sender in senders:
            sender.identify(f"x{number}", f"A{number}", at=at[sender], messageId="m", traits={"plan": "pro"})
        (row,) = [row for row in story.app.events() if row["anonymous_id"] == f"x{number}"]
        assert row["ts"] == moment(3)
        assert story.visits(f"A{number}") == (3, 3, 3)
        assert story.fields(f"A{number}") == {"plan": "pro"}
    assert story.app.assert_conserved()["duplicate"] == 2


def test_a_retry_after_the_site_asks_for_proofs(story: Story) -> None:
    """R16, R21. Given a signed event that came while no proof was looked at; when it is sent again after; then it is one."""
    told = story.event("identify", "x", "A", context=story.signed("A"))
    story.send(told)
    story.site(verify="required")
    for _ in range(2):
        story.send(told)
        assert story.ends == {"duplicate": 1}
    story.site(verify="off")
    story.send(told)
    assert story.ends == {"duplicate": 1}
    assert len(story.app.events()) == 1
