"""How sure we are, and what has to be proven. Scenarios 51-55; rules R7, R21, K3, K10; the table of strengths."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from .story import DAY, HOUR, Story

Claimed = Callable[[Story, str, str], str]


def by_link(story: Story, x: str, email: str) -> str:
    return story.open(x, story.link(email))


def by_browser(story: Story, x: str, email: str) -> str:
    return story.identify(x, email=email)


def by_proven_email(story: Story, x: str, email: str) -> str:
    return story.identify(x, email=email, context=story.signed(email=email))


def by_server(story: Story, x: str, email: str) -> str:
    return story.server.identify(x, email=email)


WAYS: tuple[Claimed, ...] = (by_link, by_browser, by_proven_email, by_server)
"""How somebody with an address can claim x, by strength: 0 to 3."""


@pytest.mark.parametrize("first", range(4))
@pytest.mark.parametrize("second", range(4))
def test_only_a_stronger_proof_overrides(story: Story, first: int, second: int) -> None:
    """R7, Who wins 6, Who wins 7. Given a@x.io claimed x; when b@x.io claims it; then it is b's only if b is better proven."""
    story.site(verify="optional")
    page = story.page("x")
    WAYS[first](story, "x", "a@x.io")
    WAYS[second](story, "x", "b@x.io")
    unsaid = story.page("x")
    wins = second > first
    assert story.whose(page) == ("b@x.io" if wins else "a@x.io")
    assert bool([entry for entry in story.log() if "claimed_by_another" in entry]) is not wins
    if wins:
        assert story.whose(unsaid) == "b@x.io"
        assert [entry["other"]["label"] for entry in story.entries("anonymous_merge") if entry["other"]] == ["a@x.io"]
    elif second == 0:
        assert (story.whose(unsaid), story.visitor("x")["contested_from"]) == ("a@x.io", None), "a link never contests a device"
    else:
        assert story.whose(unsaid) is None, "contested"


@pytest.mark.parametrize("first", range(4))
def test_the_strength_of_a_claim_rises_and_never_falls(story: Story, first: int) -> None:
    """R7, Who wins 4. Given a person claimed x twice; then the better of both proofs holds against a third."""
    story.site(verify="optional")
    for second in range(4):
        x, a, b, c = (f"{name}{second}" for name in ("x", "a@x.io", "b@x.io", "c@x.io"))
        page = story.page(x)
        WAYS[first](story, x, a)
        WAYS[second](story, x, a)
        best = max(first, second)
        WAYS[best](story, x, b)
        assert story.whose(page) == a, "as strong is not stronger"
        if best < 3:
            WAYS[best + 1](story, x, c)
            assert story.whose(page) == c


def test_an_override_moves_what_came_with_the_claim(story: Story) -> None:
    """R7, R20. Given x's history and fields were A's by assertion; when B claims x with proof; then they are B's, logged."""
    story.site(verify="optional")
    page = story.identify("x", traits={"city": "Rome"})
    story.group("acme", "x")
    of_a = story.identify("x", "A", at=10 * DAY)
    assert story.fields("A") == {"city": "Rome"}
    of_b = story.server.identify("x", "B", at=11 * DAY)
    assert story.timeline("A") == [of_a]
    assert page in story.timeline("B")
    assert story.timeline("B")[-1] == of_b
    assert (story.fields("A"), story.fields("B")) == ({}, {"city": "Rome"})
    assert (story.visits("A"), story.visits("B")[0]) == ((10 * DAY,) * 3, 1)
    assert story.members("acme") == {"B"}
    first, second = story.entries("anonymous_merge")
    assert (first["overridden"], second["overridden"]) == (True, False)
    assert second["other"]["label"] == "A"


def test_an_override_can_be_undone_by_hand(story: Story) -> None:
    """R7, Who wins 6. Given B overrode A on x; when x is attached to A by hand; then all is A's again."""
    page = story.page("x")
    story.identify("x", "A")
    story.server.identify("x", "B")
    assert story.whose(page) == "B"
    story.attach("x", "A")
    assert story.whose(page) == "A"
    story.server.identify("x", "B")
    assert story.whose(page) == "A", "what was attached by hand is as strong as it gets"


def test_no_secret_is_shown_or_kept(story: Story) -> None:
    """R21. Given a token and a hash in the context; then neither is in what can be read afterwards."""
    story.site(verify="optional", user_hash=True)
    story.identify("x", "A", context=story.signed("A"))
    told = story.identify("y", "A", context={**story.hashed("A"), "locale": "en"})
    assert story.event_shown(told)["context"].get("locale") == "en"
    assert "token" not in str(story.get("/api/activity"))
    assert "userHash" not in str(story.get("/api/activity"))


# -- required --------------------------------------------------------------------------------------------------------------


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


# -- links in e-mails ----------------------------------------------------------------------------------------------------


