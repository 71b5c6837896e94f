"""E-mail addresses as identifiers, leads and accounts. Scenarios 53, 56, 57; rules R3, R26, K11 to K18."""

from __future__ import annotations

from collections.abc import Callable
from itertools import permutations

import pytest

from collector.storage import tables
from tests.support.part import part

from .heard import heard
from .story import Story


def test_a_free_address_is_attached(story: Story) -> None:
    """Addresses. Given nobody has it; when A identifies with an address; then it is A's, and finds A."""
    story.identify("x", "A", email="Ada@X.io")
    assert story.person("A")["emails"] == ["Ada@X.io"]
    assert story.person("ada@x.io")["user_ids"] == ["A"]


def test_several_addresses_of_one_person(story: Story) -> None:
    """Addresses. Given A identifies with one address after another; then A has both, and each finds A."""
    for address in ("a@x.io", "b@x.io", "a@x.io"):
        story.identify("x", "A", email=address)
    assert story.person("A")["emails"] == ["a@x.io", "b@x.io"]
    assert story.people() == {"A"}


def test_an_address_is_not_a_field(story: Story) -> None:
    """Fields. Given traits with names that are no fields; then only the others are written."""
    never = ["email", "id", "user_id", "userid", "anonymous_id", "anonymousid", "unsubscribed_at", "subscribed", "consent"]
    story.identify("x", "A", traits={**dict.fromkeys(never, "no"), "Consent": "no", "plan": "pro"})
    assert story.fields("A") == {"plan": "pro"}
    assert story.person("A")["unsubscribed_at"] is None


def test_typed_victim_email(story: Story) -> None:
    """53, K16. Given a site that asks for proofs, and A's proven address; when a stranger types it; then nothing of theirs meets."""
    story.site(verify="optional")
    story.server.identify(None, "A", email="a@x.io", traits={"plan": "pro"})
    before = story.timeline("A")
    page = story.page("x")
    typed = story.identify("x", email="a@x.io", traits={"plan": "hacked"})
    assert story.shown() == {"A": before, None: [page, typed]}
    assert story.fields("A") == {"plan": "pro"}
    assert story.log() == ["merge_refused x - email_verified"]
    assert story.entries()[0]["other"]["label"] == "a@x.io"
    assert set(story.answer.json if story.answer else {}) <= {"success", "stored", "duplicate", "quarantined"}, "no data of A"


def test_typed_victim_email_without_proofs(story: Story) -> None:
    """K12, K16. Given a browser's word is believed; when A's address is typed on x; then x is A's, weakly, and no field is lost."""
    story.server.identify(None, "A", email="a@x.io", traits={"plan": "pro"})
    story.page("x")
    typed = story.identify("x", email="a@x.io", traits={"plan": "hacked", "city": "Rome"})
    assert story.whose(typed) == "A"
    assert story.fields("A") == {"plan": "pro", "city": "Rome"}, "what is empty is filled"
    assert story.event_shown(typed)["flags"] == ["typed"]
    login = story.identify("x", "B")
    assert story.mapped("x") == "B", "who signs in there takes the anonymous part over"
    assert (story.whose(typed), story.whose(login), story.rotated()) == ("A", "B", [])


def test_typed_victim_email_with_another_user_id(story: Story) -> None:
    """53, K14. Given A's address is proven; when M identifies with it; then M is made without it, and A is as before."""
    story.server.identify(None, "A", email="a@x.io")
    login = story.identify("x", "M", email="a@x.io", traits={"plan": "hacked"})
    assert story.people() == {"A", "M"}
    assert (story.person("M")["emails"], story.timeline("M")) == ([], [login])
    assert (story.fields("A"), story.fields("M")) == ({}, {"plan": "hacked"})
    assert story.log() == ["merge_refused x M email_taken"]


def test_a_typed_address_that_nobody_proved(story: Story) -> None:
    """53. Given an address that was only ever typed; when it is typed on another device; then both are that person's."""
    first, second = story.identify("x", email="a@x.io"), story.identify("y", email="a@x.io")
    assert story.shown() == {"a@x.io": [first, second]}


