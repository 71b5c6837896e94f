"""What a site owner needs to install the snippet."""

from __future__ import annotations

import msgspec

from collector.domain.pinned import PinnedBuild
from collector.domain.sites import Site
from collector.web.install import Addresses, loader_html, script_html

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


def test_the_html_is_one_script() -> None:
    html = loader_html("https://x.test/a/b.js")
    assert 's.src = "https://x.test/a/b.js";' in html
    assert html.startswith("<script>")
    assert html.endswith("</script>")
    assert html.count("https://x.test/a/b.js") == 1
    assert "{{" not in html
    assert "integrity" not in html


def test_an_address_cannot_end_the_script() -> None:
    odd = 'https://x.test/"</script><b>/b.js'
    assert loader_html(odd).count("<") == 2
    assert "</script>" not in loader_html(odd)[:-9]
    assert script_html(odd).count("<") == 2
    assert script_html(odd).count('"') == 2


def test_what_a_page_demands_of_a_pinned_build() -> None:
    demanded = "sha384-" + "A+/z" * 16
    build = PinnedBuild("0123456789abcdef", demanded, 1)
    addresses = Addresses("https://t.example.com")
    url = "https://t.example.com/prefix/script.0123456789abcdef.js"
    assert addresses.script_url(SITE, build) == url
    tag = f'<script async src="{url}" integrity="{demanded}" crossorigin="anonymous"></script>'
    assert addresses.snippet_html(SITE, "script", build) == tag
    loader = addresses.snippet_html(SITE, "loader", build)
    assert f's.integrity = "{demanded}";' in loader
    assert loader.index("s.crossOrigin") < loader.index("s.src")