def test_an_email_link_claims_the_device(story: Story) -> None:
    """K10, BV 49. Given a link sent to A; when it is opened on y; then y is A's at strength link, and stays anonymous."""
    login = story.identify("x", "A", email="a@x.io")
    story.page("y")
    opened = story.open("y", story.link("a@x.io"))
    assert story.timeline("A") == [login, "m2", opened]
    assert opened in story.was_anonymous()
    assert "passerby_link" not in str(story.event_shown(opened)), "the link is taken out of the address"


def test_an_email_link_for_a_user_id(story: Story) -> None:
    """K10. Given a link made for a user id; when it is opened on y; then y is that user's."""
    story.identify("x", "A")
    opened = story.open("y", story.link("A"))
    assert story.whose(opened) == "A"


def test_an_email_link_makes_its_person(story: Story) -> None:
    """K10. Given a link sent to an address that is not known yet; when it is opened; then the device is that address's."""
    opened = story.open("y", story.link("new@x.io"))
    assert story.shown() == {"new@x.io": [opened]}


def test_forwarded_email_link(story: Story) -> None:
    """54. Given A's link is opened by a stranger on x; when B logs in there; then x is B's, and A's timeline loses it."""
    of_a = story.identify("a", "A", email="a@x.io")
    before = story.page("x")
    opened = story.open("x", story.link("a@x.io"))
    assert story.timeline("A") == [of_a, before, opened], "provisional"
    login = story.identify("x", "B")
    after = story.page("x")
    assert story.shown() == {"A": [of_a], "B": [before, opened, login, after]}
    assert story.visits("A") == (1, 1, 1)
    merge = story.entries("anonymous_merge")[-1]
    assert (merge["person"]["label"], merge["other"]["label"]) == ("B", "a@x.io")
    assert story.rotated() == []


def test_a_provisional_claim_becomes_a_real_one(story: Story) -> None:
    """54, Who wins 4. Given A opened the link on x and then logs in there; then x is A's, and no longer overridden by B."""
    story.identify("a", "A", email="a@x.io")
    opened = story.open("x", story.link("a@x.io"))
    story.identify("x", "A")
    story.identify("x", "B")
    assert story.whose(opened) == "A"
    assert story.rotated() == ["x"]


def test_email_link_on_contested(story: Story) -> None:
    """55. Given x is contested; when a link to C is opened on it; then C has nothing of it, and no new id is asked for."""
    of_a, of_b = story.identify("x", "A"), story.identify("x", "B")
    of_c = story.identify("c", "C", email="c@x.io")
    opened = story.open("x", story.link("c@x.io"))
    assert story.shown() == {"A": [of_a], "B": [of_b], "C": [of_c], None: [opened]}
    assert story.rotated() == []


def test_an_email_link_never_takes_from_an_owner(story: Story) -> None:
    """Who wins 7. Given x is A's; when a link to C is opened on it; then it stays A's, uncontested."""
    of_a = story.identify("x", "A")
    story.identify("c", "C", email="c@x.io")
    opened = story.open("x", story.link("c@x.io"))
    after = story.page("x")
    assert story.timeline("A") == [of_a, opened, after]
    assert story.rotated() == []


def test_two_links_on_one_device(story: Story) -> None:
    """K10, R7. Given a link to A, then one to C is opened on x; then it is A's: as weak does not override."""
    opened = [story.open("x", story.link(address)) for address in ("a@x.io", "c@x.io")]
    assert story.shown()["a@x.io"] == opened


def test_a_link_that_was_tampered_with(story: Story) -> None:
    """K10. Given a link whose token was changed; then the page is kept, and nobody gets x."""
    story.identify("c", "C", email="c@x.io")
    link = story.link("c@x.io")
    opened = story.open("x", link[:-3] + ("AAA" if link[-3:] != "AAA" else "BBB"))
    assert story.whose(opened) is None


def test_an_old_link(story: Story) -> None:
    """K10. Given a link of 31 days ago; when it is opened; then nobody gets x."""
    story.identify("c", "C", email="c@x.io")
    link = story.link("c@x.io")
    story.wait(31 * DAY)
    opened = story.open("x", link)
    assert story.whose(opened) is None


def test_a_link_to_somebody_who_was_deleted(story: Story) -> None:
    """K10, R28. Given a link to A; when A is deleted, and the link is opened; then A does not come back."""
    story.identify("c", "C", email="c@x.io")
    link = story.link("c@x.io")
    story.delete("C")
    opened = story.open("x", link)
    assert (story.people(), story.whose(opened)) == (set(), None)


def test_email_links_work_in_required_mode(story: Story) -> None:
    """K10, R21. Given proof is required; when a link to A is opened on x; then x is A's: the site itself signed it."""
    story.site(verify="required")
    story.server.identify(None, "A", email="a@x.io")
    opened = story.open("x", story.link("a@x.io"))
    assert story.whose(opened) == "A"
