"""`passerby message`: write a message as a file, check it, publish it, and look after it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, get_args

import click
import msgspec

from .. import clock
from ..domain.log import By
from ..domain.message_gates import Visit
from ..domain.message_schema import message_schema
from ..domain.message_states import Archive, Delete, Operation, Pause, Publish, Resume, Save, ShowAgain
from ..domain.message_times import micros_of
from ..domain.message_words import sentence
from ..domain.messages import Status
from .message_files import line, parse_named, read_folder, read_message, shown
from .shared import Work, confirm, data_option, grid, json_option, opened, out, plain, print_json, say, site_option

if TYPE_CHECKING:
    from ..schemas.messages import MessageDetail, VerdictAnswer
    from ..storage.messages import Outcome


@click.group()
def message() -> None:
    """In-app messages. KEY is the `key` of a message's document."""


def carry_out(work: Work, key: str, operation: Operation) -> Outcome:
    """Carry an operation out on one message of the site that the command works on."""
    from ..storage import messages

    return messages.carry_out(work.store, work.site.site_id, key, operation, By.CLI, clock.now())


def say_standing(outcome: Outcome, suffix: str = "") -> None:
    """Print how a message stands after an operation."""
    after = outcome.after
    if after is None:
        click.echo(f"{outcome.key}: deleted{suffix}")
        return
    draft = f", revision {after.published} is live" if after.live not in (None, after.revision) else ""
    click.echo(f"{outcome.key}: revision {after.revision}, {'draft' if draft else after.status}{draft}{suffix}")


def say_differences(outcome: Outcome) -> None:
    """Print what is new for browsers, or in the draft."""
    for one in outcome.published or outcome.saved:
        say(f"  {one.path}: {shown(one.before)} -> {shown(one.after)}")


def say_conflicts(outcomes: list[Outcome]) -> None:
    """Print which messages can meet now, each two once."""
    for told in dict.fromkeys(conflict.sentence for outcome in outcomes for conflict in outcome.conflicts):
        say(told)


# -- writing -------------------------------------------------------------------------------------------------------------


@message.command("put")
@click.argument("file", type=click.File("rb"))
@site_option
@data_option
def message_put(file: BinaryIO, site_name: str | None, data: Path | None) -> None:
    """Save a message from a JSON or TOML FILE (- for standard input) under its key; docs/messages.md shows the form.

    One whose status is live is published.
    """
    parsed = parse_named(file.read(), getattr(file, "name", ""))
    work = Work(data, site_name)
    outcome = carry_out(work, parsed.key, Save(parsed))
    say_standing(outcome)
    say_conflicts([outcome])
    after = outcome.after
    if after is not None and parsed.status == "draft" and after.live != after.revision:
        say(f"Nobody sees it yet: {work.command('message', 'publish', parsed.key)} publishes it.")


@message.command("validate")
@click.argument("path", metavar="FILE", type=click.Path(path_type=Path, exists=True))
def message_validate(path: Path) -> None:
    """Check a FILE, or each file of a folder, and say what it means. Needs no collector."""
    messages = read_folder(path) if path.is_dir() else {path.stem: read_message(path)}
    for found in messages.values():
        say(f"{found.key}: {sentence(found)}")


@message.command("schema")
def message_schema_() -> None:
    """Print the JSON Schema of a document, for editors."""
    print_json(message_schema())


# -- looking -------------------------------------------------------------------------------------------------------------


@message.command("list")
@click.option("--status", type=click.Choice(get_args(Status)), help="Only messages that stand so.")
@data_option
@site_option
@json_option
def message_list(status: str | None, data: Path | None, site_name: str | None, as_json: bool) -> None:
    """List the messages with what each means, and those that can meet; without --site, of all sites."""
    from ..schemas.messages import messages_answer
    from ..storage.sites import find_site, load_sites

    _, store, _ = opened(data)
    sites = [find_site(store, site_name)] if site_name else load_sites(store)
    with store.read() as connection:
        answers = {site.site_id: messages_answer(connection, site.site_id, status) for site in sites}
    if as_json:
        print_json({"messages": [msgspec.to_builtins(one) for answer in answers.values() for one in answer.messages]})
        return
    for site_id, answer in answers.items():
        for one in answer.messages:
            line(f"{site_id}", one.key, f"revision {one.revision}", one.status, one.name, one.sentence)
    for answer in answers.values():
        for told in dict.fromkeys(conflict.sentence for one in answer.messages for conflict in one.conflicts):
            say(told)


@message.command("show")
@click.argument("key")
@data_option
@site_option
@json_option
def message_show(key: str, data: Path | None, site_name: str | None, as_json: bool) -> None:
    """Show one message: what it means, how it stands, and its newest document."""
    from ..schemas.messages import message_detail

    work = Work(data, site_name)
    with work.store.read() as connection:
        found = message_detail(connection, work.site.site_id, key)
    if as_json:
        print_json(found)
        return
    _show(found)


