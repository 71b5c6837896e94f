"""Addresses of events, if they go: named elements, polluted prototypes and unusual ways of installing, in each engine.

Of each row: a page view, a `track` and an `identify` arrive once at the site's own address, under the id of the site's own cookie,
and nothing goes anywhere else. `elsewhere` in a row is a host of somebody else, which would take whatever it is sent.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from playwright.sync_api import Playwright

from .beacons import check_all, identify, page, track
from .engines import Engine
from .engines.start import started
from .servers import OUTCOME, Host
from .staged import SCRIPT, Rounds, Stage, Visit, quiet, staged, wait_until
from .wire import Answer, Request

REPORTER = """
<script>
  // What this page needs is taken before anything in it is broken; it reports by itself, as a driver's words stand on the same.
  (() => {
    const { stringify } = JSON, own = Object.prototype.hasOwnProperty, send = navigator.sendBeacon.bind(navigator)
    const cookie = Object.getOwnPropertyDescriptor(Document.prototype, "cookie").get
    const said = [], told = { __proto__: null }
    let called, looks = 0
    console.error = (...words) => { said[said.length] = words.join(" ") }
    console.log = () => {}
    const timer = setInterval(() => {
      const mine = own.call(window, "passerby") ? window.passerby : undefined
      if (!called && mine && typeof mine.track === "function") {
        called = true
        mine.track("here", { n: 1 })
        mine.identify("user-" + name, { email: "ada@example.com" })
      }
      const codes = []
      let found
      if (called && own.call(mine, "v")) {
        found = mine.debug()
        for (let i = 0; i < found.trace.length; i++) codes[i] = found.trace[i].code
      }
      if (++looks < 100 && !(found && found.waiting === 0) && codes.indexOf("no_address") < 0) return
      clearInterval(timer)
      told.cookie = cookie.call(document)
      told.said = said
      told.codes = codes
      told.to = (found && found.to) || null
      send(location.origin + "/outcome", stringify(told))
    }, 40)
    const name = location.hostname.split(".")[0]
  })()
</script>
"""


def document(head: str, body: str = "") -> str:
    return f"""<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>A page</title><script src="/heard.js"></script>{REPORTER}{head}</head>
