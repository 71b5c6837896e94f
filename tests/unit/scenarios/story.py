"""The words in which the scenarios are told: somebody reports something, and we look at what the read API then shows.

before = story.page("x")                 the browser x views a page; one second later
story.identify("x", "A", at=10)          ten seconds after the story's start, and it arrives then
late = story.track("x", at=5)            arrives now, happened earlier
story.server.track(None, "A")            the site's own server says so, with the secret key
assert story.shown() == {"A": [before, late, ...]}

A moment is in seconds after the story's start. What happens before the clock arrives late; the clock never goes back.
"""

from __future__ import annotations

import hashlib
import hmac
import itertools
import json
from typing import Any
from urllib.parse import quote, urlencode

import jwt

from collector.domain.events import SECOND
from collector.domain.times import iso, parse_time
from collector.storage import jobs
from collector.storage.sites import set_settings
from tests.support.app import NOW, WRITE_KEY, Answer, App

MINUTE, HOUR, DAY = 60.0, 3_600.0, 86_400.0
PAGE_SIZE = 500

Told = dict[str, Any]
"""An event as it is sent."""


def moment(at: float) -> int:
    """The story's seconds as the collector's microseconds."""
    return NOW + round(at * SECOND)


def seconds(time: str | None) -> float | None:
    """A time of the read API as the story's seconds."""
    if time is None:
        return None
    parsed = parse_time(time)
    assert parsed is not None
    return (parsed - NOW) / SECOND


class Teller:
    """Somebody who reports events: a browser with the write key, or the site's own server with the secret key."""

    def __init__(self, story: Story, key: str) -> None:
        self.story = story
        self.key = key

    def event(
        self, kind: str, x: str | None = None, user: Any = None, at: float | None = None,
        *, email: str | None = None, actor: str | None = None, account: str | None = None, **more: Any,
    ) -> Told:  # fmt: skip
        """An event that is not sent yet; without `at` it happens one second after the one before."""
        at = self.story.next_moment() if at is None else at
        context = {**more.pop("context", {})}
        context |= {name: value for name, value in (("actor", actor), ("groupId", account)) if value is not None}
        traits = {**more.pop("traits", {}), **({"email": email} if email is not None else {})}
        told: Told = {
            "type": kind, "messageId": more.pop("messageId", None) or self.story.next_message(), "anonymousId": x, "userId": user,
            "timestamp": iso(moment(at)), **({"event": more.pop("name", "e")} if kind == "track" else {}),
            **({"traits": traits} if traits else {}), **({"context": context} if context else {}), **more,
        }  # fmt: skip
        self.story.happens[told["messageId"]] = at
        return told

    def send(self, *events: Told, **envelope: Any) -> Answer:
        """One request with all of these, at the moment of the last of them or now."""
        self.story.wait_for(max((self.story.happens.get(one["messageId"], 0.0) for one in events), default=0.0))
        answer = self.story.app.batch(*events, writeKey=self.key, **envelope)
        assert answer.status == 200, answer
        self.story.answer = answer
        return answer

    def tell(self, kind: str, *who: Any, **more: Any) -> str:
        """Send one event, which has to be kept, and return its message id."""
        told = self.event(kind, *who, **more)
        answer = self.send(told)
        assert answer.json["stored"] + answer.json["duplicate"] == 1, answer.json
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


