"""Natives and the ways to break them, and visits to `pages/natives.html` with each: two dozen frames of one page at a time.

Each frame has a host of its own, and its site keeps cookies to the host: so each is a visitor who knows nothing of the others,
at a tenth of the cost of a browser. Nothing is asked of a frame: it tells over the wire when it has finished.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import quote

from tests.support.part import IS_WHOLE

from .beacons import PATIENCE, Beacons, Event, is_quiet
from .engines import Engine, Visitor
from .servers import HEARD, OUTCOME, PAGES, Host
from .wire import Request

SITE = "alone"
AT_ONCE = 24

NATIVES: dict[str, list[str]] = {
    "Array.prototype": [
        "map", "filter", "find", "findIndex", "forEach", "some", "every", "includes", "indexOf", "lastIndexOf", "sort", "reverse",
        "concat", "slice", "splice", "push", "pop", "shift", "unshift", "join", "flat", "flatMap", "reduce", "keys", "entries",
        "values", "fill", "toJSON", "toString", "@@iterator",
    ],
    "Array": ["isArray", "from", "of"],
    "String.prototype": [
        "split", "replace", "startsWith", "endsWith", "includes", "indexOf", "trim", "slice", "substring", "substr", "match",
        "padStart", "repeat", "charCodeAt", "charAt", "toLowerCase", "toString", "concat", "toJSON", "@@iterator",
    ],
    "String": ["fromCharCode"],
    "Object": [
        "keys", "assign", "entries", "fromEntries", "values", "create", "freeze", "defineProperty", "getPrototypeOf",
        "setPrototypeOf", "getOwnPropertyNames", "getOwnPropertyDescriptor",
    ],
    "Reflect": ["apply", "get", "getPrototypeOf", "set", "ownKeys", "construct"],
    "Object.prototype": ["hasOwnProperty", "toString", "valueOf", "toJSON", "propertyIsEnumerable"],
    "Date": ["now", "parse"],
    "Date.prototype": ["toISOString", "toJSON", "getTime", "valueOf", "toString"],
    "Number.prototype": ["toString", "toJSON", "toFixed", "valueOf"],
    "Boolean.prototype": ["toJSON"],
    "RegExp.prototype": ["exec", "test"],
    "Function.prototype": ["call", "apply", "bind", "toString"],
    "Promise.prototype": ["then", "catch", "finally"],
    "Promise": ["resolve", "all"],
    "Math": ["min", "max", "random", "floor", "round", "pow"],
    "JSON": ["parse", "stringify"],
    "Number": ["isFinite", "isNaN"],
    "window": [
        "Date", "Set", "Map", "WeakMap", "WeakSet", "Symbol", "Reflect", "Promise", "Proxy", "JSON", "Math", "RegExp", "String",
        "Number", "Boolean", "Error", "Array", "Uint8Array", "Event", "CustomEvent", "Request", "Response", "Headers",
        "AbortController", "encodeURIComponent", "decodeURIComponent", "encodeURI", "escape", "parseInt", "parseFloat", "isNaN",
        "isFinite", "structuredClone", "queueMicrotask", "btoa", "atob",
    ],
}  # fmt: skip
TO_JSON = "toJSON"
WAYS = ["throws", "nothing", "wrong", "deleted"]
SOURCE = (PAGES / "natives.js").read_text()
SPECIAL = re.findall(r'^  "([\w.@]+![\w-]+)": ', SOURCE, re.MULTILINE)
"""Functions that libraries have under the names of natives."""
LIBRARIES = re.findall(r'^  "(\w+)": \[', SOURCE, re.MULTILINE)

IMPOSSIBLE: dict[str, str] = {}
"""Ways in which calls made before the script is there are not recorded, and why."""


def paths(holder: str) -> list[str]:
    return [name if holder == "window" else f"{holder}.{name}" for name in NATIVES[holder]]


ALL = [path for holder in NATIVES for path in paths(holder)]
ONE_BY_ONE = [f"{path}!{way}" for path in ALL for way in WAYS if not (way == "deleted" and path.endswith(TO_JSON))] + SPECIAL
"""`toJSON` is of dates alone in every engine: to delete it is no change."""
TOGETHER = [
    *(f"{library}!library" for library in LIBRARIES),
    *(
        f"{holder}.*!{way}"
        for holder in NATIVES
        if holder not in ("window", "Function.prototype")
        for way in ("throws", "wrong")
    ),
    *(f"{holder}.*!{way}!after" for holder in NATIVES for way in ("throws", "nothing", "wrong")),
]
"""A whole library; everything of one holder; and everything of it once the snippet is there."""
CASES = [case for case in [*ONE_BY_ONE, *TOGETHER] if case not in IMPOSSIBLE]


IN_EACH = CASES[::3] if IS_WHOLE else CASES[::16]
"""Cases for every engine, in an ordinary run a part that meets each native: who takes what from where is the snippet's doing more than the engine's."""
IN_CHROMIUM = [case for case in CASES if case not in IN_EACH and (IS_WHOLE or case in TOGETHER or CASES.index(case) % 3 == 0)]


def query(case: str) -> str:
    path, way, *after = case.split("!")
    # Arrays themselves cannot be broken one after the other by somebody who uses them.
    words = [quote(f"{path.removesuffix('.*')}!{way}")]
    if path.endswith(".*"):
        words.append("all=" + quote(",".join(paths(path.removesuffix(".*")))))
    return "&".join([*words, *after])


@dataclass
class Frame:
    """Frame with one visitor, and its outcome."""

    case: str
    client: str
    requests: Sequence[Request]
    events: Sequence[Event]
    resent: int
    has_finished: bool
    complaints: Sequence[str]


class Sheets:
    """Cases in one engine, visited when the first of a sheet is asked for. A frame that never comes to an end takes its sheet along."""

    def __init__(self, engine: Engine, host: Host, cases: Sequence[str]) -> None:
        self._engine = engine
        self._host = host
        self._cases = list(cases)
        self._made: dict[str, Frame] = {}

    def __getitem__(self, case: str) -> Frame:
        if case not in self._made:
            first = self._cases.index(case) // AT_ONCE * AT_ONCE
            self._visit(self._cases[first : first + AT_ONCE])
        return self._made[case]

    def _visit(self, cases: Sequence[str]) -> None:
        with self._engine.browser() as browser:
            sheet = Visitor(browser, self._host)
            clients = {case: f"{sheet.client}-{index}" for index, case in enumerate(cases)}
            addresses = [self._host.url(f"natives?{query(case)}", f"www-{client}") for case, client in clients.items()]
            tab = browser.tab()
            tab.goto(sheet.url("bare"))
            tab.do(
                f"for (const src of {json.dumps(addresses)})"
                " document.body.append(Object.assign(document.createElement('iframe'), { src, width: 60, height: 60 }))"
            )
            self._wait(list(clients.values()))
            for case, client in clients.items():
                self._made[case] = self._frame(case, client, browser.errors)

    def _wait(self, clients: Sequence[str]) -> None:
        """Wait until all are done and still. Tests say what is missing after PATIENCE."""
        wire = self._host.wire
        with wire.changed:
            wire.changed.wait_for(lambda: all(self._is_done(client) for client in clients), 2 * PATIENCE)
        is_quiet(wire, *clients)

    def _is_done(self, client: str) -> bool:
        return bool(self._told(client, OUTCOME)) and len(Beacons(self._host.wire, client).events) >= 3

    def _told(self, client: str, path: str) -> list[str]:
        return [one.body.decode() for one in self._host.wire.requests if one.client == client and one.path == path]

    def _frame(self, case: str, client: str, errors: Sequence[str]) -> Frame:
        beacons = Beacons(self._host.wire, client)
        complaints = [*self._told(client, HEARD), *(line for line in errors if f"-{client}." in line)]
        return Frame(
            case, client, beacons.requests, beacons.events, beacons.resent, bool(self._told(client, OUTCOME)), complaints
        )
