"""Proofs that are required, and events without them. Scenarios 51, 52; rule R21; *Unproven*."""

from __future__ import annotations

from typing import Any

import pytest

from .course import HOUR
from .story import Story


def test_no_secret_is_shown_or_kept(story: Story) -> None:
    """R21. Given a token and a hash in the context; then neither is in what can be read afterwards."""
    story.site(verify="optional", user_hash=True)
    story.identify("x", "A", context=story.signed("A"))
    told = story.identify("y", "A", context={**story.hashed("A"), "locale": "en"})
    assert story.event_shown(told)["context"].get("locale") == "en"
    assert "token" not in str(story.get("/api/activity"))
    assert "userHash" not in str(story.get("/api/activity"))


def test_unsigned_in_required_mode(story: Story) -> None:
    """51, R21. Given proof is required; when A identifies without; then it is kept, claims nothing, writes nothing."""
    story.site(verify="required")
    page = story.page("x")
    told = story.identify("x", "A", email="a@x.io", traits={"plan": "pro"})
    assert story.shown() == {None: [page, told]}
    assert (story.people(), story.identified(), story.mapped("x")) == (set(), 0, None)
    assert "unverified" in story.event_shown(told)["flags"]
    (entry,) = story.entries()
    assert (entry["kind"], entry["detail"]["reason"]) == ("identify_refused", "unsigned")


@pytest.mark.parametrize("way", ["token", "hash", "server"])
def test_signed_in_required_mode(story: Story, way: str) -> None:
    """R21. Given proof is required; when A identifies with a token, its HMAC, or from the server; then it counts in full."""
    story.site(verify="required", user_hash=True)
    page = story.page("x")
    if way == "server":
        told = story.server.identify("x", "A", traits={"plan": "pro"})
    else:
        told = story.identify(
            "x", "A", traits={"plan": "pro"}, context=story.signed("A") if way == "token" else story.hashed("A")
        )
    assert story.shown() == {"A": [page, told]}
    assert (story.fields("A"), story.event_shown(told)["flags"]) == ({"plan": "pro"}, [])


WRONG: dict[str, tuple[str, dict[str, Any]]] = {
    "token_other_site": ("A", {"site": "00000000-0000-4000-8000-0000000000ff"}),
    "token_expired": ("A", {"exp": 1_000_000_000}),
    "token_other_anonymous_id": ("A", {"anon_id": "y"}),
    "token_other_user": ("B", {}),
    "token_too_long_lived": ("A", {"exp": 4_000_000_000}),
}


@pytest.mark.parametrize("mode", ["optional", "required"])
@pytest.mark.parametrize("reason", WRONG)
def test_token_for_other_site_expired_other_anon(story: Story, reason: str, mode: str) -> None:
    """52, R21. Given a token for another site, time, browser or user; then the identify is refused, and the log says why."""
    story.site(verify=mode)
    page = story.page("x")
    user, claims = WRONG[reason]
    told = story.identify("x", "A", traits={"plan": "pro"}, context=story.signed(user, **claims))
    assert story.shown() == {None: [page, told]}
    assert story.people() == set()
    assert [(one["kind"], one["detail"]["reason"]) for one in story.entries()] == [("identify_refused", reason)]


@pytest.mark.parametrize("token", ["junk", "", "a.b.c", 7, {"x": 1}])
def test_a_token_that_is_none(story: Story, token: Any) -> None:
    """52. Given something that is no token, where proof is required; then the event is kept, and nothing else happens."""
    story.site(verify="required")
    told = story.identify("x", "A", context={"token": token})
    assert (story.shown(), story.people()) == ({None: [told]}, set())


def test_a_token_signed_by_somebody_else(story: Story) -> None:
    """52. Given a token whose signature is another key's; then the identify is refused."""
    story.site(verify="optional")
    token = story.signed("A")["token"]
    story.identify("x", "A", context={"token": token[:-4] + ("AAAA" if token[-4:] != "AAAA" else "BBBB")})
    assert [one["detail"]["reason"] for one in story.entries()] == ["token_signature"]
    assert story.people() == set()


def test_without_verification_a_wrong_token_is_nothing(story: Story) -> None:
    """R21. Given verification is off; when an identify carries a wrong token; then it is asserted, as any other."""
    page = story.page("x")
    told = story.identify("x", "A", context=story.signed("B"))
    assert story.shown() == {"A": [page, told]}


def test_optional_verification_takes_unsigned_as_asserted(story: Story) -> None:
    """R21. Given verification is optional; when A identifies unsigned on x, then B signed; then x is B's."""
    story.site(verify="optional")
    page = story.page("x")
    story.identify("x", "A")
    assert story.whose(page) == "A"
    story.identify("x", "B", context=story.signed("B"))
    assert story.whose(page) == "B"


