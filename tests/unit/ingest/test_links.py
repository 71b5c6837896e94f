"""Signed links: what is signed comes back, for this site, this purpose and this time; and nothing of it is stored."""

from __future__ import annotations

import base64
import json
from typing import Any
from urllib.parse import parse_qs, urlsplit

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from collector.domain.events import DAY, MINUTE, SECOND, Event, Handoff, Link, Proof
from collector.domain.identifiers import email_key, is_illegal
from collector.domain.sites import Site
from collector.errors import BadParameter
from collector.ingest.context import RequestContext
from collector.ingest.links import (
    HANDOFF_PARAMETER,
    HANDOFF_SECONDS,
    LINK_DAYS,
    LINK_PARAMETER,
    LinkSigner,
    decorate,
    without_links,
)
from collector.ingest.pipeline import Pipeline
from collector.ingest.proof import Prover
from collector.ingest.steps import steps_with
from collector.ingest.wire import RawEvent

NOW = 1_795_320_000_000_000
SITE = Site(1, "site-uuid", "n", "w", "p", "s", "x", "y", cross_domain=True)
OTHER = msgspec.structs.replace(SITE, uuid="other-uuid")
X, Y = "7f0c2a51-8c52-4b0e-9d0f-2b6f5f3f6a10", "7f0c2a51-8c52-4b0e-9d0f-2b6f5f3f6a11"
PAGE = "https://www.shop.test/sale"

signer = LinkSigner("secret of the links")
pipeline = Pipeline(steps_with(Prover(lambda _: "k" * 40), signer))


def sent(raw: dict[str, Any] | None = None, proof: Proof = Proof.ASSERTED, batch: dict[str, Any] | None = None) -> Event:
    said = {"type": "page", "anonymous_id": X, **(raw or {})}
    return pipeline.complete(0, RawEvent(**said), RequestContext(SITE, NOW, proof, batch_context=batch or {}))


def at(url: str, **raw: Any) -> Event:
    return sent({"context": {"page": {"url": url}}, **raw})


def link(value: str = "Ada@Example.com", now: int = NOW, kind: str = "email", site: Site = SITE) -> str:
    return signer.sign_link(site, kind, value, now)


def handoff(anonymous_id: str = Y, now: int = NOW, site: Site = SITE) -> str:
    return signer.sign_handoff(site, anonymous_id, now)


ADA = Link("email", "ada@example.com", "Ada@Example.com", NOW)


# -- tokens ------------------------------------------------------------------------------------------------------------------


def test_token_roundtrip() -> None:
    assert signer.read_link(SITE, link(), NOW) == ADA
    assert signer.read_link(SITE, link("User 7", kind="user"), NOW) == Link("user", "User 7", "User 7", NOW)
    read = signer.read_handoff(SITE, handoff(), NOW)
    assert read is not None
    assert read.anonymous_id == Y
    assert len(read.nonce) == 16


@given(st.text(min_size=1, max_size=255), st.integers(0, 4 * NOW))
def test_any_id_comes_back(value: str, now: int) -> None:
    for kind, is_legal in (("user", not is_illegal(value)), ("email", email_key(value) is not None)):
        if is_legal:
            read = signer.read_link(SITE, link(value, now, kind), now)
            assert read is not None
            assert read.value == (value if kind == "user" else email_key(value))
            assert read.issued_at == now
        else:
            with pytest.raises(BadParameter):
                link(value, now, kind)
    if not is_illegal(value):
        told = signer.read_handoff(SITE, handoff(value, now), now)
        assert told is not None
        assert told.anonymous_id == value


@pytest.mark.parametrize(
    ("kind", "value"),
    [("user", "null"), ("user", ""), ("user", "x" * 256), ("email", "ada"), ("email", ""), ("email", "x" * 255 + "@x.io"),
     ("visitor", X), ("", "user-7")],
)  # fmt: skip
def test_a_link_for_nobody_is_not_signed(kind: str, value: str) -> None:
    with pytest.raises(BadParameter, match="names nobody"):
        link(value, kind=kind)


@pytest.mark.parametrize("value", ["", "guest", "0000-0000", "a\x00b", "x" * 256])
def test_a_handoff_of_nobody_is_not_signed(value: str) -> None:
    with pytest.raises(BadParameter, match="anonymousId"):
        handoff(value)


def test_the_widest_id_fits() -> None:
    value = "\U0001f600" * 255
    assert signer.read_link(SITE, link(value, kind="user"), NOW) == Link("user", value, value, NOW)


