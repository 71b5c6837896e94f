"""Values that JSON has no word for, in each engine: they become something that can be read, and no event is lost to them."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from .beacons import Event
from .engines import Engine, Visitor
from .servers import OUTCOME, Host
from .staged import Stage, Visit, quiet, staged, wait_until

LARGEST = 32_768
"""Bytes of one event, beyond which the collector sets it aside."""


def text(pattern: str = r".+") -> Callable[[Any], bool]:
    """Text that a person can read."""
    return lambda found: isinstance(found, str) and re.fullmatch(pattern, found, re.DOTALL) is not None


def anything(found: Any) -> bool:
    return True


def holds(**wanted: Any) -> Callable[[Any], bool]:
    """Object with these members, among others."""
    return lambda found: (
        isinstance(found, dict)
        and all((said(found.get(name)) if callable(said) else found.get(name) == said) for name, said in wanted.items())
    )


def cut(size: int) -> Callable[[Any], bool]:
    """Text or list that is shorter than it was."""
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
"""Values that JSON has words for: they arrive as they were, and nothing is flagged as changed."""
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
"""Values whose change need not be flagged: JSON has an answer of its own."""
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
"""Values bounded by depth, size and time."""
VALUES = {**PLAIN, **ODD, **HEAVY}
NUMBERS = {name: n for n, name in enumerate(VALUES)}

WHOLE = [
    "new Map([['a', 1]])", "(() => { const p = Proxy.revocable({}, {}); p.revoke(); return p.proxy })()", "window", "document", "[1, 2]", "'text'",
    "12n", "new Error('x')", "new Proxy({}, { ownKeys() { throw 1 }, get() { throw 2 }, getPrototypeOf() { throw 3 } })", "Symbol('x')", "() => {}",
    "document.all", "Object.create({ inherited: 1 })", "(() => { const a = {}; a.a = a; return a })()", "{ toJSON() { throw 1 } }",
]  # fmt: skip
"""Stand-ins for properties, traits."""

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
    """Visit in which everything was said."""

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
        made.pages["/odd"] = lambda request: odd_page(made, request.client)
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


def test_odd_values_throw_nothing_and_leave_nothing(said: Said) -> None:
    assert said.thrown == [], "something was thrown into the page, or it never came to its end"
    assert said.visitor.complaints == []
    names = {event.get("event") for event in said.events}
    assert {f"whole {n}" for n in range(len(WHOLE))} <= names
    users = {event.get("userId") for event in said.events if event["type"] == "identify"}
    assert {f"{said.prefix}-whole-{n}" for n in range(len(WHOLE))} <= users


@pytest.mark.parametrize("name", VALUES)
def test_odd_values_arrive_and_can_be_read(said: Said, name: str) -> None:
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
    """People are all there, with what they did before and with their address."""
    read = host.read()
    for name, n in NUMBERS.items():
        person = read.person(f"{said.prefix}-{n}")
        assert person["emails"] == [f"v{n}@{said.prefix}.example"], name


def test_changed_values_are_flagged(said: Said, host: Host) -> None:
    read = host.read()
    for name, is_altered in (("a BigInt", True), ("a cycle", True), ("a long text", True), ("a tree", False)):
        (stored,) = [one for one in read.timeline(f"{said.prefix}-{NUMBERS[name]}") if one["type"] == "identify"]
        assert ("altered" in stored["flags"]) == is_altered, name
