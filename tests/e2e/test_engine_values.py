"""Values that pages hand over, in each engine: those JSON has no word for, addresses of any length, and objects that change after the call."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

import pytest

from .beacons import ABSENT, Event, check_all, identify, matches, page, track
from .engines import LOADED, Engine, Visitor, anonymous_id
from .servers import OUTCOME, Host
from .staged import Rounds, Stage, Visit, quiet, staged, wait_until
from .wire import Request

LARGEST = 32_768
"""Bytes of one event, beyond which the collector sets it aside."""


def text(pattern: str = r".+") -> Callable[[Any], bool]:
    """A text that a person can read."""
    return lambda found: isinstance(found, str) and re.fullmatch(pattern, found, re.DOTALL) is not None


def anything(found: Any) -> bool:
    return True


def holds(**wanted: Any) -> Callable[[Any], bool]:
    """An object with these members, among others."""
    return lambda found: (
        isinstance(found, dict)
        and all((said(found.get(name)) if callable(said) else found.get(name) == said) for name, said in wanted.items())
    )


def cut(size: int) -> Callable[[Any], bool]:
    """A text or a list that is shorter than it was."""
    return lambda found: isinstance(found, str | list) and 0 < len(found) < size


UNREADABLE = text(r"\[unreadable\]")
PLAIN: dict[str, tuple[str, Any]] = {
    "text": ('"grün <b> \\u2028 \\\\ \\""', 'grün <b> \u2028 \\ "'), "nothing": ("null", None), "numbers": ("[0, -1, 1.5, 1e21]", [0, -1, 1.5, 1e21]),
    "a tree": ('({ a: [{ b: { c: [1, "2", null, true] } }] })', {"a": [{"b": {"c": [1, "2", None, True]}}]}),
    "a date": ("new Date(0)", "1970-01-01T00:00:00.000Z"), "an address": ('new URL("https://a.example/b")', "https://a.example/b"),
    "something with a word of its own": ("({ secret: 1, toJSON() { return { said: 1 } } })", {"said": 1}),
    "an object without a prototype": ('Object.assign(Object.create(null), { a: 1 })', {"a": 1}),
    "the same twice": ("(() => { const one = { a: 1 }; return [one, one] })()", [{"a": 1}, {"a": 1}]),
    "an instance": ("new (class Cart { total = 3; #hidden = 1 })()", {"total": 3}),
}  # fmt: skip
"""JSON has words for these: they arrive as they were, and nothing is said to have been changed."""
ODD: dict[str, tuple[str, Any]] = {
    "a BigInt": ("10n", "10"), "a BigInt in an object": ("({ balance: 10n })", {"balance": "10"}), "BigInts in a list": ("[1n, -2n]", ["1", "-2"]),
    "a boxed BigInt": ("Object(10n)", "10"), "a huge BigInt": ("2n ** 200n", str(2**200)),
    "no number": ("NaN", "NaN"), "infinity": ("[Infinity, -Infinity]", ["Infinity", "-Infinity"]), "no date": ("new Date(NaN)", anything),
    "a cycle": ("(() => { const a = { n: 1 }; a.self = a; return a })()", {"n": 1, "self": "[Circular]"}),
    "a cycle of two": ("(() => { const a = { n: 1 }, b = { a }; a.b = b; return a })()", {"n": 1, "b": {"a": "[Circular]"}}),
    "a cyclic list": ("(() => { const a = [1]; a.push(a); return a })()", [1, "[Circular]"]),
    "an element": ('document.createElement("div")', "[object HTMLDivElement]"), "the document": ("document", text(r"\[object (HTML)?Document\]")),
    "the body, in an object": ("({ el: document.body })", {"el": "[object HTMLBodyElement]"}), "a text node": ('document.createTextNode("a")', "[object Text]"),
    "a list of elements": ('document.querySelectorAll("*")', anything), "a form": ('document.createElement("form")', "[object HTMLFormElement]"),
    "an element with what React puts there": ('(() => { const el = document.createElement("p"); el.__reactFiber$x = { stateNode: el }; return el })()', "[object HTMLParagraphElement]"),
    "window": ("window", "[object Window]"), "a frame's window": ("(() => { const f = document.createElement('iframe'); document.body.append(f); return f.contentWindow })()", text(r"\[.+\]")),
    "a window of somebody else": ("document.getElementById('foreign').contentWindow", text()),
    "an event of the page": ('new MouseEvent("click")', anything), "a file": ('new File(["a"], "a.txt")', anything),
    "a React element": ('({ $$typeof: Symbol.for("react.element"), type: "b", props: { children: "a" }, _owner: null })', "[React element]"),
    "a React element of today": ('({ $$typeof: Symbol.for("react.transitional.element"), type: "b", props: {} })', "[React element]"),
    "React elements in a list": ('[{ $$typeof: Symbol.for("react.element"), type: "b" }]', ["[React element]"]),
    "a getter that throws": ('({ n: 1, get bad() { throw new Error("no") } })', {"n": 1, "bad": "[unreadable]"}),
    "a getter that throws nothing at all": ("({ n: 1, get bad() { throw undefined } })", {"n": 1, "bad": "[unreadable]"}),
    "a toJSON that throws": ('({ n: 1, toJSON() { throw new Error("no") } })', anything), "a toJSON that says a BigInt": ("({ toJSON() { return 5n } })", "5"),
    "a toJSON that says itself": ("({ n: 1, toJSON() { return this } })", anything), "a toJSON in a tree": ("({ a: 1, b: { toJSON() { throw 1 } } })", holds(a=1)),
    "a revoked proxy": ("(() => { const p = Proxy.revocable({}, {}); p.revoke(); return p.proxy })()", UNREADABLE),
    "a revoked proxy in an object": ("(() => { const p = Proxy.revocable([], {}); p.revoke(); return { n: 1, p: p.proxy } })()", holds(n=1, p=UNREADABLE)),
    "a proxy that refuses": ("new Proxy({}, { ownKeys() { throw 1 }, get() { throw 2 }, getPrototypeOf() { throw 3 }, has() { throw 4 } })", UNREADABLE),
    "a proxy that answers everything": ("new Proxy({}, { get: (_, key) => key })", anything),
    "a map": ('new Map([["a", 1], ["b", { c: 2n }]])', {"a": 1, "b": {"c": "2"}}), "a set": ("new Set([1, 'two'])", [1, "two"]),
    "a map of itself": ("(() => { const m = new Map(); m.set('m', m); return m })()", {"m": "[Circular]"}),
    "an error": ('new TypeError("x")', "TypeError: x"), "an error in an object": ('({ why: new RangeError("y") })', {"why": "RangeError: y"}),
    "an error of the page's own": ('Object.assign(new (class MyError extends Error {})("z"), { code: 5 })', text(r".*z.*")),
    "a symbol": ("({ n: 1, s: Symbol('s') })", holds(n=1)), "a symbol alone": ("Symbol('s')", anything),
    "a function among others": ("({ n: 1, f() {}, g: class {} })", {"n": 1}), "bytes": ("new Uint8Array([1, 2])", anything),
    "a long text": ('"é".repeat(100000)', cut(100_000)), "a long text in an object": ('({ html: "<p>".repeat(40000) })', holds(html=cut(120_000))),

    "a long name": ('({ ["k".repeat(50000)]: 1 })', anything),
    "half a pair": ('"a\\ud800b"', text(r"a.+b")), "a name that is none": ('({ "__proto__ ": 1, ["__proto__"]: 2, constructor: 3, toString: 4 })', holds(constructor=3)),
    "a promise": ("Promise.resolve(1)", anything), "storage": ("localStorage", anything), "a generator": ("(function* () { for (;;) yield 1 })()", anything),
    "a store that is read as a list": ("document.all", anything), "the navigator": ("navigator", anything), "the location": ("location", anything),
}  # fmt: skip
LEFT_OUT = {
    "a function among others", "no date", "a list of elements", "an event of the page", "a file", "a symbol", "a symbol alone", "bytes",
    "a promise", "storage", "a generator", "a store that is read as a list", "the navigator", "the location", "a name that is none",
    "a toJSON that says itself", "a proxy that answers everything", "half a pair", "a list with one far away",
}  # fmt: skip
"""Of these nobody has promised that a change of them is said: JSON has an answer of its own."""
HEAVY = {
    "a proxy without an end": ("(() => { const p = new Proxy({}, { ownKeys: () => ['a', 'b'], getOwnPropertyDescriptor: () => ({ enumerable: true, configurable: true }), get: (_, key) => (key === 'a' || key === 'b' ? p : undefined) }); return p })()", anything),
    "a tree that grows as it is read": ("(() => { const more = () => ({ get a() { return more() }, get b() { return more() } }); return more() })()", anything),
    "many long texts": ('Array.from({ length: 200 }, (_, i) => ({ i, text: "x".repeat(5000) }))', anything),
    "many lists of many": ("Array.from({ length: 1000 }, () => Array.from({ length: 1000 }, () => ({ a: 1 })))", anything),
    "a long list": ("Array.from({ length: 100000 }, (_, i) => i)", anything),
    "many members": ("Object.fromEntries(Array.from({ length: 20000 }, (_, i) => ['key' + i, i]))", anything),
    "a large map": ("new Map(Array.from({ length: 100000 }, (_, i) => [i, i]))", anything),
    "a large set": ("new Set(Array.from({ length: 100000 }, (_, i) => i))", anything),
    "depth": ("(() => { let a = {}; for (let i = 0; i < 20000; i++) a = { a }; return a })()", anything),
    "depth of lists": ("(() => { let a = []; for (let i = 0; i < 20000; i++) a = [a]; return a })()", anything),
    "a list with one far away": ("(() => { const a = []; a[4000000000] = 1; return a })()", anything),
}  # fmt: skip
"""These are bounded by depth, size and time."""
VALUES = {**PLAIN, **ODD, **HEAVY}
NUMBERS = {name: n for n, name in enumerate(VALUES)}

WHOLE = [
    "new Map([['a', 1]])", "(() => { const p = Proxy.revocable({}, {}); p.revoke(); return p.proxy })()", "window", "document", "[1, 2]", "'text'",
    "12n", "new Error('x')", "new Proxy({}, { ownKeys() { throw 1 }, get() { throw 2 }, getPrototypeOf() { throw 3 } })", "Symbol('x')", "() => {}",
    "document.all", "Object.create({ inherited: 1 })", "(() => { const a = {}; a.a = a; return a })()", "{ toJSON() { throw 1 } }",
]  # fmt: skip
"""In place of properties and traits."""

CALLS = """
// Each in a task of its own, by the page itself: one that takes for ever keeps only those behind it from being said.
addEventListener("load", () => {
  const values = [VALUES], whole = [WHOLE], thrown = []
  const attempt = (what, act) => { try { act() } catch (error) { thrown.push(what + ": " + error) } }
  const tasks = values.map((make, n) => () => {
    attempt("track " + n, () => passerby.track("value", { n, value: make() }))
    attempt("identify " + n, () => { passerby.reset(); passerby.identify("PREFIX-" + n, { email: "v" + n + "@PREFIX.example", value: make() }) })
    attempt("group " + n, () => passerby.group("group", { value: make() }))
  })
  tasks.splice(-HEAVY, 0, ...whole.map((make, n) => () => {
    attempt("whole track " + n, () => passerby.track("whole " + n, make()))
    attempt("whole identify " + n, () => { passerby.reset(); passerby.identify("PREFIX-whole-" + n, make()) })
    attempt("whole page " + n, () => passerby.page("whole", make()))
    attempt("whole group " + n, () => passerby.group("whole", make(), make()))
    attempt("odd calls " + n, () => { passerby.track(make()); passerby.identify(make()); passerby.group(make()); passerby.consent(make()) })
  }))
  const next = () => {
    const task = tasks.shift()
    if (task) task()
    if (task) setTimeout(next)
    else if (passerby.debug().waiting) setTimeout(next, 50)
    else navigator.sendBeacon("/outcome", JSON.stringify({ thrown }))
  }
  const begin = () => (window.passerby && passerby.v ? next() : setTimeout(begin, 20))
  begin()
})
"""


@dataclass
class Said:
    """One visit in which everything was said."""

    visitor: Visitor
    prefix: str
    thrown: list[str] | None
    """None when the page did not come to its end."""
    events: list[Event] = field(default_factory=list)

    def event(self, name: str) -> Event:
        (found,) = [one for one in self.events if one.get("event") == "value" and one["properties"]["n"] == NUMBERS[name]]
        return found

    def identified(self, name: str) -> Event:
        (found,) = [
            one for one in self.events if one["type"] == "identify" and one.get("userId") == f"{self.prefix}-{NUMBERS[name]}"
        ]
        return found


@pytest.fixture(scope="module")
def stage(host: Host) -> Iterator[Stage]:
    with staged(host) as made:
        made.prepare("loader")
        made.pages["/odd"] = lambda request: odd_page(made, request.client)
        made.pages["/changing"] = lambda request: changing_page(made, request)
        made.pages["/" + PATH] = lambda request: made.snippet(request.client)
        yield made


@pytest.fixture(scope="module")
def said(engine: Engine, host: Host, stage: Stage) -> Iterator[Said]:
    with engine.browser() as browser:
        visitor = Visitor(browser, host)
        visitor.browser.tab().goto(visitor.url("odd"))
        visit = Visit("odd", visitor)
        wait_until([visit], lambda _: visitor.told(OUTCOME), 60)
        quiet([visit])
        thrown = visit.outcome["thrown"] if visitor.told(OUTCOME) else None
        yield Said(visitor, f"odd-{visitor.client}-www", thrown, visitor.beacons.events)


def odd_page(stage: Stage, client: str) -> str:
    values, whole = (
        f"[{', '.join(f'() => ({code})' for code in codes)}]" for codes in ([code for code, _ in VALUES.values()], WHOLE)
    )
    calls = CALLS.replace("[VALUES]", values).replace("[WHOLE]", whole).replace("HEAVY", str(len(HEAVY)))
    return (
        '<!doctype html><html lang="en"><head><title>Values</title><script src="/heard.js"></script>'
        f"{stage.snippet(client)}<script>{calls.replace('PREFIX', f'odd-{client}-www')}</script></head>"
        f'<body><iframe id="foreign" src="{stage.elsewhere(client)}/frame"></iframe></body></html>'
    )


def test_nothing_is_thrown_and_nothing_stays(said: Said) -> None:
    assert said.thrown == [], "something was thrown into the page, or it never came to its end"
    assert said.visitor.complaints == []
    names = {event.get("event") for event in said.events}
    assert {f"whole {n}" for n in range(len(WHOLE))} <= names
    users = {event.get("userId") for event in said.events if event["type"] == "identify"}
    assert {f"{said.prefix}-whole-{n}" for n in range(len(WHOLE))} <= users


@pytest.mark.parametrize("name", VALUES)
def test_an_event_with_it_is_sent_and_can_be_read(said: Said, name: str) -> None:
    wanted = VALUES[name][1]
    for event, members in ((said.event(name), "properties"), (said.identified(name), "traits")):
        assert len(json.dumps(event, ensure_ascii=False).encode(errors="replace")) < LARGEST
        found = event[members].get("value")
        assert wanted(found) if callable(wanted) else found == wanted, f"{name}: {str(found)[:300]}"
        if name in PLAIN:
            assert "altered" not in event["context"]
        elif name not in LEFT_OUT:
            assert event["context"]["altered"] >= 1


def test_no_merge_is_lost_to_a_trait(said: Said, host: Host) -> None:
    """Each of these people is there, with what they did before and with their address."""
    read = host.read()
    for name, n in NUMBERS.items():
        person = read.person(f"{said.prefix}-{n}")
        assert person["emails"] == [f"v{n}@{said.prefix}.example"], name


def test_what_was_changed_is_flagged(said: Said, host: Host) -> None:
    read = host.read()
    for name, is_altered in (("a BigInt", True), ("a cycle", True), ("a long text", True), ("a tree", False)):
        (stored,) = [one for one in read.timeline(f"{said.prefix}-{NUMBERS[name]}") if one["type"] == "identify"]
        assert ("altered" in stored["flags"]) == is_altered, name


# --- Addresses

PATH = "a-path-" + "p" * 1200
LONG = "x" * 8000


@dataclass(frozen=True)
class Address:
    query: str
    keeps: tuple[tuple[str, str], ...] = ()
    """Parameters that are there as they were."""
    cuts: tuple[str, ...] = ()
    """Parameters that are there, but shorter."""
    path: str = "load"
    is_altered: bool = True


ADDRESSES = {
    "short": Address("a=1&b=2&utm_source=news", (("a", "1"), ("b", "2"), ("utm_source", "news")), is_altered=False),
    "as long as a person writes": Address("q=" + "word+" * 300, is_altered=False),
    "the state of a sign-in": Address(f"state={LONG}&code=abc&utm_source=news", (("code", "abc"), ("utm_source", "news")), ("state",)),
    "filters of 32 KB": Address(f"page=2&filters={LONG * 4}&gclid=g1", (("page", "2"), ("gclid", "g1")), ("filters",)),
    "thousands of parameters": Address(
        "&".join(f"f{n}=v{n}" for n in range(2500)) + "&utm_campaign=spring&utm_medium=mail&fbclid=f1",
        (("f0", "v0"), ("utm_campaign", "spring"), ("utm_medium", "mail"), ("fbclid", "f1")),
    ),
    "several long ones": Address("&".join(f"l{n}={LONG[:1500]}" for n in range(9)) + "&utm_term=shoes", (("utm_term", "shoes"),), ("l0",)),
    "one long campaign": Address(f"utm_source=news&utm_content={LONG}", (("utm_source", "news"),), ("utm_content",)),
    "a word without a value": Address(LONG + "&utm_source=news", (("utm_source", "news"),)),
    "letters of other alphabets": Address("q=" + "%E2%82%AC" * 3000 + "&utm_source=news", (("utm_source", "news"),), ("q",)),
    "a fragment": Address(f"a=1#{LONG}", (("a", "1"),), is_altered=False),
    "a long path": Address(f"state={LONG}", (), ("state",), path=PATH),
}  # fmt: skip


@pytest.fixture(scope="module")
def addressed(engine: Engine, host: Host, stage: Stage) -> Iterator[tuple[Visitor, dict[str, list[Event]], list[Event]]]:
    """Of each address, what was sent from there: the page view, a `track`, and the view of a route that follows."""
    with engine.browser() as browser:
        visitor = Visitor(browser, host)
        tab = visitor.browser.tab()
        sent: dict[str, list[Event]] = {}
        for n, (name, address) in enumerate(ADDRESSES.items()):
            before = len(visitor.beacons.events)
            tab.goto(visitor.url(f"{address.path}?{address.query}"))
            tab.wait_for(LOADED)
            tab.do(f"passerby.track('there', {{ n: {n} }}); history.pushState({{}}, '', '/next')")
            made = [page(f"/{address.path}"), track("there", properties={"n": n}), page("/next")]
            wait_until([Visit(name, visitor)], partial(arrived, made, before), 4)
            sent[name] = [one or {} for one in found_of(made, visitor.beacons.events[before:])]
        quiet([Visit("all", visitor)])
        found = host.read().visitor(anonymous_id(tab))
        yield visitor, sent, found["events"]


def arrived(made: list[Event], before: int, visit: Visit) -> bool:
    return None not in found_of(made, visit.events[before:])


def found_of(wanted: list[Event], events: list[Event]) -> list[Event | None]:
    return [next((event for event in events if matches(one, event)), None) for one in wanted]


Addressed = tuple[Visitor, dict[str, list[Event]], list[Event]]


@pytest.mark.parametrize("name", ADDRESSES)
def test_an_address_is_short_and_keeps_its_meaning(addressed: Addressed, name: str) -> None:
    visitor, sent, _ = addressed
    wanted = ADDRESSES[name]
    view, event, route = sent[name]
    assert view and event and route, "not all were sent"
    for url in (view["properties"]["url"], event["context"]["page"]["url"], route["properties"]["referrer"]):
        parts = urlsplit(url)
        assert f"{parts.scheme}://{parts.netloc}{parts.path}" == visitor.url(wanted.path)
        query = parse_qsl(parts.query, keep_blank_values=True, errors="strict")
        assert set(wanted.keeps) <= set(query)
        for key in wanted.cuts:
            value = dict(query)[key]
            assert value.endswith("...")
            assert 100 < len(value) <= 260 or "%" in wanted.query
        if not wanted.is_altered:
            assert parts.query == urlsplit("?" + wanted.query).query
        else:
            assert len(url) < 2600 + len(wanted.path)
            assert unquote(parts.query, errors="strict")
    assert ("altered" in view["context"]) == ("altered" in event["context"]) == wanted.is_altered
    if wanted.is_altered:
        assert "altered" in route["context"]
    assert max(len(json.dumps(one)) for one in sent[name]) < 10_000


@pytest.mark.parametrize("name", ["short", "the state of a sign-in"])
def test_an_address_is_sent_once(addressed: Addressed, name: str) -> None:
    """The stored event has it in all places all the same."""
    _, sent, events = addressed
    view, event, _ = sent[name]
    assert set(view["context"]["page"]) <= {"path", "canonical", "landing"}
    assert {"url", "path", "title", "referrer"} <= set(view["properties"])
    assert {"url", "path", "title", "referrer"} <= set(event["context"]["page"])
    assert not matches({"url": anything}, event["properties"])
    assert [one for one in (view["properties"], view["context"]["page"], event["context"]["page"]) if "search" in one] == []
    stored = {one["message_id"]: one for one in events}
    for one in (view, event):
        found = stored[one["messageId"]]["context"]["page"]
        url = (view["properties"] if one is view else event["context"]["page"])["url"]
        assert found["url"] == url
        assert found["search"] == "?" + urlsplit(url).query
        assert {"path", "title", "referrer"} <= set(found)
    assert stored[view["messageId"]]["properties"]["search"] == "?" + urlsplit(view["properties"]["url"]).query


def test_all_of_them_are_stored(addressed: Addressed) -> None:
    _, sent, events = addressed
    assert all(event for some in sent.values() for event in some)
    made = {event["messageId"] for some in sent.values() for event in some}
    assert made <= {event["message_id"] for event in events}


# --- Objects that change after the call

MAKE = """
const cart = { total: 42, items: [{ n: 1 }], when: new Date(0), big: 10n, note: { text: "as said" } }
const user = { email: "ada@example.com", address: { city: "London" } }
"""
CHANGE = """
cart.total = 0; cart.items[0].n = 9; cart.items.push({ n: 2 }); cart.when.setTime(1e12); delete cart.big; cart.note.text = "secret"; cart.extra = "secret"
user.password = "secret"; user.email = "somebody@example.com"; user.address.city = "secret"; delete user.address
"""
ODDS = 'const odd = { n: 10n, get bad() { throw new Error("no") }, el: document.documentElement }; odd.self = odd\npasserby.track("odd", odd)\n'
SAY = 'passerby.track("added", cart); passerby.page("Basket", cart); passerby.group("g1", cart); passerby.identify("USER", user)\n'
GRANT = 'passerby.consent("granted")\n'
CART = {
    "total": 42,
    "items": [{"n": 1}],
    "when": "1970-01-01T00:00:00.000Z",
    "big": "10",
    "note": {"text": "as said"},
    "extra": ABSENT,
}
USER = {"email": "ada@example.com", "address": {"city": "London"}, "password": ABSENT}
ODD_SAID = {"n": "10", "bad": "[unreadable]", "el": "[object HTMLHtmlElement]", "self": "[Circular]"}


@dataclass(frozen=True)
class Changing:
    early: str = ""
    """Calls right behind what is pasted."""
    late: str = ""
    """Calls when the script is there."""
    form: str = ""
    site: str = "plain"
    only_identify: bool = False


CHANGING = {
    "recorded by what is pasted": Changing(MAKE + SAY + ODDS + CHANGE),
    "recorded by the loader": Changing(MAKE + SAY + ODDS + CHANGE, form="loader"),
    "recorded by the package": Changing(MAKE + SAY + ODDS + CHANGE, form="package"),
    "said when the script was there": Changing("", MAKE + SAY + ODDS + CHANGE),
    "held back for consent": Changing("", MAKE + SAY + CHANGE + GRANT, site="consent", only_identify=True),
    "recorded and held back for consent": Changing(MAKE + SAY + CHANGE, GRANT, site="consent", only_identify=True),
    "recorded by the package and held back for consent": Changing(
        MAKE + SAY + CHANGE, GRANT, form="package", site="consent", only_identify=True
    ),
}
PACKAGE = '<script type="module">import { load } from "/package.js"\nconst passerby = load({ src: "URL" })\nCALLS</script>'


def changing_page(stage: Stage, request: Request) -> str:
    row = list(CHANGING.values())[int(request.path.partition("?")[2])]
    early = row.early.replace("USER", f"user-{request.client}")
    if row.form == "package":
        pasted = PACKAGE.replace("URL", stage.script_url(request.client, row.site)).replace("CALLS", early)
    else:
        pasted = stage.snippet(request.client, row.site, row.form) + f"<script>{early}</script>"
    return (
        f'<!doctype html><html lang="en"><head><title>Changing</title><script src="/heard.js"></script>{pasted}</head></html>'
    )


def change(visits: list[Visit]) -> None:
    names = list(CHANGING)
    for visit in visits:
        visit.tab.goto(visit.visitor.url(f"changing?{names.index(visit.name)}"))
        visit.tab.wait_for(LOADED)
        if late := CHANGING[visit.name].late:
            visit.tab.do(late.replace("USER", f"user-{visit.client}"))
    wait_until(visits, lambda visit: any(one["type"] == "identify" for one in visit.events), 5)
    quiet(visits)


@pytest.fixture(scope="module")
def changing(engine: Engine, host: Host, stage: Stage) -> Rounds:
    return Rounds(engine, host, list(CHANGING), change)


@pytest.mark.table(others=2)
@pytest.mark.parametrize("name", CHANGING)
def test_what_was_said_is_what_it_was_when_it_was_said(changing: Rounds, name: str) -> None:
    visit = changing[name]
    user = f"user-{visit.client}"
    told = identify(user, traits=USER)
    rest = [
        track("added", properties=CART),
        page("/changing", name="Basket", properties={**CART, "path": "/changing"}),
        {"type": "group", "groupId": "g1", "traits": CART},
        track("odd", properties=ODD_SAID),
    ]
    check_all(visit.events, told, *([] if CHANGING[name].only_identify else rest), page("/changing"))
    assert "secret" not in json.dumps(visit.events)
    assert visit.visitor.complaints == []
