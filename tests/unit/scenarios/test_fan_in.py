"""Fan-in brake: a shared or hard-coded id. Rule R22."""

from __future__ import annotations

import pytest

from .course import DAY
from .story import Story


def claim(story: Story, user: str, *numbers: int, at: float) -> list[str]:
    """Identify `user` on many devices in one request; return the pages of each device, viewed just before."""
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


def test_a_braked_id_is_nobody_elses(story: Story) -> None:
    """R9, R22. Given A was braked on x50; when B identifies there; then it is refused, as where A was not, and x50 is given up."""
    pages = claim(story, "A", *range(51), at=10)
    for x in ("x50", "x1"):
        story.identify(x, "B")
        assert story.rotated() == [x]
    assert story.whose(pages[50]) is None


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
