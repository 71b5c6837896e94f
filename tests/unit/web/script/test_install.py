"""Installation of the snippet by a site owner."""

from __future__ import annotations

from xml.dom.minidom import parseString

import msgspec
import pytest

from collector.domain.pinned import PinnedBuild
from collector.domain.sites import Site
from collector.web.script.install import FORMS, Addresses, queue_html, script_html

SITE = Site(1, "uuid", "Shop", "wk", "pk", "hash", "prefix", "script")


def test_addresses() -> None:
    found = Addresses("https://t.example.com/").describe(SITE, "sk")
    assert found["script_url"] == "https://t.example.com/prefix/script.js"
    assert found["ingest_url"] == "https://t.example.com/prefix/v1/batch"
    assert (found["prefix"], found["site_id"], found["secret_key"]) == ("/prefix", "uuid", "sk")
    assert found["script_url"] in found["snippet_html"]
    assert "hash" not in msgspec.json.encode(found).decode().replace("hash_pages", "").replace("user_hash", "")


def test_the_sites_own_address_goes_first() -> None:
    own = msgspec.structs.replace(SITE, base_url="https://www.shop.test/")
    assert Addresses("https://t.example.com").script_url(own) == "https://www.shop.test/prefix/script.js"


def test_guess_is_printed_and_never_put_into_a_script() -> None:
    guessed = Addresses(None, "http://127.0.0.1:8000")
    assert guessed.script_url(SITE) == "http://127.0.0.1:8000/prefix/script.js"
    assert guessed.directory(SITE) is None
    assert Addresses("https://t.example.com/", "http://127.0.0.1:8000").directory(SITE) == "https://t.example.com/prefix/"


@pytest.mark.parametrize("form", FORMS)
def test_html_is_for_xhtml_too(form: str) -> None:
    """Well-formed as it is: with no CDATA, which HTML would take for code, and no entity in code, which HTML would not read."""
    address = "https://x.test/a/b.js"
    html = FORMS[form](address, "sha384-A+/=")
    page = parseString(f'<html xmlns="http://www.w3.org/1999/xhtml"><head>{html}</head></html>')
    scripts = page.getElementsByTagName("script")
    code = "".join(text for script in scripts for node in script.childNodes if (text := node.nodeValue))
    assert code.count(address) + sum(script.getAttribute("src") == address for script in scripts) == 1
    assert not set("<&") & set(code)
    assert "{{" not in html
    assert html.count("integrity") == 1
    assert "integrity" not in FORMS[form](address)


def test_queue_is_one_line_and_a_static_tag() -> None:
    line, tag = queue_html("https://x.test/a/b.js").split("\n")
    assert tag == script_html("https://x.test/a/b.js") == '<script async="" src="https://x.test/a/b.js"></script>'
    assert line.startswith("<script>(function(w,d){")
    assert len(line) < 1_550, "every page carries it"


def test_loader_records_as_the_queue_does() -> None:
    """Forms are pasted alone, so the line that records stands in both."""
    line, _ = queue_html("/a.js").split("\n")
    assert f"if ({line.removeprefix('<script>').removesuffix('</script>')}) return;" in FORMS["loader"]("/a.js")


@pytest.mark.parametrize("form", FORMS)
def test_an_address_cannot_end_the_script(form: str) -> None:
    odd = 'https://x.test/"</script><b>]]>&amp;/b.js'
    plain = FORMS[form]("https://x.test/b.js")
    html = FORMS[form](odd)
    assert [html.count(letter) for letter in "<>"] == [plain.count(letter) for letter in "<>"]
    parseString(f"<head>{html}</head>")


def test_integrity_of_a_pinned_build() -> None:
    demanded = "sha384-" + "A+/z" * 16
    build = PinnedBuild("0123456789abcdef", demanded, 1)
    addresses = Addresses("https://t.example.com")
    url = "https://t.example.com/prefix/script.0123456789abcdef.js"
    assert addresses.script_url(SITE, build) == url
    tag = f'<script async="" src="{url}" integrity="{demanded}" crossorigin="anonymous"></script>'
    assert addresses.snippet_html(SITE, "script", build) == tag
    assert addresses.snippet_html(SITE, build=build).endswith(f"\n{tag}")
    loader = addresses.snippet_html(SITE, "loader", build)
    assert f's.integrity = "{demanded}";' in loader
    assert loader.index("s.crossOrigin") < loader.index("s.src")
