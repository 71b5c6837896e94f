"""What a site owner needs to install the snippet."""

from __future__ import annotations

import msgspec

from collector.domain.sites import Site
from collector.web.install import Addresses, html_for

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
    html = html_for("https://x.test/a/b.js")
    assert html.startswith("<script>")
    assert html.endswith("</script>")
    assert html.count("https://x.test/a/b.js") == 1
    assert "{{" not in html
