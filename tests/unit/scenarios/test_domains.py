"""Cookies, tabs, domains: the server's half. Scenarios 76-83; rules R33, R34. The browser's half is listed in `__init__.py`."""

from __future__ import annotations

import copy

import pytest

from collector.ingest.links import HANDOFF_PARAMETER, decorate
from collector.storage.secrets import secret_key
from collector.storage.sites import add_site

from .story import Story

SHOP, BLOG = "https://shop.test/", "https://blog.test/"


def handoff(story: Story, x: str, url: str = BLOG) -> str:
    """Address that the snippet makes of a link to the site's other domain."""
    answer = story.app.post(
        f"/{story.app.site.prefix}/v1/handoff", {"anonymousId": x, "writeKey": "wk_golden"}, origin=SHOP.rstrip("/")
    )
    assert answer.status == 200, answer
    return decorate(url, HANDOFF_PARAMETER, answer.json["token"])


def test_subdomains_share(story: Story) -> None:
    """76, R33. Given www and app, which share the cookie x; when A signs in on app; then what x did on www is A's."""
    www = story.open("x", "https://www.shop.test/")
    app = story.open("x", "https://app.shop.test/")
    login = story.identify("x", "A")
    assert story.shown() == {"A": [www, app, login]}


def test_separate_domains(story: Story) -> None:
    """82, R34. Given a shop with x and a blog with y; when A signs in on the shop, then on the blog; then each joins as it does."""
    shop, blog = story.open("x", SHOP), story.open("y", BLOG)
    first = story.identify("x", "A")
    assert story.shown() == {"A": [shop, first], None: [blog]}
    second = story.identify("y", "A")
    assert story.shown() == {"A": [shop, blog, first, second]}


def test_three_apps_two_domains(story: Story) -> None:
    """83. Given apps 1 and 2 on one domain with x, app 3 on another with y; when A signs in on 1; then 1 and 2 are A's."""
    apps = [story.open("x", "https://one.shop.test/"), story.open("x", "https://two.shop.test/"), story.open("y", BLOG)]
    login = story.identify("x", "A")
    assert story.shown() == {"A": [*apps[:2], login], None: [apps[2]]}
    third = story.identify("y", "A")
    assert story.shown() == {"A": [*apps, login, third]}


def test_a_handoff_joins_two_anonymous_visitors(story: Story) -> None:
    """R34. Given x follows a signed link to the blog, where it is y; when A identifies on y; then both are A's."""
    shop = story.open("x", SHOP)
    arrived = story.open("y", handoff(story, "x"))
    assert story.shown() == {None: [shop, arrived]}, "joined, but nobody's"
    login = story.identify("y", "A")
    assert story.shown() == {"A": [shop, arrived, login]}
    assert HANDOFF_PARAMETER not in str(story.event_shown(arrived))


def test_a_handoff_works_in_both_directions(story: Story) -> None:
    """R34. Given x came over to y; when A identifies on x; then y is A's as well."""
    shop = story.open("x", SHOP)
    arrived = story.open("y", handoff(story, "x"))
    login = story.identify("x", "A")
    assert story.shown() == {"A": [shop, arrived, login]}


def test_a_handoff_is_good_once(story: Story) -> None:
    """R34. Given a handoff of x was followed by y; when z opens the same address; then z is not joined."""
    story.open("x", SHOP)
    address = handoff(story, "x")
    story.open("y", address)
    copied = story.open("z", address)
    story.identify("y", "A")
    assert story.whose(copied) is None


@pytest.mark.parametrize(("seconds", "joined"), [(119, True), (121, False)])
def test_a_handoff_is_good_for_two_minutes(story: Story, seconds: float, joined: bool) -> None:
    """R34. Given a handoff; when it is followed within two minutes, and later; then it joins, and does not."""
    shop = story.open("x", SHOP)
    address = handoff(story, "x")
    at = story.now + seconds
    story.open("y", address, at=at)
    story.identify("y", "A")
    assert story.whose(shop) == ("A" if joined else None)


def test_a_handoff_of_a_claimed_id(story: Story) -> None:
    """R34. Given x is A's; when it is handed to y and B identifies there; then x stays A's, and y is B's."""
    shop, of_a = story.open("x", SHOP), story.identify("x", "A")
    arrived = story.open("y", handoff(story, "x"))
    of_b = story.identify("y", "B")
    shown = story.shown()
    assert shop in shown["A"]
    assert of_a in shown["A"]
    assert of_b in shown["B"]
    assert arrived in shown["B"], "y was nobody's until B identified there"


def test_a_handoff_joins_nobody_who_is_known(story: Story) -> None:
    """R34. Given y is A's already, and x comes over to it; when A identifies on y again; then x is nobody's still."""
    shop = story.open("x", SHOP)
    story.identify("y", "A")
    story.open("y", handoff(story, "x"))
    story.identify("y", "A")
    assert story.whose(shop) is None


