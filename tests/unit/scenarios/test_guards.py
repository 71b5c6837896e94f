"""Guards: placeholders, ids of every shape, the fan-in brake, impersonation. Scenarios 44-50; rules R2, R3, R22, R23."""

from __future__ import annotations

from typing import Any

import pytest

from collector.domain.identifiers import ILLEGAL_IDS

from .story import DAY, Story

SPECIFIED = {
    "anon", "anonymous", "anonymous_id", "anonymousid", "distinct_id", "distinctid", "email", "false", "guest", "id", "nan", "none",
    "not_authenticated", "null", "[object object]", "true", "undefined", "unknown", "user_id", "userid", "-1",
}  # fmt: skip
"""As docs/identity.md lists them."""
DISGUISED = ["NULL", '"null"', " undefined ", "0", "000", "0-0", "-", "--", "'None'", "[object Object]", "NaN", "\tguest\n", "00000000-0000-0000-0000-000000000000"]  # fmt: skip


def test_the_list_of_placeholders_is_the_one_that_is_documented() -> None:
    """R2. The page's list is the code's."""
    assert ILLEGAL_IDS - {""} == SPECIFIED


def test_identify_with_logged_out_placeholder(story: Story) -> None:
    """46, R2. Given an app that identifies guests as `null` and its like; then nobody is made, and what they did is nobody's."""
    told = []
    for number, placeholder in enumerate([*sorted(SPECIFIED), *DISGUISED]):
        told += [story.page(f"x{number}"), story.identify(f"x{number}", placeholder, email="guest@x.io")]
        assert story.people() == set(), placeholder
        assert (story.log()[-1], story.entries()[-1]["value"]) == (f"illegal_id x{number} -", placeholder)
    assert story.shown() == {None: told}
    assert len(story.log()) == len(SPECIFIED) + len(DISGUISED)


def test_a_placeholder_joins_no_two_people(story: Story) -> None:
    """46. Given fifty browsers that all identify as `guest`; then they stay fifty visitors."""
    story.send(*(story.event("identify", f"x{number}", "guest", at=1) for number in range(50)))
    assert story.people() == set()
    assert len(story.shown()[None]) == 50
    assert {story.mapped(f"x{number}") for number in range(5)} == {None}


def test_a_placeholder_beside_no_legal_id_is_set_aside(story: Story) -> None:
    """R2. Given an event whose only id is a placeholder; then it is quarantined as `illegal_id`."""
    assert story.send(story.event("track", None, "null"), story.event("track", "undefined")).reasons == [
        (0, "illegal_id"), (1, "illegal_id"),
    ]  # fmt: skip


def test_a_track_with_a_placeholder_is_anonymous(story: Story) -> None:
    """R2. Given a track with an illegal user beside x; then it is x's, and claimed with x."""
    told = story.track("x", "undefined")
    assert story.shown() == {None: [told]}
    login = story.identify("x", "A")
    assert story.shown() == {"A": [told, login]}


@pytest.mark.parametrize("user", ["a\x00b", "a\x07b", "\x1fuser"])
def test_control_characters_identify_nobody(story: Story, user: str) -> None:
    """R2, 50. Given a user id with control characters; then it identifies nobody."""
    told = story.send(story.event("track", "x", user), story.event("track", None, user))
    assert told.reasons == [(1, "illegal_id")]
    assert story.people() == set()


def test_id_case_and_type(story: Story) -> None:
    """48, R2. Given users `Ab`, `ab`, 1 and `1`; then they are three people."""
    for user in ("Ab", "ab", 1, "1", 1.0):
        story.track(None, user)
    assert story.people() == {"Ab", "ab", "1"}


def test_white_space_makes_another_user(story: Story) -> None:
    """Illegal ids. Given `Ada` and `Ada ` on the wire, which takes ids exactly; then they are two."""
    story.track(None, "Ada")
    story.track(None, "Ada ")
    assert story.people() == {"Ada", "Ada "}


def test_email_case(story: Story) -> None:
    """49, R3. Given one address in several spellings; then it is one person, shown as the address first came."""
    for address in ("Foo@x.io", " foo@X.io ", "FOO@X.IO"):
        story.identify("x", email=address)
    assert story.person("foo@x.io")["emails"] == ["Foo@x.io"]
    assert len(story.people()) == 1


def test_dots_and_tags_of_an_address_stay(story: Story) -> None:
    """R3. Given addresses that some providers deliver to one mailbox; then they are three people."""
    for number, address in enumerate(("foobar@gmail.com", "foo.bar@gmail.com", "foobar+shop@gmail.com")):
        story.identify(f"x{number}", email=address)
    assert len(story.people()) == 3


