"""Shared devices, logout, switching. Scenarios 32-45; rules R9-R12, K4, and the order of who wins a claim."""

from __future__ import annotations

import json

from tests.support.app import WRITE_KEY, Answer

from .course import DAY, HOUR
from .story import Story

UUID_X = "0c8f7a3e-1111-4a4a-8b8b-000000000001"


def test_logout_rotates(story: Story) -> None:
    """32, R12. Given A signed in on x; when the browser resets, and is y; then what y does is not A's."""
    first = story.page("x")
    login = story.identify("x", "A")
    after = story.page("y")
    assert story.shown() == {"A": [first, login], None: [after]}


def test_next_user_gets_own_anon(story: Story) -> None:
    """33. Given the browser is y after A's logout; when it browses and B signs in; then y is B's, and x is A's."""
    first, of_a = story.page("x"), story.identify("x", "A")
    second, of_b = story.page("y"), story.identify("y", "B")
    assert story.shown() == {"A": [first, of_a], "B": [second, of_b]}
    assert (story.mapped("x"), story.mapped("y")) == ("A", "B")
    assert story.rotated() == []


def test_switch_without_logout(story: Story) -> None:
    """34, R10. Given the snippet takes a new id before it identifies B; then nothing of A goes to B, nothing is contested."""
    first, of_a = story.page("x"), story.identify("x", "A")
    of_b, unsaid = story.identify("y", "B"), story.page("y")
    assert story.shown() == {"A": [first, of_a], "B": [of_b, unsaid]}
    assert story.log() == ["anonymous_merge x A", "anonymous_merge y B"]


def test_server_backstop_a_then_b(story: Story) -> None:
    """35, R9. Given an old snippet that identifies A, then B on x; then x stays A's, B begins empty, and x is given up."""
    first, of_a = story.page("x"), story.identify("x", "A")
    login = story.identify("x", "B")
    assert story.rotated() == ["x"]
    of_b, unsaid = story.track("x", "B"), story.page("x")
    assert story.shown() == {"A": [first, of_a], "B": [login, of_b], None: [unsaid]}
    assert story.log() == ["anonymous_merge x A", "merge_refused x B claimed_by_another"]
    (refused,) = story.entries("merge_refused")
    assert (refused["name"], refused["other"]["person_id"]) == ("Merge refused", story.id_of("A"))


def test_the_cookie_is_not_renewed_with_a_refused_id(story: Story) -> None:
    """35, R9. Given B is refused on x; then the answer's cookie is not x, as it was for A."""
    headers = {"origin": "http://collector.test", "sec-fetch-site": "same-origin", "x-write-key": WRITE_KEY}

    def sent(user: str) -> Answer:
        body = json.dumps({"batch": [story.event("identify", UUID_X, user)]}).encode()
        story.wait(10)
        return story.app.request("POST", "/v1/batch", body, headers)

    assert UUID_X in sent("A").headers["set-cookie"]
    refused = sent("B")
    assert refused.json["rotate"] == [UUID_X]
    assert UUID_X not in refused.headers.get("set-cookie", "")


def test_a_contested_id_never_claims_again(story: Story) -> None:
    """R9, Who wins 2. Given x is contested; when C identifies on it; then C gets nothing, and what was nobody's stays so."""
    of_a, of_b = story.identify("x", "A"), story.identify("x", "B")
    unsaid = story.page("x")
    of_c = story.identify("x", "C")
    later = story.page("x")
    assert story.shown() == {"A": [of_a], "B": [of_b], "C": [of_c], None: [unsaid, later]}
    assert story.mapped("x") == "A"


def test_every_refusal_tells_the_browser_to_rotate(story: Story) -> None:
    """R9. Given x is contested; when B, then C identify; then each answer says to give x up, in a batch for each id once."""
    story.identify("x", "A")
    story.identify("y", "A")
    for user in ("B", "C"):
        story.identify("x", user)
        assert story.rotated() == ["x"]
    story.send(story.event("identify", "x", "D"), story.event("identify", "x", "D"), story.event("identify", "y", "D"))
    assert story.rotated() == ["x", "y"]


def test_late_events_from_before_the_contest_are_the_owners(story: Story) -> None:
    """R9, R17. Given x was A's and contested at 10; when events of x from 5 and 15 arrive; then the first is A's."""
    of_a, of_b = story.identify("x", "A", at=1), story.identify("x", "B", at=10)
    story.wait_for(20)
    before, at, after = (story.page("x", at=at) for at in (5, 10, 15))
    assert story.shown() == {"A": [of_a, before], "B": [of_b], None: [at, after]}


def test_an_earlier_refusal_moves_the_contest_back(story: Story) -> None:
    """R9. Given x is contested from 10; when a refused identify of C from 5 arrives; then it is contested from 5 on."""
    of_a, of_b = story.identify("x", "A", at=1), story.identify("x", "B", at=10)
    story.wait_for(20)
    kept = story.page("x", at=7)
    of_c = story.identify("x", "C", at=5)
    moved = story.page("x", at=8)
    shown = story.shown()
    assert shown["A"] == [of_a, kept], "events never move: what was written before stays"
    assert (shown["B"], shown["C"], shown[None]) == ([of_b], [of_c], [moved])


