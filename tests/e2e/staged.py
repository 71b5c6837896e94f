"""Pages of a test's own making in front of a host's sites, at any host name, and answers that are not the collector's.

    with staged(host) as stage:
        stage.pages["/mine"] = lambda request: "<!doctype html>..."
        stage.fates[visitor.client] = lambda request: Answer(200, [], b"<p>Sign in</p>")

`Rounds` visits many such pages in one engine, some at a time, because most of a visit is waiting.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Any

import msgspec

from . import tables
from .beacons import Event, is_quiet
from .engines import Browser, Engine, Tab, Visitor
from .servers import HEARD, OUTCOME, PAGES, Host
from .wire import Answer, Request, forward

AT_ONCE = 12
HTML = [("Content-Type", "text/html; charset=utf-8")]
SCRIPT = [("Content-Type", "text/javascript")]
PACKAGE = PAGES.parents[2] / "snippet" / "dist" / "index.js"
ELSEWHERE = ".elsewhere.localhost"
"""Domain of foreign hosts: whatever they are sent, they answer as if they had taken it."""


class Stage:
    """Answers given before the host's own pages and the collector are asked."""

    def __init__(self, host: Host) -> None:
        self.host = host
        self.pages: dict[str, Callable[[Request], str | Answer | None]] = {}
        """Path without its query -> the page, or the whole answer."""
        self.fates: dict[str, Callable[[Request], Answer | None]] = {}
        """Client -> what its batches are answered; None for what the collector says."""
        self.foreign: set[int] = set()
        """Batches, by `id`, whose answer was decided there."""
        self._pasted: dict[tuple[str, str], str] = {}

    def answer(self, request: Request) -> Answer | None:
        path = request.path.partition("?")[0]
        if request.host.endswith(ELSEWHERE):
            return self._taken(request)
        if request.is_ingest and request.client in self.fates:
            self.foreign.add(id(request))
            return self.fates[request.client](request)
        if path in self.pages:
            made = self.pages[path](request)
            return Answer(200, HTML, made.encode()) if isinstance(made, str) else made
        if path == "/package.js":
            return Answer(200, SCRIPT, PACKAGE.read_bytes())
        if request.method == "GET" and request.client and path in map(self.host.script, self.host.sites):
            return self._script(request)
        return None

    def forward(self, request: Request) -> Answer:
        """Answer of the collector."""
        return forward(("127.0.0.1", self.host.collector.port), request)

    def prepare(self, *forms: str, site: str = "plain") -> None:
        """Prepare these pasted forms, beside the one that a site is shown."""
        self._pasted |= {(site, form): self.host.snippet(site, "--form", form)["snippet_html"] for form in forms}

    def snippet(self, client: str, site: str = "plain", form: str = "") -> str:
        """Snippet as pasted, for this visitor's own host names."""
        return own_hosts(self._pasted[site, form] if form else self.host.sites[site]["snippet_html"], client)

    def script_url(self, client: str, site: str = "plain") -> str:
        return self.address(client) + self.host.script(site)

    def script_text(self, client: str, site: str = "plain") -> str:
        """The generated script, as somebody copies it who bundles it with others."""
        host = f"www-{client}.shop.localhost"
        asked = Request(client, "GET", host, self.host.script(site), {"Host": host}, b"")
        return self._script(asked).body.decode()

    def batch_url(self, client: str, site: str = "plain") -> str:
        """Address of this visitor's events."""
        return f"{self.address(client)}{self.host.sites[site]['prefix']}/v1/batch"

    def address(self, client: str) -> str:
        return f"http://www-{client}.shop.localhost:{self.host.wire.port}"

    def elsewhere(self, client: str) -> str:
        """Foreign host, to which a page may try to send this visitor's events."""
        return f"http://{client}{ELSEWHERE}:{self.host.wire.port}"

    def sent_elsewhere(self, client: str) -> list[Request]:
        """Requests to that host with a body, and preflights."""
        host = f"{client}{ELSEWHERE}"
        return [one for one in self.host.wire.requests if one.host == host and (one.method != "GET" or one.body)]

    def strays(self, client: str, site: str = "plain") -> list[str]:
        """Addresses to which this visitor's pages sent what belonged to the site's batch address."""
        right = {self.host.sites[site]["prefix"] + "/v1/batch", HEARD, OUTCOME}
        here = [one for one in self.host.wire.requests if one.client == client and one.method not in ("GET", "HEAD", "OPTIONS")]
        return [
            one.host + one.path
            for one in [*here, *self.sent_elsewhere(client)]
            if one.path not in right or one.client != client
        ]

    def _taken(self, request: Request) -> Answer:
        cors = [
            ("Access-Control-Allow-Origin", request.headers.get("Origin", "*")),
            ("Access-Control-Allow-Credentials", "true"),
            ("Access-Control-Allow-Headers", "*, content-type"),
        ]
        made = request.events if request.is_ingest and request.body else []
        answer = {"success": True, "stored": len(made), "duplicate": 0, "quarantined": []}
        return Answer(200, [*cors, ("Content-Type", "application/json")], msgspec.json.encode(answer))

    def _script(self, request: Request) -> Answer:
        """The site's script, whose configuration names the site's address: for this visitor's host names."""
        headers = {
            name: value for name, value in request.headers.items() if name.lower() not in ("accept-encoding", "if-none-match")
        }
        plain = Request(request.client, request.method, request.host, request.path, headers, b"")
        answer = self.forward(plain)
        # Not kept by the browser for a minute, so that a changed setting is there at once.
        more = [pair for pair in answer.headers if pair[0].lower() != "cache-control"]
        return answer._replace(
            headers=[*more, ("Cache-Control", "no-store")], body=own_hosts(answer.body.decode(), request.client).encode()
        )