def test_an_address_is_proven_later(story: Story) -> None:
    """K16. Given a site that asks for proofs, and a typed address; when the server says it too; then typing no longer does."""
    story.site(verify="optional")
    typed = story.identify("x", email="a@x.io")
    said = story.server.identify(None, email="a@x.io")
    late = story.identify("y", email="a@x.io")
    assert story.shown() == {"a@x.io": [typed, said], None: [late]}


def test_lead_then_account(story: Story) -> None:
    """56, R26, K13. Given a lead with an address and an account U without; when U names the address; then they are one, U."""
    form = story.server.identify(None, email="e@x.io", traits={"source": "fair"}, at=1)
    opened = story.track("x", "U", at=2)
    account = story.id_of("U")
    login = story.identify("x", "U", email="e@x.io", at=3, traits={"plan": "pro"})
    assert story.shown() == {"U": [form, opened, login]}
    assert story.id_of("U") == story.id_of("e@x.io") == account, "the account stands, though the lead is older"
    assert story.fields("U") == {"plan": "pro", "source": "fair"}
    assert story.entries("people_merged")[0]["name"] == "Lead joined"
    assert story.identified() == 1


def test_lead_then_account_by_tokens(story: Story) -> None:
    """56, R21. Given a lead proven by a token for its address; when a token names U and the address; then they are one."""
    story.site(verify="optional")
    form = story.identify("x", email="e@x.io", context=story.signed(email="e@x.io"))
    login = story.identify("x", "U", email="e@x.io", context=story.signed("U", email="e@x.io"))
    assert story.shown() == {"U": [form, login]}


def test_a_user_token_without_the_address_does_not_merge(story: Story) -> None:
    """K16. Given a token that proves U but not the address in the traits, which is proven; then U and the lead stay two."""
    story.site(verify="optional")
    story.server.identify(None, email="e@x.io")
    story.identify("x", "U", email="e@x.io", context=story.signed("U"))
    assert story.people() == {"e@x.io", "U"}
    assert story.log() == ["merge_refused x U email_verified"]


def test_lead_undone_stays_undone(story: Story) -> None:
    """K13, Merging two people. Given lead and account became one and were separated; then the same identify joins them no more."""
    story.identify("x", email="e@x.io")
    story.identify("y", "U", email="e@x.io")
    story.unmerge(story.last_merge())
    story.identify("y", "U", email="e@x.io")
    story.server.identify(None, "U", email="e@x.io")
    assert story.people() == {"e@x.io", "U"}
    assert story.log()[-1] == "merge_refused - U undone"


def test_a_merged_account_takes_no_lead(story: Story) -> None:
    """K13. Given A was merged into B by hand; when A names a lead's address; then the lead stays, and it says why."""
    story.identify("x", "A")
    story.identify("y", "B")
    story.merge("A", "B")
    story.identify("z", email="e@x.io")
    story.identify("x", "A", email="e@x.io")
    assert story.people() == {"A+B", "e@x.io"}
    assert story.log()[-1] == "merge_refused x A+B merged_away"


def test_two_user_ids_one_email(story: Story) -> None:
    """57, K14. Given U1 has the address; when U2 identifies with it; then they stay two, and it stays U1's."""
    story.identify("x", "U1", email="e@x.io")
    login = story.identify("y", "U2", email="e@x.io", traits={"plan": "pro"})
    assert story.people() == {"U1", "U2"}
    assert (story.person("U1")["emails"], story.person("U2")["emails"]) == (["e@x.io"], [])
    assert (story.timeline("U2"), story.fields("U2")) == ([login], {"plan": "pro"}), "everything else of the identify holds"
    assert story.mapped("y") == "U2"
    assert story.log() == ["merge_refused y U2 email_taken"]


def test_a_refusal_names_the_address_and_whose_it_is(story: Story) -> None:
    """K14. Given U1 has an address; when U2 names it; then the entry tells whose it is, and the address as U2 writes it."""
    story.identify("x", "U1", email="e@x.io")
    story.identify("y", "U2", email="E@X.io")
    (refused,) = story.entries("merge_refused")
    assert (refused["other"]["label"], refused["detail"]["address"]) == ("e@x.io", "E@X.io")