def test_an_address_in_two_unicode_forms_is_one(story: Story) -> None:
    """R3. Given `é` as one character and as two; then it is one address."""
    story.identify("x", email="jose\u0301@x.io")
    story.identify("y", email="jos\u00e9@x.io")
    assert len(story.people()) == 1


def test_unicode_and_long_ids(story: Story) -> None:
    """50, R2. Given ids of 255 characters, however many bytes; then they are ids; with 256, or a NUL, they are not."""
    assert story.send(story.event("track", None, "日" * 255)).json["stored"] == 1
    assert story.send(story.event("track", None, "日" * 256)).reasons == [(0, "id_too_long")]
    assert story.send(story.event("track", None, "a\x00b")).reasons == [(0, "illegal_id")]
    assert story.send(story.event("track", "日" * 255)).json["stored"] == 1
    assert story.people() == {"日" * 255}


def test_a_long_user_beside_a_legal_anonymous_id_identifies_nobody(story: Story) -> None:
    """50. Given a token instead of a user id, beside x; then the event is x's, and nobody is made."""
    told = story.identify("x", "t" * 5_000)
    assert story.shown() == {None: [told]}
    assert story.people() == set()


# -- the fan-in brake ----------------------------------------------------------------------------------------------------


def claim(story: Story, user: str, *numbers: int, at: float) -> list[str]:
    """`user` identifies on many devices in one request; return the pages of each device, viewed just before."""
    pages = [story.event("page", f"x{number}", at=at - 0.5) for number in numbers]
    logins = [story.event("identify", f"x{number}", user, at=at) for number in numbers]
    assert story.send(*pages, *logins).json["stored"] == 2 * len(numbers)
    return [page["messageId"] for page in pages]


def test_fifty_claims_a_day_and_no_more(story: Story) -> None:
    """R22. Given A claims 51 devices in one day; then fifty are A's; the last is refused, its events are kept."""
    pages = claim(story, "A", *range(51), at=10)
    shown = story.shown()
    assert shown[None] == [pages[50]]
    assert set(pages[:50]) < set(shown["A"])
    assert [entry for entry in story.log() if "refused" in entry] == ["merge_refused x50 A fan_in"]
    assert story.mapped("x50") is None


def test_the_brake_counts_twenty_four_hours(story: Story) -> None:
    """R22. Given A claimed 50 devices at 10; then 24 hours later, and not a second before, A may claim more."""
    claim(story, "A", *range(50), at=10)
    claim(story, "A", 50, at=DAY + 9)
    assert story.mapped("x50") is None
    claim(story, "A", 51, at=DAY + 11)
    assert story.mapped("x51") == "A"
    story.identify("x50", "A")
    assert story.mapped("x50") == "A", "refused then, free still"


def test_the_brake_leaves_the_device_to_others(story: Story) -> None:
    """R22. Given A was braked on x50; then x50 is not contested, and B, who has claimed nothing, claims it."""
    pages = claim(story, "A", *range(51), at=10)
    story.identify("x50", "B")
    assert story.whose(pages[50]) == "B"


def test_the_brake_counts_what_one_identify_brings(story: Story) -> None:
    """R14, R22. Given A claimed 48 devices and identifies with four ids; then two of them are A's, two are not."""
    claim(story, "A", *range(48), at=10)
    pages = {x: story.page(x) for x in ("p", "q", "r", "s")}
    story.identify("p", "A", context={"anonymousIds": ["q", "r", "s"]})
    shown = story.shown()
    assert shown[None] == [pages["r"], pages["s"]]
    assert {pages["p"], pages["q"]} < set(shown["A"])


def test_claims_of_one_day_in_any_order(story: Story) -> None:
    """R22. Given 50 claims of A from one day; when a late identify from the day before arrives; then that one is claimed."""
    claim(story, "A", *range(50), at=3 * DAY)
    claim(story, "A", 50, at=1 * DAY)
    assert story.mapped("x50") == "A", "has claimed 50 in the 24 hours before the identify: it had not, then"


def test_five_hundred_devices_and_no_more(story: Story) -> None:
    """R22. Given A holds 500 anonymous streams; then the next is refused for ever, and one given back makes room."""
    for day in range(10):
        claim(story, "A", *range(day * 50, day * 50 + 50), at=(1 + 2 * day) * DAY)
    assert len(story.person("A")["anonymous_ids"]) == 500
    claim(story, "A", 500, at=40 * DAY)
    assert story.mapped("x500") is None
    assert story.log()[-1] == "merge_refused x500 A fan_in"
    story.detach("x7")
    story.identify("x500", "A", at=41 * DAY)
    assert story.mapped("x500") == "A"