<body>{body}</body>
</html>"""


# --- Rows

ELEMENTS = {
    "img": '<img name="NAME" src="ELSEWHERE/a/x.png">',
    "img with an id": '<img id="NAME" name="NAME" src="ELSEWHERE/a/x.png">',
    "form": '<form name="NAME" action="ELSEWHERE/a/" hidden><input name="src" value="ELSEWHERE/a/x.js"></form>',
    "form with controls": '<form name="NAME" hidden><input name="src"><input name="q"><input name="v"><input name="track"></form>',
    "embed": '<embed name="NAME" src="ELSEWHERE/a/x.html" type="text/html" hidden>',
    "object": '<object name="NAME" data="ELSEWHERE/a/x.html" type="text/html" hidden></object>',
    "object with an id": '<object id="NAME" data="ELSEWHERE/a/x.html" type="text/html" hidden></object>',
    "iframe": '<iframe name="NAME" src="ELSEWHERE/a/x.html" hidden></iframe>',
    "iframe of this page": '<iframe name="NAME" srcdoc="<p>a frame</p>" hidden></iframe>',
    "a": '<a id="NAME" name="NAME" href="ELSEWHERE/a/x.js">a</a>',
    "two": '<img name="NAME" src="ELSEWHERE/a/x.png"><form name="NAME" hidden></form>',
    "two with other names": '<a id="NAME" name="q" href="ELSEWHERE/q">q</a><a id="NAME" name="v" href="ELSEWHERE/v">v</a>',
    "several with names of calls": "".join(
        f'<a id="NAME" name="{name}" href="ELSEWHERE/{name}">-</a>' for name in ("q", "v", "track", "identify", "push")
    ),
}
WITH_NAMES = [
    "addEventListener", "removeEventListener", "prerendering", "cookie", "body", "head", "documentElement", "title", "referrer",
    "hidden", "visibilityState", "readyState", "createElement", "createTreeWalker", "querySelector", "querySelectorAll",
    "getElementById", "getElementsByTagName", "baseURI", "URL", "documentURI", "domain", "defaultView", "scripts", "forms", "links",
    "dispatchEvent", "appendChild", "hasFocus", "fullscreenElement", "activeElement", "scrollingElement", "implementation", "nodeType",
    "constructor", "toString", "all", "currentScript", "wasDiscarded", "requestStorageAccess", "hasStorageAccess", "adoptNode",
]  # fmt: skip
"""Properties of `document` that scripts read."""
OF_WINDOW = [
    "passerby", "config", "u", "navigation", "requestIdleCallback", "trustedTypes", "PasserbyQueue", "passerbyConfig", "q", "v", "track",
]  # fmt: skip


def named(element: str, *names: str) -> str:
    return "".join(ELEMENTS[element].replace("NAME", name) for name in names)


CLOBBERED = {
    **{f"{element} named currentScript": named(element, "currentScript") for element in ELEMENTS},
    **{f"{element} named cookie": named(element, "cookie") for element in ("img", "form", "iframe", "two")},
    **{f"{element} named passerby": named(element, "passerby") for element in ELEMENTS},
    "img named addEventListener": named("img", "addEventListener"),
    "form named prerendering": named("form", "prerendering"),
    "img named head": named("img", "head"),
    "form named createElement": named("form", "createElement"),
    **{f"{element} with all names of a document": named(element, *WITH_NAMES) for element in ("img", "form", "two")},
    **{f"{element} with names of a window": named(element, *OF_WINDOW) for element in ("a", "form", "iframe of this page")},
}

VALUES = {
    # Of the configuration.
    "u": '"ELSEWHERE/a/"', "k": '"wk_of_somebody_else"', "c": '"theirs"', "x": "true", "g": '"off"', "q": "true", "h": "true",
    "o": '["clicks"]', "j": "true", "m": "[]", "d": '["elsewhere.localhost"]', "href": '"ELSEWHERE/a/"', "src": '"ELSEWHERE/a/x.js"',
    "currentScript": '{ src: "ELSEWHERE/a/x.js" }', "script": '{ src: "ELSEWHERE/a/x.js" }', "config": '{ u: "ELSEWHERE/a/" }',
    # Of fetch and its Request.
    "headers": '{ "X-Theirs": "1" }', "mode": '"no-cors"', "redirect": '"error"', "signal": "AbortSignal.abort()",
    "cache": '"only-if-cached"', "integrity": '"sha256-AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="', "referrer": '"ELSEWHERE/"',
    "referrerPolicy": '"none at all"', "window": "{}", "priority": '"none at all"', "method": '"GET"', "credentials": '"omit"',
    "body": '"theirs"', "keepalive": "false", "duplex": '"none at all"', "url": '"ELSEWHERE/a/"', "targetAddressSpace": '"none at all"',
    # Of an answer.
    "success": "false", "stored": "99", "duplicate": "99", "quarantined": "[1, 2]", "code": '"unknown_key"', "status": "503",
    "rotate": '["all"]', "type": '"opaqueredirect"', "redirected": "true",
    # Of an event and its context.
    "userId": '"theirs"', "token": '"theirs"', "actor": '"theirs"', "groupId": '"theirs"', "timestamp": '"theirs"', "event": '"theirs"',
    "email": '"theirs"',
    # Of listeners, locks, observers and descriptors.
    "once": "true", "passive": "true", "capture": "true", "ifAvailable": "false", "steal": "true", "get": "function () { return 1 }",
    "set": "function () {}", "writable": "false", "enumerable": "false", "configurable": "false", "value": '"theirs"',
    "timeout": "0", "childList": "false",
    # Of a page.
    "passerby": '{ q: [], v: "1" }', "v": '"1"', "nodeType": "1", "prerendering": "true", "persisted": "true",
    "navigation": "{}", "requestIdleCallback": '"theirs"', "trustedTypes": "{}", "0": '"theirs"', "undefined": '"theirs"', "": '"theirs"',
    "then": '"theirs"', "done": "true", "length": "7", "name": '"theirs"', "detail": '"theirs"', "error": '"theirs"',
}  # fmt: skip
"""Properties of `Object.prototype`, and what a page may have put there."""
GROUPS = {
    "the configuration": ["u", "k", "c", "x", "g", "q", "h", "o", "j", "m", "d", "src", "config"],
    "an address": ["u", "href", "src", "url", "currentScript"],
    "what fetch is given": [
        "headers",
        "mode",
        "redirect",
        "cache",
        "integrity",
        "referrer",
        "method",
        "credentials",
        "body",
        "keepalive",
    ],
    "what fetch refuses": ["signal", "referrerPolicy", "window", "priority", "duplex"],
    "an answer": ["success", "stored", "duplicate", "quarantined", "code", "status", "rotate", "type"],
    "an event": ["userId", "token", "actor", "groupId", "timestamp", "event"],
    "what listeners are given": ["once", "passive", "capture", "signal", "ifAvailable", "steal"],
    "what describes a property": ["writable", "enumerable", "configurable", "value"],
    "a page": ["passerby", "v", "nodeType", "prerendering", "persisted"],
    "what an engine may not have": ["navigation", "requestIdleCallback", "trustedTypes", "prerendering"],
}
WAYS = {
    "": "Object.prototype[NAME] = VALUE",
    ", by an accessor": "Object.defineProperty(Object.prototype, NAME, { __proto__: null, get() { return VALUE }, set() {}, configurable: true })",
    ", read-only": "Object.defineProperty(Object.prototype, NAME, { __proto__: null, value: VALUE })",
}


def polluted(*names: str, way: str = "") -> str:
    """A page's script that sets all these. The values are made first: what makes them may read what is set."""
    made = ", ".join(f"[{json.dumps(name)}, {VALUES[name]}]" for name in names)
    return f"<script>(() => {{ for (const [NAME, VALUE] of [{made}]) {WAYS[way]} }})()</script>"