def test_an_address_moves_to_who_proves_it(story: Story) -> None:
    """K14. Given U1 said the address in a browser; when U2's server says that it is U2's; then it moves, and they stay two."""
    said = story.identify("x", "U1", email="e@x.io")
    proven = story.server.identify(None, "U2", email="e@x.io")
    assert story.shown() == {"U1": [said], "U2": [proven]}
    assert (story.person("U1")["emails"], story.person("U2")["emails"]) == ([], ["e@x.io"])
    (entry,) = story.entries("address_moved")
    assert (entry["person"]["label"], entry["other"]["label"]) == ("e@x.io", "U1")
    assert entry["detail"] == {"address": "e@x.io", "strength": 50}


def test_an_address_said_again_is_proven_as_well_as_its_best(story: Story) -> None:
    """K14. Given U1 said an address, and its server said it, too; when a server says that it is U2's; then it stays U1's."""
    story.identify("x", "U1", email="e@x.io")
    story.server.identify(None, "U1", email="e@x.io")
    story.server.identify(None, "U2", email="e@x.io")
    assert story.person("e@x.io")["user_ids"] == ["U1"]


@pytest.mark.parametrize("before", ["nobody's", "a lead's"])
def test_two_addresses_of_one_event_count_one_after_the_other(story: Story, before: str) -> None:
    """K13, K18. Given A has four addresses; when one event names a fifth, A's user id, and a sixth; then A has five."""
    for number in range(4):
        story.identify("x", "a@x.io", email=f"{number}@x.io")
    its_own_is_removed(story)
    if before == "a lead's":
        story.identify("y", email="a@x.io")
    story.identify("x", "a@x.io", email="4@x.io")
    assert sorted(story.found("user_id", "a@x.io")["emails"]) == ["0@x.io", "1@x.io", "2@x.io", "3@x.io", "a@x.io"]


def test_two_leads_of_one_event_count_one_after_the_other(story: Story) -> None:
    """K13, K18. Given two leads joined A; when one event names a third, by A's user id, and a fourth; then three joined."""
    for number in range(3):
        story.identify(f"x{number}", email=f"{number}@x.io")
    for number in range(2):
        story.identify("x", "a@x.io", email=f"{number}@x.io")
    its_own_is_removed(story)
    story.identify("y", email="a@x.io")
    story.identify("x", "a@x.io", email="2@x.io")
    assert story.people() == {"a@x.io", "2@x.io"}
    assert sorted(story.found("user_id", "a@x.io")["emails"]) == ["0@x.io", "1@x.io", "a@x.io"]


def its_own_is_removed(story: Story) -> None:
    """Remove from account a@x.io the address that it is called by."""
    person_id = story.found("user_id", "a@x.io")["person_id"]
    story.do("POST", f"/api/people/{person_id}/remove_email", {"email": "a@x.io"})


def test_leads_of_late_events_count_when_they_arrive(story: Story) -> None:
    """K13. Given A named four leads on four days; when all of that arrives on the fifth; then three join."""
    for number in range(4):
        story.identify(f"x{number}", email=f"{number}@x.io")
    story.wait_for(5 * 86_400)
    for number in range(4):
        story.identify("x", "A", email=f"{number}@x.io", at=number * 86_400 + 10)
    assert story.people() == {"A", "3@x.io"}


def test_newsletter_then_signup(story: Story) -> None:
    """K12, K13. Given pages, an address in a message, and more; when the same browser signs up with it; then it is one person."""
    page = story.page("x")
    lead = story.identify("x", email="lead@x.io")
    read = story.track("x")
    login = story.identify("x", "U1", email="lead@x.io")
    bought = story.track("x", "U1")
    assert story.shown() == {"U1": [page, lead, read, login, bought]}
    assert story.was_anonymous() == {page, read}
    assert story.person("U1")["emails"] == ["lead@x.io"]
    assert (story.person("U1")["anonymous_ids"], story.rotated()) == (["x"], [])


