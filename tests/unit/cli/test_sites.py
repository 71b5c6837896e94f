"""Settings of a site: what the command line takes, stores and prints, and what the browser is told, byte for byte.

All of it is compared with `golden/site_settings.json`. `PYTHONPATH=. .venv/bin/python -m tests.unit.cli.test_sites` writes
the file anew, which only a change of what programs and scripts see justifies.
"""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

import click
import msgspec
import sqlalchemy as sa
from click.testing import CliRunner
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from collector.cli.main import main
from collector.cli.sites import site_add, site_set
from collector.domain.sites import Site
from collector.storage import tables
from collector.storage.engine import Store, sqlite_url
from collector.storage.sites import load_sites
from collector.web.script.install import Addresses
from collector.web.script.serve import configuration

GOLDEN = Path(__file__).parents[1] / "golden" / "site_settings.json"
EACH_TURNED = (
    "--domain", "https://Shop.test/x", "--domain", "example.org", "--base-url", "https://stats.shop.test/p", "--cookie-name", "pb",
    "--cookie-domain", "Shop.test", "--no-cross-subdomain", "--only-own-origins", "--privacy-signals", "off", "--consent-required",
    "--hash-pages", "--lookback-days", "30", "--retention-days", "0", "--quarantine-days", "7", "--historical-field", "utm",
    "--historical-field", "first url", "--no-merge", "--after-claim", "new_visitor", "--verify", "optional",
    "--identity-key", "k1:EdDSA:k1.pem", "--user-hash", "--capture", "outbound-links", "--capture", "web-vitals", "--cross-domain",
    "--addresses", "truncated", "--protect", "account", "--protect", "tag:vip",
)  # fmt: skip
EACH_CLEARED = (
    "--base-url", "", "--cookie-domain", "", "--historical-field", "", "--identity-key", "", "--capture", "", "--protect", "",
    "--domain", "www.shop.test", "--cross-subdomain", "--privacy-signals", "ignore",
)  # fmt: skip


def seen(folder: Path) -> dict[str, Any]:
    """Return what is seen of a site with its defaults, with every setting turned, and with what can be cleared cleared."""
    key = Ed25519PrivateKey.from_private_bytes(b"k" * 32).public_key()
    (folder / "k1.pem").write_bytes(key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    turned = [str(folder / "k1.pem").join(word.split("k1.pem")) for word in EACH_TURNED]
    states = {}
    for name, arguments in {"default": ["add", "One"], "turned": ["set", "One", *turned], "cleared": ["set", "One", *EACH_CLEARED]}.items():  # fmt: skip
        done = CliRunner(env={"PASSERBY_DATA": str(folder / "data")}).invoke(main, ["site", *arguments])
        assert done.exit_code == 0, done.output
        states[name] = _state(Store(sqlite_url(folder / "data")), json.loads(done.stdout))
    return {**states, "options": [_option(parameter) for parameter in site_set.params]}


def _state(store: Store, printed: dict[str, Any]) -> dict[str, Any]:
    (site,) = load_sites(store)
    assert printed == Addresses(None, "http://127.0.0.1:8000").describe(site, printed["secret_key"])
    with store.read() as connection:
        (stored,) = connection.execute(sa.select(tables.site.c.settings)).scalars()
    store.close()
    fixed = msgspec.structs.replace(
        site, uuid="UUID", write_key="wk_1", publishable_key="pk_1", secret_hash="0", prefix="prefix", script="script"
    )
    since = msgspec.structs.replace(fixed, merging_since=0 if fixed.merging else 1_700_000_000_000_000)
    return {
        "stored": stored,
        "shown": Addresses("https://public.test").describe(since, "sk_1") | {"snippet_html": "in web/script/test_install.py"},
        "browser": configuration(fixed, [{"id": "m"}] if fixed.captures else [], Addresses(None).directory(fixed)),
    }


def _option(parameter: click.Parameter) -> dict[str, Any]:
    about = parameter.to_info_dict()
    return {name: about[name] for name in ("name", "opts", "secondary_opts", "multiple", "type", "help") if name in about} | {
        "metavar": parameter.metavar
    }


def _text(found: dict[str, Any]) -> str:
    return json.dumps(msgspec.to_builtins(found), indent=1, ensure_ascii=False) + "\n"


def test_site_settings_are_stable_to_the_byte(tmp_path: Path) -> None:
    """Bytes, names and order as well: scripts are compared by hash, and what `site show --json` prints by programs."""
    assert _text(seen(tmp_path)) == GOLDEN.read_text()


def test_add_and_set_take_the_same() -> None:
    assert [_option(one) for one in site_add.params] == [_option(one) for one in site_set.params]


def test_every_setting_is_turned(tmp_path: Path) -> None:
    states = seen(tmp_path)
    same = {name for name, value in states["default"]["stored"].items() if states["turned"]["stored"][name] == value}
    assert same == {"merging_since"}, "add these to EACH_TURNED, and write the golden file anew"
    assert list(states["default"]["stored"]) == list(Site.__struct_fields__[8:])


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        GOLDEN.write_text(_text(seen(Path(folder))))
