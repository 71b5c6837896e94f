"""Oracles over several requests: an event leaves on its anonymous id what was said there, whoever it names; what others are told on
the same id later does not tell it either. *What the write key is told*; rules R9, R22, R28."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable
from typing import Any

import pytest

from collector.domain.times import iso
from tests.support.app import WRITE_KEY
from tests.support.part import part

from .course import DAY, HOUR, moment
from .sender import Told
from .story import Story
from .test_no_oracle import STATES, _account, seen

NOW = 2 * HOUR


def _braked(story: Story, name: str) -> None:
    """Claim as many browsers as a user may, just before."""
    story.send(*(story.event("identify", f"b{n} {name}", name, at=NOW - 1) for n in range(50)))


def _lead_undone(story: Story, name: str) -> None:
    story.identify(f"by {name}", email=f"{name}@x.io")
    _account(story, name)
    story.unmerge(story.last_merge())


EVERYBODY = {
    name.ljust(12, "x"): come_about for name, come_about in {**STATES, "braked": _braked, "leadundone": _lead_undone}.items()
}
"""Names are of one length, as an answer that repeats one is."""

Say = Callable[["Page"], "Page"]


class Page:
    """Page of the site's, in the browsers x and w, that asks about `user` and `email`; `told` is all that it is answered."""

    numbers = itertools.count(1)

    def __init__(self, story: Story, user: str) -> None:
        self.story, self.user, self.email = story, user, f"{user}@x.io"
        number = next(self.numbers)
        self.x, self.w = (f"{number:08x}-0000-4000-8000-{n:012x}" for n in (1, 2))
        self.told: list[str] = []
        self.said: list[Told] = []

    def say(
        self, kind: str, x: str | None, user: str | None = None, *, email: str | None = None, at: float = 0, **more: Any
    ) -> Page:
        traits = {"email": email} if email else {}
        event = {
            "type": kind, "anonymousId": x, "userId": user, "traits": traits, "messageId": f"p{next(self.numbers)}",
            "timestamp": iso(moment(at or self.story.now)), **more,
        }  # fmt: skip
        self.said.append(event)
        self.send(event)
        return self

    def send(self, *events: Told) -> None:
        body = json.dumps({"batch": events, "writeKey": WRITE_KEY}).encode()
        answer = self.story.app.request("POST", "/v1/batch", body, {"origin": "https://shop.test", "host": "shop.test"})
        self.told.append(seen(answer).replace(self.user, "somebody"))

    def go(self, x: str, to: str, user: str | None = None, context: dict[str, Any] | None = None, at: float = 0) -> Page:
        """Follow a handoff from one browser to the other."""
        asked = {"anonymousId": x, "writeKey": WRITE_KEY}
        token = self.story.app.post("/v1/handoff", asked, origin="https://shop.test").json["token"]
        url = f"https://blog.test/?passerby_handoff={token}"
        context = {"page": {"url": url}, **(context or {})}
        return self.say("page", to, user, properties={"url": url}, context=context, at=at)