def test_a_proven_browser_goes_on_unsigned(story: Story) -> None:
    """Unproven. Given A proved to be A on x; when x sends events with A unsigned; then they are A's, but write nothing."""
    story.site(verify="required")
    login = story.identify("x", "A", context=story.signed("A"))
    said = [story.track("x", "A"), story.page("x", "A")]
    again = story.identify("x", "A", traits={"plan": "hacked"}, email="evil@x.io")
    assert story.shown() == {"A": [login, *said, again]}
    assert (story.fields("A"), story.person("A")["emails"]) == ({}, [])


def test_an_unproven_browser_stays_anonymous(story: Story) -> None:
    """Unproven. Given A proved to be A on x only; when y and z send events with A unsigned; then they are y's and z's."""
    story.site(verify="required")
    login = story.identify("x", "A", context=story.signed("A"))
    elsewhere = story.track("y", "A")
    assert story.shown() == {"A": [login], None: [elsewhere]}
    signed = story.identify("y", "A", context=story.signed("A"))
    assert story.shown() == {"A": [login, elsewhere, signed]}, "the anonymous stream of y, claimed with proof"


def test_a_proven_browser_is_proven_for_that_user_only(story: Story) -> None:
    """Unproven. Given x proved to be A; when it says B, who exists, unsigned; then that is not B's."""
    story.site(verify="required")
    login, other = story.identify("x", "A", context=story.signed("A")), story.identify("y", "B", context=story.signed("B"))
    said = story.track("x", "B")
    assert story.timeline("B") == [other]
    assert story.timeline("A") == [login, said], "an event of x's anonymous stream, which is A's"


def test_an_assertion_from_before_is_no_proof(story: Story) -> None:
    """Unproven. Given A identified on x unsigned before proof was required; then x is not proven afterwards."""
    login = story.identify("x", "A")
    story.site(verify="required")
    said = story.track("x", "A")
    assert story.timeline("A") == [login, said], "x's anonymous stream is A's by the claim"
    assert story.was_anonymous() == {said}


def test_unsigned_events_on_a_refused_id_reach_nobody(story: Story) -> None:
    """Unproven. Given proof is required; when a user id alone comes unsigned, with no anonymous id; then nobody is made."""
    story.site(verify="required")
    story.send(story.event("track", None, "A"))
    assert story.people() == set()


@pytest.mark.parametrize("kind", ["group", "alias"])
def test_unsigned_calls_join_nobody(story: Story, kind: str) -> None:
    """Unproven. Given proof is required; when an unsigned group or alias says A; then A is in no account and has no y."""
    story.site(verify="required")
    login = story.identify("x", "A", context=story.signed("A"))
    of_y = story.page("y")
    if kind == "alias":
        story.alias("A", "y", x="z")
    else:
        story.group("acme", "z", "A")
    assert story.whose(of_y) is None
    assert story.timeline("A") == [login]


def test_typing_an_address_in_required_mode(story: Story) -> None:
    """51. Given proof is required; when somebody types an address into a form; then nobody is made, and it is free still."""
    story.site(verify="required")
    story.identify("x", email="a@x.io")
    assert story.people() == set()
    story.identify("y", email="a@x.io", context=story.signed(email="a@x.io"))
    assert story.people() == {"a@x.io"}


def test_refused_identifies_are_logged_once_an_hour(story: Story) -> None:
    """R21, K4. Given A is refused again and again; then the log says so once an hour, and for another user."""
    story.site(verify="required")
    for at in (1, 2, 3):
        story.identify("x", "A", at=at)
    assert len(story.entries("identify_refused")) == 1
    story.identify("x", "A", at=HOUR + 1)
    story.identify("x", "B", at=HOUR + 2)
    assert len(story.entries("identify_refused")) == 3


def test_a_user_token_does_not_prove_another_address(story: Story) -> None:
    """R21, K3. Given a token for A alone; when A's identify tells an address; then that is asserted, and loses to a proof."""
    story.site(verify="optional")
    story.identify("x", "A", email="a@x.io", context=story.signed("A"))
    assert story.person("A")["emails"] == ["a@x.io"]
    form = story.identify("y", email="a@x.io")
    assert story.whose(form) == "A", "an address that nobody has proven"


def test_unproven_events_are_marked_and_shown(story: Story) -> None:
    """Unproven. Given unsigned events where proof is required; then they are shown with the user they name, and a mark."""
    story.site(verify="required")
    for told in (story.track("x", "A"), story.identify("x", "A"), story.page("x", "A")):
        event = story.event_shown(told)
        assert (event["user_id"], event["person_id"], "unverified" in event["flags"], event["was_anonymous"]) == (
            "A",
            None,
            True,
            True,
        )


def test_bento_api_is_the_sites_server(story: Story) -> None:
    """Strengths. Given Bento's door told an address; then it is proven, and typing it does nothing; also where proof is required."""
    story.site(verify="required")
    assert story.app.bento({"events": [{"type": "signup", "email": "a@x.io", "fields": {"plan": "pro"}}]}).json["results"] == 1
    typed = story.identify("x", email="a@x.io", traits={"plan": "no"})
    assert story.fields("a@x.io") == {"plan": "pro"}
    assert story.whose(typed) is None
