"""Identity log: every entry is told in a sentence, and every refusal with its reason."""

from __future__ import annotations

from typing import Any

import pytest

from collector.domain.log import NAMES, REFUSALS, Unproven
from collector.storage.reports import LogRow, Name
from collector.storage.reports.refusals import MergeEnds
from collector.web.console.words import sentences, terms
from collector.web.console.words.sentences import Remedy, story

ADA, BOB = Name(1, "ada"), Name(2, "bob")
ENDS = {7: MergeEnds(BOB, ADA, None), 8: MergeEnds(BOB, ADA, 0)}

OPS = ["anonymous_merge", "merge_refused", "identify_refused", "illegal_id", "impersonation", "id_rotated", "detached",
       "attached", "logged_out", "people_merged", "people_unmerged", "person_deleted", "handoff", "address_moved",
       "address_removed"]  # fmt: skip
"""docs/identity.md, "The log"."""
REASONS = [
    "claimed_by_another", "contested", "detached", "fan_in", "email_taken", "email_verified", "merged_away", "two_people", "undone",
    "too_many_people",
]  # fmt: skip


def entry(op: str, person: Name | None = ADA, other: Name | None = None, x: str | None = "x", **rest: Any) -> LogRow:
    told = {key: rest.pop(key) for key in list(rest) if key in ("events", "since", "overridden", "owner")}
    return LogRow(op, 0, x, person, other, {**rest.pop("detail", {}), **rest}, **told)


def test_every_operation_is_told() -> None:
    assert set(NAMES) == set(sentences.ICONS) == set(OPS) == set(sentences._TELLERS)


@pytest.mark.parametrize(
    ("log", "told"),
    [
        (entry("anonymous_merge", events=1), "1 event of visitor x"),
        (entry("anonymous_merge", events=1_200, since=5), "1,200 events of visitor x, since 5"),
        (entry("anonymous_merge", overridden=True), "That of visitor x holds no longer: a stronger proof came later, or"),
        (entry("merge_refused", reason="contested", rotated=True),
         REFUSALS["contested"].sentence + " The browser was told to take a new id."),
        (entry("merge_refused", reason="claimed_by_another", rotated=True, other=BOB),
         REFUSALS["claimed_by_another"].sentence + " It is bob's. The browser was told to take a new id."),
        (entry("merge_refused", reason="email_taken", other=BOB), REFUSALS["email_taken"].sentence + " It is bob's."),
        (entry("merge_refused", reason="undone", other=BOB), REFUSALS["undone"].sentence + " The other one is bob."),
        (entry("merge_refused", reason="undone", other=ADA), REFUSALS["undone"].sentence),
        (entry("identify_refused", reason="token_expired", user_id="ada", email=None),
         "Somebody said to be “ada”. Its token has expired, or is not valid yet. The event was kept, and believed in nothing."),
        (entry("identify_refused", reason="unsigned", user_id=None, email="a@x"), "Somebody said to be “a@x”. It came without"),
        (entry("illegal_id", value="null"), "“null” is a placeholder, not somebody's id. The event was kept; nobody was identified."),
        (entry("impersonation", actor="support"), "support acted as ada in this browser; these events are on nobody's timeline."),
        (entry("impersonation", person=None, actor="support"), "support acted as this user in this browser"),
        (entry("id_rotated", person=None), "What came without a user is a new visitor's; the browser was told to take a new id."),
        (entry("detached", by="api"), "Visitor x was taken from ada by the API."),
        (entry("attached", by="console:eve", other=BOB), "Visitor x was given to ada by eve, in the console. It was bob's before."),
        (entry("attached", by="cli"), "Visitor x was given to ada by the command line."),
        (entry("logged_out", by="api", detail={"since": 5}), "Somebody logged out at 5, said the API. What comes after it without a user is"),
        (entry("people_merged", merge_id="7", by="alias"), "bob was merged into ada by a server's alias."),
        (entry("people_merged", merge_id="8", by="lead"),
         "bob was merged into ada by an identify of the account with the lead's address. It was undone 0."),
        (entry("people_merged", merge_id="9", by="api"), "Two people became one by the API."),
        (entry("people_unmerged", merge_id="8", by="console:eve"),
         "bob and ada are two people again, separated by eve, in the console."),
        (entry("people_unmerged", merge_id="x", by="api"), "A merge of two people was undone by the API."),
        (entry("person_deleted", person=None, x=None, by="console:eve", detail={"events": 1_000}),
         "A person was deleted with 1,000 events by eve, in the console. Only keyed hashes of the names stay."),
        (entry("handoff", person=None, detail={"other": "y"}),
         "Visitor y came over from another domain and is x here: who claims one claims both."),
    ],
)  # fmt: skip
def test_sentences(log: LogRow, told: str) -> None:
    found = story(log, ENDS)
    assert found.text.startswith(told)
    assert not found.title.endswith(".") and found.icon


