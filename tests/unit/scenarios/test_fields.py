"""Profile of a person: fields, tags, subscription. Scenarios 16-21; rules R20, K8, K9."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

from collector.domain.times import iso

from .course import moment
from .story import Story


def said(story: Story, kind: str, email: str, at: float, fields: dict[str, Any] | None = None, **details: Any) -> None:
    """Events over Bento's API, with their date."""
    story.wait_for(at)
    told = {"type": kind, "email": email, "date": iso(moment(at)), "details": details, "fields": fields or {}}
    assert story.app.bento({"events": [told]}).json["results"] == 1


def test_fill_undefined_only(story: Story) -> None:
    """16, R20. Given x{plan free, city Rome} and A{plan pro}; when x identifies; then plan stays pro, city is Rome."""
    story.identify("a", "A", traits={"plan": "pro"})
    story.identify("x", traits={"plan": "free", "city": "Rome"})
    story.identify("x", "A")
    assert story.fields("A") == {"plan": "pro", "city": "Rome"}
    assert story.entries("anonymous_merge")[-1]["detail"]["fields_filled"] == ["city"]


def test_null_and_empty_are_undefined(story: Story) -> None:
    """17, R20. Given A{city null, zip '', floor 0, vip false}; when x identifies; then the first two are filled."""
    story.identify("a", "A", traits={"city": None, "zip": "", "floor": 0, "vip": False})
    story.identify("x", traits={"city": "Rome", "zip": "00100", "floor": 3, "vip": True})
    story.identify("x", "A")
    assert story.fields("A") == {"city": "Rome", "zip": "00100", "floor": 0, "vip": False}


def test_historical_not_filled(story: Story) -> None:
    """19, K8. Given `plan` and `City` are historical; when x identifies; then they are not filled, but can be said."""
    story.site(historical_fields=("plan", "City"))
    story.identify("x", traits={"plan": "free", "city": "Rome", "zip": "1"})
    story.identify("x", "A")
    assert story.fields("A") == {"zip": "1"}
    story.identify("x", "A", traits={"plan": "pro"})
    assert story.fields("A") == {"zip": "1", "plan": "pro"}


def test_identify_traits_win(story: Story) -> None:
    """20, K9. Given x{name a}, A{name b}; when x identifies with {name c}; then c."""
    story.identify("a", "A", traits={"name": "b"})
    story.identify("x", traits={"name": "a"})
    story.identify("x", "A", traits={"name": "c"})
    assert story.fields("A") == {"name": "c"}


def test_the_newest_write_wins_whenever_it_arrives(story: Story) -> None:
    """20, K9. Given a name said at 10; when one from 5 arrives later; then the first stays, and what is missing is taken."""
    story.identify(None, "A", at=10, traits={"name": "new"})
    story.identify(None, "A", at=5, traits={"name": "old", "city": "Rome"})
    assert story.fields("A") == {"name": "new", "city": "Rome"}


def test_an_empty_explicit_value_empties_a_field(story: Story) -> None:
    """R20. Given A{city Rome}; when A says city is null, later; then there is none, or what anonymous state fills it with."""
    story.identify("a", "A", traits={"city": "Rome"})
    story.identify("a", "A", traits={"city": None})
    assert story.fields("A").get("city") is None
    story.identify("x", traits={"city": "Oslo"})
    story.identify("x", "A")
    assert story.fields("A")["city"] == "Oslo"


def test_values_of_one_moment_are_ordered_by_message_id(story: Story) -> None:
    """Fields. Given two values said at the same microsecond; then the one with the greater message id stays, in any order."""
    for user, order in (("A", ("m-a", "m-b")), ("B", ("m-b", "m-a"))):
        for message in order:
            story.send(story.event("identify", None, user, at=5, traits={"plan": message}, messageId=message))
        assert story.fields(user) == {"plan": "m-b"}


def test_anon_cannot_fill_consent(story: Story) -> None:
    """21, R20. Given x said an address, consent and an opt-out without a user; when it identifies; then none is copied."""
    story.identify(
        "x", "guest", traits={"email": "x@x.io", "unsubscribed_at": "2026-01-01", "consent": "all", "subscribed": True}
    )
    story.identify("x", "A")
    assert (story.fields("A"), story.person("A")["emails"], story.person("A")["unsubscribed_at"]) == ({}, [], None)
    assert story.people() == {"A"}


def test_the_earliest_claim_fills_first(story: Story) -> None:
    """Fields 3. Given two visitors with a city each; when A claims y first by event time; then y's is A's, and x's what y lacks."""
    story.identify("x", traits={"city": "Rome", "zip": "1"})
    story.identify("y", traits={"city": "Oslo"})
    story.wait_for(100)
    story.identify("x", "A", at=50)
    assert story.fields("A") == {"city": "Rome", "zip": "1"}
    story.identify("y", "A", at=40)
    assert story.fields("A") == {"city": "Oslo", "zip": "1"}
    story.detach("y")
    assert story.fields("A") == {"city": "Rome", "zip": "1"}


