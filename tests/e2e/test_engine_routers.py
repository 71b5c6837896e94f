"""Routers that do not call our `pushState`, and pages that a wrapped `history` would break, in each engine.

Chromium and Firefox have the Navigation API, whose own events tell of every change; `history` is then left as it is. WebKitGTK
2.50 has neither `window.navigation` nor `requestIdleCallback`: there `History.prototype` is wrapped, and who has kept the
functions of before, or takes them from a frame, moves the page without anybody hearing of it. `ROUTERS` in
`pages/routers.js` is the table of what pages do.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import pytest

from .beacons import Event, page
from .engines import Engine
from .rounds import Case, Ending, Rounds
from .servers import PAGES, Host

ONE = {"path": "/one", "title": "/one"}
TWO = {"path": "/two", "title": "/two"}
START = {"path": "/routers", "title": "Routers"}
AGAIN = {"path": "/routers", "title": "/routers"}
MOVED: dict[str, Any] = {"page": "/routers", "frame": "/inner"}
CALLED: dict[str, Any] = {"calls": 1}
Views = Sequence[dict[str, Any]]


EVERYWHERE: dict[str, Views] = {
    **dict.fromkeys(
        [
            "push", "replace", "push-url-object", "prototype-push", "prototype-replace", "prototype-reflect", "bound-after",
            "prototype-patched-before", "prototype-patched-later", "prototype-replace-patched-later", "instance-patched-later",
            "class-extended-later", "history-frozen", "replace-then-push", "push-then-replace", "push-twice", "answer",
            "named-a", "named-nav", "named-form", "named-frame", "named-twice", "named-later",
            "global-object", "global-element", "global-target", "global-nothing",
        ],
        (ONE,),
    ),
    **dict.fromkeys(
        [
            "frame-push", "frame-replace", "frame-prototype-push", "frame-apply", "frame-moves-itself", "same-url", "no-url",
            "fragment", "other-origin", "wrong-this", "no-arguments", "untouched",
        ],
        (),
    ),
    "back-and-forward": [ONE, AGAIN, ONE],
    "go-by-two": [ONE, TWO, AGAIN],
}  # fmt: skip
"""Page views that must be counted after the first."""

WITH_NAVIGATION: dict[str, Views] = {
    **dict.fromkeys(
        [
            "kept-push", "kept-replace", "kept-native", "frames-native", "restored", "own-listener",
            "navigate", "navigate-replace", "navigate-by-link", "navigate-by-location", "navigate-by-form",
            "navigate-late-title", "navigate-late-title-by-link", "navigate-superseded",
        ],
        (ONE,),
    ),
    **dict.fromkeys(["navigate-never-done", "navigate-fails"], ({"path": "/one"},)),
    **dict.fromkeys(["navigate-canceled", "navigate-same", "navigate-reload", "navigate-fragment", "update-current-entry"], ()),
    "stopped": [ONE, {"path": "/routers"}],
    "navigate-traverse": [ONE, AGAIN, ONE],
}  # fmt: skip

HASH_ONE = {"path": "/routers-hash", "url": Ending("#/one")}
WITH_FRAGMENTS: dict[str, Views] = {
    **dict.fromkeys(
        ["hash-assigned", "hash-pushed", "hash-pushed-by-prototype", "hash-replaced", "hash-by-link", "hash-same"], (HASH_ONE,)
    ),
    "hash-and-back": [HASH_ONE, {"url": Ending("?hash-and-back")}],
}
WITH_BOTH: dict[str, Views] = dict.fromkeys(["hash-kept", "hash-navigated"], (HASH_ONE,))

SEEN: dict[str, dict[str, Any]] = {
    **dict.fromkeys(["frame-push", "frame-replace", "frame-prototype-push", "frame-apply", "frame-moves-itself"], MOVED),
    **dict.fromkeys(["prototype-patched-later", "prototype-replace-patched-later", "instance-patched-later", "class-extended-later", "own-listener"], CALLED),
    "other-origin": {"answer": "SecurityError"},
    "wrong-this": {"answer": "TypeError"},
    "no-arguments": {"answer": "TypeError"},
    "answer": {"answer": "undefined"},
    "untouched": {"own": "", "native": True, "same": True},
}  # fmt: skip
"""Facts that the page itself must have seen: others' functions are called, frames move and not the page, errors are the browser's."""


def has_navigation(engine: Engine) -> bool:
    return engine.name != "webkit"


def cases_in(engine: Engine) -> dict[str, Case]:
    own = has_navigation(engine)
    plain = EVERYWHERE | (WITH_NAVIGATION if own else {})
    fragments = WITH_FRAGMENTS | (WITH_BOTH if own else {})
    made = {}
    for address, some in (("routers", plain), ("routers-hash", fragments)):
        for name, views in some.items():
            seen = {"missing": 0, "api": "function" if own else "undefined", **SEEN.get(name, {})}
            if name == "untouched" and not own:
                # Wrapped on the prototype, once; the instance has nothing of its own there either.
                seen = {"missing": 0, "own": ""}
            first: Event = page(f"/{address}")
            made[name] = Case(f"{address}?{name}", [*({"type": "page", "properties": view} for view in views), first], seen)
    return made


@pytest.fixture(scope="module")
def rounds(engine: Engine, host: Host) -> Rounds:
    return Rounds(engine, host, cases_in(engine))


def test_the_table_is_that_of_the_page() -> None:
    named = re.findall(r'^  "([\w-]+)": \{', (PAGES / "routers.js").read_text(), re.MULTILINE)
    assert sorted(named) == sorted(EVERYWHERE | WITH_NAVIGATION | WITH_FRAGMENTS | WITH_BOTH)


@pytest.mark.table(chromium=3, others=9)
@pytest.mark.parametrize("name", [*EVERYWHERE, *WITH_FRAGMENTS])
def test_each_change_of_the_address_is_one_page_view(rounds: Rounds, name: str) -> None:
    rounds[name].check()


@pytest.mark.table(chromium=2, others=6)
@pytest.mark.parametrize("name", [*WITH_NAVIGATION, *WITH_BOTH])
def test_changes_that_only_the_engine_tells_of_are_one_page_view(engine: Engine, rounds: Rounds, name: str) -> None:
    """Navigation API where the engine has it; else its absence is asserted, so that a version with it fails here."""
    if has_navigation(engine):
        rounds[name].check()
    else:
        told = rounds["push"].told
        assert told is not None
        assert told["api"] == "undefined"


@pytest.mark.parametrize("name", ["push", "back-and-forward", "go-by-two"])
def test_the_referrer_is_the_page_before(rounds: Rounds, name: str) -> None:
    for before, after in pairwise(event["properties"] for event in rounds[name].events):
        assert after["referrer"] == before["url"]
