"""Parts that the script loads by itself after the first page view, in each engine: once, from its own folder, never missed."""

from __future__ import annotations

from dataclasses import replace

import pytest

from .beacons import Event, page, track
from .engines import Tab, Visitor, Visitors
from .servers import Host
from .staged import HTML, SCRIPT, own_hosts, staged
from .wire import HUNG_UP, Answer, Request

TOLD = "(passerby.debug().trace.find((one) => /loaded/.test(one.code)) || {}).code"
"""`loaded` or `not_loaded`, once that is known."""
MEASURED = """
const type = PerformanceObserver.supportedEntryTypes.includes("largest-contentful-paint") ? "largest-contentful-paint" : "paint";
await new Promise((done) => new PerformanceObserver(() => setTimeout(done, 100)).observe({ type, buffered: true }));
return null"""
"""Entries that the browser has kept are told in tasks of their own, observers in the order in which they began: ours last."""
NONCE = "default-src 'none'; connect-src *; style-src 'unsafe-inline'; script-src 'nonce-abc'"
POLICIES = {
    "nonce": NONCE,
    "strict-dynamic": f"{NONCE} 'strict-dynamic'",
    "trusted-types": f"{NONCE}; require-trusted-types-for 'script'; trusted-types 'none'",
}


def requests_of(host: Host, visitor: Visitor, path: str) -> list[int]:
    """Positions of this visitor's requests to a path in all that came over the wire."""
    return [n for n, one in enumerate(host.wire.requests) if one.client == visitor.client and one.path == path]


def vitals(path: str, title: str) -> Event:
    return track("web_vitals_measured", context={"page": {"path": path, "title": title}})


def test_later_part_loads_once_after_the_first_page_view(host: Host, visitors: Visitors) -> None:
    """Form of the snippet and number of routes change nothing."""
    visitor = visitors.new()
    tab = visitor.open("twice-later")
    assert tab.wait_for(TOLD) == "loaded"
    visitor.beacons.expect(page("/twice-later"), exactly=True)
    tab.do("history.pushState({}, '', '/next')")
    visitor.beacons.expect(page("/next"), exactly=True)
    (asked,) = requests_of(host, visitor, host.later("later"))
    assert asked > requests_of(host, visitor, f"{host.sites['later']['prefix']}/v1/batch")[0]


def wrong(kind: str, request: Request) -> Answer:
    answers = {
        "missing": Answer(404, [("Content-Type", "application/json")], b"{}"),
        "unheard": HUNG_UP,
        "a page": Answer(200, HTML, b"<!doctype html><p>Our app answers every path with itself."),
        "malformed": Answer(200, SCRIPT, b"export default [(core) => {"),
        "throwing": Answer(200, SCRIPT, b"throw new Error('thrown by another script')"),
        "of another kind": Answer(200, SCRIPT, b"export default [() => { throw new Error('thrown by a part') }, 1]"),
    }
    return answers[kind]


@pytest.mark.table(others=3)
@pytest.mark.parametrize("kind", ["missing", "unheard", "a page", "malformed", "throwing", "of another kind"])
def test_failed_later_part_breaks_nothing_else(host: Host, visitors: Visitors, kind: str) -> None:
    """Events and messages go on, and the page hears nothing of it (`visitors` looks)."""
    visitor = visitors.new()
    file = host.later("later")
    with host.wire.answering(lambda request: wrong(kind, request) if request.path == file else None):
        tab = visitor.open("message-later")
        told = tab.wait_for(TOLD)
        shown = track("message_shown", properties={"message": "hello"})
        visitor.beacons.expect(page("/message-later"), shown, exactly=True)
        tab.do("passerby.track('after')")
        visitor.beacons.expect(track("after"), exactly=True)
    assert told == ("loaded" if kind == "of another kind" else "not_loaded")
    assert requests_of(host, visitor, file)


def test_policy_that_names_the_scripts_file_alone(host: Host, visitors: Visitors) -> None:
    visitor = visitors.new()
    script = visitor.url(host.script("later")[1:])
    policy = f"default-src 'none'; script-src {visitor.url('heard.js')} {script}; connect-src 'self'"
    body = f'<!doctype html><title>Named</title><script src="/heard.js"></script><script async src="{script}"></script>'
    with staged(host) as stage:
        stage.pages["/named"] = lambda request: Answer(200, [*HTML, ("Content-Security-Policy", policy)], body.encode())
        tab = visitor.open("named")
        assert tab.wait_for(TOLD) == "not_loaded"
        tab.do("passerby.track('after')")
        visitor.beacons.expect(page("/named"), track("after"), exactly=True)
    assert requests_of(host, visitor, host.later("later")) == []
    assert all(report.startswith("violated: script-src") for report in visitor.reports)
    visitor.forgive("violated: script-src")


