"""The settings of a site, each declared once: `SiteSettings` has a field for each, whose annotation says the rest.

From a declaration follow the option of `passerby site add` and `set`, the check of what is given, what `passerby site show`
prints, the letter of the browser's configuration, what a form needs, and what docs/settings.md has to say.

Annotations are no texts here (there is no `from __future__ import annotations`): they are values that the package uses.
"""

from collections.abc import Callable, Mapping
from operator import not_
from typing import Annotated, Any, TypeVar

import msgspec

from ..errors import ConfigError
from . import setting_values
from .setting import Outside, Setting, declared
from .times import iso

CAPTURES = (
    "outbound_links",
    "file_downloads",
    "form_submits",
    "scroll_depth",
    "engaged_time",
    "web_vitals",
    "data_attributes",
)
"""Captures: reports of the snippet beside page views, each switched on for a site."""


class IdentityKey(msgspec.Struct, frozen=True):
    """A public key that verifies identity tokens; `algorithm` is fixed with the key, never taken from a token."""

    kid: str
    algorithm: str
    pem: str


class SiteSettings(msgspec.Struct, frozen=True, kw_only=True):
    """All settings of a site. Their order is that of the options, of what is stored and of what is shown."""

    domains: Annotated[
        tuple[str, ...],
        Setting(
            label="Domains",
            option="--domain",
            help="A domain of the site's own; may be repeated.",
            accept=setting_values.domains,
        ),
    ] = ()
    base_url: Annotated[
        str | None,
        Setting(
            label="Address of the collector",
            help="Where browsers reach the collector for this site, if not at PASSERBY_PUBLIC_URL.",
            unset="`PASSERBY_PUBLIC_URL`",
            accept=setting_values.base_url,
        ),
    ] = None
    cookie_name: Annotated[
        str,
        Setting(
            label="Name of the cookies",
            help="Base name of the visitor cookies (default {default}).",
            accept=setting_values.cookie_name,
            letter="c",
        ),
    ] = "passerby"
    cookie_domain: Annotated[
        str | None,
        Setting(
            label="Domain of the cookies",
            help="The cookies' domain (default: the widest that browsers allow).",
            unset="the widest allowed",
            accept=setting_values.domain,
        ),
    ] = None
    cross_subdomain: Annotated[
        bool, Setting(label="All subdomains together", help="One visitor over all subdomains.", letter="x", told=not_)
    ] = True
    only_own_origins: Annotated[
        bool,
        Setting(label="Own pages only", off="--any-origin", help="Refuse events from pages of other domains."),
    ] = False
    privacy_signals: Annotated[
        str,
        Setting(
            label="Privacy signals",
            choices=("cookieless", "off", "ignore"),
            help="What Global Privacy Control and Do Not Track do: nothing stored (default), nothing sent, nothing.",
            letter="g",
            told=lambda held: None if held == "ignore" else held,
        ),
    ] = "cookieless"
    consent_required: Annotated[bool, Setting(label="Consent required", help="Nothing before consent().", letter="q")] = False
    hash_pages: Annotated[
        bool, Setting(label="Pages in the #hash", help="Changes of the #hash are page views.", letter="h")
    ] = False
    lookback_days: Annotated[
        int, Setting(label="Lookback, days", least=1, most=3650, help="How far back a merge reaches (default {default}).")
    ] = 90
    retention_days: Annotated[
        int,
        Setting(
            label="Retention, days",
            least=0,
            most=36_500,
            help="How long unclaimed visitors stay (default {default}; 0: without limit).",
        ),
    ] = 90
    quarantine_days: Annotated[
        int,
        Setting(
            label="Quarantine, days",
            least=0,
            most=36_500,
            help="How long quarantined events are kept (default {default}; 0: without limit).",
        ),
    ] = 14
    historical_fields: Annotated[
        tuple[str, ...],
        Setting(
            label="Historical fields",
            option="--historical-field",
            metavar="NAME",
            help="A field that anonymous state never fills; may be repeated, '' clears the list.",
            accept=setting_values.once,
        ),
    ] = ()
    merging: Annotated[
        bool,
        Setting(label="Merging", option="--merge", key="merge", help="Visitors become people at an identify (default)."),
    ] = True
    merging_since: Annotated[
        int,
        Setting(
            label="Merging since",
            option=None,
            help="When merging was last turned on, in microseconds: a claim never reaches further back.",
            shown=lambda held: iso(held) if held else None,
        ),
    ] = 0
    after_claim: Annotated[
        str,
        Setting(
            label="After a claim",
            choices=("owner", "new_visitor"),
            help="Whose an anonymous id is after a claim: its owner's (default), or a new visitor's on shared devices.",
            letter="y",
            told=lambda held: held == "new_visitor",
        ),
    ] = "owner"
    verify: Annotated[
        str,
        Setting(
            label="Verified identify",
            choices=("off", "optional", "required"),
            help="Whether identify needs proof (default {default}).",
        ),
    ] = "off"
    identity_keys: Annotated[
        tuple[IdentityKey, ...],
        Setting(
            label="Identity keys",
            option="--identity-key",
            metavar="KID:ALGORITHM:FILE",
            help="A public key that verifies identity tokens: RS256, ES256 or EdDSA; may be repeated, '' clears the list.",
            accept=setting_values.identity_keys,
            shown=lambda held: [f"{key.kid}:{key.algorithm}" for key in held],
        ),
    ] = ()
    user_hash: Annotated[bool, Setting(label="Hash of the user id", help="Accept the HMAC of the user id as proof.")] = False
    captures: Annotated[
        tuple[str, ...],
        Setting(
            label="Automatic capture",
            option="--capture",
            metavar="NAME",
            choices=tuple(capture.replace("_", "-") for capture in CAPTURES),
            help="What the snippet reports by itself (docs/settings.md names them); may be repeated, '' clears the list.",
            accept=setting_values.underscored,
            letter="o",
        ),
    ] = ()
    cross_domain: Annotated[
        bool,
        Setting(
            label="Across domains",
            help="Hand visitors over by signed links between the site's own domains.",
            letter="j",
        ),
    ] = False
    addresses: Annotated[
        str,
        Setting(
            label="Internet addresses",
            choices=("off", "truncated", "full"),
            help="What is kept of visitors' internet addresses, as context.ip (default {default}).",
        ),
    ] = "off"
    protected: Annotated[
        tuple[str, ...],
        Setting(
            label="Protected from trimming",
            option="--protect",
            metavar="WHAT",
            help="Whom `people trim` keeps: account, account:ID, tag:NAME, field:NAME; repeat for more, '' for none.",
            accept=setting_values.protected,
        ),
    ] = ()


