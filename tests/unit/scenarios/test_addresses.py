"""E-mail addresses as identifiers. Scenarios 53, 56, 57; rules R3, R26, K3."""

from __future__ import annotations

import pytest

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
    """53, K3. Given A's address is proven; when a stranger types it into a form on x; then nothing of theirs meets."""
    story.server.identify(None, "A", email="a@x.io", traits={"plan": "pro"})
    before = story.timeline("A")
    page = story.page("x")
    typed = story.identify("x", email="a@x.io", traits={"plan": "hacked"})
    assert story.shown() == {"A": before, None: [page, typed]}
    assert story.fields("A") == {"plan": "pro"}
    assert story.log() == ["merge_refused x - email_verified"]
    assert story.entries()[0]["other"]["label"] == "a@x.io"
    assert set(story.answer.json if story.answer else {}) <= {"success", "stored", "duplicate", "quarantined"}, "no data of A"


def test_typed_victim_email_with_another_user_id(story: Story) -> None:
    """53. Given A's address is proven; when M identifies with it; then M is made without it, and A is as before."""
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
    """K3, Addresses. Given a typed address; when the server says it too; then it is proven, and typing no longer does."""
    typed = story.identify("x", email="a@x.io")
    said = story.server.identify(None, email="a@x.io")
    late = story.identify("y", email="a@x.io")
    assert story.shown() == {"a@x.io": [typed, said], None: [late]}


def test_an_address_can_be_proven_by_the_owner(story: Story) -> None:
    """Addresses. Given A told an address by browser; when A's server repeats it; then typing it is refused from then on."""
    story.identify("x", "A", email="a@x.io")
    story.server.identify(None, "A", email="a@x.io")
    typed = story.identify("y", email="a@x.io")
    assert story.whose(typed) is None


def test_lead_then_account(story: Story) -> None:
    """56, R26. Given a lead with a proven address and an account U without; when U's address is proven; then they are one."""
    form = story.server.identify(None, email="e@x.io", traits={"source": "fair"}, at=1)
    lead = story.id_of("e@x.io")
    opened = story.track("x", "U", at=2)
    login = story.server.identify("x", "U", email="e@x.io", at=3, traits={"plan": "pro"})
    assert story.shown() == {"U": [form, opened, login]}
    assert story.id_of("U") == lead, "the older survives"
    assert story.fields("U") == {"plan": "pro", "source": "fair"}
    assert "people_merged" in " ".join(story.log())
    assert story.identified() == 1


def test_account_then_lead(story: Story) -> None:
    """56, R26. Given the account is older than the lead; then the account survives."""
    story.track("x", "U", at=1)
    account = story.id_of("U")
    story.server.identify(None, email="e@x.io", at=2)
    story.server.identify("x", "U", email="e@x.io", at=3)
    assert story.people() == {"U"}
    assert story.id_of("U") == story.id_of("e@x.io") == account


def test_lead_then_account_by_tokens(story: Story) -> None:
    """56, R21. Given a lead proven by a token for its address; when a token names U and the address; then they are one."""
    story.site(verify="optional")
    form = story.identify("x", email="e@x.io", context=story.signed(email="e@x.io"))
    login = story.identify("x", "U", email="e@x.io", context=story.signed("U", email="e@x.io"))
    assert story.shown() == {"U": [form, login]}


def test_a_lead_and_a_new_account_in_one_call(story: Story) -> None:
    """56. Given a lead, and U who was never seen; when the server identifies U with the address; then they are one."""
    story.server.identify(None, email="e@x.io")
    lead = story.id_of("e@x.io")
    story.server.identify(None, "U", email="e@x.io")
    assert story.people() == {"U"}
    assert story.id_of("U") == lead


@pytest.mark.parametrize("missing", ["proof of the user", "proof of the lead", "account has an address", "lead has a user"])
def test_no_merge_but_in_the_safe_case(story: Story, missing: str) -> None:
    """56, Addresses. Given one condition of the exception is not met; then they stay two, the address with the first."""
    lead = story if missing == "proof of the lead" else story.server
    lead.identify(None, "L" if missing == "lead has a user" else None, email="e@x.io")
    if missing == "account has an address":
        story.server.identify(None, "U", email="other@x.io")
    (story if missing == "proof of the user" else story.server).identify("x", "U", email="e@x.io")
    assert len(story.people()) == 2
    assert "e@x.io" not in story.person("U")["emails"]
    assert [entry for entry in story.log() if "email_taken" in entry] == ["merge_refused x U email_taken"]


def test_a_user_token_without_the_address_does_not_merge(story: Story) -> None:
    """56. Given a token that proves U but not the address in the traits; then U and the lead stay two."""
    story.site(verify="optional")
    story.server.identify(None, email="e@x.io")
    story.identify("x", "U", email="e@x.io", context=story.signed("U"))
    assert story.people() == {"e@x.io", "U"}


def test_a_merged_lead_that_was_undone_stays_undone(story: Story) -> None:
    """56, Merging two people. Given lead and account were merged and then unmerged; then the same identify joins them no more."""
    story.server.identify(None, email="e@x.io")
    story.server.identify(None, "U", email="e@x.io")
    story.unmerge(story.last_merge())
    story.server.identify(None, "U", email="e@x.io")
    assert story.people() == {"e@x.io", "U"}


def test_two_user_ids_one_email(story: Story) -> None:
    """57. Given U1 has the address; when U2 identifies with it; then they stay two, and it stays U1's."""
    story.identify("x", "U1", email="e@x.io")
    login = story.identify("y", "U2", email="e@x.io", traits={"plan": "pro"})
    assert story.people() == {"U1", "U2"}
    assert (story.person("U1")["emails"], story.person("U2")["emails"]) == (["e@x.io"], [])
    assert (story.timeline("U2"), story.fields("U2")) == ([login], {"plan": "pro"}), "everything else of the identify holds"
    assert story.mapped("y") == "U2"
    assert story.log() == ["merge_refused y U2 email_taken"]


def test_a_lead_and_then_a_user_with_its_address_by_browser(story: Story) -> None:
    """Sequences. Given `I(x, email e)` and then `I(y, A, email e)`; then they are two, and A is made without e."""
    form, login = story.identify("x", email="e@x.io"), story.identify("y", "A", email="e@x.io")
    assert story.shown() == {"e@x.io": [form], "A": [login]}
    assert story.person("A")["emails"] == []
    assert story.log() == ["merge_refused y A email_taken"]


def test_an_illegal_address_identifies_nobody(story: Story) -> None:
    """R2, R3. Given something in `email` that is none; then the event stays anonymous, and nobody is made."""
    for number, address in enumerate(("nobody", "a@", "@x.io", "null", "a b@x.io")):
        story.identify(f"x{number}", email=address)
    assert story.people() == set()
