"""Which clients deliver what a page tracked, and how often: `python -m benchmarks.delivery`."""

from __future__ import annotations

import argparse
import itertools
import sys
import time
import traceback
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple

from playwright.sync_api import sync_playwright

from tests.e2e.engines import NAMES, Engine, started

from .clients import PEERS, made
from .clients.client import Client
from .clients.passerby import Passerby
from .counting import count
from .leaving import FIRST, leave, visit_again
from .outage import EVENTS, Case, go_through
from .peers import install
from .stand import Outage, Stand
from .table import markdown

DELAY = 0.1
WAYS = {"navigation": "on navigation", "tab": "tab closed", "window": "`window.close()`"}
LEAVING_HEAD = ["engine", "client", "its server", *WAYS.values(), "counted twice", "sent again"]
CASES: list[tuple[Outage, bool]] = [("busy", False), ("busy", True), ("refusing", False), ("refusing", True)]
OUTAGE_HEAD = [
    "engine", "client", "503, page open", "503, reopened", "refusing, page open", "refusing, reopened", "counted twice",
    "sent again",
]  # fmt: skip
Row = list[object]


class Plan(NamedTuple):
    times: dict[str, int]
    outage_seconds: float


FULL = Plan({"navigation": 100, "tab": 50, "window": 50}, 20.0)
QUICK = Plan({"navigation": 10, "tab": 5, "window": 5}, 6.0)


def measure_leaving(client: Client, engine: Engine, plan: Plan) -> list[Row]:
    """A row for each place that the client's server can have."""
    return [_leaving_row(client, engine, plan, same_origin) for same_origin in (True, False)]


def _leaving_row(client: Client, engine: Engine, plan: Plan, same_origin: bool) -> Row:
    stand = Stand(client, same_origin, DELAY)
    try:
        with engine.browser() as browser:
            on_time = {way: leave(stand, browser, way, times) for way, times in plan.times.items()}
            visit_again(stand, browser)
        found = count(stand)
    finally:
        stand.close()
    cells = []
    for way, times in plan.times.items():
        wanted = set(range(FIRST[way], FIRST[way] + times))
        cells.append(_cell(on_time[way] & found.numbers, found.numbers & wanted, times))
    return [engine.name, client.title, "same origin" if same_origin else "another", *cells, found.twice, found.repeated]


def measure_outage(client: Client, engine: Engine, plan: Plan) -> list[Row]:
    """One row. Its server answers 503 on the site's own origin, and does not listen on another one."""
    with ExitStack() as closing:
        cases: list[Case] = []
        for outage, reopened in CASES:
            stand = Stand(client, outage == "busy", DELAY)
            closing.callback(stand.close)
            cases.append(Case(outage, reopened, stand, closing.enter_context(engine.browser())))
        on_time = go_through(cases, plan.outage_seconds)
        counts = [count(case.stand) for case in cases]
    cells = [_cell(numbers & found.numbers, found.numbers, EVENTS) for numbers, found in zip(on_time, counts, strict=True)]
    return [[engine.name, client.title, *cells, sum(one.twice for one in counts), sum(one.repeated for one in counts)]]


def _cell(on_time: set[int], all_of_them: set[int], wanted: int) -> str:
    text = f"{len(on_time)} of {wanted}"
    return text if on_time == all_of_them else f"{text}, {len(all_of_them)} later"


class Rows(NamedTuple):
    """What one client did in one engine; `failure` where it could not be measured to the end."""

    leaving: list[Row]
    outage: list[Row]
    failure: str = ""


def measure(name: str, engine_name: str, plan: Plan, umami: Path | None) -> Rows:
    """The rows of both tables for one client in one engine, whose browser and servers are its own."""
    begun = time.monotonic()
    try:
        with sync_playwright() as playwright, started(engine_name, playwright) as engine, made(name, umami) as client:
            rows = Rows(measure_leaving(client, engine, plan), measure_outage(client, engine, plan))
    except Exception as error:
        traceback.print_exc()
        rows = Rows([], [], f"{name} in {engine_name}: {error}".partition("\n")[0])
    print(f"{name} in {engine_name}: {time.monotonic() - begun:.0f} s", file=sys.stderr)
    return rows


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the tables; return 1 when something could not be measured."""
    options = _parser().parse_args(arguments)
    install()
    plan = QUICK if options.quick else FULL
    pairs = list(itertools.product(options.engines, [Passerby.name, *options.peers]))
    with ThreadPoolExecutor(options.jobs) as pool:
        found = list(pool.map(lambda pair: measure(pair[1], pair[0], plan, options.umami), pairs))
    print(f"An event, and at once the page goes; the server takes {DELAY * 1000:.0f} ms.\n")
    print(markdown(LEAVING_HEAD, [row for rows in found for row in rows.leaving], left=3))
    print(f"\nThe server is away for {plan.outage_seconds:.0f} s, while {EVENTS} events are tracked.\n")
    print(markdown(OUTAGE_HEAD, [row for rows in found for row in rows.outage], left=2))
    failures = [rows.failure for rows in found if rows.failure]
    for failure in failures:
        print(f"\nNot measured: {failure}")
    return 1 if failures else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.delivery", description=__doc__)
    parser.add_argument("--engines", type=_names(NAMES), default=["chromium"], help=f"of {', '.join(NAMES)}")
    parser.add_argument("--peers", type=_names(PEERS), default=list(PEERS), help=f"of {', '.join(PEERS)}; or none")
    parser.add_argument("--umami", type=Path, help="the tracker's script as a newer Umami serves it, as a file")
    parser.add_argument("--jobs", type=int, default=2, help="how many clients are measured at once")
    parser.add_argument("--quick", action="store_true", help="a tenth of everything: to see that it runs")
    return parser


def _names(known: Iterable[str]) -> Callable[[str], list[str]]:
    def parse(text: str) -> list[str]:
        found = [] if text == "none" else text.split(",")
        if unknown := set(found) - set(known):
            raise argparse.ArgumentTypeError(f"{', '.join(sorted(unknown))}: not one of {', '.join(known)}")
        return found

    return parse


if __name__ == "__main__":
    sys.exit(main())
