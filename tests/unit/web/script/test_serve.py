"""Generated snippet: the site's values in the one slot, cached shortly, under its own path only."""

from __future__ import annotations

import gzip
import json
import re
import time
from pathlib import Path
from typing import Any

import brotli
import pytest

from collector.domain.messages import parse_message
from collector.domain.sites import Site
from collector.storage.messages import put_message
from collector.storage.pinned import pin, unpin
from collector.storage.sites import set_settings
from collector.web.script.serve import PARTS_SLOT, SLOT, Snippets
from tests.support.app import NOW, PREFIX, WRITE_KEY, App

PATH = f"/{PREFIX}/script.js"
MESSAGE = {
    "key": "hello-there", "name": "Hello", "status": "live", "where": {"pages": []},
    "content": {"default": "en", "texts": {"en": {"title": "</script><script>alert(1)</script>\u2028"}}},
}  # fmt: skip


def test_script_is_served(app: App) -> None:
    answer = app.request("GET", PATH)
    assert answer.status == 200
    assert answer.headers["content-type"].startswith("text/javascript")
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "max-age=60" in answer.headers["cache-control"]
    text = answer.body.decode()
    assert WRITE_KEY in text
    assert SLOT not in text
    assert PARTS_SLOT not in text
    for secret in (app.secret_key, "pk_golden", app.site.secret_hash, app.site.uuid):
        assert secret not in text
    again = app.request("GET", PATH, headers={"if-none-match": answer.headers["etag"]})
    assert (again.status, again.body) == (304, b"")


def test_each_form_by_itself(app: App) -> None:
    """Brotli, gzip or as it is: the same script, its own tag, and 304 only for what the browser has."""
    plain = app.request("GET", PATH)
    unpack = {"br": brotli.decompress, "gzip": gzip.decompress}
    tags = {plain.headers["etag"]}
    assert "content-encoding" not in plain.headers
    for coding, unpacked in unpack.items():
        answer = app.request("GET", PATH, headers={"accept-encoding": coding})
        assert answer.headers["content-encoding"] == coding
        assert answer.headers["vary"] == "Accept-Encoding"
        assert int(answer.headers["content-length"]) == len(answer.body) < len(plain.body)
        assert unpacked(answer.body) == plain.body
        tag = answer.headers["etag"]
        assert tag not in tags
        again = app.request("GET", PATH, headers={"accept-encoding": coding, "if-none-match": tag})
        assert (again.status, again.body, again.headers["etag"], again.headers["vary"]) == (304, b"", tag, "Accept-Encoding")
        assert app.request("GET", PATH, headers={"if-none-match": tag}).status == 200, "it could not be read as it is"
        tags.add(tag)


@pytest.mark.parametrize("coding", ["br", "identity"])
def test_head(app: App, coding: str) -> None:
    whole = app.request("GET", PATH, headers={"accept-encoding": coding})
    head = app.request("HEAD", PATH, headers={"accept-encoding": coding})
    assert (head.status, head.body) == (200, b"")
    assert head.headers == whole.headers
    held = {"accept-encoding": coding, "if-none-match": whole.headers["etag"]}
    assert app.request("HEAD", PATH, headers=held).status == 304
    assert app.request("HEAD", f"/{PREFIX}/other.js").status == 404


@pytest.mark.parametrize(
    "path",
    [f"/{PREFIX}/other.js", "/nowhere0/script.js", f"/{PREFIX}/script", f"/{PREFIX}/..%2fscript.js", "/static/passerby.js"],
)
def test_not_found_elsewhere(app: App, path: str) -> None:
    assert app.request("GET", path).status == 404


def put_in(app: App) -> dict[str, Any]:
    """Configuration in the script that the site is served."""
    found = re.search(r'\{"k":[^{}]*\}', app.request("GET", PATH).body.decode())
    assert found is not None
    values: dict[str, Any] = json.loads(found[0])
    return values


def test_script_holds_the_sites_values(tmp_path: Path) -> None:
    values: dict[str, Any] = {
        "domains": ("shop.test",), "cookie_name": "pb", "cross_subdomain": False, "privacy_signals": "off", "consent_required": True, "hash_pages": True,
    }  # fmt: skip
    with App(tmp_path / "data", site=values) as app:
        assert put_in(app) == {
            "k": WRITE_KEY,
            "d": ["shop.test"],
            "c": "pb",
            "x": True,
            "g": "off",
            "q": True,
            "h": True,
        }