@pytest.mark.parametrize("order", part(sorted(permutations(range(5))), 4), ids=lambda order: "".join(map(str, order)))
def test_newsletter_in_every_order_of_arrival(story: Story, order: tuple[int, ...]) -> None:
    """K13. Given five requests, from the first page to the purchase; when they arrive in any order; then it is one person."""
    calls: list[Callable[[], str]] = [
        lambda: story.page("x", at=1),
        lambda: story.identify("x", email="lead@x.io", at=2),
        lambda: story.track("x", at=3),
        lambda: story.identify("x", "U1", email="lead@x.io", at=4),
        lambda: story.track("x", "U1", at=5),
    ]
    sent = {number: calls[number]() for number in order}
    assert story.shown() == {"U1": [sent[number] for number in range(5)]}
    assert story.was_anonymous() == {sent[0], sent[2]}
    assert story.person("U1")["emails"] == ["lead@x.io"]


@pytest.mark.parametrize("by", ["browser", "server"])
def test_newsletter_then_signup_elsewhere(story: Story, by: str) -> None:
    """K13. Given a lead on x, and an account that signs in on y; when its address is said there, or by the server; then one."""
    lead, login = story.identify("x", email="e@x.io"), story.identify("y", "U")
    assert story.people() == {"e@x.io", "U"}
    said = (story if by == "browser" else story.server).identify("y" if by == "browser" else None, "U", email="e@x.io")
    assert story.shown() == {"U": [lead, login, said]}


def test_typo_then_right_address(story: Story) -> None:
    """K15. Given a wrong address was typed on x; when U signs up there with the right one; then x is U's, the lead a match."""
    page = story.page("x")
    typed = story.identify("x", email="wrong@x.io")
    login = story.identify("x", "U", email="right@x.io")
    assert story.shown() == {"U": [page, login], "wrong@x.io": [typed]}
    assert (story.mapped("x"), story.rotated()) == ("U", [])
    assert matches(story, "U") == [("wrong@x.io", "x")]
    assert matches(story, "wrong@x.io") == [("right@x.io", "x")]
    story.merge("wrong@x.io", "U")
    assert (story.people(), matches(story, "U")) == ({"U"}, [])
    story.unmerge(story.last_merge())
    assert matches(story, "U") == matches(story, "wrong@x.io") == [], "somebody has said that they are two"


def test_family_computer(story: Story) -> None:
    """K15. Given one types an address on x, and another signs in there; then they are two; the same in the other order."""
    typed, login = story.identify("x", email="mary@x.io"), story.identify("x", "son", email="son@x.io")
    assert story.shown() == {"mary@x.io": [typed], "son": [login]}
    login, typed = story.identify("y", "other", email="other@x.io"), story.identify("y", email="mary2@x.io")
    assert (story.whose(typed), story.mapped("y"), story.rotated()) == ("mary2@x.io", "other", [])
    assert matches(story, "mary2@x.io") == [("other@x.io", "y")]
    assert [entry for entry in story.log() if "refused" in entry] == ["merge_refused y mary2@x.io claimed_by_another"]


def test_a_typed_address_is_refused_once(story: Story) -> None:
    """K11. Given x is U's; when an address is typed there again and again, for hours; then it is said once, nothing contested."""
    story.identify("x", "U")
    for hour in range(3):
        story.identify("x", email="e@x.io", at=10 + 3600 * hour)
        assert story.rotated() == []
    late = story.track("x", at=20_000)
    assert story.whose(late) == "U", "not contested"
    assert [entry for entry in story.log() if "refused" in entry] == ["merge_refused x e@x.io claimed_by_another"]


def test_an_account_that_types_its_address_keeps_its_browser(story: Story) -> None:
    """K11. Given A typed its address on x and signed in, and the typing arrives last; when B signs in; then x stays A's."""
    story.identify("x", "A", email="a@x.io", at=5)
    story.identify("x", email="a@x.io", at=3)
    story.identify("x", "B", at=6)
    assert (story.mapped("x"), story.rotated()) == ("A", ["x"])