def test_within_a_visitor_the_newest_value_fills(story: Story) -> None:
    """Fields 3. Given x said one city at 10 and one at 5, in that order of arrival; then the one of 10 fills."""
    story.identify("x", at=10, traits={"city": "new"})
    story.identify("x", at=5, traits={"city": "old"})
    story.identify("x", "A", at=20)
    assert story.fields("A") == {"city": "new"}


def test_fields_in_every_order_of_arrival(story: Story) -> None:
    """R20, Order. Given what x said, what A said, and the claim, in every order; then one outcome."""
    story.wait_for(100)
    told = [("identify", None, 10, {"city": "Rome", "plan": "free"}), ("identify", "A", 20, {"plan": "pro"}),
            ("identify", "A", 30, {"plan": "gold", "zip": ""}), ("identify", None, 25, {"zip": "1", "city": "Oslo"})]  # fmt: skip
    outcomes = []
    for number, order in enumerate(itertools.permutations(told)):
        for kind, user, at, traits in order:
            story.tell(kind, f"x{number}", user and f"A{number}", at, traits=traits)
        outcomes.append(story.fields(f"A{number}"))
    assert outcomes == [{"plan": "gold", "city": "Oslo", "zip": "1"}] * 24


def test_fields_of_merged_people(story: Story) -> None:
    """Fields 1, 2. Given A{plan pro} and, newer, B{plan free, city Rome}; when B is merged into A; then A's stays, B's fills."""
    story.identify("a", "A", at=1, traits={"plan": "pro"})
    story.identify("b", "B", at=2, traits={"plan": "free", "city": "Rome"})
    story.wait_for(10)
    story.merge("B", into="A")
    assert story.fields("A") == {"plan": "pro", "city": "Rome"}
    story.identify("b", "B", at=20, traits={"plan": "gold"})
    assert story.fields("A") == {"plan": "gold", "city": "Rome"}, "said since the merge: the newest wins"
    story.identify("a", "A", at=15, traits={"plan": "silver"})
    assert story.fields("A")["plan"] == "gold"
    story.unmerge(story.last_merge())
    assert (story.fields("A"), story.fields("B")) == ({"plan": "silver"}, {"plan": "gold", "city": "Rome"})


def test_merged_people_in_the_order_of_merging(story: Story) -> None:
    """Fields 2. Given B and C each with a city, C's newer; when B, then C are merged into A; then B's city is A's."""
    story.identify("a", "A", at=1)
    story.identify("b", "B", at=2, traits={"city": "Rome"})
    story.identify("c", "C", at=3, traits={"city": "Oslo", "zip": "1"})
    story.wait_for(10)
    story.merge("B", into="A")
    first = story.last_merge()
    story.wait_for(20)
    story.merge("C", into="A")
    assert story.fields("A") == {"city": "Rome", "zip": "1"}
    story.unmerge(first)
    assert story.fields("A") == {"city": "Oslo", "zip": "1"}


def test_explicit_of_a_merged_person_goes_before_anonymous(story: Story) -> None:
    """Fields 2, 3. Given A filled its city from x, and B said one; when B is merged into A; then B's goes before."""
    story.identify("x", traits={"city": "Rome"})
    story.identify("x", "A")
    story.identify("b", "B", traits={"city": "Oslo"})
    story.merge("B", into="A")
    assert story.fields("A") == {"city": "Oslo"}
    story.unmerge(story.last_merge())
    assert (story.fields("A"), story.fields("B")) == ({"city": "Rome"}, {"city": "Oslo"})


def test_the_api_writes_fields(story: Story) -> None:
    """K9. Given fields from Bento's door and traits from a browser; then the newest event time wins."""
    said(story, "$update_fields", "a@x.io", 10, {"plan": "pro", "seats": 3})
    story.identify("x", email="a@x.io", at=20, traits={"plan": "hacked"})
    assert story.fields("a@x.io") == {"plan": "pro", "seats": 3}, "the address is proven: a form writes nothing"
    said(story, "$update_fields", "a@x.io", 30, {"plan": "gold"})
    assert story.fields("a@x.io") == {"plan": "gold", "seats": 3}


def test_tags_go_by_event_time(story: Story) -> None:
    """Fields, Tags. Given a tag put on at 10 and off at 5, in that order; then it is on; removed at the same moment, off."""
    said(story, "$tag", "a@x.io", 10, tag="vip, new")
    said(story, "$remove_tag", "a@x.io", 5, tag="vip")
    assert sorted(story.person("a@x.io")["tags"]) == ["new", "vip"]
    said(story, "$remove_tag", "a@x.io", 10, tag="vip")
    said(story, "$tag", "a@x.io", 10, tag="vip")
    assert story.person("a@x.io")["tags"] == ["new"]