@pytest.mark.parametrize("policy", POLICIES)
def test_nonce_of_the_script_is_enough(host: Host, visitors: Visitors, policy: str) -> None:
    """Script on another host too, which no source of the policy names."""
    visitor = visitors.new()
    script = visitor.url(host.script("later")[1:])
    scripts = [f'<script nonce="abc" {part}></script>' for part in ('src="/heard.js"', f'async src="{script}"')]
    body = "<!doctype html><title>Nonces</title><p>Something to paint.</p>" + "".join(scripts)
    headers = [*HTML, ("Content-Security-Policy", POLICIES[policy])]
    with staged(host) as stage:
        stage.pages["/nonces"] = lambda request: Answer(200, headers, body.encode())
        tab = visitor.open("nonces", "app")
        assert tab.wait_for(TOLD) == "loaded"
        visitor.beacons.expect(page("/nonces"), exactly=True)
        tab.run(MEASURED)
        tab.close()
        visitor.beacons.expect(vitals("/nonces", "Nonces"), exactly=True)
    assert len(requests_of(host, visitor, host.later("later"))) == 1


def test_click_before_the_later_part(host: Host, visitors: Visitors) -> None:
    """Click listeners do not wait for it."""
    visitor = visitors.new()
    with host.wire.holding(host.later("later")):
        tab = visitor.open("captured-later")
        tab.click("#foreign")
        clicked = track("outbound_link_clicked", context={"page": {"path": "/captured-later"}})
        visitor.beacons.expect(page("/captured-later"), clicked, exactly=True)


def test_route_before_the_later_part(host: Host, visitors: Visitors) -> None:
    """Late measurements are about the page that was loaded."""
    visitor = visitors.new()
    with host.wire.holding(host.later("later")) as come:
        tab = visitor.open("captured-later")
        visitor.beacons.expect(page("/captured-later"), exactly=True)
        tab.click("#second")
        visitor.beacons.expect(page("/second"), exactly=True)
        come()
        visitor.beacons.expect(vitals("/captured-later", "First"), exactly=True)
    tab.close()
    visitor.beacons.refute()


def test_later_part_waits_for_consent_and_the_setting(host: Host, visitors: Visitors) -> None:
    visitor = visitors.new()
    file = host.later("waiting")
    tab = visitor.open("captured-waiting")
    visitor.beacons.refute()
    assert requests_of(host, visitor, file) == []
    tab.do("passerby.consent('granted')")
    visitor.beacons.expect(page("/captured-waiting"), exactly=True)
    assert tab.wait_for(TOLD) == "loaded"
    assert len(requests_of(host, visitor, file)) == 1
    other = visitors.new()
    other.open("captured-plain")
    other.beacons.expect(page("/captured-plain"), exactly=True)
    assert not [one.path for one in host.wire.requests if one.client == other.client and one.path.count(".") > 1]


def test_later_part_comes_from_the_folder_of_the_script(host: Host, visitors: Visitors) -> None:
    """Script path: a site may proxy it below one of its own, to which events do not go."""
    visitor = visitors.new()
    folder = "/assets/first-party"

    def passed_on(request: Request) -> Answer | None:
        if not request.path.startswith(folder):
            return None
        path = request.path.removeprefix(folder)
        headers = {name: value for name, value in request.headers.items() if name.lower() != "accept-encoding"}
        answer = stage.forward(replace(request, path=path, headers=headers))
        return answer._replace(body=own_hosts(answer.body.decode(), request.client).encode())

    with staged(host) as stage, host.wire.answering(passed_on):
        script = f"{folder}{host.script('later')}?v=2"
        stage.pages["/own"] = lambda request: (
            f'<title>Own</title><script src="/heard.js"></script><script async src="{script}"></script>'
        )
        tab: Tab = visitor.open("own")
        assert tab.wait_for(TOLD) == "loaded"
        visitor.beacons.expect(page("/own"), exactly=True)
    assert len(requests_of(host, visitor, folder + host.later("later"))) == 1
    assert requests_of(host, visitor, host.later("later")) == []
