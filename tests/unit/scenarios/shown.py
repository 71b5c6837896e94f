"""Read API in the course of a story."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote, urlencode

from tests.support.app import Answer

from .course import Course, seconds

PAGE_SIZE = 500


def called(person: Any) -> str:
    """Name of a person in stories: its user ids, else its first address."""
    name: str = "+".join(sorted(person["user_ids"])) or person["emails"][0]
    return name


def portrait(person: Any) -> Any:
    """Person before and after a correction: everything that it can change, so not what events alone say."""
    return {name: value for name, value in person.items() if name not in ("first_touch", "last_touch")}


class Shown(Course):
    """Read API: all that the secret key can look at."""

    def api(self, method: str, path: str, body: Any = None) -> Answer:
        """Send a request with the secret key, whatever its end."""
        headers = {"authorization": f"Bearer {self.app.secret_key}", "content-type": "application/json"}
        return self.app.request(method, path, b"" if body is None else json.dumps(body).encode(), headers)

    def get(self, path: str, **parameters: Any) -> Any:
        return self.app.get(f"{path}?{urlencode(parameters)}" if parameters else path)

    def pages(self, path: str, key: str, **parameters: Any) -> list[Any]:
        """Pages of a list, together."""
        found: list[Any] = []
        cursor: str | None = None
        while True:
            page = self.get(path, limit=PAGE_SIZE, **parameters, **({"cursor": cursor} if cursor else {}))
            found += page[key]
            cursor = page["next"]
            if cursor is None:
                return found

    def everybody(self) -> dict[str, Any]:
        """People by their person ids."""
        return {one["person_id"]: one for one in self.pages("/api/people", "people")}

    def people(self) -> set[str]:
        return {called(one) for one in self.everybody().values()}

    def person(self, name: str) -> Any:
        """Person by user id, else by address."""
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
        """Events of a person, oldest first."""
        return self.pages(f"/api/people/{self.id_of(name)}/events", "events")[::-1]

    def timeline(self, name: str) -> list[str]:
        return self.in_order(one["message_id"] for one in self.events_of(name))

    def was_anonymous(self) -> set[str]:
        """Events without a user, whoever it turned out to be."""
        return {one["message_id"] for one in self._events() if one["was_anonymous"]}

    def event_shown(self, message: str) -> Any:
        (found,) = (one for one in self._events() if one["message_id"] == message)
        return found

    def _events(self) -> list[Any]:
        tabs = [self.pages("/api/activity", "entries", tab=tab) for tab in ("identified", "anonymous")]
        return [entry for tab in tabs for entry in tab if entry["kind"] == "event"]

    def shown(self) -> dict[str | None, list[str]]:
        """Owners: person -> message ids in the order in which they happened; None is nobody.

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
        """Activity log entries that are no events, oldest first."""
        everything = self.pages("/api/activity", "entries")[::-1]
        return [entry for entry in everything if entry["kind"] != "event" and (not kinds or entry["kind"] in kinds)]

    def log(self) -> list[str]:
        """Log as words: operation, anonymous id, person, reason; `-` where there is none."""
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
        """Person an anonymous id merged into."""
        to = self.visitor(x)["mapped_to"]
        return None if to is None else called(self.everybody()[to])

    def identified(self) -> int:
        """Number of identified people, as it would be billed."""
        number: int = self.get("/api/counts")["identified_people"]
        return number

    def counts(self) -> Any:
        return self.get("/api/counts")

    def rotated(self) -> list[str]:
        """Anonymous ids that the last answer told the browser to give up."""
        assert self.answer is not None
        given_up: list[str] = self.answer.json.get("rotate", [])
        return given_up

    def account(self, account: str) -> Any:
        return self.get(f"/api/accounts/{quote(account, safe='')}")

    def members(self, account: str) -> set[str]:
        """Members of an account."""
        everybody = self.everybody()
        return {called(everybody[one["person_id"]]) for one in self.pages(f"/api/accounts/{quote(account, safe='')}", "people")}