SAID: dict[str, Say] = {
    "a user": lambda page: page.say("identify", page.x, page.user),
    "a user, late": lambda page: page.say("identify", page.x, page.user, at=10),
    "an address": lambda page: page.say("identify", page.x, email=page.email),
    "both": lambda page: page.say("identify", page.x, page.user, email=page.email),
    "an address as an id": lambda page: page.say("identify", page.x, page.email),
    "an own address": lambda page: page.say("identify", page.x, "me", email=page.email),
    "a former id": lambda page: page.say("alias", page.x, "me", previousId=page.user),
    "a former address": lambda page: page.say("alias", page.x, "me", previousId=page.email),
    "whose former id": lambda page: page.say("alias", page.x, page.user, previousId=page.w),
    "another id beside": lambda page: page.say("identify", page.x, page.user, context={"anonymousIds": [page.w]}),
    "another id beside an address": lambda page: page.say("identify", page.x, email=page.email, context={"anonymousIds": [page.w]}),
    "an actor": lambda page: page.say("identify", page.x, page.user, context={"actor": "admin"}),
    "an actor, late, then a former id": lambda page: page.say(
        "identify", page.x, page.user, context={"actor": "admin"}, at=10
    ).say("alias", page.x, page.user, previousId=page.w),
    "an actor, late": lambda page: page.say("track", page.x, page.user, event="e", context={"actor": "admin"}, at=10),
    "a wrong proof, late, after oneself": lambda page: page.say("identify", page.x, "me", at=9).say(
        "track", page.x, page.user, event="e", context={"token": "a.b.c"}, at=10
    ),
    "a wrong proof, late, with a handoff": lambda page: page.go(page.x, page.w, page.user, context={"token": "a.b.c"}, at=10),
    "a handoff, then late": lambda page: page.go(page.x, page.w).say("track", page.x, page.user, event="e", at=10),
    "an address without a browser": lambda page: page.say("identify", None, email=page.email),
    "an address on a contested id": lambda page: page.say("identify", page.x, "me").say("identify", page.x, "you").say(
        "identify", page.x, email=page.email
    ),
    "a track": lambda page: page.say("track", page.x, page.user, event="e"),
    "a track of an address": lambda page: page.say("track", page.x, email=page.email, event="e"),
    "a handoff, then a user": lambda page: page.go(page.x, page.w).say("identify", page.w, page.user),
    "an address, then a handoff": lambda page: page.say("identify", page.x, email=page.email).go(page.x, page.w),
    "an own proven address, then a user": lambda page: page.say(
        "identify", page.x, email="own@x.io", context=page.story.signed(email="own@x.io")
    ).say("identify", page.x, page.user),
    "oneself, then a user": lambda page: page.say("identify", page.x, "me").say("identify", page.x, page.user),
    "a user, then oneself, late": lambda page: page.say("identify", page.x, page.user).say("identify", page.x, "me", at=10),
}  # fmt: skip
"""Statements about a person that could leave something on an anonymous id."""


def ask(page: Page) -> None:
    """Ask on every id that was in play: as others, as nobody, and the same again."""
    for x in (page.x, page.w):
        page.say("page", x)
        page.say("identify", x, "third")
        page.say("identify", x, email="third@x.io")
    for x in (page.user, page.email):
        page.say("identify", x, "third")
    page.say("identify", page.x, "third", at=10)
    page.go(page.x, page.w)
    page.say("identify", page.w, "fourth")
    page.say("identify", page.x, page.user)
    page.send(*page.said)


WALKED = [
    ("at once", "off", "owner"), ("at once", "optional", "new_visitor"),
    ("after retention", "optional", "owner"), ("after retention", "required", "new_visitor"),
]  # fmt: skip


@pytest.mark.parametrize("store_kind", ["sqlite"], indirect=True)  # decisions are the same on both, and there are many
@pytest.mark.parametrize(("then", "verify", "after_claim"), part(WALKED, 2))
def test_oracle_of_what_is_left_on_an_id(story: Story, then: str, verify: str, after_claim: str) -> None:
    """What the write key is told, R9, R22, R28. Given somebody of whom everything, or nothing, is known; when they are named in a
    browser; then whatever others are answered there later is the same, also when what nobody had claimed is gone."""
    for name, come_about in EVERYBODY.items():
        come_about(story, name)
    story.wait_for(NOW)
    story.site(verify=verify, after_claim=after_claim, cross_domain=True)
    pages = {said: [Page(story, name) for name in EVERYBODY] for said in SAID}
    for said, page in ((said, page) for said, some in pages.items() for page in some):
        page.say("page", page.x)
        SAID[said](page)
    if then == "after retention":
        story.wait(200 * DAY)
        story.retention()
    for said, some in pages.items():
        for page in some:
            ask(page)
        told: dict[tuple[str, ...], list[str]] = {}
        for name, page in zip(EVERYBODY, some, strict=True):
            told.setdefault(tuple(page.told), []).append(name)
        first, *others = told
        differs = [(n, pair) for other in others for n, pair in enumerate(zip(first, other, strict=True)) if pair[0] != pair[1]]
        assert len(told) == 1, (said, list(told.values()), [(n, one[-90:], other[-90:]) for n, (one, other) in differs])