def test_a_tampered_handoff(story: Story) -> None:
    """R34. Given a handoff whose token was changed; then the page is kept, and nobody is joined."""
    shop = story.open("x", SHOP)
    address = handoff(story, "x")
    story.open("y", address[:-3] + ("AAA" if address[-3:] != "AAA" else "BBB"))
    story.identify("y", "A")
    assert story.whose(shop) is None


def test_a_replayed_arrival_joins_once(story: Story) -> None:
    """R16, R34. Given the page with a handoff is sent twice; then it is a duplicate, and the join holds."""
    shop = story.open("x", SHOP)
    told = story.event("page", "y", properties={"url": handoff(story, "x")})
    story.send(told)
    story.send(told)
    assert story.ends == {"duplicate": 1}
    story.identify("y", "A")
    assert story.whose(shop) == "A"


def neighbour(story: Story) -> Story:
    """Second site of the same installation."""
    installation = story.app.installation
    site = add_site(installation.store, installation.master, "neighbour", story.app.clock.now)
    installation.sites.refresh()
    app = copy.copy(story.app)
    app.site, app.secret_key = site, secret_key(installation.master, site.uuid)
    other = Story(app)
    other.key = site.write_key
    return other


def test_another_site_knows_nothing(story: Story) -> None:
    """R34, R32. Given the same ids, users and addresses on two sites of one installation; then each has its own people."""
    other = neighbour(story)
    first = [story.page("x"), story.identify("x", "A", email="a@x.io", traits={"plan": "pro"})]
    second = [other.page("x"), other.identify("x", "B", email="a@x.io"), other.track("x", "A")]
    assert story.shown() == {"A": first}
    assert other.shown() == {"B": second[:2], "A": second[2:]}
    assert (story.identified(), other.identified()) == (1, 2)
    assert (other.log(), other.rotated()) == (["anonymous_merge x B"], [])


def test_corrections_stay_on_the_site(story: Story) -> None:
    """By hand, R28. Given the same on two sites; when one merges, detaches and deletes; then the other is as it was."""
    other = neighbour(story)
    for site in (story, other):
        site.page("x")
        site.identify("x", "A")
        site.identify("y", "B")
    before = (other.shown(), other.log(), other.everybody())
    ids = {name: other.id_of(name) for name in ("A", "B")}
    assert story.api("DELETE", f"/api/people/{ids['A']}").status == 404
    assert story.api("POST", f"/api/people/{ids['A']}/merge", {"into": ids["B"]}).status == 404
    assert story.api("POST", f"/api/people/{story.id_of('A')}/merge", {"into": ids["B"]}).status == 404
    assert story.api("POST", "/api/visitors/x/attach", {"person_id": ids["B"]}).status == 404
    story.merge("A", into="B")
    merge_id = story.last_merge()
    assert other.api("POST", f"/api/merges/{merge_id}/undo", {}).status == 404
    story.detach("x")
    story.delete("A")
    assert (other.shown(), other.log(), other.everybody()) == before
    after = other.page("x")
    assert other.whose(after) == "A"


def test_signed_links_are_for_one_site(story: Story) -> None:
    """52, K10, R34. Given a token, a link and a handoff of one site; when they come to another; then none counts there."""
    other = neighbour(story)
    other.site(verify="optional", cross_domain=True)
    other.identify("c", "C", email="c@x.io")
    opened = other.open("x", story.link("c@x.io"))
    signed = other.identify("y", "C", context=story.signed("C"))
    shop = other.open("z", SHOP)
    other.open("w", handoff(story, "z"))
    other.identify("w", "C")
    assert [other.whose(message) for message in (opened, signed, shop)] == [None, None, None]


def test_a_handoff_counts_only_where_the_site_wants_it(story: Story) -> None:
    """R34. Given a handoff of x, and a site that has turned them off since; when y follows it; then nobody is joined, and no
    more are signed."""
    story.page("x")
    address = handoff(story, "x")
    story.site(cross_domain=False)
    arrived = story.open("y", address)
    story.identify("x", "A")
    assert story.whose(arrived) is None
    assert story.app.post("/v1/handoff", {"anonymousId": "x", "writeKey": "wk_golden"}).status == 400


@pytest.mark.parametrize("contested", ["x", "y"])
def test_a_handoff_of_a_contested_id(story: Story, contested: str) -> None:
    """Table of calls, R34. Given x, or y, is contested; when x is handed over to y; then they are not tied to each other."""
    story.identify(contested, "A")
    story.identify(contested, "B")
    story.open("x", SHOP)
    story.open("y", handoff(story, "x"))
    free = "y" if contested == "x" else "x"
    unsaid = story.page(contested)
    login = story.identify(free, "C")
    assert story.whose(unsaid) is None
    assert login in story.timeline("C")
    assert story.person("C")["anonymous_ids"] == [free]
