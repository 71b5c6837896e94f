"""Snapshots, in each engine: an object that a page changes after a call is sent as it was at the call."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from .beacons import ABSENT, check_all, identify, page, track
from .engines import LOADED, Engine
from .servers import Host
from .staged import Rounds, Stage, Visit, quiet, staged, wait_until
from .wire import Request

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
def stage(host: Host) -> Iterator[Stage]:
    with staged(host) as made:
        made.prepare("loader")
        made.pages["/changing"] = lambda request: changing_page(made, request)
        yield made


@pytest.fixture(scope="module")
def changing(engine: Engine, host: Host, stage: Stage) -> Rounds:
    return Rounds(engine, host, list(CHANGING), change)


@pytest.mark.table(others=2)
@pytest.mark.parametrize("name", CHANGING)
def test_snapshot_is_taken_at_the_call(changing: Rounds, name: str) -> None:
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
