"""Prerendered page (speculation rules): a page view once it is shown, and none before.

And an ad blocker's way: requests to our path that fail now and then.
"""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Playwright, Route

from .beacons import PATIENCE, Beacons, page, track
from .browser import AGENT, ARGUMENTS, Devices, chromium
from .servers import Host

READY = "prefetch;prerender"


@contextmanager
def unsteered(playwright: Playwright, host: Host, path: str, profile: Path) -> Iterator[Beacons]:
    """Chromium without a driver, on a page: it prerenders nothing while it is being steered or looked at."""
    name = profile.name
    arguments = [*ARGUMENTS, "--headless", f"--user-data-dir={profile}", f"--user-agent={AGENT} passerby-e2e/{name}"]
    command = [chromium(playwright), *arguments, host.url(path)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            yield Beacons(host.wire, name)
        finally:
            process.terminate()


def wait_until_ready(host: Host, name: str) -> None:
    """Wait until the other page is fetched to be prerendered; the script is in the browser's cache."""

    def made_ready() -> bool:
        return ("/prerendered", READY) in asked_for(host, name)

    with host.wire.changed:
        assert host.wire.changed.wait_for(made_ready, PATIENCE), f"not prerendered: {asked_for(host, name)}"


def asked_for(host: Host, name: str) -> list[tuple[str, str | None]]:
    """Requests of this browser, and the purpose that it gave."""
    return [(one.path, one.headers.get("Sec-Purpose")) for one in host.wire.requests if one.client == name]


def test_a_prerendered_page_counts_when_it_is_shown(host: Host, playwright: Playwright, tmp_path: Path) -> None:
    with unsteered(playwright, host, "prerender?show", tmp_path / "shown") as beacons:
        wait_until_ready(host, "shown")
        _, acting = beacons.expect(page("/prerender"), track("acting"))
        view = page("/prerendered", properties={"referrer": host.url("prerender?show")})
        view, event = beacons.expect(view, track("called", properties={"early": True}), exactly=True)
        assert view["anonymousId"] == event["anonymousId"]
        assert event["timestamp"] < acting["timestamp"] < view["timestamp"], (
            "called when it was made ready, counted when it was shown"
        )
        assert [path for path, _ in asked_for(host, "shown")].count("/prerendered") == 1, "loaded anew, so nothing was proven"


def test_prerendered_page_never_shown_never_counts(host: Host, playwright: Playwright, tmp_path: Path) -> None:
    with unsteered(playwright, host, "prerender?pass", tmp_path / "passed") as beacons:
        wait_until_ready(host, "passed")
        beacons.expect(page("/prerender"), track("acting"), page("/load"), exactly=True)
        assert ("/prerendered", None) not in asked_for(host, "passed")


def test_delivery_when_one_request_in_five_is_refused(host: Host, devices: Devices) -> None:
    """Refused as by an extension that wavers: everything arrives, once."""
    device = devices.new()
    device.forgive("ERR_BLOCKED_BY_CLIENT")
    tab = device.context.new_page()
    sent, refused = 0, 0

    def decide(route: Route) -> None:
        nonlocal sent, refused
        sent += 1
        if sent % 5 == 1:
            refused += 1
            route.abort("blockedbyclient")
        else:
            route.continue_()

    tab.route("**/v1/batch", decide)
    tab.goto(host.url("load"))
    # `decide` is heard only while Playwright is being asked something, so nothing else is waited for until all is delivered.
    delivered = "passerby.v && passerby.debug().waiting === 0"
    for n in range(20):
        tab.wait_for_function(delivered)
        tab.evaluate(f"() => {{ passerby.track('tried', {{ n: {n} }}) }}")
    tab.wait_for_function(delivered)
    tried = [track("tried", properties={"n": n}) for n in range(20)]
    device.beacons.expect(page("/load"), *tried, exactly=True)
    assert refused >= 4
    assert device.beacons.resent == 0