def _show(found: MessageDetail) -> None:
    about = grid()
    for name in ("key", "name", "status", "run", "revision", "published_revision", "updated_at", "updated_by"):
        about.add_row(name, plain(getattr(found, name)))
    out.print(about)
    say(found.sentence)
    for conflict in found.conflicts:
        say(conflict.sentence)
    print_json(found.draft)


@message.command("revisions")
@click.argument("key")
@data_option
@site_option
@json_option
def message_revisions(key: str, data: Path | None, site_name: str | None, as_json: bool) -> None:
    """List all that was saved of a message, newest first. `publish --revision` brings one back."""
    from ..schemas.messages import RevisionsAnswer, revision_answer
    from ..storage.message_rows import list_revisions

    work = Work(data, site_name)
    with work.store.read() as connection:
        rows = list_revisions(connection, work.site.site_id, key)
    answer = RevisionsAnswer([revision_answer(row, whole=as_json) for row in rows])
    if as_json:
        print_json(answer)
        return
    for one in answer.revisions:
        line(f"{one.revision}", one.at, one.by, one.name, one.sentence)


@message.command("check")
@click.argument("url")
@click.option("--identity", type=click.Choice(["anonymous", "identified"]), help="Of the visitor; unknown unless told.")
@click.option("--key", help="Only this message, live or not.")
@click.option("--draft", is_flag=True, help="With --key: its newest revision, as if it were published.")
@click.option("--at", help="Time of the visit, as 2026-12-24T09:00:00+01:00, instead of now.")
@data_option
@site_option
@json_option
def message_check(
    url: str,
    identity: Any,
    key: str | None,
    draft: bool,
    at: str | None,
    data: Path | None,
    site_name: str | None,
    as_json: bool,
) -> None:
    """Say which live messages a visitor would get on the page at URL, and why not the others."""
    from ..schemas.messages import check_answer

    if draft and key is None:
        raise click.UsageError("--draft needs --key.")
    visit = Visit(url, identity, clock.now() if at is None else micros_of(at))
    work = Work(data, site_name)
    with work.store.read() as connection:
        answer = check_answer(connection, work.site.site_id, visit, key, draft=draft)
    if as_json:
        print_json(answer)
        return
    for one in answer.messages:
        line(one.key, f"revision {one.revision}", _verdict(one))


def _verdict(one: VerdictAnswer) -> str:
    if not one.shows:
        return f"no: {one.reason}"
    return f"yes, as far as is known without: {', '.join(one.unknown)}" if one.unknown else "yes"


# -- changing ------------------------------------------------------------------------------------------------------------


@message.command("publish")
@click.argument("key")
@click.option("--revision", type=click.IntRange(1), help="This one, which brings an old one back; the newest unless told.")
@data_option
@site_option
def message_publish(key: str, revision: int | None, data: Path | None, site_name: str | None) -> None:
    """Give a message's newest revision to browsers; print what changes for them, and which messages it can meet."""
    outcome = carry_out(Work(data, site_name), key, Publish(revision))
    assert outcome.after is not None
    click.echo(f"{key}: revision {outcome.after.published} is live")
    say_differences(outcome)
    say_conflicts([outcome])


@message.command("delete")
@click.argument("key")
@click.option("--yes", is_flag=True, help="Do it without asking.")
@data_option
@site_option
def message_delete(key: str, yes: bool, data: Path | None, site_name: str | None) -> None:
    """Delete a message with all its revisions, for good. `archive` puts it away and keeps it."""
    work = Work(data, site_name)
    if not yes:
        confirm(f"Delete {key} and all its revisions?")
    say_standing(carry_out(work, key, Delete()))


def _plain(name: str, operation: Operation, does: str) -> Callable[..., None]:
    """A command of which nothing can be chosen."""

    @message.command(name, help=does)
    @click.argument("key")
    @data_option
    @site_option
    def command(key: str, data: Path | None, site_name: str | None) -> None:
        outcome = carry_out(Work(data, site_name), key, operation)
        assert outcome.after is not None
        say_standing(outcome, f", run {outcome.after.run}" if isinstance(operation, ShowAgain) else "")

    return command


message_pause = _plain("pause", Pause(), "Stop showing a message, until it is resumed.")
message_resume = _plain("resume", Resume(), "Show the published revision of a paused message again.")
message_archive = _plain("archive", Archive(), "Stop showing a message, and put it away. `publish` brings it back.")
message_show_again = _plain(
    "show-again", ShowAgain(), "Show a message again to everyone, also to who has closed it; its content stays."
)