def own_hosts(text: str, client: str) -> str:
    return re.sub(r"//www\.((\w+\.)?shop\.localhost)", rf"//www-{client}.\1", text)


@contextmanager
def staged(host: Host) -> Iterator[Stage]:
    stage = Stage(host)
    with host.wire.answering(stage.answer):
        yield stage


@dataclass
class Visit:
    """Visitor of one row of a table."""

    name: str
    visitor: Visitor
    facts: dict[str, Any] = field(default_factory=dict)
    """Outcome, for the tests to judge."""
    _tab: Tab | None = None

    @property
    def tab(self) -> Tab:
        if self._tab is None:
            self._tab = self.visitor.browser.tab()
        return self._tab

    def fresh_tab(self) -> Tab:
        """Close the tab as a person does, and open another."""
        if self._tab is not None:
            self._tab.close()
            self._tab = None
        return self.tab

    @property
    def client(self) -> str:
        return self.visitor.client

    @property
    def outcome(self) -> dict[str, Any]:
        """Reports of the page itself."""
        told = self.visitor.told(OUTCOME)
        assert told, "the page has reported nothing"
        found: dict[str, Any] = msgspec.json.decode(told[-1])
        return found

    @property
    def events(self) -> list[Event]:
        return self.visitor.beacons.events


class Rounds:
    """Visits of a table in one engine; a round of them is made when the first of it is asked for."""

    def __init__(
        self, engine: Engine, host: Host, names: Sequence[str], act: Callable[[list[Visit]], None], at_once: int = AT_ONCE
    ) -> None:
        self.engine, self._host, self._names, self._act, self._at_once = engine, host, list(names), act, at_once
        self._made: dict[str, Visit | Exception] = {}

    def __getitem__(self, name: str) -> Visit:
        if name not in self._made:
            wanted = [one for one in self._names if one == name or tables.is_wanted(self.engine.name, one)]
            first = wanted.index(name) // self._at_once * self._at_once
            names = wanted[first : first + self._at_once]
            try:
                self._made |= {visit.name: visit for visit in self._visit(names)}
            except Exception as error:
                # Tests of it fail with this, rather than making the round again.
                self._made |= dict.fromkeys(names, error)
        made = self._made[name]
        if isinstance(made, Exception):
            raise made
        return made

    def _visit(self, names: list[str]) -> list[Visit]:
        with ExitStack() as browsers:
            made = [Visit(name, Visitor(self._browser(browsers), self._host)) for name in names]
            self._act(made)
        return made

    def _browser(self, browsers: ExitStack) -> Browser:
        return browsers.enter_context(self.engine.browser())


def quiet(visits: Sequence[Visit]) -> None:
    """Wait until no request of theirs is under way. One that never rests is for its test to complain of."""
    is_quiet(visits[0].visitor.beacons._wire, *(visit.client for visit in visits))


def wait_until(visits: Sequence[Visit], seen: Callable[[Visit], object], seconds: float) -> None:
    """Wait until something is true of each of them, or the time is over: what is missing then is for the tests to say."""
    if not visits:
        return
    changed = visits[0].visitor.beacons._wire.changed
    with changed:
        changed.wait_for(lambda: all(seen(visit) for visit in visits), seconds)