POLLUTED = {
    **{f"{group}{way}": polluted(*names, way=way) for group, names in GROUPS.items() for way in WAYS},
    "accessors for everything": polluted("u", "k", "c", "src", "headers", "mode", "success", way=", by an accessor"),
    "the prototypes of texts, lists and functions": "<script>(() => {"
    "for (const kind of [String, Array, Function, Number, Boolean, Promise, HTMLScriptElement, Element, Node, EventTarget])"
    'for (const key of ["u", "k", "q", "v", "c", "x", "headers", "mode"]) kind.prototype[key] = "ELSEWHERE/a/"'
    "})()</script>",
}

INSTALLED = {
    "a tag": '<script src="URL"></script>',
    "an async tag": '<script async src="URL"></script>',
    "a deferred tag": '<script defer src="URL"></script>',
    "document.write": """<script>document.write('<script src="URL"><' + '/script>')</script>""",
    "an appended tag": '<script>document.head.append(Object.assign(document.createElement("script"), { src: "URL" }))</script>',
    "a tag appended late": "<script>addEventListener('load', () => setTimeout(() =>"
    ' document.body.append(Object.assign(document.createElement("script"), { src: "URL" })), 50))</script>',
    "a tag that goes at once": '<script>{ const s = document.createElement("script"); s.src = "URL"; document.head.append(s); s.remove() }</script>',
    "a tag relative to the page": '<script src="PATH?v=2#x"></script>',
}
"""Forms from which a script knows its address."""
UNPLACED = {
    "a module": '<script type="module" src="URL"></script>',
    "import()": '<script>import("URL")</script>',
    "an import in a module": '<script type="module">import "URL"</script>',
    "a module of a bundle": '<script type="module" src="/bundle.js"></script>',
    "jQuery's append": '<script>fetch("URL").then((got) => got.text()).then((text) => {'
    ' const s = document.createElement("script"); s.text = text; document.head.appendChild(s).parentNode.removeChild(s) })</script>',
    "jQuery's getScript": "<script>{ const asked = new XMLHttpRequest(); asked.open('GET', 'URL', false); asked.send();"
    ' const s = document.createElement("script"); s.text = asked.responseText; document.head.appendChild(s).parentNode.removeChild(s) }</script>',
    "eval": '<script>fetch("URL").then((got) => got.text()).then((text) => (0, eval)(text))</script>',
    "new Function": '<script>fetch("URL").then((got) => got.text()).then((text) => new Function(text)())</script>',
    "a timer with a text": '<script>fetch("URL").then((got) => got.text()).then((text) => setTimeout(text))</script>',
    "copied text": "<script>TEXT</script>",
    "copied text in a module": '<script type="module">TEXT</script>',
    "a blob": '<script>fetch("URL").then((got) => got.blob()).then((blob) => {'
    ' const s = document.createElement("script"); s.src = URL.createObjectURL(blob); document.head.append(s) })</script>',
    "a data URL": '<script>fetch("URL").then((got) => got.text()).then((text) => {'
    ' const s = document.createElement("script"); s.src = "data:text/javascript," + encodeURIComponent(text); document.head.append(s) })</script>',
    "a module from a blob": '<script>fetch("URL").then((got) => got.text()).then((text) =>'
    ' import(URL.createObjectURL(new Blob([text], { type: "text/javascript" }))))</script>',
}
"""Forms that do not tell it: without an address in its configuration it has none."""
BUNDLED = {"a bundle": '<script src="/assets/bundle.js"></script>'}
"""Forms for which the bundle's place is not its own."""

