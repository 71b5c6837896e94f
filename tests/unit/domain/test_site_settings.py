"""Site settings as declared: each is whole, fits its own default, and refuses with what is allowed."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Any

import msgspec
import pytest

from collector.domain.setting import Outside, Setting, declared
from collector.domain.site_settings import (
    BY_HAND,
    CAPTURES,
    SETTINGS,
    IdentityKey,
    SiteSettings,
    accepted,
    changed,
    described,
    for_browser,
)
from collector.errors import ConfigError

OUTSIDE = Outside(
    lambda domain: domain in ("com", "co.uk"), lambda texts: tuple(IdentityKey(text, "EdDSA", "PEM") for text in texts)
)
TYPES = Path(__file__).parents[3] / "snippet" / "src" / "types.ts"


def test_declarations_are_one_for_each_field() -> None:
    assert [setting.name for setting in SETTINGS] == list(SiteSettings.__struct_fields__)
    assert list(BY_HAND) == [setting.name for setting in SETTINGS if setting.name != "merging_since"]
    for what in ("label", "option", "off", "key", "letter"):
        given = [getattr(setting, what) for setting in SETTINGS if getattr(setting, what)]
        assert len(given) == len(set(given)), f"no two with the same {what}"


@pytest.mark.parametrize("setting", BY_HAND.values(), ids=list(BY_HAND))
def test_a_declaration_is_whole(setting: Setting) -> None:
    assert setting.label
    assert setting.help.endswith(".")
    assert "{" not in setting.help
    assert re.fullmatch(r"--[a-z]+(-[a-z]+)*", setting.option or "")
    assert bool(setting.off) == (setting.kind == "flag")
    assert bool(setting.choices) == (setting.control in ("select", "checkboxes"))
    assert setting.most > setting.least if setting.kind == "number" else setting.most == 0
    assert bool(setting.unset) == (setting.default is None)
    if setting.default is not None:
        assert setting.accepted(setting.default, OUTSIDE) == setting.default
    assert setting.kind == "list" or not setting.metavar


def test_kinds_follow_from_types() -> None:
    kinds = {name: (setting.kind, setting.control) for name, setting in BY_HAND.items()}
    assert kinds["merging"] == ("flag", "checkbox")
    assert kinds["lookback_days"] == ("number", "number")
    assert kinds["verify"] == ("choice", "select")
    assert kinds["cookie_domain"] == ("text", "text")
    assert kinds["domains"] == ("list", "lines")
    assert kinds["captures"] == ("list", "checkboxes")


class More(msgspec.Struct):
    per_day: Annotated[int, Setting(label="A day", most=9, help="Up to 9 (default {default}).")] = 3


def test_a_new_setting_is_one_declaration() -> None:
    (setting,) = declared(More)
    assert (setting.name, setting.option, setting.key, setting.default, setting.kind) == (
        "per_day",
        "--per-day",
        "per_day",
        3,
        "number",
    )
    assert setting.help == "Up to 9 (default 3)."
    assert setting.accepted(9, OUTSIDE) == 9


@pytest.mark.parametrize(
    ("name", "value", "held"),
    [
        ("domains", ("https://WWW.Shop.test/x", "shop.org:443"), ("www.shop.test", "shop.org")),
        ("domains", ("shop.test", "shop.test"), ("shop.test", "shop.test")),
        ("base_url", "https://a.test/p", "https://a.test/p"), ("base_url", "", None),
        ("cookie_name", "a.b-c_1", "a.b-c_1"),
        ("cookie_domain", "A.test", "a.test"), ("cookie_domain", "", None),
        ("merging", False, False),
        ("retention_days", 0, 0), ("retention_days", 36_500, 36_500),
        ("historical_fields", ("a", "", "b", "a"), ("a", "b")), ("historical_fields", ("",), ()),
        ("verify", "required", "required"),
        ("identity_keys", ("k", "", "k"), (IdentityKey("k", "EdDSA", "PEM"),)), ("identity_keys", ("",), ()),
        ("captures", tuple(name.replace("_", "-") for name in CAPTURES), CAPTURES), ("captures", ("",), ()),
        ("protected", ("account", "account:7", "tag:vip", "field:a:b", "account"), ("account", "account:7", "tag:vip", "field:a:b")),
    ],
)  # fmt: skip
def test_settings_accepted(name: str, value: Any, held: Any) -> None:
    assert accepted({name: value}, OUTSIDE) == {name: held}


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("domains", ("",), "is not a domain; write it like example.com"),
        ("domains", ("shop.test", "co.uk"), "'co.uk' is a public suffix"),
        ("domains", "shop.test", "--domain takes a list of texts, not 'shop.test'."),
        ("base_url", "https://ada:secret@a.test", "--base-url has a user name"),
        ("base_url", "www.shop.test", "'www.shop.test' is not an address"),
        ("cookie_name", "", "'' is no name for a cookie: letters"),
        ("cookie_name", 3, "--cookie-name takes a text, not 3."),
        ("merging", "yes", "--merge takes true or false, not 'yes'."),
        ("lookback_days", 0, "--lookback-days takes a whole number from 1 to 3650, not 0."),
        ("lookback_days", True, "--lookback-days takes a whole number from 1 to 3650, not True."),
        ("lookback_days", "9", "--lookback-days takes a whole number from 1 to 3650, not '9'."),
        ("verify", "always", "--verify takes one of off, optional, required, not 'always'."),
        ("verify", "", "--verify takes one of off, optional, required, not ''."),
        ("captures", ("keystrokes",), "--capture takes some of outbound-links, file-downloads, "),
        ("protected", ("everybody",), "'everybody' protects nobody; write account, account:ID, tag:NAME or field:NAME."),
        ("protected", ("tag:",), "'tag:' protects nobody"),
        ("merging_since", 3, "'merging_since' is no setting of a site. Known: domains, base_url, "),
        ("colour", "red", "'colour' is no setting of a site."),
    ],
)  # fmt: skip
def test_settings_refused(name: str, value: Any, says: str) -> None:
    with pytest.raises(ConfigError) as refused:
        accepted({name: value}, OUTSIDE)
    assert says in refused.value.message
    assert "secret" not in refused.value.message


def test_settings_not_given_are_left_out() -> None:
    assert accepted({**dict.fromkeys(BY_HAND), "domains": (), "hash_pages": False}, OUTSIDE) == {"hash_pages": False}


def test_described_is_json() -> None:
    shown = described(SiteSettings(identity_keys=(IdentityKey("k", "ES256", "PEM"),), merging=False, merging_since=1_000_000))
    assert (shown["merge"], shown["merging_since"]) == (False, "1970-01-01T00:00:01.000Z")
    assert shown["identity_keys"] == ["k:ES256"]
    assert msgspec.json.decode(msgspec.json.encode(shown)) == shown


def test_letters_are_those_of_the_snippet() -> None:
    """`Config` of snippet/src/types.ts has each; those of no setting are made in web/script/serve.py."""
    config = TYPES.read_text().partition("export interface Config {")[2].partition("\n}")[0]
    known = set(re.findall(r"^  (\w)\??:", config, re.MULTILINE))
    letters = set(for_browser(SiteSettings()))
    assert letters <= known
    assert known - letters == {"k", "u", "n", "d", "w", "m", "l"}


def test_merging_counts_from_when_it_was_turned_on() -> None:
    site = changed(SiteSettings(), {"merging": True}, 5)
    assert site.merging_since == 0, "it was on"
    off = changed(site, {"merging": False}, 6)
    assert (off.merging, off.merging_since) == (False, 0)
    on = changed(off, {"merging": True, "lookback_days": 3}, 7)
    assert (on.merging, on.merging_since, on.lookback_days) == (True, 7, 3)
    assert changed(on, {"merging": True}, 8).merging_since == 7