def test_a_typed_address_in_a_contested_browser(story: Story) -> None:
    """K11. Given A and B used x, and somebody logged out there; when an address is typed; then it is refused, and x goes on."""
    story.identify("x", "A", at=1)
    story.identify("x", "B", at=2)
    story.logout("x", at=3)
    story.identify("x", email="e@x.io", at=4)
    assert (story.log()[-1], story.rotated()) == ("merge_refused x e@x.io contested", [])
    story.identify("x", "C", at=5)
    assert (story.log()[-1], story.rotated()) == ("merge_refused x C contested", ["x"])


def test_purchase_by_address_then_login(story: Story) -> None:
    """K13, K16. Given the shop's server made a lead by an order; when a browser says that it is user 7's; then it is."""
    order = story.server.identify(None, email="ada@x.io")
    login = story.identify("x", "7", email="ada@x.io")
    assert story.shown() == {"7": [order, login]}
    story.site(verify="optional")
    story.server.identify(None, email="bob@x.io")
    story.identify("y", "8", email="bob@x.io")
    assert story.people() == {"7", "8", "bob@x.io"}, "where proofs are asked for, a browser's word is not enough"
    story.server.identify(None, "8", email="bob@x.io")
    assert story.people() == {"7", "8"}


def test_agent_types_many_addresses(story: Story) -> None:
    """K13. Given somebody types customers' addresses while signed in; then three leads a day join, and five addresses stay."""
    for number in range(5):
        story.identify(f"x{number}", email=f"lead{number}@x.io")
        story.identify("till", "agent", email=f"lead{number}@x.io")
    assert story.people() == {"agent", "lead3@x.io", "lead4@x.io"}
    for number in range(4):
        story.identify("till", "agent", email=f"new{number}@x.io")
    assert len(story.person("agent")["emails"]) == 5
    assert {entry for entry in story.log() if "refused" in entry} == {"merge_refused till agent fan_in"}
    story.server.identify(None, "agent", email="agent@x.io")
    assert "agent@x.io" in story.person("agent")["emails"], "what is proven has room"
    story.identify("till", "agent", email="lead3@x.io", at=2 * 86_400)
    assert "lead3@x.io" not in story.person("agent")["emails"], "five are five on the next day, too"


def test_an_address_of_a_merged_lead_moves_to_who_proves_it(story: Story) -> None:
    """K14. Given a lead joined U1; when the server says that its address is U2's; then it moves, and the lead has no name left."""
    story.identify("l", email="e@x.io")
    story.identify("x", "U1", email="e@x.io")
    story.server.identify(None, "U2", email="e@x.io")
    assert (story.person("U1")["emails"], story.person("U2")["emails"]) == ([], ["e@x.io"])
    story.unmerge(story.last_merge())
    assert len(story.get("/api/people")["people"]) == 3, "what the lead did is nobody else's"


def test_a_full_account_takes_no_address_by_saying_it(story: Story) -> None:
    """K13, K14. Given five addresses that A only said; when A says one that another account holds by a typed lead; then `fan_in`."""
    story.identify("l", email="lead@x.io")
    story.identify("y", "B")
    story.merge("lead@x.io", "B")
    for number in range(5):
        story.identify("x", "A", email=f"a{number}@x.io")
    story.identify("x", "A", email="lead@x.io")
    assert [entry for entry in story.log() if "refused" in entry] == ["merge_refused x A fan_in"]
    story.server.identify(None, "A", email="lead@x.io")
    assert "lead@x.io" in story.person("A")["emails"], "what is proven has room"


def test_email_changed(story: Story) -> None:
    """K17. Given A said one address and then another; then both are A's, and the later one is what A is called."""
    story.identify("x", "A", email="old@x.io", at=1)
    story.identify("x", "A", email="new@x.io", at=3)
    assert story.person("A")["emails"] == ["new@x.io", "old@x.io"]
    story.identify("x", "A", email="older@x.io", at=2)
    assert story.person("A")["label"] == "new@x.io", "by the time of the event"
    story.server.identify(None, "A", email="old@x.io", at=4)
    story.identify("x", "A", email="new@x.io", at=5)
    assert story.person("A")["label"] == "old@x.io", "the better proven one"