def test_tags_of_merged_people(story: Story) -> None:
    """Fields, Tags. Given a tag on A, newer taken off B; when merged; then the newest event decides, and it is undone."""
    said(story, "$tag", "a@x.io", 10, tag="vip, a")
    said(story, "$remove_tag", "b@x.io", 20, tag="vip")
    said(story, "$tag", "b@x.io", 20, tag="b")
    story.merge("b@x.io", into="a@x.io")
    assert sorted(story.person("a@x.io")["tags"]) == ["a", "b"]
    story.unmerge(story.last_merge())
    assert (sorted(story.person("a@x.io")["tags"]), story.person("b@x.io")["tags"]) == (["a", "vip"], ["b"])


def test_unsubscribed_in_a_merge_stays_so(story: Story) -> None:
    """R20, Subscription. Given A is subscribed, newer, and B is not; when merged; then not, until an opt-in after both."""
    said(story, "$unsubscribe", "b@x.io", 10)
    said(story, "$subscribe", "a@x.io", 20)
    story.wait_for(30)
    story.merge("b@x.io", into="a@x.io")
    assert story.person("a@x.io")["unsubscribed_at"] is not None
    said(story, "$subscribe", "a@x.io", 25)
    assert story.person("a@x.io")["unsubscribed_at"] is not None, "later than the opt-out, but not than the merge"
    said(story, "$subscribe", "a@x.io", 40)
    assert story.person("a@x.io")["unsubscribed_at"] is None
    story.unmerge(story.last_merge())
    assert story.person("a@x.io")["unsubscribed_at"] is None
    assert story.person("b@x.io")["unsubscribed_at"] is not None


@pytest.mark.parametrize("source", ["a@x.io", "b@x.io"])
def test_unsubscribed_in_either_direction(story: Story, source: str) -> None:
    """R20, Subscription. Given one of two is unsubscribed; when they are merged in either direction; then both are."""
    said(story, "$unsubscribe", "b@x.io", 10)
    said(story, "$subscribe", "a@x.io", 5)
    story.wait_for(30)
    story.merge(source, into=({"a@x.io", "b@x.io"} - {source}).pop())
    assert story.person("a@x.io")["unsubscribed_at"] is not None


def test_subscription_goes_by_event_time(story: Story) -> None:
    """Subscription. Given an opt-out of 20 and an opt-in of 10 that arrives later; then the person is unsubscribed."""
    said(story, "$unsubscribe", "a@x.io", 20)
    said(story, "$subscribe", "a@x.io", 10)
    assert story.person("a@x.io")["unsubscribed_at"] is not None
    said(story, "$subscribe", "a@x.io", 30)
    assert story.person("a@x.io")["unsubscribed_at"] is None


def test_an_override_by_proof_moves_no_explicit_fields(story: Story) -> None:
    """R7, R20. Given A said plan pro on x; when B claims x with proof; then what A said stays A's."""
    story.identify("x", traits={"city": "Rome"})
    story.identify("x", "A", traits={"plan": "pro"})
    story.server.identify("x", "B")
    assert (story.fields("A"), story.fields("B")) == ({"plan": "pro"}, {"city": "Rome"})


def test_fields_keep_what_json_can_say(story: Story) -> None:
    """Fields. Given values of every kind; then they are shown as they were said, after a merge of two people too."""
    values = {
        "text": "ü",
        "number": 1.5,
        "big": 2**53,
        "zero": 0,
        "no": False,
        "list": [1, "two", None],
        "map": {"a": {"b": []}},
    }
    story.identify("x", traits=values)
    story.identify("x", "A")
    assert story.fields("A") == values
    story.identify("y", "B", traits=dict.fromkeys(values, "other"))
    story.merge("A", into="B")
    story.unmerge(story.last_merge())
    assert story.fields("A") == values


def test_an_opt_in_counts_after_every_merge(story: Story) -> None:
    """Fields, Subscription. Given B opted out, was merged into A, who opted in; when A is merged into C; then C is out again."""
    said(story, "$unsubscribe", "b@x.io", 10)
    said(story, "$update_fields", "a@x.io", 11)
    said(story, "$update_fields", "c@x.io", 12)
    story.wait_for(30)
    story.merge("b@x.io", into="a@x.io")
    said(story, "$subscribe", "a@x.io", 40)
    assert story.person("a@x.io")["unsubscribed_at"] is None
    story.wait_for(50)
    story.merge("a@x.io", into="c@x.io")
    assert story.person("c@x.io")["unsubscribed_at"] is not None
    said(story, "$subscribe", "b@x.io", 60)
    assert story.person("c@x.io")["unsubscribed_at"] is None
    story.unmerge(story.last_merge())
    assert (story.person("a@x.io")["unsubscribed_at"], story.person("c@x.io")["unsubscribed_at"]) == (None, None)
