"""Links in e-mails, which may have been forwarded. Scenarios 54, 55; decision K10."""

from __future__ import annotations

from .course import DAY
from .story import Story


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


def test_a_typed_address_takes_over_what_a_link_claimed(story: Story) -> None:
    """K10, K11. Given a link to one address was opened on x; when another is typed there; then x is that one's."""
    opened = story.open("x", story.link("sent@x.io"))
    typed = story.identify("x", email="typed@x.io")
    assert story.shown() == {"typed@x.io": [opened, typed]}
    assert story.rotated() == []


def test_the_address_of_the_link_that_was_opened_last(story: Story) -> None:
    """K17. Given two addresses known by links, made one by hand; then the person is called by the one opened last."""
    story.open("x", story.link("b@x.io"))
    story.open("y", story.link("a@x.io"))
    story.merge("b@x.io", "a@x.io")
    assert story.person("a@x.io")["emails"] == ["a@x.io", "b@x.io"]


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