def test_ages() -> None:
    made = link()
    for later, good in ((0, 1), (LINK_DAYS * DAY - 1, 1), (LINK_DAYS * DAY, 0), (-MINUTE, 1), (-MINUTE - 1, 0)):
        assert (signer.read_link(SITE, made, NOW + later) is not None) == good, later
    made = handoff()
    for later, good in ((0, 1), (HANDOFF_SECONDS * SECOND - 1, 1), (HANDOFF_SECONDS * SECOND, 0), (-MINUTE - 1, 0)):
        assert (signer.read_handoff(SITE, made, NOW + later) is not None) == good, later


def test_each_handoff_is_another() -> None:
    nonces = {read.nonce for read in (signer.read_handoff(SITE, handoff(), NOW) for _ in range(50)) if read}
    assert len(nonces) == 50


def test_tokens_are_bound_to_site_purpose_and_secret() -> None:
    assert signer.read_link(OTHER, link(), NOW) is None
    assert signer.read_handoff(OTHER, handoff(), NOW) is None
    assert signer.read_link(SITE, handoff(), NOW) is None
    assert signer.read_handoff(SITE, link(), NOW) is None
    stranger = LinkSigner("another secret")
    assert stranger.read_link(SITE, link(), NOW) is None
    assert stranger.read_handoff(SITE, handoff(), NOW) is None


@given(st.text(max_size=80) | st.text("eyJWa.-_", max_size=80) | st.binary(max_size=60).map(
    lambda junk: base64.urlsafe_b64encode(junk).decode() + ".x"))  # fmt: skip
def test_junk_is_no_token(junk: str) -> None:
    for token in (junk, junk + ".", "." + junk, link()[:-5] + junk, junk * 200):
        if token != link():
            assert signer.read_link(SITE, token, NOW) is None
        assert signer.read_handoff(SITE, token, NOW) is None


@given(st.integers(0, 500), st.characters())
def test_a_token_that_was_tampered_with(place: int, character: str) -> None:
    made = link()
    changed = made[: place % len(made)] + character + made[place % len(made) + 1 :]
    read = signer.read_link(SITE, changed, NOW)
    assert read is None or read == ADA, "base64 has spare bits at its end; the content is what was signed"


def test_tokens_fit_into_an_address() -> None:
    for token in (link(), handoff(), link("x" * 255, kind="user")):
        assert token == "".join(part for part in token if part.isalnum() or part in "-_.")


# -- addresses ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("url", "decorated"),
    [
        ("https://x.io", "https://x.io?p=T"),
        ("https://x.io/", "https://x.io/?p=T"),
        ("https://x.io/?", "https://x.io/?p=T"),
        ("https://x.io/a?b=1", "https://x.io/a?b=1&p=T"),
        ("https://x.io/a?b=1&", "https://x.io/a?b=1&p=T"),
        ("https://x.io/a?b=%20+&c#d?e=f#g", "https://x.io/a?b=%20+&c&p=T#d?e=f#g"),
        ("https://x.io/#", "https://x.io/?p=T#"),
        ("/path#top", "/path?p=T#top"),
        ("https://x.io/&", "https://x.io/&?p=T"),
        ("https://x.io/?a=b?", "https://x.io/?a=b?&p=T"),
        ("", "?p=T"),
    ],
)
def test_decorate(url: str, decorated: str) -> None:
    assert decorate(url, "p", "T") == decorated


@pytest.mark.parametrize(
    ("url", "clean"),
    [
        ("https://x.io/?passerby_link=T", "https://x.io/"),
        ("https://x.io/?passerby_link=T#top", "https://x.io/#top"),
        ("https://x.io/?a=1&passerby_link=T", "https://x.io/?a=1"),
        ("https://x.io/?passerby_link=T&a=1", "https://x.io/?a=1"),
        ("https://x.io/?a=1&passerby_handoff=T&b=2#c", "https://x.io/?a=1&b=2#c"),
        ("https://x.io/?passerby_link=T&passerby_handoff=U&a=1", "https://x.io/?a=1"),
        ("https://x.io/?a=1&passerby_link=T&passerby_link=U", "https://x.io/?a=1"),
        ("https://x.io/?passerby_link=T&a=1&passerby_link=U", "https://x.io/?a=1"),
        ("https://x.io/?passerby_link=", "https://x.io/"),
        ("https://x.io/#/route?passerby_link=T&a=1", "https://x.io/#/route?a=1"),
        ("?passerby_link=T", ""),
        ("?a=1&passerby_link=T", "?a=1"),
        ("passerby_link=T", ""),
        ("passerby_link=T&a=1", "a=1"),
        ("https://x.io/?not_passerby_link=T", "https://x.io/?not_passerby_link=T"),
        ("https://x.io/?passerby_linked=T", "https://x.io/?passerby_linked=T"),
        ("https://x.io/passerby_link=T", "https://x.io/passerby_link=T"),
        ("https://x.io/?passerby_id=T", "https://x.io/?passerby_id=T"),
    ],
)
def test_address_without_links(url: str, clean: str) -> None:
    assert without_links(url) == clean


