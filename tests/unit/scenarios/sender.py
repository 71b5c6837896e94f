"""Senders of a story: a browser or a server, which reports over HTTP."""

from __future__ import annotations

from typing import Any

from collector.domain.times import iso
from tests.support.app import Answer

from .course import Course, moment

Told = dict[str, Any]
"""Event as it is sent."""


class Sender:
    """Sender of events: a browser with the write key, or the site's own server with the secret key."""

    def __init__(self, course: Course, key: str) -> None:
        self.course = course
        self.key = key

    def event(
        self, kind: str, x: str | None = None, user: Any = None, at: float | None = None,
        *, email: str | None = None, actor: str | None = None, account: str | None = None, **more: Any,
    ) -> Told:  # fmt: skip
        """Event that is not sent yet; without `at` it happens one second after the one before."""
        at = self.course.next_moment() if at is None else at
        context = {**more.pop("context", {})}
        context |= {name: value for name, value in (("actor", actor), ("groupId", account)) if value is not None}
        traits = {**more.pop("traits", {}), **({"email": email} if email is not None else {})}
        told: Told = {
            "type": kind, "messageId": more.pop("messageId", None) or self.course.next_message(), "anonymousId": x, "userId": user,
            "timestamp": iso(moment(at)), **({"event": more.pop("name", "e")} if kind == "track" else {}),
            **({"traits": traits} if traits else {}), **({"context": context} if context else {}), **more,
        }  # fmt: skip
        self.course.happens[told["messageId"]] = at
        return told

    def send(self, *events: Told, **envelope: Any) -> Answer:
        """Send all of these in one request, at the moment of the last or now. A browser is not told what became of
        them; `ends` says it."""
        self.course.wait_for(max((self.course.happens.get(one["messageId"], 0.0) for one in events), default=0.0))
        before = self.course.totals()
        answer = self.course.app.batch(*events, writeKey=self.key, **envelope)
        assert answer.status == 200, answer
        self.course.answer = answer
        after = self.course.totals()
        self.course.ends = {end: number for end in after if (number := after[end] - before.get(end, 0))}
        return answer

    def tell(self, kind: str, *who: Any, **more: Any) -> str:
        """Send one event, which has to be kept, and return its message id."""
        told = self.event(kind, *who, **more)
        self.send(told)
        assert self.course.ends in ({"stored": 1}, {"duplicate": 1}), self.course.ends
        message: str = told["messageId"]
        return message

    def page(self, *who: Any, **more: Any) -> str:
        return self.tell("page", *who, **more)

    def screen(self, *who: Any, **more: Any) -> str:
        return self.tell("screen", *who, **more)

    def track(self, *who: Any, **more: Any) -> str:
        return self.tell("track", *who, **more)

    def identify(self, *who: Any, **more: Any) -> str:
        return self.tell("identify", *who, **more)

    def group(self, account: str, *who: Any, **more: Any) -> str:
        return self.tell("group", *who, groupId=account, **more)

    def alias(self, user: str, previous: str, x: str | None = None, **more: Any) -> str:
        """`previous` turns out to be `user`; `x` is the anonymous id of the browser that says so."""
        return self.tell("alias", x, user, previousId=previous, **more)

    def open(self, x: str | None, url: str, user: str | None = None, **more: Any) -> str:
        """View the page at this address, as the snippet reports it."""
        page = {"page": {"url": url}, **more.pop("context", {})}
        return self.tell("page", x, user, properties={"url": url}, context=page, **more)
