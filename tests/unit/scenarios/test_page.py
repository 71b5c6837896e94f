"""Rows of all tables of docs/identity.md have their story."""

from __future__ import annotations

import re
from pathlib import Path

from .test_map import stories

PAGE = Path(__file__).parents[3] / "docs" / "identity.md"

TOLD = {
    # In short
    "what a browser did before somebody signed in there, to that account": "test_login_merges_history",
    "a lead and the account that names its address, from any browser or from your server": "test_newsletter_then_signup_elsewhere",
    "browsers in which the same account signs in, or the same address is typed": "test_a_typed_address_that_nobody_proved",
    # What each call does
    "`track`, `page`, `screen` with a `userId`": "test_a_track_with_a_user_claims_nothing",
    "the same without": "test_several_epochs_by_event_time",
    "`identify(user, traits)`": "test_two_first_tabs",
    "`identify` with `traits.email` and no user": "test_identify_by_address_claims_too",
    "any event with a user id that is an address": "test_a_user_id_that_is_an_address",
    "`identify` with neither": "test_identify_with_neither_waits_for_a_claim",
    "`group(id, traits)`": "test_an_anonymous_group_comes_with_the_claim",
    "any event with `context.groupId`": "test_account_carried",
    "`alias(user, previous)`": "test_alias_claims_an_anonymous_id",
    "`reset`": "test_offline_queue_two_users",
    "any event with `context.actor`": "test_admin_impersonates",
    "a page opened by an e-mail link (`passerby_link`)": "test_an_email_link_claims_the_device",
    "a page opened by a link with a handoff (`passerby_handoff`)": "test_a_handoff_joins_two_anonymous_visitors",
    # Sequences
    "`T(x)` `I(x,A)` `T(x)`": "test_login_merges_history",
    "`I(x,A)` `I(x,A)`": "test_second_identify_same_user_noop",
    "`I(x,A)`, then `T(x)` arrives that happened earlier": "test_identify_before_any_event",
    "`T(x)` `T(x,A)`": "test_a_track_with_a_user_claims_nothing",
    "`T(x)` `T(y)` `I(x,A)` `I(y,A)`": "test_two_anon_ids_one_user",
    '`T(x)` `I(x,"null")`': "test_identify_with_logged_out_placeholder",
    "`T(x)` `I(x, email e)` `I(x, A, email e)`": "test_newsletter_then_signup",
    "`I(x, email e)`, `I(y, A, email e)`": "test_newsletter_then_signup_elsewhere",
    "`I(x, A, email e)`, `I(y, email e)`": "test_typed_victim_email_without_proofs",
    "`I(x, email e)`, `I(x, A)`": "test_typo_then_right_address",
    "the same, then `I(y, A, email e)` or a server's word": "test_newsletter_then_signup_elsewhere",
    "`I(x, A, email e)`, `I(y, B, email e)`": "test_an_address_moves_to_who_proves_it",
    '`I(x, "grace@example.com")`, `I(y, email grace@example.com)`': "test_a_user_id_that_is_an_address",
    "`T(x)` `I(x,A)` `I(x,B)` `T(x)` `T(x,B)`": "test_server_backstop_a_then_b",
    'browser: `identify("A")` … `identify("B")`': "test_switch_without_logout",
    'browser: `identify("A")` `reset()` `track`': "test_logout_rotates",
    "`T(x)` `I(x,A)`, detach x, `I(x,A)`": "test_unmerge_stays_unmerged",
    "`T(x,A)`, delete A, `T(x,A)`": "test_the_same_user_later_is_a_new_person",
    # Strengths
    "verified": "test_signed_in_required_mode",
    "proven e-mail": "test_only_a_stronger_proof_overrides",
    "asserted": "test_only_a_stronger_proof_overrides",
    "typed": "test_typed_victim_email_without_proofs",
    "link": "test_forwarded_email_link",
    # By hand
    "detach a device": "test_detach_takes_everybodys",
    "attach a device to a person": "test_attach_carries_out_a_refused_merge",
    "merge, unmerge": "test_unmerging_gives_back_both",
    "log out a device at a moment": "test_server_known_logout_order",
    "remove an address": "test_a_removed_address_finds_nobody",
    "delete a person": "test_a_deleted_person_is_gone",
}
"""First cell of a row -> the story that tells it first."""

NAMED = {
    "1": "test_somebody_else_on_a_deleted_device",
    "2": "test_a_contest_goes_on_over_a_logout",
    "3": "test_a_lead_that_became_an_account_keeps_its_browser",
    "4": "test_only_a_stronger_proof_overrides",
    "5": "test_server_backstop_a_then_b",
}
WINS = {
    "1": "test_an_earlier_identify_moves_the_claim_back",
    "2": "test_detached_refuses_everybody",
    "3": "test_a_braked_id_is_nobody_elses",
    "4": "test_server_backstop_a_then_b",
    "5": "test_fifty_claims_a_day_and_no_more",
}
"""Number under *Who wins a claim*, in its two lists -> the story that tells it first."""

REASONS = {
    "contested", "detached", "fan_in", "claimed_by_another", "email_taken", "email_verified", "merged_away", "two_people", "undone",
    "too_many_people",
}  # fmt: skip
"""Reasons of refused merges, all in the stories."""


NUMBERS = "## Rules by number"


def rows() -> list[str]:
    """First cells of all tables but that of the rules' numbers, without their headings."""
    before, _, numbered = PAGE.read_text().partition(f"\n{NUMBERS}\n")
    lines = (before + numbered.partition("\n## ")[2]).splitlines()
    cells = [re.split(r"(?<!\\) \| ", line.removeprefix("| "))[0] for line in lines if line.startswith("| ")]
    return [cell for cell in cells if cell not in ("joins by itself", "call", "calls", "strength", "operation")]


def test_every_row_has_its_story() -> None:
    assert sorted(rows()) == sorted(TOLD)


def test_every_way_to_win_a_claim_has_its_story() -> None:
    _, _, section = PAGE.read_text().partition("## Who wins a claim")
    assert re.findall(r"^(\d)\. ", section.partition("\n## ")[0], re.MULTILINE) == [*sorted(NAMED), *sorted(WINS)]


def test_every_reason_is_on_the_page_and_in_a_story() -> None:
    page = PAGE.read_text()
    told = "".join(path.read_text() for path in Path(__file__).parent.glob("test_*.py") if path.name != "test_page.py")
    for reason in REASONS:
        assert f"`{reason}`" in page
        assert reason in told


def test_every_number_is_written_out() -> None:
    """Whatever code and tests call a rule by its number stands on the page under that number."""
    told = re.findall(r"^\| ([RK]\d+) \| \S", PAGE.read_text().partition(NUMBERS)[2], re.MULTILINE)
    assert len(told) == len(set(told))
    files = [path for folder in ("collector", "tests") for path in (PAGE.parents[1] / folder).rglob("*.py")]
    meant = {number for path in files for number in re.findall(r"\b[RK]\d{1,2}\b", path.read_text())}
    assert meant == set(told)


def test_every_story_named_here_exists() -> None:
    assert {*TOLD.values(), *WINS.values()} <= stories().keys()
