"""`passerby people join-leads` and `people trim`: what is done to many people at once, as jobs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click
import msgspec

from .. import clock
from .shared import Work, carry_out, changing, confirm, grid, out, plain, print_json, say, say_nothing_changed

if TYPE_CHECKING:
    from ..domain.lead_joins import Joined
    from ..storage.reports import PersonRow

SHOWN = 50
"""Lines of a preview that are printed; `--json` prints all."""


class _Lead(msgspec.Struct):
    """A lead that joins an account; `refusal` says why it does not."""

    lead_id: str
    account_id: str
    address: str
    refusal: str | None


class _Leads(msgspec.Struct):
    preview: bool
    leads: list[_Lead]
    job_id: str | None = None


@click.command("join-leads")
@changing
def join_leads(preview: bool, yes: bool, as_json: bool, data: Path | None, site_name: str | None) -> None:
    """Join leads to the accounts that named their address in the time before leads joined by themselves.

    Each is logged as "Lead joined" and can be taken back by `people unmerge`.
    """
    from ..storage.operations import lead_joins

    work = Work(data, site_name)
    found = lead_joins.preview(work.store, work.site, clock.now())
    joining = [one for one in found if one.refusal is None]
    if not as_json:
        _show_leads(found, len(joining))
    if preview or not joining:
        if as_json:
            print_json(_leads(found, preview))
        elif preview:
            say_nothing_changed(as_json)
        return
    if not yes:
        confirm(f"Join {len(joining):,} leads to their accounts?")
    job_id = lead_joins.start(work.store, work.site, clock.now())
    carry_out(work, job_id, "Looking at what accounts named")
    if as_json:
        print_json(_leads(found, False, job_id))
        return
    left = sum(one.refusal is None for one in lead_joins.preview(work.store, work.site, clock.now()))
    undo = work.command("people", "unmerge", "MERGE")
    say(f"Joined: {len(joining) - left:,} leads. `passerby people show PERSON` lists the merges; to take one back: {undo}")


def _show_leads(found: list[Joined], joining: int) -> None:
    table = grid("Address", "Lead", "Account", "")
    for one in found[:SHOWN]:
        table.add_row(plain(one.address), str(one.lead), str(one.account), one.refusal or "joins")
    out.print(table)
    say(f"{joining:,} leads join; {len(found) - joining:,} stay apart." if found else "No account named the address of a lead.")


def _leads(found: list[Joined], preview: bool, job_id: int | None = None) -> _Leads:
    lines = [_Lead(str(one.lead), str(one.account), one.address, one.refusal) for one in found]
    return _Leads(preview, lines, None if job_id is None else str(job_id))


class _Trimmed(msgspec.Struct):
    """How many people are inactive, and how many of them go: without those who are protected or, where asked, subscribed."""

    preview: bool
    inactive: int
    trimmed: int
    person_ids: list[str]
    job_id: str | None = None


@click.command("trim")
@click.option("--inactive-days", type=click.IntRange(1, 36_500), required=True, help="Without an event for so many days.")
@click.option("--unsubscribed", is_flag=True, help="Only people who have unsubscribed.")
@changing
def trim_people(
    inactive_days: int, unsubscribed: bool, preview: bool, yes: bool, as_json: bool, data: Path | None, site_name: str | None
) -> None:
    """Delete people of whom nothing came for a while, each as `people delete` does. This cannot be taken back.

    Whom `passerby site set NAME --protect WHAT` names stays: members of accounts, people with a tag or a field.
    """
    from ..storage.operations import trimming
    from ..storage.reports import seen_before
    from ..storage.reports.lookup import canonical_ids

    work = Work(data, site_name)
    at = clock.now()
    trim = trimming.trim_of(work.site, seen_before(at, inactive_days), unsubscribed)
    looked = list(trimming.preview(work.store, work.site, trim))
    going = [person for person, goes in looked if goes]
    answer = _Trimmed(preview, len(looked), len(going), [str(person.person_id) for person in going])
    if not as_json:
        _show_trimmed(going, answer, inactive_days)
    if preview or not going:
        if as_json:
            print_json(answer)
        elif preview:
            say_nothing_changed(as_json)
        return
    if not yes:
        confirm(f"Delete {len(going):,} people with all their events, permanently?")
    job_id = trimming.start(work.store, work.site, trim, at)
    carry_out(work, job_id, "Looking at inactive people")
    with work.store.read() as connection:
        stayed = canonical_ids(connection, work.site.site_id, {person.person_id for person in going})
    gone = [str(person.person_id) for person in going if person.person_id not in stayed]
    if as_json:
        print_json(msgspec.structs.replace(answer, trimmed=len(gone), person_ids=gone, job_id=str(job_id)))
        return
    back = f" {len(stayed):,} did something meanwhile, and stay." if stayed else ""
    say(f"Deleted: {len(gone):,} people.{back} Keyed hashes of their names stay, so that nothing comes back late.")


def _show_trimmed(going: list[PersonRow], answer: _Trimmed, days: int) -> None:
    from ..domain.times import iso

    table = grid("Number", "Called", "Last seen")
    for person in going[:SHOWN]:
        seen = "never" if person.last_seen_at is None else iso(person.last_seen_at)
        table.add_row(str(person.person_id), plain(person.label), seen)
    out.print(table)
    stay = answer.inactive - answer.trimmed
    say(f"{answer.inactive:,} people are inactive for {days} days; {answer.trimmed:,} would be deleted, {stay:,} stay.")