urls = st.text("a?&=#/:é", max_size=20).map(lambda rest: "https://x.io/" + rest)


@given(
    urls, st.sampled_from([LINK_PARAMETER, HANDOFF_PARAMETER]), st.text(st.characters(codec="utf-8"), min_size=1, max_size=20)
)
def test_decorating_and_cleaning(url: str, parameter: str, token: str) -> None:
    """Parameter found by any reader of the address; the fragment stays, and cleaning gives the address back."""
    decorated = decorate(url, parameter, token)
    assert parse_qs(urlsplit(decorated).query)[parameter] == [token]
    address, *fragment = url.partition("#")
    assert list(decorated.partition("#")[1:]) == fragment
    query = address.partition("?")[2]
    joined_already = address.endswith("?") if not query else query.endswith("&")
    assert without_links(decorated) == (address[:-1] if joined_already else address) + "".join(fragment)


@pytest.mark.parametrize(
    "text", ["?passerby_link=" * 5_000, "&passerby_link" * 5_000, "?passerby_link=&" * 5_000, "?&" * 20_000]
)
def test_cleaning_takes_no_time(text: str) -> None:
    assert len(without_links(text)) <= len(text)


# -- the step ------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["page", "screen", "track", "identify"])
def test_a_link_is_followed(kind: str) -> None:
    event = at(decorate(PAGE + "?a=1", LINK_PARAMETER, link()), type=kind, event="e")
    assert (event.asserted.link, event.asserted.handoff, event.url) == (ADA, None, PAGE + "?a=1")
    event = at(decorate(PAGE, HANDOFF_PARAMETER, handoff()), type=kind, event="e")
    assert isinstance(event.asserted.handoff, Handoff)
    assert (event.asserted.link, event.asserted.handoff.anonymous_id, event.url) == (None, Y, PAGE)


@pytest.mark.parametrize("raw", [{"type": "group", "group_id": "g"}, {"type": "alias", "user_id": "u", "previous_id": "p"}])
def test_other_kinds_follow_nothing_and_store_nothing(raw: dict[str, Any]) -> None:
    event = at(decorate(decorate(PAGE, LINK_PARAMETER, link()), HANDOFF_PARAMETER, handoff()), **raw)
    assert (event.asserted.link, event.asserted.handoff, event.url) == (None, None, PAGE)


def test_a_server_follows_no_link() -> None:
    """Secret key: it says itself who it is."""
    event = sent({"context": {"page": {"url": decorate(PAGE, LINK_PARAMETER, link())}}}, Proof.VERIFIED)
    assert (event.asserted.link, event.url) == (None, PAGE)


def test_the_url_in_the_properties_of_a_page() -> None:
    event = sent({"properties": {"url": decorate(PAGE, LINK_PARAMETER, link()), "a": 1}})
    assert (event.asserted.link, event.url, event.properties) == (ADA, PAGE, {"url": PAGE, "a": 1})
    event = sent({"type": "track", "event": "e", "properties": {"url": decorate(PAGE, LINK_PARAMETER, link())}})
    assert (event.asserted.link, event.url, event.properties) == (None, None, {"url": PAGE}), "not where the event happened"


def test_the_address_that_a_visitor_landed_on() -> None:
    """Router gone on before the page view was made: the link was followed all the same."""
    page = {"url": PAGE, "landing": decorate("https://www.shop.test/in", LINK_PARAMETER, link())}
    event = sent({"context": {"page": page}})
    assert (event.asserted.link, event.url) == (ADA, PAGE)
    assert event.context["page"]["landing"] == "https://www.shop.test/in"


def test_a_handoff_needs_another_anonymous_id() -> None:
    assert at(decorate(PAGE, HANDOFF_PARAMETER, handoff(X))).asserted.handoff is None, "to itself"
    assert at(decorate(PAGE, HANDOFF_PARAMETER, handoff()), anonymous_id=None, user_id="u").asserted.handoff is None
    assert at(decorate(PAGE, LINK_PARAMETER, link()), anonymous_id=None, user_id="u").asserted.link == ADA