@pytest.mark.parametrize(
    ("base_url", "public_url", "directory"),
    [
        (None, None, None),
        (None, "https://stats.example.net", f"https://stats.example.net/{PREFIX}/"),
        (None, "https://example.net/stats/", f"https://example.net/stats/{PREFIX}/"),
        ("https://www.shop.test", None, f"https://www.shop.test/{PREFIX}/"),
        ("https://www.shop.test:8443", "https://stats.example.net", f"https://www.shop.test:8443/{PREFIX}/"),
    ],
)
def test_script_knows_its_address(tmp_path: Path, base_url: str | None, public_url: str | None, directory: str | None) -> None:
    """Base URL as the operator said it, the site's own first; the address that it listens on is a guess, and says nothing."""
    with App(tmp_path / "data", site={"base_url": base_url}, public_url=public_url) as app:
        assert put_in(app).get("u") == directory


VALUES = {"forwarded": "host=evil.test;proto=http", "origin": "http://evil.test", "referer": "http://evil.test/a"}


@pytest.mark.parametrize("header", ["host", "x-forwarded-host", "forwarded", "origin", "referer"])
@pytest.mark.parametrize("base_url", [None, "https://www.shop.test"])
def test_request_has_no_say_in_the_address(tmp_path: Path, header: str, base_url: str | None) -> None:
    """Cache poisoning: one stranger's script would go to everybody."""
    with App(tmp_path / "data", site={"base_url": base_url}) as app:
        before = app.request("GET", PATH)
        answer = app.request("GET", PATH, headers={header: VALUES.get(header, "evil.test")})
        assert (answer.body, answer.headers["etag"]) == (before.body, before.headers["etag"])


def test_settings_that_are_off_take_no_bytes(app: App) -> None:
    assert put_in(app) == {"k": WRITE_KEY, "d": list(app.site.domains), "c": "passerby", "g": "cookieless"}
    set_settings(app.installation.store, app.site.name, app.clock.now, privacy_signals="ignore", domains=())
    app.installation.sites.refresh()
    assert put_in(app) == {"k": WRITE_KEY, "d": [], "c": "passerby"}


@pytest.mark.stores("sqlite", "postgresql")
def test_a_pinned_build_is_served_for_ever(app: App) -> None:
    """Pinned, whatever the settings become, and served to nobody when taken back."""
    store, site = app.installation.store, app.site
    before = app.request("GET", PATH)
    build = pin(store, site.site_id, before.body, NOW)
    set_settings(store, site.name, 1, hash_pages=True)
    app.installation.sites.refresh()
    assert app.request("GET", PATH).body != before.body
    path = f"/{PREFIX}/script.{build.hash}.js"
    for coding, unpacked in {"identity": bytes, "br": brotli.decompress, "gzip": gzip.decompress}.items():
        answer = app.request("GET", path, headers={"accept-encoding": coding})
        assert (answer.status, unpacked(answer.body)) == (200, before.body)
        assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
        assert answer.headers["access-control-allow-origin"] == "*", "a page elsewhere checks its integrity"
        held = {"accept-encoding": coding, "if-none-match": answer.headers["etag"]}
        assert app.request("GET", path, headers=held).status == 304
    for wrong in (f"script.{build.hash[:-1]}.js", f"script.{build.hash}.x.js", f"script.{build.hash}", "script..js",
                  f"other.{build.hash}.js", f"{build.hash}.js", "script.js.js"):  # fmt: skip
        assert app.request("GET", f"/{PREFIX}/{wrong}").status == 404, wrong
    unpin(store, site.site_id, build.hash)
    app.installation.sites.refresh()
    assert app.request("GET", path).status == 404


LATER_AND_ALL: dict[str, Any] = {"captures": ("web_vitals", "form_submits"), "cross_domain": True}


@pytest.fixture
def built(tmp_path: Path) -> Path:
    """Built files, each of which says its name."""
    for name in ("passerby", "passerby-messages"):
        (tmp_path / f"{name}.js").write_text(f"['{name}', {SLOT}, {PARTS_SLOT}]")
    for name in ("captures", "later", "vitals"):
        (tmp_path / f"passerby-{name}.js").write_text(f"'{name}'")
    return tmp_path


def a_site(prefix: str = "prefix", **settings: Any) -> Site:
    return Site(1, "uuid", "Shop", "wk", "pk", "hash", prefix, "script", **settings)


def read(script: bytes) -> Any:
    """Core, configuration and parts of a script from `built`."""
    return json.loads(script.decode().replace("'", '"').replace(", ]", "]"))


