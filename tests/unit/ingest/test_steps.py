"""Steps one by one, where the golden requests cannot show a rule by itself."""

from __future__ import annotations

from typing import Any

import jwt
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from collector.domain.events import DAY, MARK, MINUTE, Event, Flag, Proof, Rejection
from collector.domain.ip import parse_ip
from collector.domain.sites import Site
from collector.domain.times import iso
from collector.ingest.context import RequestContext
from collector.ingest.pipeline import Pipeline
from collector.ingest.steps import MAX_OTHER_IDS, OLDEST_FROM_BROWSER, STEPS
from collector.ingest.wire import RawEvent, id_text

NOW = 1_795_320_000_000_000
SITE = Site(1, "u", "n", "w", "p", "s", "x", "y")


def complete(
    is_browser: bool = False, sent_at: int | None = None, batch_context: dict[str, Any] | None = None, **raw: Any
) -> Event:
    said = {"type": "track", "event": "e", "anonymous_id": "a", **raw}
    request = RequestContext(SITE, NOW, Proof.ASSERTED, is_browser, None, sent_at, batch_context or {})
    return Pipeline().complete(0, RawEvent(**said), request)


def test_steps_are_named_for_what_they_do() -> None:
    assert all(step.__name__.startswith(("drop_", "put_")) for step in STEPS)
    assert len({step.__name__ for step in STEPS}) == len(STEPS)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, None),
        ("", None),
        ("a", "a"),
        (1, "1"),
        (1.0, "1"),
        (1.5, "1.5"),
        (-3, "-3"),
        (10**18, str(10**18)),
        (" a ", " a "),
    ],
)
def test_ids_are_text(value: Any, text: str | None) -> None:
    assert id_text(value) == text


@given(st.integers(-(10**17), 10**17), st.none() | st.integers(-(10**17), 10**17), st.booleans())
def test_event_time(at: int, sent: int | None, is_browser: bool) -> None:
    """received - (sent - timestamp); never later than five minutes from now; a browser's never older than 31 days."""
    at = at // 1_000 * 1_000
    if not -62_000_000_000_000_000 < at < 250_000_000_000_000_000:
        return
    corrected = at if sent is None else NOW - sent + at
    try:
        event = complete(is_browser, sent, timestamp=iso(at))
    except Rejection as rejection:
        assert not is_browser, "what a browser's clock says is never a reason to lose its event"
        assert rejection.reason in ("future_date", "bad_timestamp")
        assert corrected > NOW + 5 * MINUTE or corrected < -69 * 365 * DAY
        return
    if is_browser:
        assert NOW - OLDEST_FROM_BROWSER <= event.time <= NOW
        moved = corrected > NOW + 5 * MINUTE or corrected < NOW - OLDEST_FROM_BROWSER
        assert bool(event.flags & Flag.TIME_CLAMPED) == moved
    else:
        assert event.time == corrected
    assert iso(event.time)
    assert event.original_time == iso(at)


def test_other_ids_of_the_browser() -> None:
    known = ["a", "b", "b", "null", 7, None, "x" * 256, "c", "d", "e", "f", "g"]
    event = complete(type="identify", user_id="u", context={"anonymousIds": known})
    assert event.asserted.anonymous_ids == ("b", "c", "d", "e", "f")
    assert len(event.asserted.anonymous_ids) == MAX_OTHER_IDS
    assert complete(context={"anonymousIds": ["b"]}).asserted.anonymous_ids == (), "only for identify"
    assert complete(type="identify", user_id="u", context={"anonymousIds": "b"}).asserted.anonymous_ids == ()


def test_the_fingerprint_is_the_content() -> None:
    same = [
        complete(properties={"a": 1, "b": 2}),
        complete(properties={"b": 2, "a": 1}),
        complete(properties={"a": 1, "b": 2}, timestamp=1, context={"x": 1}),
    ]
    assert len({event.fingerprint for event in same}) == 1
    other = [complete(), complete(event="f"), complete(user_id="u"), complete(properties={"a": 1}), complete(type="page"),
             complete(type="identify", user_id="u")]  # fmt: skip
    assert len({event.fingerprint for event in [*same, *other]}) == 7


