"""Servers and browsers, started once for all tests here; each test gets browser contexts of its own."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Playwright, sync_playwright

from collector.domain.site_settings import CAPTURES
from collector.storage import loop_guard
from tests.support.server import Collector

from . import tables, timed
from .browser import Devices, launched
from .engines import NAMES, Engine, Visitors, started
from .servers import Demo, Host
from .wire import Wire

RUNNING: list[Collector] = []
LOG_TAIL = 6_000


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what the tables have beyond the part that an ordinary run visits; pytest says how many that are."""
    left_out = tables.select(items)
    if left_out:
        config.hook.pytest_deselected(items=left_out)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Show what the servers said beside a test that failed."""
    report = yield
    if report.failed:
        report.sections.extend((f"log of {server.data_dir.name}", server.log[-LOG_TAIL:]) for server in RUNNING)
    return report


@pytest.fixture(scope="session", autouse=True)
def _playwright_runs_a_loop_here() -> None:
    """Playwright's synchronous interface is an event loop on this thread; the collectors are processes of their own."""
    loop_guard.is_strict = False


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    with sync_playwright() as started:
        yield started


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    made = Demo(tmp_path_factory.mktemp("demo") / "demo")
    with made:
        RUNNING.append(made)
        yield made
        RUNNING.remove(made)


@pytest.fixture(scope="session")
def shop_wire(demo: Demo) -> Iterator[Wire]:
    """Wire between browser and demo shop; the browser is told to find the shop's port here."""
    wire = Wire(("127.0.0.1", demo.shop_port))
    yield wire
    wire.close()


@pytest.fixture(scope="session")
def shop_browser(playwright: Playwright, demo: Demo, shop_wire: Wire) -> Iterator[Browser]:
    rule = f"MAP *.localhost:{demo.shop_port} 127.0.0.1:{shop_wire.port}"
    with launched(playwright, f"--host-resolver-rules={rule}") as browser:
        yield browser


@pytest.fixture
def shoppers(shop_browser: Browser, shop_wire: Wire) -> Iterator[Devices]:
    """Visitors of the demo shop."""
    made = Devices(shop_browser, shop_wire)
    yield made
    made.close()


@pytest.fixture(scope="session")
def browser(playwright: Playwright) -> Iterator[Browser]:
    with launched(playwright) as started:
        yield started


BANNER: dict[str, Any] = {
    "key": "hello",
    "name": "For newcomers",
    "status": "live",
    "where": {"pages": [{"part": "path", "op": "matches", "value": "/message*"}]},
    "who": {"identity": "anonymous"},
    "often": {"lifetime": None, "stop_on": ["dismiss", "act"]},
    "content": {"default": "en", "texts": {"en": {"title": "New here?", "body": "Have a look around.", "actions": []}}},
}


def placed(edge: str, lifetime: int | None = None) -> dict[str, Any]:
    """A message for `placed.html?edge=NAME`, with addresses of all kinds."""
    actions = [
        {"id": "part", "label": "Prices", "do": [{"type": "open", "href": "#prices"}]},
        {"id": "path", "label": "Sign up", "do": [{"type": "open", "href": "/elsewhere"}]},
        {"id": "later", "label": "Not now", "do": [{"type": "dismiss"}]},
    ]
    text = {"title": "New here?", "body": "See [prices](#prices) or [sign up](/elsewhere).", "actions": actions}
    return {
        **BANNER,
        "key": f"placed-{edge}",
        "where": {"pages": [{"part": "query", "op": "is", "name": "edge", "value": edge}]},
        "often": {"lifetime": lifetime, "stop_on": ["dismiss"]},
        "placement": {"edge": "top" if edge == "top" else "bottom"},
        "content": {"default": "en", "texts": {"en": text}},
    }


def make_host(data_dir: Path) -> Host:
    """A collector, not yet started, with one site for each set of settings that a page can ask for."""
    host = Host(data_dir)
    host.add_site("plain")
    host.add_site("hash", "--hash-pages")
    host.add_site("consent", "--consent-required")
    host.add_site("off", "--privacy-signals", "off")
    captures = [part for capture in CAPTURES for part in ("--capture", capture.replace("_", "-"))]
    host.add_site("captures", *captures, "--domain", "magazine.localhost", "--cross-domain")
    host.add_site("later", "--capture", "outbound-links", "--capture", "web-vitals")
    host.put_message("later", BANNER)
    host.add_site("waiting", "--capture", "web-vitals", "--consent-required")
    host.add_site("alone", "--no-cross-subdomain")
    host.add_site("adrift", "--base-url", "")
    host.add_site("message")
    host.put_message("message", BANNER)
    host.add_site("kiosk", "--after-claim", "new_visitor")
    host.put_message("kiosk", BANNER)
    host.texts |= {form: host.snippet("plain", "--form", form)["snippet_html"] for form in ("loader", "script")}
    host.add_site("triggers")
    for message in timed.messages():
        host.put_message("triggers", message)
    host.add_site("placed")
    for message in (placed("top"), placed("bottom"), placed("once", 1)):
        host.put_message("placed", message)
    return host


@pytest.fixture(scope="session")
def host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Host]:
    """Pages of ours in front of a collector."""
    with make_host(tmp_path_factory.mktemp("host") / "host") as started:
        RUNNING.append(started.collector)
        yield started
        RUNNING.remove(started.collector)


@pytest.fixture
def devices(browser: Browser, host: Host) -> Iterator[Devices]:
    """Visitors of our own pages."""
    made = Devices(browser, host.wire)
    yield made
    made.close()


@pytest.fixture(scope="session", params=NAMES)
def engine(request: pytest.FixtureRequest, playwright: Playwright) -> Iterator[Engine]:
    """Engine; a test with it runs in Chromium, Firefox and WebKitGTK: `test_x[chromium]` and so on."""
    with started(request.param, playwright) as running:
        yield running


@pytest.fixture(scope="session")
def chromium(playwright: Playwright) -> Iterator[Engine]:
    """Chromium by the same surface, for what no engine does."""
    with started("chromium", playwright) as running:
        yield running


@pytest.fixture
def visitors(engine: Engine, host: Host) -> Iterator[Visitors]:
    """Visitors of our own pages, in each engine."""
    with Visitors(engine, host).closing() as made:
        yield made