def test_an_expired_or_foreign_token_is_taken_out_all_the_same() -> None:
    old, foreign = link(now=NOW - LINK_DAYS * DAY), link(site=OTHER)
    for token in (old, foreign, "junk", "", "%", "%ff%fe", "\ud800", "x" * 20_000):
        event = at(f"{PAGE}?passerby_link={token}&passerby_handoff={token}&a=1")
        assert (event.asserted.link, event.asserted.handoff, event.url) == (None, None, PAGE + "?a=1")


def test_the_first_valid_one_of_each_counts() -> None:
    eve = Link("email", "eve@example.com", "eve@example.com", NOW)
    many = "&passerby_link=".join(["junk", link("eve@example.com"), link()])
    assert at(f"{PAGE}?passerby_link={many}").asserted.link == eve
    event = at(f"{PAGE}?passerby_handoff={handoff(X)}&passerby_handoff={handoff()}&passerby_link={link()}")
    assert event.asserted.handoff is not None
    assert (event.asserted.link, event.asserted.handoff.anonymous_id, event.url) == (ADA, Y, PAGE)
    event = at(f"{PAGE}?" + "&".join(["passerby_link=junk"] * 50 + [f"passerby_link={link()}"]))
    assert (event.asserted.link, event.url) == (None, PAGE), "only a few are tried: each costs a signature"


def test_mail_programs_that_escape_more_than_they_need() -> None:
    escaped = "".join(f"%{ord(character):02X}" for character in link())
    assert at(f"{PAGE}?passerby_link={escaped}").asserted.link == ADA


def test_all_addresses_are_cleaned() -> None:
    token = link()
    dirty = {
        "url": decorate(PAGE, LINK_PARAMETER, token), "search": f"?passerby_link={token}&a=1", "path": "/sale",
        "referrer": decorate("https://x.io/", HANDOFF_PARAMETER, handoff()), "title": "Sale",
        "canonical": decorate(PAGE, LINK_PARAMETER, token), "came_to": decorate(PAGE, HANDOFF_PARAMETER, handoff()),
    }  # fmt: skip
    clean = {
        "url": PAGE, "search": "?a=1", "path": "/sale", "referrer": "https://x.io/", "title": "Sale",
        "canonical": PAGE, "came_to": PAGE,
    }  # fmt: skip
    event = sent({"context": {"page": dict(dirty)}, "properties": dict(dirty)})
    assert (event.context, event.properties, event.url) == ({"page": clean}, clean, PAGE)
    assert (event.asserted.link, event.asserted.handoff) == (ADA, None), "a referrer is cleaned, not followed"
    event = sent({"type": "identify", "user_id": "u", "traits": dict(dirty)})
    assert (event.properties, event.written.fields) == (clean, clean), "what the person is told, too"
    assert token not in json.dumps([event.context, event.properties, event.written.fields])


def test_shared_context_is_not_changed() -> None:
    page = {"url": decorate(PAGE, LINK_PARAMETER, link()), "referrer": f"https://x.io/?passerby_link={link()}"}
    shared, properties = {"page": page}, dict(page)
    before = msgspec.json.encode([shared, properties])
    first, second = (sent({"properties": properties}, batch=shared) for _ in range(2))
    assert first.asserted.link == second.asserted.link == ADA
    assert first.context == second.context == {"page": {"url": PAGE, "referrer": "https://x.io/"}}
    assert msgspec.json.encode([shared, properties]) == before


def test_clean_addresses_are_not_copied() -> None:
    context, properties = {"page": {"url": PAGE, "referrer": "https://x.io/?passerby=1"}}, {"url": PAGE}
    event = sent({"context": context, "properties": properties})
    assert event.context is context
    assert event.properties is properties


def test_the_fingerprint_is_that_of_the_clean_page() -> None:
    plain = at(PAGE)
    assert at(decorate(PAGE, LINK_PARAMETER, link())).fingerprint == plain.fingerprint
    assert at(decorate(PAGE, HANDOFF_PARAMETER, handoff())).fingerprint == plain.fingerprint


text = st.text(max_size=20) | st.text(max_size=20).map(
    lambda rest: f"https://x.io/?passerby_link={rest}#passerby_handoff={rest}"
)
anything = st.recursive(
    st.none() | st.booleans() | st.integers() | text, lambda inner: st.lists(inner) | st.dictionaries(text, inner)
)
addresses = st.dictionaries(st.sampled_from(["url", "search", "canonical", "x"]), anything)


@given(st.sampled_from(["page", "track", "identify", "group"]), addresses | anything, addresses)
def test_links_never_raise(kind: str, page: Any, properties: dict[str, Any]) -> None:
    raw = {"type": kind, "event": "e", "group_id": "g", "properties": properties, "traits": properties}
    event = sent({**raw, "context": {"page": page}})
    assert (event.asserted.link, event.asserted.handoff) == (None, None)