@pytest.mark.parametrize("typed_before", [False, True])
def test_proof_of_a_lead_counts_for_its_account(story: Story, typed_before: bool) -> None:
    """K17. Given a server told of a lead; when A names it in a browser, and another address later; then the lead's counts."""
    if typed_before:
        story.identify("w", email="Lead@x.io")
    story.server.identify(None, email="Lead@x.io")
    story.identify("x", "A", email="lead@x.io")
    story.identify("x", "A", email="a@x.io")
    assert story.person("A")["emails"] == ["Lead@x.io", "a@x.io"]


def test_refused_address_was_not_said(story: Story) -> None:
    """K14, K17. Given A's address was refused to B, who named it last; when B turns out to be A; then A is called as before."""
    story.identify("x", "A", email="old@x.io", at=1)
    story.identify("x", "A", email="new@x.io", at=2)
    story.identify("y", "B", email="old@x.io", at=3)
    story.merge("B", "A")
    assert story.person("A")["emails"] == ["new@x.io", "old@x.io"]


def test_two_leads_one_browser(story: Story) -> None:
    """K12, K15. Given two addresses typed on x; then the first has x; when U names both; then all is U's."""
    page = story.page("x")
    first, second = story.identify("x", email="a@x.io"), story.identify("x", email="b@x.io")
    assert story.shown() == {"a@x.io": [page, first], "b@x.io": [second]}
    one, other = story.identify("x", "U", email="a@x.io"), story.identify("x", "U", email="b@x.io")
    assert story.shown() == {"U": [page, first, second, one, other]}


@pytest.mark.parametrize("turned", [False, True])
def test_a_user_id_that_is_an_address(story: Story, turned: bool) -> None:
    """K18. Given `identify("Grace@X.io")` and `identify({email})`, whichever is first; then they are one person."""
    said: list[tuple[str, str | None, str | None]] = [("x", "Grace@X.io", None), ("y", None, "grace@x.io")]
    sent = [story.identify(x, user, email=email) for x, user, email in (reversed(said) if turned else said)]
    assert story.shown() == {"Grace@X.io": sent}
    person = story.person("grace@x.io")
    assert (person["user_ids"], [one.lower() for one in person["emails"]]) == (["Grace@X.io"], ["grace@x.io"])


def test_required_says_nothing_unsigned(story: Story) -> None:
    """K16, R21. Given proofs are required; when an address is typed and a sign-up unsigned; then they join nothing, make nobody."""
    story.site(verify="required")
    story.identify("x", email="e@x.io")
    story.identify("x", "U", email="e@x.io")
    assert story.people() == set()


def test_typed_traits_are_of_the_lowest_rank_but_one(story: Story) -> None:
    """K12. Given anonymous, typed and said traits, in any order; then what is said wins, and what is typed over anonymous."""
    story.identify("x", traits={"plan": "anonymous", "city": "anonymous"}, at=1)
    story.identify("y", "U", email="e@x.io", traits={"plan": "said"}, at=2)
    story.identify("x", email="e@x.io", traits={"plan": "typed", "city": "typed", "team": "typed"}, at=9)
    assert story.fields("U") == {"plan": "said", "city": "typed", "team": "typed"}
    story.server.identify(None, "U", traits={"team": "told"}, at=3)
    assert story.fields("U")["team"] == "told"


def test_typed_traits_by_the_time_of_the_event(story: Story) -> None:
    """K12. Given typed traits, which arrive turned; then the newest counts, and says where it comes from."""
    for at, plan in ((9, "new"), (5, "old")):
        story.identify("x", email="e@x.io", traits={"plan": plan}, at=at)
    assert story.fields("e@x.io") == {"plan": "new"}
    assert [row.typed["plan"]["by"] for row in story.app.rows(tables.person)] == ["typed"]


STATES = ["unknown", "lead", "account", "proven lead", "proven account", "deleted", "merged", "undone"]


