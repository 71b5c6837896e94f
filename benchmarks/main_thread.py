"""What a client costs the main thread in the first seconds of a page, and its bytes: `python -m benchmarks.main_thread`."""

from __future__ import annotations

import argparse
import gzip
import json
import statistics
import time
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

import brotli
import httpx
from playwright.sync_api import Browser, sync_playwright

from tests.e2e.browser import AGENT, launched

from .clients import FLOOR, OURS, PEERS, made
from .clients.client import Client
from .clients.floor import Blank
from .peers import install
from .stand import Stand
from .table import markdown
from .tracing import CATEGORIES, Busy, busy

RATES = {1: "idle", 4: "4x slower"}
SECONDS = 2.5
"""Of each page, from the mark in its head: the same time for all, whenever a client sends, so that what a page does itself is
in every figure alike."""
FIGURES = {1: ("tasks", "cpu", "script", "sent"), 4: ("tasks", "script", "sent")}
"""What slows the thread down takes its time of the processor, so that says nothing there."""
TITLES = {"tasks": "tasks ms", "cpu": "CPU ms", "script": "script ms", "sent": "sent after ms"}
HEAD = ["client", *(f"{TITLES[what]}, {how}" for rate, how in RATES.items() for what in FIGURES[rate])]
BYTES_HEAD = ["client", "scripts", "raw", "gzip 9", "brotli 11"]


class Weight(NamedTuple):
    scripts: int
    raw: int
    gzip: int
    brotli: int


def measure(browser: Browser, stand: Stand, rate: int) -> Busy:
    """One fresh page of a visitor who was never here, on a processor that is made `rate` times slower."""
    client = stand.client
    is_wanted = None if isinstance(client, Blank) else lambda url: client.is_ingest(urlsplit(url).path)
    context = browser.new_context(user_agent=AGENT)
    try:
        page = context.new_page()
        context.new_cdp_session(page).send("Emulation.setCPUThrottlingRate", {"rate": rate})
        before = stand.answered()
        browser.start_tracing(page=page, categories=CATEGORIES)
        page.goto(f"{stand.origin}/page")
        time.sleep(SECONDS)
        return busy(json.loads(browser.stop_tracing())["traceEvents"], SECONDS, is_wanted)
    except LookupError as error:
        raise LookupError(f"{client.title}, {RATES[rate]}: {error}; answered: {stand.answered() - before}") from error
    finally:
        context.close()


def weigh(stand: Stand) -> Weight:
    """All scripts that the pages of this stand have loaded so far, each once."""
    bodies = [httpx.get(url, headers={"accept-encoding": "identity"}, timeout=20).content for url in stand.scripts()]
    compressed = ([gzip.compress(body, 9) for body in bodies], [_brotli(body) for body in bodies])
    return Weight(len(bodies), *(sum(map(len, some)) for some in (bodies, *compressed)))


def take_turns(browser: Browser, stands: Sequence[Stand], pages: int) -> list[list[object]]:
    """A row for each stand: medians over so many pages. One page of each, then the next of each: what else the machine does
    meets all alike."""
    found: dict[tuple[int, int], list[Busy]] = {}
    for _ in range(pages):
        for rate in RATES:
            for index, stand in enumerate(stands):
                found.setdefault((index, rate), []).append(measure(browser, stand, rate))
    return [
        [stand.client.title, *(_median(found[index, rate], what) for rate in RATES for what in FIGURES[rate])]
        for index, stand in enumerate(stands)
    ]


def main(arguments: Sequence[str] | None = None) -> None:
    options = _parser().parse_args(arguments)
    install()
    clients: list[Client] = []
    with ExitStack() as closing:
        for name in [*FLOOR, *OURS, *PEERS]:
            clients.append(closing.enter_context(made(name, options.umami)))
        stands = [Stand(client, same_origin=True) for client in clients]
        for stand in stands:
            closing.callback(stand.close)
        browser = closing.enter_context(launched(closing.enter_context(sync_playwright())))
        rows = take_turns(browser, stands, options.pages)
        weights = [[stand.client.title, *weigh(stand)] for stand in stands]
    print(f"Main thread in the first {SECONDS} s from the script tag on, medians of {options.pages} fresh pages.\n")
    print(markdown(HEAD, rows))
    print("\nBytes of the scripts that such a page loads.\n")
    print(markdown(BYTES_HEAD, weights))


def _brotli(body: bytes) -> bytes:
    compressed: bytes = brotli.compress(body, quality=11)
    return compressed


def _median(found: list[Busy], what: str) -> str:
    return f"{statistics.median(getattr(one, what) for one in found):.1f}"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.main_thread", description=__doc__)
    parser.add_argument("--pages", type=int, default=15, help="fresh pages for each client and speed")
    parser.add_argument("--umami", type=Path, help="the tracker's script as a newer Umami serves it, as a file")
    return parser


if __name__ == "__main__":
    main()
