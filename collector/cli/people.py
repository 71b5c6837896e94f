"""`passerby people` and `passerby visitor`: looking at people, and what is done to identity by hand."""

from __future__ import annotations

import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from rich.table import Table

from .. import clock
from ..domain.asked import MOST_NUMBER, legal, moment
from ..domain.corrections import Attach, Detach, LogOut, MergePeople, RemoveEmail, Unmerge
from ..domain.log import By
from .shared import (
    Work,
    carry_out,
    change,
    changing,
    confirm,
    data_option,
    grid,
    json_option,
    out,
    plain,
    print_json,
    say,
    say_nothing_changed,
    site_option,
)

if TYPE_CHECKING:
    from ..schemas.people import PersonDetail
    from ..storage.operations.corrections import Outcome
    from ..storage.operations.deletion import Deletion


@click.group()
def people() -> None:
    """Find, merge, delete and export people. PERSON is a number, user:ID or an e-mail address."""


@people.command("find")
@click.option("--email", help="Compared without regard to case.")
@click.option("--user-id", help="Your own id, exactly.")
@click.option("--anonymous-id", help="An id that was merged into the person.")
@click.option("--account", "account_id", help="An account that the person belongs to.")
@click.option("--limit", type=click.IntRange(1, 500), default=50, show_default=True, help="At most so many.")
@click.option("--cursor", help="Go on where an earlier list ended.")
@data_option
@site_option
@json_option
def people_find(data: Path | None, site_name: str | None, as_json: bool, **asked: Any) -> None:
    """List people who carry all the names given, or everyone, newest seen first."""
    from ..schemas.details import people_answer
    from ..storage import reports

    work = Work(data, site_name)
    with work.store.read() as connection:
        page = reports.find_people(connection, work.site.site_id, **asked)
        answer = people_answer(connection, work.site.site_id, page)
    if as_json:
        print_json(answer)
        return
    table = grid("Number", "Called", "User ids", "Devices", "Last seen")
    for one in answer.people:
        devices = str(len(one.anonymous_ids))
        table.add_row(one.person_id, plain(one.label), plain(", ".join(one.user_ids)), devices, one.last_seen)
    out.print(table)
    say(f"More: --cursor {answer.next}" if answer.next else f"{len(answer.people)} found.")


@people.command("show")
@click.argument("person")
@data_option
@site_option
@json_option
def people_show(person: str, data: Path | None, site_name: str | None, as_json: bool) -> None:
    """Show one person: names, fields, devices and merges."""
    from ..schemas.details import person_detail

    work = Work(data, site_name)
    with work.store.read() as connection:
        found = person_detail(connection, work.site.site_id, work.person(person).person_id)
    if as_json:
        print_json(found)
        return
    for table in _tables(found):
        out.print(table)


def _tables(found: PersonDetail) -> list[Table]:
    about, devices, merges = grid(), grid("Device", "Since", "Proof", "Events"), grid("Merge", "Of", "At", "By", "Taken back")
    for name in ("person_id", "label", "user_ids", "emails", "accounts", "tags", "first_seen", "last_seen", "unsubscribed_at"):
        value = getattr(found, name)
        about.add_row(name, plain(", ".join(value) if isinstance(value, list) else value))
    for name, touch in (("first_touch", found.first_touch), ("last_touch", found.last_touch)):
        if touch:
            about.add_row(name, plain(f"{touch.timestamp} {touch.url or ''}"))
    for key, value in found.fields.items():
        about.add_row(plain(f"field {key}"), plain(value))
    for one in found.devices:
        devices.add_row(plain(one.anonymous_id), one.since, one.strength, f"{one.events:,}")
    for merge in found.merges:
        merges.add_row(merge.merge_id, plain(merge.source or merge.source_id), merge.at, plain(merge.by), merge.reversed_at)
    return [about, *(table for table in (devices, merges) if table.row_count)]


@people.command("merge")
@click.argument("source")
@click.argument("into")
@changing
def people_merge(source: str, into: str, data: Path | None, site_name: str | None, **how: bool) -> None:
    """Make SOURCE and INTO one person; INTO's number stands for both. It can be taken back."""
    work = Work(data, site_name)
    one, other = work.person(source), work.person(into)

    def done(outcome: Outcome) -> str:
        undo = work.command("people", "unmerge", outcome.merge_id)
        return f"{one.label} is {other.label} now: merge {outcome.merge_id}. To take it back: {undo}"

    change(work, MergePeople(one.person_id, other.person_id), f"Merge {one.label} into {other.label}?", done, **how)


@people.command("unmerge")
@click.argument("merge_id", type=click.IntRange(0, MOST_NUMBER))
@changing
def people_unmerge(merge_id: int, data: Path | None, site_name: str | None, **how: bool) -> None:
    """Take a merge back: both people as if it had not been, with what each did in between."""
    work = Work(data, site_name)

    again = work.command("people", "merge", "SOURCE", "INTO")
    change(work, Unmerge(merge_id), "Take this merge back?", lambda _: f"Taken back. To make it again: {again}", **how)