def bring_about(story: Story, state: str) -> str:
    """Make an address that is in this state, and return it."""
    address = f"{state.replace(' ', '-')}@x.io"
    sender = story.server if state.startswith("proven") else story
    user, other = f"user {state}", f"other {state}"
    if state in ("lead", "proven lead"):
        sender.identify(None if sender is story.server else f"by {address}", email=address)
    elif state != "unknown":
        sender.identify(None if sender is story.server else f"by {address}", user, email=address)
    if state == "deleted":
        story.delete(address)
    if state in ("merged", "undone"):
        story.identify(f"also {address}", other)
        story.merge(user, other)
    if state == "undone":
        story.unmerge(story.last_merge())
    return address


@pytest.mark.parametrize("verify", ["off", "optional"])
@pytest.mark.parametrize("who", ["a new browser", "a known browser", "somebody signed in"])
def test_no_oracle(story: Story, who: str, verify: str) -> None:
    """K12. Given an address in every state; when a browser says it; then it is answered the same: status, header names, body.

    And after as much work: one transaction, whose flush is most of its time, of about as many statements.
    """
    story.site(verify=verify)
    answers, statements = set(), []
    for number, state in enumerate(STATES):
        address = bring_about(story, state)
        x = f"x{number}"
        if who != "a new browser":
            story.identify(x, f"U{number}")
        with heard() as said:
            story.identify(x, f"U{number}" if who == "somebody signed in" else None, email=address)
        statements.append(len(said))
        assert story.answer is not None
        answers.add((story.answer.status, tuple(sorted(story.answer.headers)), story.answer.body))
    assert len(answers) == 1, answers
    assert max(statements) <= 1.5 * min(statements), dict(zip(STATES, statements, strict=True))


def test_no_oracle_by_an_id_that_was_given_up(story: Story) -> None:
    """K12, R28. Given a deleted person's id; when a browser names it beside a proven address or an unknown one; then it is told
    the same: to give that id up."""
    story.identify("dead", "gone")
    story.delete("gone")
    story.site(verify="optional")
    story.server.identify(None, email="proven@x.io")
    answers = []
    for number, address in enumerate(("proven@x.io", "unknown@x.io")):
        story.identify(f"n{number}", email=address, context={"anonymousIds": ["dead"]})
        assert story.answer is not None
        answers.append(story.answer.json)
    assert answers[0] == answers[1]
    assert answers[0]["rotate"] == ["dead"]


def matches(story: Story, name: str) -> list[tuple[str, str]]:
    """Possible matches of this person, each with the browser where both were."""
    detail = story.get(f"/api/people/{story.id_of(name)}")
    return [(one["person"]["label"], one["anonymous_id"]) for one in detail["possible_matches"]]


def test_a_match_is_of_a_lead_and_whose_browser_it_is(story: Story) -> None:
    """K15. Given x is A's, and B signed in there, too; when an address is typed there; then it may be A's, and not B's."""
    story.identify("x", "A")
    story.identify("x", "B")
    story.identify("x", email="lead@x.io")
    assert (matches(story, "lead@x.io"), matches(story, "A"), matches(story, "B")) == ([("A", "x")], [("lead@x.io", "x")], [])


def test_email_link_opened_is_nothing_said(story: Story) -> None:
    """K10, K15. Given a link to an address was opened on x; when A signs in there after a log-out; then it is no match."""
    story.open("x", story.link("lead@x.io"), at=1)
    story.logout("x", at=2)
    story.identify("x", "A", at=3)
    assert (matches(story, "A"), matches(story, "lead@x.io")) == ([], [])


def test_matches_of_many_browsers(story: Story) -> None:
    """K15. Given A's browsers, in each of which an address was typed; then twenty are shown, in the order of their names."""
    for number in range(22, 0, -1):
        story.identify(f"x{number:02}", "A")
        story.identify(f"x{number:02}", email=f"{number:02}@x.io")
    assert matches(story, "A") == [(f"{number:02}@x.io", f"x{number:02}") for number in range(1, 21)]


def test_an_illegal_address_identifies_nobody(story: Story) -> None:
    """R2, R3. Given something in `email` that is none; then the event stays anonymous, and nobody is made."""
    for number, address in enumerate(("nobody", "a@", "@x.io", "null", "a b@x.io")):
        story.identify(f"x{number}", email=address)
    assert story.people() == set()