def test_a_b_a(story: Story) -> None:
    """38. Given A, B, A identify on x; then A's history and events are A's, and what is unsaid afterwards is nobody's."""
    first = story.page("x")
    logins = [story.identify("x", user) for user in ("A", "B", "A")]
    again, unsaid = story.track("x", "A"), story.page("x")
    assert story.shown() == {"A": [first, logins[0], logins[2], again], "B": [logins[1]], None: [unsaid]}
    assert story.log() == ["anonymous_merge x A", "merge_refused x B claimed_by_another"]
    story.identify("x", "C")
    assert story.whose(unsaid) is None, "no third epoch that could be claimed"


def test_refusals_are_logged_once_per_device_person_and_hour(story: Story) -> None:
    """K4. Given B is refused on x again and again; then once an hour is logged; another person and device of their own."""
    refused = "merge_refused x B claimed_by_another"
    story.identify("x", "A", at=0)
    story.identify("y", "A", at=0)
    for at in (1, 2, HOUR - 1):
        story.identify("x", "B", at=at)
    assert story.log() == [refused]
    story.identify("x", "B", at=HOUR + 1)
    assert story.log() == [refused, refused]
    story.identify("x", "C", at=HOUR + 2)
    story.identify("y", "B", at=HOUR + 3)
    assert story.log()[2:] == ["merge_refused x C claimed_by_another", "merge_refused y B claimed_by_another"]


def test_returning_logged_out_owner(story: Story) -> None:
    """39, R11. Given x is A's and the session ended without a reset; then what x does is A's, labelled anonymous."""
    login = story.identify("x", "A", at=0)
    back = story.page("x", at=30 * DAY)
    assert story.shown() == {"A": [login, back]}
    assert story.was_anonymous() == {back}
    assert story.visits("A") == (0, 0, 30 * DAY), "seen again, but not identified again"


def test_reset_when_anonymous(story: Story) -> None:
    """42, R12. Given x resets while anonymous and is y; when y signs in; then x is never merged."""
    before, after = story.page("x"), story.page("y")
    login = story.identify("y", "A")
    assert story.shown() == {None: [before], "A": [after, login]}


def test_failed_logout(story: Story) -> None:
    """45. Given the sign-out call failed, so that the app did not reset; then what follows carries the user, and is A's."""
    login = story.identify("x", "A")
    tried, still = story.track("x", "A", name="sign_out_failed"), story.page("x", "A")
    assert story.shown() == {"A": [login, tried, still]}


def test_a_stale_tab(story: Story) -> None:
    """R10, R34. Given another tab of the browser holds x and A still, while the first is y and B; then each is its own."""
    of_a = story.identify("x", "A")
    of_b = story.identify("y", "B")
    stale, unsaid = story.track("x", "A"), story.page("x")
    assert story.shown() == {"A": [of_a, stale, unsaid], "B": [of_b]}
    assert story.rotated() == []


def test_a_cloned_cookie(story: Story) -> None:
    """R10. Given x was copied to a second machine, where B signs in; then B gets nothing of A, and both go on as themselves."""
    before, of_a = story.page("x"), story.identify("x", "A")
    of_b = story.identify("x", "B")
    each = [story.track("x", "A"), story.track("x", "B"), story.track("x", "A"), story.track("x", "B")]
    assert story.shown() == {"A": [before, of_a, each[0], each[2]], "B": [of_b, each[1], each[3]]}


def test_a_form_and_then_an_account_in_one_browser(story: Story) -> None:
    """Who wins 4, Addresses. Given a form told an address on x; when A identifies there with it; then all is A's."""
    form = story.identify("x", email="a@x.io")
    login, unsaid = story.identify("x", "A", email="a@x.io"), story.page("x")
    assert story.shown() == {"A": [form, login, unsaid]}
    assert [entry for entry in story.log() if "refused" in entry] == []


def test_the_owner_identifies_by_address(story: Story) -> None:
    """Who wins 4. Given x is A's, who told an address; when a form on x tells it alone; then it is A again, and nothing new."""
    login = story.identify("x", "A", email="a@x.io")
    form = story.identify("x", email="a@x.io")
    assert story.shown() == {"A": [login, form]}
    assert (story.log(), story.rotated()) == ([], [])


def test_the_owner_types_their_proven_address(story: Story) -> None:
    """K16. Given proofs are asked for, and A, on x, has one for the address; when a form on x tells it; then it is as unsaid."""
    story.site(verify="optional")
    login = story.identify("x", "A")
    story.server.identify(None, "A", email="a@x.io")
    form = story.identify("x", email="a@x.io")
    assert form in story.timeline("A")
    assert login in story.timeline("A")
    assert form in story.was_anonymous()
    assert "merge_refused x - email_verified" in story.log()