def test_the_brake_counts_both_halves_of_merged_people(story: Story) -> None:
    """R22, R26. Given A claimed 30 and B 20, and they are merged; then the 51st of either is refused."""
    claim(story, "A", *range(30), at=10)
    claim(story, "B", *range(30, 50), at=11)
    story.merge("B", into="A")
    for number, user in ((50, "A"), (51, "B")):
        claim(story, user, number, at=20 + number)
        assert story.mapped(f"x{number}") is None


def test_identifying_again_is_not_braked(story: Story) -> None:
    """R8, R22. Given A holds fifty devices; when A identifies on each of them again; then nothing is refused."""
    claim(story, "A", *range(50), at=10)
    claim(story, "A", *range(50), at=20)
    assert "fan_in" not in " ".join(story.log())


# -- impersonation -------------------------------------------------------------------------------------------------------


def test_admin_impersonates(story: Story) -> None:
    """44, R23. Given an admin acts as A on x; then A's timeline, visits, fields and number of devices are as before."""
    before = story.track("y", "A", at=1, traits={})
    browsed = story.page("x", at=2)
    story.identify("x", "A", at=10, actor="admin-7", traits={"plan": "hacked"}, email="a@x.io")
    story.track("x", "A", at=11, actor="admin-7")
    assert story.timeline("A") == [before]
    assert story.visits("A") == (1, 1, 1)
    assert (story.fields("A"), story.person("A")["emails"], story.person("A")["anonymous_ids"]) == ({}, [], [])
    assert story.whose(browsed) is None
    assert story.mapped("x") is None
    assert "impersonation" in " ".join(story.log())


def test_an_impersonated_stranger_is_nobody(story: Story) -> None:
    """R23. Given an admin acts as somebody who does not exist; then nobody is made or counted."""
    told = story.identify("x", "ghost", actor="admin-7")
    assert (story.people(), story.identified()) == (set(), 0)
    assert story.whose(told) is None


def test_impersonation_goes_on_without_the_actor(story: Story) -> None:
    """R23, Table of calls. Given later events of A on x do not name the actor; then they are excluded all the same."""
    story.identify("y", "A", at=1)
    story.identify("x", "A", at=2, actor="admin-7")
    for told in (story.track, story.page):
        told("x", "A")
    assert len(story.timeline("A")) == 1
    assert story.visits("A") == (1, 1, 1)


def test_impersonation_on_the_users_own_device(story: Story) -> None:
    """R23, Table of calls. Given x is A's own browser and an admin acts as A there; then what follows is excluded too."""
    of_a = story.identify("x", "A", at=1)
    story.identify("x", "A", at=2, actor="admin-7")
    story.track("x", "A", at=3)
    assert story.timeline("A") == [of_a]
    login, after = story.identify("x", "A", at=4), story.track("x", "A", at=5)
    assert story.timeline("A") == [of_a, login, after]


def test_a_stranger_stays_impersonated_without_the_actor(story: Story) -> None:
    """R23, Table of calls. Given an admin acted as somebody new on x; when a track with that user follows; then nobody is made."""
    story.identify("x", "ghost", actor="admin-7")
    told = story.track("x", "ghost")
    assert (story.people(), story.whose(told)) == (set(), None)
    login = story.identify("x", "ghost")
    assert story.timeline("ghost") == [login]


def test_impersonation_ends_when_the_user_identifies_there(story: Story) -> None:
    """R23. Given A was impersonated on x; when A identifies there without an actor; then x is A's from then on."""
    story.identify("x", "A", actor="admin-7")
    excluded = story.track("x", "A")
    login = story.identify("x", "A")
    after = story.track("x", "A")
    assert story.timeline("A") == [login, after]
    assert excluded not in story.timeline("A")
    assert story.mapped("x") == "A"


def test_impersonation_is_of_that_user_on_that_device(story: Story) -> None:
    """R23. Given A is impersonated on x; then A on y, and B on x, are themselves."""
    story.identify("x", "A", actor="admin-7")
    elsewhere, another = story.track("y", "A"), story.track("x", "B")
    assert story.timeline("A") == [elsewhere]
    assert story.timeline("B") == [another]


def test_the_admin_stays_who_they_are(story: Story) -> None:
    """R23. Given the admin M signed in on x and acts as A there; then x is M's, and nothing is contested."""
    of_m = story.identify("x", "M")
    story.identify("x", "A", actor="M")
    unsaid, back = story.page("x"), story.track("x", "M")
    assert story.timeline("M") == [of_m, unsaid, back]
    assert story.rotated() == []
    assert "claimed_by_another" not in " ".join(story.log())


def test_impersonation_is_logged_once(story: Story) -> None:
    """R23, R30. Given an admin's afternoon as A on x; then the log says so once."""
    story.identify("y", "A")
    for _ in range(5):
        story.identify("x", "A", actor="admin-7")
        story.track("x", "A", actor="admin-7")
    assert len(story.entries("impersonation")) == 1