@pytest.mark.parametrize("op", [*OPS, "brand_new"])
@pytest.mark.parametrize("value", [None, 5, "", "\x00", [1], {"a": 1}, "9" * 400])
def test_any_detail_is_told(op: str, value: Any) -> None:
    keys = ("reason", "by", "actor", "value", "user_id", "email", "merge_id", "since", "events", "other", "rotated")
    log = LogRow(op, 0, None, None, None, dict.fromkeys(keys, value))
    assert story(log, ENDS).text


def test_an_address_too_many() -> None:
    told = story(entry("merge_refused", reason="fan_in", address="lead@x.io", other=BOB, owner=ADA), {})
    assert told.text.startswith("This account has more addresses than one person types")
    assert told.remedy == Remedy("Carry out by hand…", "/merge", {"source": "2", "target": "1"})
    assert story(entry("merge_refused", reason="fan_in", address="new@x.io"), {}).remedy is None, "there is nobody to merge"
    proven = story(entry("merge_refused", reason="email_verified", address="lead@x.io", other=BOB, owner=ADA), {})
    assert proven.remedy == told.remedy, "an account that names a proven address is merged with its lead, too"


def test_an_address_that_moved() -> None:
    assert (
        story(entry("address_moved", address="e@x.io", other=BOB), {}).text
        == "e@x.io was proven to be ada's address. It was bob's before."
    )


def test_a_lead_that_joined_is_called_so() -> None:
    assert story(entry("people_merged", by="lead", merge_id="7"), ENDS).title == "Lead joined"
    assert story(entry("people_merged", by="api", merge_id="7"), ENDS).title == "People merged"


def test_every_reason_is_explained() -> None:
    assert set(REFUSALS) == set(REASONS)
    assert set(terms.UNPROVEN) == set(Unproven)


@pytest.mark.parametrize("reason", ["claimed_by_another", "contested", "detached", "fan_in"])
def test_a_refused_claim_is_carried_out_by_attaching(reason: str) -> None:
    found = story(entry("merge_refused", reason=reason, other=BOB), {}).remedy
    assert found == Remedy("Carry out by hand…", "/attach", {"id": "x", "person": "1"})
    assert story(entry("merge_refused", reason=reason, x=None), {}).remedy is None
    done = story(entry("merge_refused", reason=reason, other=BOB, owner=ADA), {})
    assert done.remedy is None and done.text.endswith(" This person has it now.")
    assert story(entry("merge_refused", reason=reason, person=None, other=BOB), {}).remedy is None


@pytest.mark.parametrize("reason", ["email_taken", "merged_away", "two_people", "undone"])
def test_a_refused_merge_is_carried_out_by_merging(reason: str) -> None:
    found = story(entry("merge_refused", reason=reason, other=BOB), {}).remedy
    assert found == Remedy("Carry out by hand…", "/merge", {"source": "2", "target": "1"})
    assert story(entry("merge_refused", reason=reason, other=ADA), {}).remedy is None, "they are one person now"
    assert story(entry("merge_refused", reason=reason, other=None), {}).remedy is None, "one of them was deleted"


def test_a_typed_address_is_carried_out_by_attaching_to_its_owner() -> None:
    found = story(entry("merge_refused", person=None, other=BOB, reason="email_verified"), {}).remedy
    assert found == Remedy("Carry out by hand…", "/attach", {"id": "x", "person": "2"})


def test_a_merge_in_force_can_be_undone() -> None:
    assert story(entry("people_merged", merge_id="7"), ENDS).remedy == Remedy("Undo merge…", "/unmerge", {"merge": "7"})
    for merge in ("8", "9", "x"):
        assert story(entry("people_merged", merge_id=merge), ENDS).remedy is None
    for op in ("anonymous_merge", "people_unmerged", "identify_refused", "illegal_id"):
        assert story(entry(op, merge_id="7"), ENDS).remedy is None