@people.command("remove-email")
@click.argument("person")
@click.argument("email")
@changing
def people_remove_email(person: str, email: str, data: Path | None, site_name: str | None, **how: bool) -> None:
    """Take an address from PERSON that is not theirs any longer; it is whose who says it next."""
    work = Work(data, site_name)
    found = work.person(person)

    done = f"Removed. {email} finds nobody until it is said again."
    change(work, RemoveEmail(found.person_id, email), f"Remove {email} from {found.label}?", lambda _: done, **how)


@people.command("delete")
@click.argument("person")
@changing
def people_delete(person: str, data: Path | None, site_name: str | None, preview: bool, yes: bool, as_json: bool) -> None:
    """Delete a person with everything that is theirs. This cannot be taken back; `people export` keeps a copy."""
    from ..schemas.corrections import deletion_answer
    from ..storage.operations.deletion import COPIES, delete_person

    work = Work(data, site_name)
    doomed = partial(delete_person, work.store, work.site, work.person(person).person_id, work.tombstone_key, By.CLI)
    would = doomed(clock.now(), preview=True)
    if not as_json:
        _show_deletion(would)
    if preview:
        if as_json:
            print_json(deletion_answer(would))
        say_nothing_changed(as_json)
        return
    if not yes:
        confirm(f"Delete {would.label} and {would.events:,} events, permanently?")
    done = doomed(clock.now())
    assert done.job_id is not None
    row = carry_out(work, done.job_id, "Removing events")
    if as_json:
        print_json(deletion_answer(done))
        return
    say(f"Deleted: {done.label} and {row.done:,} events. Keyed hashes of the names stay, so that nothing comes back late.")
    say(COPIES)


def _show_deletion(would: Deletion) -> None:
    table = grid()
    table.add_row("person", plain(f"{would.label} ({would.person_id})"))
    table.add_row("events", f"{would.events:,}")
    table.add_row("streams", f"{would.streams:,}")
    table.add_row("names", plain(", ".join(would.identifiers)))
    table.add_row("anonymous ids", plain(", ".join(would.anonymous_ids)))
    out.print(table)
    say("All of this goes, with devices, fields and log entries. It cannot be taken back.")


@people.command("export")
@click.argument("person")
@data_option
@site_option
def people_export(person: str, data: Path | None, site_name: str | None) -> None:
    """Write everything about one person to standard output, one JSON object a line, the anonymous past included."""
    from ..schemas.export_lines import lines
    from ..storage.reports.person_export import open_export

    work = Work(data, site_name)
    for chunk in lines(open_export(work.store, work.site.site_id, work.person(person).person_id)):
        sys.stdout.buffer.write(chunk)
    sys.stdout.buffer.flush()


# -- visitors ------------------------------------------------------------------------------------------------------------


@click.group()
def visitor() -> None:
    """Correct whose a device is. ANONYMOUS_ID is what the browser sends."""


@visitor.command("detach")
@click.argument("anonymous_id")
@changing
def visitor_detach(anonymous_id: str, data: Path | None, site_name: str | None, **how: bool) -> None:
    """Take a device from its person, for good: no identify claims it again."""
    work = Work(data, site_name)

    def done(outcome: Outcome) -> str:
        owner = outcome.people[0].person_id if outcome.people else "PERSON"
        return f"Detached; no identify claims it again. To give it back: {_attaching(work, anonymous_id, owner)}"

    change(work, Detach(anonymous_id), "Detach this device?", done, **how)


@visitor.command("attach")
@click.argument("anonymous_id")
@click.argument("person")
@changing
def visitor_attach(anonymous_id: str, person: str, data: Path | None, site_name: str | None, **how: bool) -> None:
    """Give a device's anonymous events to PERSON, whoever has them now: carries out a refused merge."""
    work = Work(data, site_name)
    found = work.person(person)

    def done(outcome: Outcome) -> str:
        others = [moved.person_id for moved in outcome.people if moved.person_id != found.person_id]
        back = _attaching(work, anonymous_id, others[0]) if others else work.command("visitor", "detach", anonymous_id)
        return f"Attached to {found.label}. To take it back: {back}"

    change(work, Attach(anonymous_id, found.person_id), f"Attach this device to {found.label}?", done, **how)


def _attaching(work: Work, anonymous_id: str, person: object) -> str:
    return work.command("visitor", "attach", anonymous_id, person)


@visitor.command("logout")
@click.argument("anonymous_id")
@click.option("--at", help="When, as 2026-11-22T04:15:00Z; now, unless told.")
@changing
def visitor_logout(anonymous_id: str, at: str | None, data: Path | None, site_name: str | None, **how: bool) -> None:
    """Tell of a log-out that only the server knows: what comes later without a user is free for the next person."""
    from ..domain.times import iso

    legal(anonymous_id)
    work, time = Work(data, site_name), moment(at, clock.now())

    since = f"What comes from {anonymous_id} after {iso(time)} without a user is free to be claimed."
    change(work, LogOut(anonymous_id, time), f"Log out at {iso(time)}?", lambda _: f"{since} This stays so.", **how)