@pytest.mark.parametrize("kind", ["alias", "group"])
def test_an_actor_joins_nobody(story: Story, kind: str) -> None:
    """R23. Given an admin who aliases and groups in A's name; then nothing is claimed, merged, or joined."""
    of_y = story.page("y")
    story.track("z", "A")
    if kind == "alias":
        story.alias("A", "y", x="x", actor="admin-7")
    else:
        story.group("acme", "x", "A", actor="admin-7")
        assert "A" not in (story.members("acme") if story.api("GET", "/api/accounts/acme").status == 200 else set())
    assert story.whose(of_y) is None
    assert len(story.timeline("A")) == 1


def test_the_server_impersonates_too(story: Story) -> None:
    """R23. Given the secret key and an actor; then it is excluded all the same."""
    story.track("y", "A")
    story.server.identify("x", "A", actor="admin-7", traits={"plan": "pro"})
    assert (len(story.timeline("A")), story.fields("A")) == (1, {})


def test_an_actor_without_a_user(story: Story) -> None:
    """R23. Given an event with an actor and nobody whom they act for; then it is on nobody's timeline."""
    story.identify("x", "A")
    told: Any = story.page("x", actor="admin-7")
    assert story.whose(told) is None


def test_an_impersonating_identify_brings_nothing_along(story: Story) -> None:
    """R14, R23. Given an admin's identify as A with further ids; then none of them is claimed."""
    page = story.page("y")
    story.identify("a", "A")
    story.identify("x", "A", actor="admin-7", context={"anonymousIds": ["y"]})
    assert story.whose(page) is None


def test_impersonation_on_a_contested_device(story: Story) -> None:
    """R9, R23. Given x is contested by A and B; when an admin acts as C there; then C has nothing, and A and B what they had."""
    of_a, of_b = story.identify("x", "A"), story.identify("x", "B")
    story.identify("x", "C", actor="admin-7")
    assert (story.timeline("A"), story.timeline("B"), story.exists("C")) == ([of_a], [of_b], False)


@pytest.mark.parametrize("actor", [None, "", False])
def test_no_actor_is_no_impersonation(story: Story, actor: Any) -> None:
    """R23. Given a page that always sends `actor`, empty as a rule; then its events count."""
    login = story.identify("x", "A", context={"actor": actor})
    assert story.timeline("A") == [login]


@pytest.mark.parametrize("actor", [{"id": 7}, 7, "null", ["x"]])
def test_an_actor_that_cannot_be_read_excludes(story: Story, actor: Any) -> None:
    """R23. Given an `actor` that is no text; then the event is excluded all the same."""
    story.identify("x", "A", context={"actor": actor})
    assert story.people() == set()


@pytest.mark.parametrize("name", ["\x1fuser:A", "\x1femail:a@x.io"])
def test_nobody_speaks_from_the_server_side_of_a_user(story: Story, name: str) -> None:
    """R2. Given an anonymous id made up to be that of a user's own server-side device; then it is illegal."""
    story.track(None, "A")
    story.server.identify(None, email="a@x.io")
    assert story.send(story.event("page", name)).reasons == [(0, "illegal_id")]
    login = story.identify("x", "B", context={"anonymousIds": [name]})
    assert story.timeline("B") == [login]
    assert "refused" not in " ".join(story.log())


def test_a_user_id_that_looks_like_an_address(story: Story) -> None:
    """The words. Given a user id `a@x.io` and an address `a@x.io`; then they are names of two kinds, and of two people."""
    story.track(None, "a@x.io")
    story.server.identify(None, email="a@x.io")
    assert len(story.everybody()) == 2


def test_empty_ids_are_absent(story: Story) -> None:
    """Illegal ids. Given an empty user id beside x; then the event is x's, with nothing in the log."""
    told = [story.track("x", ""), story.identify("x", "", traits={"city": "Rome"})]
    assert story.shown() == {None: told}
    assert story.log() == []


@pytest.mark.parametrize("way", ["alias", "link", "further id"])
def test_the_brake_holds_for_every_way_to_claim(story: Story, way: str) -> None:
    """R22. Given A claimed fifty devices today; when A would claim by alias, by a link, or along with another; then no more."""
    story.identify("x0", "A", email="a@x.io", at=1)
    claim(story, "A", *range(1, 50), at=10)
    page = story.page("y")
    if way == "alias":
        story.alias("A", "y", x="x0")
    elif way == "link":
        story.open("y", story.link("a@x.io"))
    else:
        story.identify("x0", "A", context={"anonymousIds": ["y"]})
    assert story.whose(page) is None
    assert "fan_in" in " ".join(story.log())