def test_the_device_of_a_server_event_is_its_user() -> None:
    one, two = complete(anonymous_id=None, user_id="u"), complete(anonymous_id=None, user_id="u")
    assert one.device_id == two.device_id != complete(anonymous_id="u").device_id
    assert one.owner.startswith("\x1f"), "a name that no anonymous id can have"


@pytest.mark.parametrize("page", [None, "x", [], {"url": None}, {"url": 7}, {"url": {}}])
def test_a_page_that_is_none_does_no_harm(page: Any) -> None:
    assert complete(context={"page": page}).url is None
    assert complete(type="page", context={"page": page}, properties={"url": "https://x.io"}).url == "https://x.io"


def test_identify_writes_fields_and_others_do_not() -> None:
    assert complete(type="identify", user_id="u", traits={"plan": "pro"}).written.fields == {"plan": "pro"}
    assert complete(properties={"plan": "pro"}).written.fields == {}
    assert complete(type="group", group_id="g", traits={"plan": "pro"}).written.fields == {}


def test_a_visitor_without_storage_is_marked() -> None:
    assert complete(context={"storage": "memory"}).flags == Flag.MEMORY_ONLY


@pytest.mark.parametrize(
    ("altered", "flags"),
    [(1, Flag.ALTERED), (40, Flag.ALTERED), (0, 0), (-1, 0), (True, 0), (1.5, 0), ("1", 0), ([1], 0), (None, 0)],
)
def test_replaced_or_cut_values_are_marked(altered: Any, flags: int) -> None:
    assert complete(context={"altered": altered}).flags == flags


def test_a_shared_batch_context_is_not_changed() -> None:
    """Enrichers write into one event's context; others must not see it."""
    shared = {"page": {"url": "https://x.io/?utm_source=a"}, "campaign": {"source": "said"}}
    first, second = complete(batch_context=shared), complete(batch_context=shared)
    first.context["client"] = {}
    assert "client" not in second.context
    assert "client" not in shared


def test_a_user_id_that_is_too_long_costs_the_claim_not_the_event() -> None:
    """Rule R2: the event stays with its anonymous id, and nobody is identified."""
    event = complete(type="identify", user_id="x" * 256)
    assert (event.anonymous_id, event.asserted.user_id, event.asserted.illegal_id) == ("a", None, "x" * 255)
    with pytest.raises(Rejection) as refused:
        complete(user_id="x" * 256, anonymous_id=None)
    assert refused.value.reason == "id_too_long"


def test_fingerprint_differs_by_page() -> None:
    one, other = (complete(type="page", context={"page": {"url": url}}) for url in ("https://x.io/1", "https://x.io/2"))
    assert one.fingerprint != other.fingerprint


@pytest.mark.parametrize(
    ("said", "account"),
    [
        ("acme", "acme"), (7, "7"), (7.0, "7"), ("x" * 255, "x" * 255), ("x" * 256, None), ("", None), ("null", None), (0, None),
        (None, None), (True, None), ({"id": "acme"}, None), (["acme"], None), ("a\x00", None),
    ],
)  # fmt: skip
def test_the_account_of_an_event(said: Any, account: str | None) -> None:
    assert complete(context={"groupId": said}).written.account_id == account
    assert complete(batch_context={"groupId": said}).written.account_id == account
    if isinstance(said, str | int) and not isinstance(said, bool) and said != "":
        assert complete(type="group", group_id=said).written.account_id == account
    assert complete(type="group", group_id="own", context={"groupId": said}).written.account_id == "own", (
        "a group names its own"
    )