Held = TypeVar("Held", bound=SiteSettings)

SETTINGS = declared(SiteSettings)
"""Every setting, in the order of the fields."""
BY_HAND = {setting.name: setting for setting in SETTINGS if setting.option}
"""Those that people set, by name."""


def accepted(given: Mapping[str, Any], outside: Outside) -> dict[str, Any]:
    """Return what was given, by name, as a site holds it. None and an empty list are nothing given.

    Raises ConfigError for what is not allowed, and for a name that is no setting's."""
    if unknown := sorted(given.keys() - BY_HAND.keys()):
        raise ConfigError(f"{unknown[0]!r} is no setting of a site. Known: {', '.join(BY_HAND)}.")
    return {
        name: setting.accepted(given[name], outside) for name, setting in BY_HAND.items() if given.get(name) not in (None, ())
    }


def changed(site: Held, changes: Mapping[str, Any], now: int) -> Held:
    """Return the site with other settings, and what follows from them; `now` in microseconds.

    Merging that is turned on counts from now: claims never reach back into the time in which nobody was to be merged."""
    since = {"merging_since": now} if changes.get("merging") and not site.merging else {}
    return msgspec.structs.replace(site, **since, **changes)


def described(site: SiteSettings) -> dict[str, Any]:
    """Return every setting by its name in `passerby site show --json`, in values that JSON has."""
    return {setting.key: _plain(getattr(site, setting.name), setting.shown) for setting in SETTINGS}


def for_browser(site: SiteSettings) -> dict[str, Any]:
    """Return what a browser is told of the settings, by letter. What is empty or false is off."""
    return {setting.letter: _plain(getattr(site, setting.name), setting.told) for setting in SETTINGS if setting.letter}


def _plain(held: Any, form: Callable[[Any], Any] | None) -> Any:
    if form is not None:
        return form(held)
    return list(held) if isinstance(held, tuple) else held