FORMS = {f"{form} beside two images": named("two", "currentScript") for form in ("loader", "script")}


@dataclass(frozen=True)
class Row:
    markup: str
    form: str = ""
    """Form that is pasted behind it; none when it is installed by the markup itself."""
    site: str = "plain"
    is_installed: bool = False


NOWHERE = "nowhere"
ROWS = {
    **{f"clobbered: {name}": Row(markup) for name, markup in CLOBBERED.items()},
    **{f"pasted: {name}": Row(markup, name.partition(" ")[0]) for name, markup in FORMS.items()},
    **{f"polluted: {name}": Row(markup) for name, markup in POLLUTED.items()},
    **{f"installed: {name}": Row(markup, is_installed=True) for name, markup in {**INSTALLED, **UNPLACED, **BUNDLED}.items()},
    **{f"without an address: {name}": Row(markup, site=NOWHERE, is_installed=True) for name, markup in INSTALLED.items()},
}
SILENT = {f"without an address: {name}": Row(markup, site=NOWHERE, is_installed=True) for name, markup in UNPLACED.items()}
SINGLE = {f"polluted: {name or 'the empty name'}": Row(polluted(name)) for name in VALUES}
ALL = {**ROWS, **SILENT, **SINGLE}

ONE_ENGINE = re.compile(
    r"clobbered: (img with an id|object|two with|several|a) .*passerby|clobbered: (img|iframe) named cookie"
    r"|polluted: (an event|what listeners|what describes|an engine|an answer|what fetch).*(accessor|only)"
    r"|.*: (a deferred tag|a tag relative|document.write|an async tag|new Function|a timer|a module from a blob|a data URL)"
    r"|.*: (an import in a module|copied text in a module)"
)
"""Rows of kinds that another row stands for: in Chromium alone, for the time that browsers take."""
IN_EACH = [name for name in ROWS if not ONE_ENGINE.match(name)]
SILENT_IN_EACH = [name for name in SILENT if not ONE_ENGINE.match(name)]
IN_CHROMIUM = [name for name in (*ROWS, *SINGLE) if name not in IN_EACH]
SILENT_IN_CHROMIUM = [name for name in SILENT if name not in SILENT_IN_EACH]


def made_page(stage: Stage, request: Request) -> str:
    """The page of the row whose number the query names."""
    row = list(ALL.values())[int(request.path.partition("?")[2])]
    client = request.client
    markup = row.markup.replace("ELSEWHERE", stage.elsewhere(client))
    if row.is_installed:
        text = stage.script_text(client, row.site).replace("</script", "<\\/script")
        url = stage.script_url(client, row.site)
        installed = markup.replace("createObjectURL", "\0").replace('"URL"', f'"{url}"').replace("'URL'", f"'{url}'")
        return document(
            installed.replace("\0", "createObjectURL").replace("PATH", stage.host.script(row.site)).replace("TEXT", text)
        )
    # The script comes after the markup, as the snippet does in a page that puts it at its end.
    return document("", markup + stage.snippet(client, row.site, row.form))