@pytest.mark.parametrize(
    ("settings", "messages", "core", "parts", "said"),
    [
        ({}, False, "passerby", [], {}),
        ({}, True, "passerby-messages", [], {"m": [{"key": "hello"}]}),
        ({"captures": ("web_vitals",)}, False, "passerby", ["later"], {"o": ["web_vitals"]}),
        ({"cross_domain": True}, False, "passerby", ["captures"], {"j": True}),
        ({"captures": ("scroll_depth",)}, False, "passerby", ["captures"], {"o": ["scroll_depth"]}),
        (
            LATER_AND_ALL,
            True,
            "passerby-messages",
            ["captures", "later"],
            {"o": ["web_vitals", "form_submits"], "j": True, "m": [{"key": "hello"}]},
        ),
    ],
)
def test_a_site_gets_the_core_and_the_parts_that_it_uses(
    built: Path, settings: dict[str, Any], messages: bool, core: str, parts: list[str], said: dict[str, Any]
) -> None:
    """Parts that are off are not configured either."""
    site = a_site(**settings)
    found, values, *have = read(Snippets(built).generate(site, [{"key": "hello"}] if messages else []))
    assert (found, have) == (core, parts)
    assert {name: values[name] for name in ("o", "j", "m") if name in values} == said
    assert ("l" in values) is ("later" in parts)


def test_later_part_is_named_by_its_content(built: Path) -> None:
    """Script and file of two versions never meet, and one version has no address in common from site to site."""
    site = a_site(captures=("web_vitals",))
    later = Snippets(built).later(site)
    assert later is not None
    assert later.content == b"export default ['vitals']"
    assert read(Snippets(built).generate(site, []))[1]["l"] == f"script.{later.hash}.js"
    others = {later.hash}
    for other in (a_site("other", captures=("web_vitals",)), a_site(captures=("web_vitals", "scroll_depth"))):
        found = Snippets(built).later(other)
        assert found is not None
        others.add(found.hash)
    assert len(others) == 2, "another capture in the script changes nothing of it"
    (built / "passerby-vitals.js").write_text("'newer'")
    newer = Snippets(built).later(site)
    assert newer is not None
    assert newer.hash not in others
    assert Snippets(built).later(a_site(captures=("scroll_depth",))) is None


def test_pinned_build_loads_nothing_later(built: Path) -> None:
    """Later versions lack this one's file; and a page that demands integrity gets all of it under that."""
    _, values, *parts = read(Snippets(built).generate(a_site(**LATER_AND_ALL), [], whole=True))
    assert parts == ["captures", "vitals"]
    assert "l" not in values


def test_message_with_the_name_of_a_slot_is_a_text(built: Path) -> None:
    site = a_site(captures=("scroll_depth",))
    _, values, *parts = read(Snippets(built).generate(site, [{"key": f"{PARTS_SLOT} {SLOT}"}]))
    assert values["m"] == [{"key": f"{PARTS_SLOT} {SLOT}"}]
    assert parts == ["captures"]


def test_later_part_is_served(tmp_path: Path) -> None:
    """Later part beside the script, by its name, for ever, to pages elsewhere too; gone when switched off."""
    with App(tmp_path / "data", site={"captures": ("web_vitals",)}) as app:
        path = f"/{PREFIX}/{put_in(app)['l']}"
        plain = app.request("GET", path)
        assert plain.status == 200
        assert plain.body.startswith(b"export default [(")
        unpack = {"identity": bytes, "br": brotli.decompress, "gzip": gzip.decompress}
        for coding, unpacked in unpack.items():
            answer = app.request("GET", path, headers={"accept-encoding": coding, "origin": "https://www.shop.test"})
            assert (answer.status, unpacked(answer.body)) == (200, plain.body)
            assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
            assert answer.headers["content-type"] == "text/javascript; charset=utf-8", "a module of another type is refused"
            assert answer.headers["access-control-allow-origin"] == "*", "a module is always fetched with CORS"
            held = {"accept-encoding": coding, "if-none-match": answer.headers["etag"]}
            assert app.request("GET", path, headers=held).status == 304
        for wrong in ("script.0123456789abcdef.js", path.rpartition("/")[2].replace("script", "other"), "passerby-vitals.js"):
            assert app.request("GET", f"/{PREFIX}/{wrong}").status == 404, wrong
        set_settings(app.installation.store, app.site.name, app.clock.now, captures=())
        app.installation.sites.refresh()
        assert app.request("GET", path).status == 404
        assert "l" not in put_in(app)


def test_messages_come_along_when_they_are_live(app: App) -> None:
    """Message runtime for sites with a live message only, else the core alone; text cannot end the script."""
    small = app.request("GET", PATH).body
    put_message(app.installation.store, app.site.site_id, parse_message(json.dumps(MESSAGE).encode()), NOW)
    app.installation.sites.refresh()
    large = app.request("GET", PATH).body
    assert len(large) > len(small)
    assert b"hello-there" in large
    assert b"</script" not in large.lower()
    assert "\u2028".encode() not in large
    put_message(
        app.installation.store, app.site.site_id, parse_message(json.dumps({**MESSAGE, "status": "paused"}).encode()), NOW
    )
    deadline = time.monotonic() + 10
    while app.request("GET", PATH).body != small:
        assert time.monotonic() < deadline, "a paused message leaves the snippet within seconds"
        time.sleep(0.1)