class Story(Teller):
    """The browsers' side of a story, the `server` for the site's own, and everything that can be looked at or done by hand."""

    def __init__(self, app: App) -> None:
        super().__init__(self, WRITE_KEY)
        self.app = app
        self.server = Teller(self, app.secret_key)
        self.happens: dict[str, float] = {}
        self.answer: Answer | None = None
        self._messages = itertools.count(1)
        self._last = 0.0

    # -- time --------------------------------------------------------------------------------------------------------

    @property
    def now(self) -> float:
        return (self.app.clock.now - NOW) / SECOND

    def wait_for(self, at: float) -> None:
        """The clock stands at `at`, or where it stood if that is later."""
        self.app.clock.now = max(self.app.clock.now, moment(at))
        self._last = max(self._last, at)

    def wait(self, seconds: float) -> None:
        self.wait_for(self.now + seconds)

    def next_moment(self) -> float:
        self._last = max(self._last, self.now) + 1
        return self._last

    def next_message(self) -> str:
        return f"m{next(self._messages)}"

    # -- settings ----------------------------------------------------------------------------------------------------

    def site(self, **settings: Any) -> None:
        """Change settings of the site, as `passerby site set` does."""
        set_settings(self.app.installation.store, self.app.site.name, **settings)
        self.app.installation.sites.refresh()

    def merging(self, on: bool) -> None:
        """--merge or --no-merge, now."""
        self.site(merging=on, **({"merging_since": self.app.clock.now} if on else {}))

    # -- proof ---------------------------------------------------------------------------------------------------------

    def signed(self, user: str | None = None, email: str | None = None, **claims: Any) -> dict[str, Any]:
        """What a page adds to an event's context when its server signed for this user, or this address."""
        said = {"site": self.app.site.uuid, "exp": self.app.clock.now // SECOND + 600, "sub": user, "email": email, **claims}
        plain = {name: value for name, value in said.items() if value is not None}
        return {"token": jwt.encode(plain, self.app.secret_key, algorithm="HS256")}

    def hashed(self, user: str) -> dict[str, Any]:
        """The same by the HMAC of the user id."""
        return {"userHash": hmac.new(self.app.secret_key.encode(), user.encode(), hashlib.sha256).hexdigest()}

    # -- what the read API shows ---------------------------------------------------------------------------------------

    def get(self, path: str, **parameters: Any) -> Any:
        return self.app.get(f"{path}?{urlencode(parameters)}" if parameters else path)

    def pages(self, path: str, key: str, **parameters: Any) -> list[Any]:
        """All of a list, over its pages."""
        found: list[Any] = []
        cursor: str | None = None
        while True:
            page = self.get(path, limit=PAGE_SIZE, **parameters, **({"cursor": cursor} if cursor else {}))
            found += page[key]
            cursor = page["next"]
            if cursor is None:
                return found

    def everybody(self) -> dict[str, Any]:
        """All people by their person ids."""
        return {one["person_id"]: one for one in self.pages("/api/people", "people")}

    def people(self) -> set[str]:
        return {called(one) for one in self.everybody().values()}

    def person(self, name: str) -> Any:
        """A person by user id, else by address."""
        return self.found("email" if "@" in name else "user_id", name)

    def found(self, by: str, name: str) -> Any:
        people = self.get("/api/people", **{by: name})["people"]
        assert len(people) == 1, (name, people)
        return people[0]

    def exists(self, name: str) -> bool:
        return bool(self.get("/api/people", **{"email" if "@" in name else "user_id": name})["people"])

    def id_of(self, name: str) -> str:
        person_id: str = self.person(name)["person_id"]
        return person_id

    def fields(self, name: str) -> Any:
        return self.person(name)["fields"]

    def visits(self, name: str) -> tuple[float | None, float | None, float | None]:
        """First visit, first identified visit, last visit."""
        one = self.person(name)
        return seconds(one["first_seen"]), seconds(one["first_identified"]), seconds(one["last_seen"])

    def events_of(self, name: str) -> list[Any]:
        """A person's timeline, oldest first."""
        return self.pages(f"/api/people/{self.id_of(name)}/events", "events")[::-1]

    def timeline(self, name: str) -> list[str]:
        return self.in_order(one["message_id"] for one in self.events_of(name))

    def was_anonymous(self) -> set[str]:
        """What was done without a user, whoever it turned out to be."""
        return {one["message_id"] for one in self._events() if one["was_anonymous"]}

    def event_shown(self, message: str) -> Any:
        (found,) = (one for one in self._events() if one["message_id"] == message)
        return found

    def _events(self) -> list[Any]:
        tabs = [self.pages("/api/activity", "entries", tab=tab) for tab in ("identified", "anonymous")]
        return [entry for tab in tabs for entry in tab if entry["kind"] == "event"]

    def shown(self) -> dict[str | None, list[str]]:
        """Whose everything is: person -> message ids in the order in which they happened; None is nobody.

        As the activity log says, which has to agree with each person's timeline.
        """
        everybody = self.everybody()
        found: dict[str | None, list[str]] = {}
        for one in self._events():
            name = called(everybody[one["person"]["person_id"]]) if one["person"] else None
            found.setdefault(name, []).append(one["message_id"])
        shown = {name: self.in_order(messages) for name, messages in found.items()}
        for person_id, one in everybody.items():
            timeline = self.pages(f"/api/people/{person_id}/events", "events")
            assert self.in_order(entry["message_id"] for entry in timeline) == shown.get(called(one), []), called(one)
        return shown

    def in_order(self, messages: Any) -> list[str]:
        return sorted(messages, key=lambda message: (self.happens.get(message, 0.0), len(message), message))

    def whose(self, message: str) -> str | None:
        return next((name for name, messages in self.shown().items() if message in messages), None)

    def entries(self, *kinds: str) -> list[Any]:
        """The activity log's entries that are no events, oldest first."""
        everything = self.pages("/api/activity", "entries")[::-1]
        return [entry for entry in everything if entry["kind"] != "event" and (not kinds or entry["kind"] in kinds)]

    def log(self) -> list[str]:
        """The same as words: what, which anonymous id, which person, why; `-` where there is none."""
        everybody = self.everybody()

        def said(entry: Any) -> str:
            person = entry["person"]
            name = called(everybody[person["person_id"]]) if person else "-"
            reason = entry["reason"]
            return " ".join([entry["kind"], entry["anonymous_id"] or "-", name, *([reason] if reason else [])])

        return [said(entry) for entry in self.entries()]

    def visitor(self, x: str) -> Any:
        return self.get(f"/api/visitors/{quote(x, safe='')}")

    def was_seen(self, x: str) -> bool:
        return self.api("GET", f"/api/visitors/{quote(x, safe='')}").status == 200

    def mapped(self, x: str) -> str | None:
        """Whom an anonymous id was merged into."""
        to = self.visitor(x)["mapped_to"]
        return None if to is None else called(self.everybody()[to])

    def identified(self) -> int:
        """The number of identified people, as it would be billed."""
        number: int = self.get("/api/counts")["identified_people"]
        return number

    def counts(self) -> Any:
        return self.get("/api/counts")

    def rotated(self) -> list[str]:
        """The anonymous ids that the last answer told the browser to give up."""
        assert self.answer is not None
        given_up: list[str] = self.answer.json.get("rotate", [])
        return given_up

    # -- by hand -----------------------------------------------------------------------------------------------------

    def api(self, method: str, path: str, body: Any = None) -> Answer:
        """A request with the secret key, whatever becomes of it."""
        headers = {"authorization": f"Bearer {self.app.secret_key}", "content-type": "application/json"}
        return self.app.request(method, path, b"" if body is None else json.dumps(body).encode(), headers)

    def do(self, method: str, path: str, body: Any = None) -> Any:
        answer = self.api(method, path, body)
        assert 200 <= answer.status < 300, answer
        return answer.json if answer.body else None

    def detach(self, x: str, **more: Any) -> Any:
        return self.do("POST", f"/api/visitors/{quote(x, safe='')}/detach", more)

    def attach(self, x: str, name: str, **more: Any) -> Any:
        return self.do("POST", f"/api/visitors/{quote(x, safe='')}/attach", {"person_id": self.id_of(name), **more})

    def logout(self, x: str, at: float, **more: Any) -> Any:
        """The server knows that somebody logged out on x at that moment."""
        self.wait_for(at)
        return self.do("POST", f"/api/visitors/{quote(x, safe='')}/logout", {"at": iso(moment(at)), **more})

    def merge(self, source: str, into: str, **more: Any) -> Any:
        return self.do("POST", f"/api/people/{self.id_of(source)}/merge", {"into": self.id_of(into), **more})

    def unmerge(self, merge_id: str, **more: Any) -> Any:
        return self.do("POST", f"/api/merges/{merge_id}/undo", more)

    def last_merge(self) -> str:
        """The number of the newest merge of two people."""
        merge_id: str = self.entries("people_merged")[-1]["merge_id"]
        return merge_id

    def delete(self, name: str, preview: bool = False) -> Any:
        done = self.do("DELETE", f"/api/people/{self.id_of(name)}" + ("?preview=true" if preview else ""))
        self.settle()
        return done

    def retention(self) -> Any:
        done = self.do("POST", "/api/retention", {})
        self.settle()
        return done

    def settle(self) -> None:
        """Carry out the jobs that wait for the housekeeping, and wait for those that it has taken up."""
        installation = self.app.installation
        while waiting := [job for job in self.get("/api/jobs")["jobs"] if job["state"] in ("waiting", "running")]:
            for job in waiting:
                for _ in jobs.run(installation.store, self.app.site.site_id, int(job["job_id"]), self.app.clock):
                    pass

    def link(self, name: str, url: str = "https://shop.test/offer") -> str:
        """An address for an e-mail to this person, signed."""
        made: str = self.do("POST", "/api/links", {"email" if "@" in name else "user_id": name, "url": url})["url"]
        return made

    def account(self, account: str) -> Any:
        return self.get(f"/api/accounts/{quote(account, safe='')}")

    def members(self, account: str) -> set[str]:
        """Who belongs to an account."""
        everybody = self.everybody()
        return {called(everybody[one["person_id"]]) for one in self.pages(f"/api/accounts/{quote(account, safe='')}", "people")}


def called(person: Any) -> str:
    """What the stories call a person: its user ids, else its first address."""
    name: str = "+".join(sorted(person["user_ids"])) or person["emails"][0]
    return name