@pytest.fixture(scope="module")
def stage(host: Host) -> Iterator[Stage]:
    if NOWHERE not in host.sites:
        host.sites[NOWHERE] = json.loads(host._cli("site", "add", NOWHERE, "--domain", "shop.localhost"))
    with staged(host) as made:
        made.prepare("loader", "script")
        made.pages["/row"] = lambda request: made_page(made, request)
        for path in ("/bundle.js", "/assets/bundle.js"):
            made.pages[path] = lambda request: bundle(made, request)
        yield made


def bundle(stage: Stage, request: Request) -> Answer:
    number = int(request.headers.get("Referer", "").partition("?")[2])
    site = list(ALL.values())[number].site
    text = f"var other = 1;\n{stage.script_text(request.client, site)}\nvar another = 2;\n"
    return Answer(200, SCRIPT, text.encode())


def visit_all(stage: Stage, visits: list[Visit]) -> None:
    names = list(ALL)
    for visit in visits:
        visit.tab.goto(visit.visitor.url(f"row?{names.index(visit.name)}"))
    wait_until(visits, lambda visit: visit.visitor.told(OUTCOME), 15)
    quiet(visits)
    for visit in visits:
        visit.facts["cookies"] = [cookie for cookie in visit.tab.cookies() if cookie.name.startswith("passerby")]


@pytest.fixture(scope="module")
def visits(engine: Engine, host: Host, stage: Stage) -> Rounds:
    return Rounds(engine, host, [*IN_EACH, *SILENT_IN_EACH], lambda some: visit_all(stage, some))


@pytest.fixture(scope="module")
def in_chromium(playwright: Playwright, host: Host, stage: Stage) -> Iterator[Rounds]:
    with started("chromium", playwright) as chromium:
        yield Rounds(chromium, host, [*IN_CHROMIUM, *SILENT_IN_CHROMIUM], lambda some: visit_all(stage, some))


@pytest.mark.table(chromium=5, others=12)
@pytest.mark.parametrize("row", IN_EACH)
def test_events_go_to_the_site_and_nowhere_else(stage: Stage, visits: Rounds, row: str) -> None:
    check_sent(stage, visits[row])


@pytest.mark.table(others=3)
@pytest.mark.parametrize("row", SILENT_IN_EACH)
def test_a_script_without_an_address_sends_nothing_and_says_so_once(stage: Stage, visits: Rounds, row: str) -> None:
    check_silent(stage, visits[row])


@pytest.mark.table(chromium=8)
@pytest.mark.parametrize("row", IN_CHROMIUM)
def test_no_name_and_no_property_has_a_say(stage: Stage, in_chromium: Rounds, row: str) -> None:
    check_sent(stage, in_chromium[row])


@pytest.mark.table(chromium=2)
@pytest.mark.parametrize("row", SILENT_IN_CHROMIUM)
def test_unknown_address_sends_nothing(stage: Stage, in_chromium: Rounds, row: str) -> None:
    check_silent(stage, in_chromium[row])


def check_silent(stage: Stage, visit: Visit) -> None:
    assert stage.strays(visit.client, NOWHERE) == []
    assert visit.visitor.beacons.requests == []
    assert "no_address" in visit.outcome["codes"]
    assert len(visit.outcome["said"]) == 1, visit.outcome["said"]
    assert "passerby" in visit.outcome["said"][0].lower()
    assert visit.outcome["to"] in ("", None)


def check_sent(stage: Stage, visit: Visit) -> None:
    client, site = visit.client, ALL[visit.name].site
    assert stage.strays(client, site) == [], "sent to another place"
    check_all(visit.events, page("/row"), track("here"), identify(f"user-www-{client}"))
    (anonymous_id,) = {event["anonymousId"] for event in visit.events}
    assert all("storage" not in event["context"] for event in visit.events)
    cookies = {cookie.name: cookie for cookie in visit.facts["cookies"]}
    assert len(cookies) == len(visit.facts["cookies"]), "two cookies of one name"
    assert {name: (one.value.partition(".")[0], one.domain) for name, one in cookies.items()} == dict.fromkeys(
        ("passerby", "passerby_id"), (anonymous_id, ".shop.localhost")
    )
    assert visit.outcome["to"] == stage.batch_url(client, site)
    assert visit.visitor.complaints == []
