"""Placeholders, and ids of every shape. Scenarios 46-50; rules R2, R3; *Illegal ids*."""

from __future__ import annotations

import pytest

from collector.domain.identifiers import ILLEGAL_IDS

from .story import Story

SPECIFIED = {
    "anon", "anonymous", "anonymous_id", "anonymousid", "distinct_id", "distinctid", "email", "false", "guest", "id", "nan", "none",
    "not_authenticated", "null", "[object object]", "true", "undefined", "unknown", "user_id", "userid", "-1",
}  # fmt: skip
"""List as in docs/identity.md."""

DISGUISED = ["NULL", '"null"', " undefined ", "0", "000", "0-0", "-", "--", "'None'", "[object Object]", "NaN", "\tguest\n", "00000000-0000-0000-0000-000000000000"]  # fmt: skip


def test_the_list_of_placeholders_is_the_one_that_is_documented() -> None:
    """R2. Given the list of docs/identity.md; when it is compared with the code's; then they are one."""
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
    story.send(story.event("track", None, "日" * 255))
    assert story.ends == {"stored": 1}
    assert story.send(story.event("track", None, "日" * 256)).reasons == [(0, "id_too_long")]
    assert story.send(story.event("track", None, "a\x00b")).reasons == [(0, "illegal_id")]
    story.send(story.event("track", "日" * 255))
    assert story.ends == {"stored": 1}
    assert story.people() == {"日" * 255}


def test_a_long_user_beside_a_legal_anonymous_id_identifies_nobody(story: Story) -> None:
    """50. Given a token instead of a user id, beside x; then the event is x's, and nobody is made."""
    told = story.identify("x", "t" * 5_000)
    assert story.shown() == {None: [told]}
    assert story.people() == set()


@pytest.mark.parametrize("name", ["\x1fuser:A", "\x1femail:a@x.io"])
def test_virtual_device_ids_are_illegal_from_outside(story: Story, name: str) -> None:
    """R2. Given an anonymous id made up to be that of a user's own server-side device; then it is illegal."""
    story.track(None, "A")
    story.server.identify(None, email="a@x.io")
    assert story.send(story.event("page", name)).reasons == [(0, "illegal_id")]
    login = story.identify("x", "B", context={"anonymousIds": [name]})
    assert story.timeline("B") == [login]
    assert "refused" not in " ".join(story.log())


def test_a_user_id_that_looks_like_an_address(story: Story) -> None:
    """K18. Given a user id `a@x.io` and an address `a@x.io`; then they are names of two kinds, and of one person."""
    story.track(None, "a@x.io")
    story.server.identify(None, email="a@x.io")
    (person,) = story.everybody().values()
    assert (person["user_ids"], person["emails"]) == (["a@x.io"], ["a@x.io"])


def test_empty_ids_are_absent(story: Story) -> None:
    """Illegal ids. Given an empty user id beside x; then the event is x's, with nothing in the log."""
    told = [story.track("x", ""), story.identify("x", "", traits={"city": "Rome"})]
    assert story.shown() == {None: told}
    assert story.log() == []