def test_tokens_say_nothing_to_the_steps_alone() -> None:
    """Tokens that STEPS alone do not believe: taken out, without effect."""
    required = msgspec.structs.replace(SITE, verify="required")
    request = RequestContext(required, NOW)
    signed = jwt.encode({"site": "u", "sub": "u", "exp": NOW // 1_000_000 + 60}, "k" * 40)
    event = Pipeline().complete(0, RawEvent(type="identify", user_id="u", context={"token": signed}), request)
    assert (event.asserted.strength, event.asserted.unproven, event.context) == (Proof.ASSERTED, "token_signature", {})


PEER = parse_ip("203.0.113.9")


def kept_ip(addresses: str, stated: Any = None, is_browser: bool = True, batch: Any = None, **context: Any) -> Any:
    """Stored `context.ip`: ABSENT is not there."""
    site = msgspec.structs.replace(SITE, addresses=addresses)
    shared = {} if batch is None else {"ip": batch, "app": {"name": "x"}}
    request = RequestContext(site, NOW, is_browser=is_browser, batch_context=shared, client_address=PEER)
    said = {**context, **({} if stated is None else {"ip": stated})}
    event = Pipeline().complete(0, RawEvent(type="track", event="e", anonymous_id="a", context=said), request)
    assert shared in ({}, {"ip": batch, "app": {"name": "x"}}), "a batch's context is shared by its events"
    return event.context.get("ip", "ABSENT")


HOSTILE: list[Any] = ["", "198.51.100.7 ", "<b>", 7, True, {"v4": "198.51.100.7"}, ["198.51.100.7"], "fe80::1%x", "localhost"]


@pytest.mark.parametrize("is_browser", [True, False])
@pytest.mark.parametrize("stated", [None, "198.51.100.7", "0.0.0.0", *HOSTILE])
def test_client_address_is_kept_only_if_the_site_wants_it(stated: Any, is_browser: bool) -> None:
    assert kept_ip("off", stated, is_browser) == "ABSENT"
    assert kept_ip("off", None, is_browser, batch=stated) == "ABSENT"


@pytest.mark.parametrize("stated", [None, "198.51.100.7", "203.0.113.9", "::1", *HOSTILE])
def test_client_address_of_a_browser_is_what_we_found(stated: Any) -> None:
    assert kept_ip("full", stated) == "203.0.113.9"
    assert kept_ip("truncated", stated) == "203.0.113.0"
    assert kept_ip("full", None, batch=stated) == "203.0.113.9"


@pytest.mark.parametrize("nothing", ["0.0.0.0", "::", "::ffff:0.0.0.0"])
def test_a_page_may_ask_for_no_address(nothing: str) -> None:
    for addresses in ("full", "truncated"):
        assert kept_ip(addresses, nothing) == kept_ip(addresses, batch=nothing) == "ABSENT"
        assert kept_ip(addresses, storage="memory") == "ABSENT", "nor is one kept where nothing may be kept in the browser"


@pytest.mark.parametrize(
    ("stated", "full", "short"),
    [
        ("198.51.100.7", "198.51.100.7", "198.51.100.0"), ("2001:DB8:1:2::3", "2001:db8:1:2::3", "2001:db8:1::"),
        ("::ffff:198.51.100.7", "198.51.100.7", "198.51.100.0"), (None, "ABSENT", "ABSENT"), ("0.0.0.0", "ABSENT", "ABSENT"),
        *((hostile, "ABSENT", "ABSENT") for hostile in HOSTILE),
    ],
)  # fmt: skip
def test_a_program_states_its_users_address(stated: Any, full: str, short: str) -> None:
    """Peer address not kept: it is the customer's."""
    assert kept_ip("full", stated, is_browser=False) == kept_ip("full", is_browser=False, batch=stated) == full
    assert kept_ip("truncated", stated, is_browser=False) == short


def test_fingerprint_ignores_the_client_address() -> None:
    """Retries may come from another network."""
    one, other = (complete(is_browser=False, context={"ip": ip}) for ip in ("198.51.100.7", "198.51.100.8"))
    assert one.fingerprint == other.fingerprint


def test_message_id_loses_our_mark() -> None:
    """Mark between a message id and what we add to it (domain/events.py)."""
    assert complete(message_id=f"m{MARK}public").message_id == "m\ufffdpublic"
