"""Identity log names: each has its words, its kind and its remedy, and none is written down a second time."""

from __future__ import annotations

import ast
import itertools
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest

from collector.domain.log import NAMES, REFUSALS, Meaning, Op, Refusal, Remedy, Unproven, Way, meaning, remedy
from collector.schemas.activity import LogEntry, activity_entry, by_hand
from collector.storage.reports import ActivityRow, LogRow, Name
from collector.web.console.words import sentences, terms

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs" / "identity.md").read_text()
ADA, BOB = Name(1, "ada"), Name(2, "bob")

MEANS_SOMETHING_ELSE = {
    ("domain/events.py", "illegal_id"): "a reason of the quarantine",
    ("ingest/links.py", "handoff"): "what a token is signed for",
    ("web/console/pages/operations.py", "detached"): "a notice",
    ("web/console/pages/operations.py", "attached"): "a notice",
    ("web/console/words/terms.py", "detached"): "a notice",
    ("web/console/words/terms.py", "attached"): "a notice",
}
"""Literals with the text of a name of the log that are none."""


@pytest.mark.parametrize("op", Op)
def test_every_operation_has_its_story_and_its_kind(op: Op) -> None:
    assert op in NAMES and op in sentences.ICONS and op in sentences._TELLERS
    entry = activity_entry(ActivityRow(0, log=LogRow(op, 0, "x", ADA, BOB, {})))
    assert isinstance(entry, LogEntry)
    assert entry.__struct_config__.tag == op and entry.name != op


def test_every_operation_is_documented() -> None:
    listed = PAGE.partition("## The log")[2].partition("\n## ")[0]
    assert set(re.findall(r"`([a-z_]+)`", listed)) == set(Op)


@pytest.mark.parametrize("reason", Refusal)
def test_every_refusal_is_explained(reason: Refusal) -> None:
    for detail in ({"reason": reason.value}, {"reason": reason.value, "address": "a@x.io"}):
        found = meaning(detail)
        assert found is not None and found.sentence.endswith(".")
        assert terms.refusal_in_words(detail) == found.sentence
    assert f"`{reason}`" in PAGE


def test_refusals_have_one_remedy() -> None:
    assert set(REFUSALS) == set(Refusal)
    ways = {reason: (found.way, (found.of_address or found).way) for reason, found in REFUSALS.items()}
    assert ways == {
        "claimed_by_another": (Way.ATTACH, Way.ATTACH),
        "contested": (Way.ATTACH, Way.ATTACH),
        "detached": (Way.ATTACH, Way.ATTACH),
        "fan_in": (Way.ATTACH, Way.MERGE),
        "email_verified": (Way.ATTACH, Way.MERGE),
        "email_taken": (Way.MERGE, Way.MERGE),
        "two_people": (Way.MERGE, Way.MERGE),
        "undone": (Way.MERGE, Way.MERGE),
        "merged_away": (Way.MERGE, Way.MERGE),
        "too_many_people": (None, None),
    }


def test_a_remedy() -> None:
    claimed, taken = {"reason": "claimed_by_another"}, {"reason": "email_taken", "address": "a@x.io"}
    assert remedy(claimed, 1, 2, "x", 2) == Remedy(Way.ATTACH, 1)
    assert remedy(claimed, 1, 2, "x", 1) is None, "it is done"
    assert remedy(claimed, 1, 2, None, None) is None, "there is no device"
    assert remedy(taken, 1, 2, "x", None) == Remedy(Way.MERGE, 1, 2)
    assert remedy(taken, 1, 1, "x", None) is None, "they are one"
    for detail in (claimed, taken, {"reason": "email_verified", "address": "a@x.io"}):
        assert remedy(detail, None, 2, "x", None) is None, "who asked is gone"
    assert remedy({"reason": "too_many_people"}, 1, 2, "x", None) is None


def test_a_typed_address_is_its_owners() -> None:
    """K16: nobody is named by it but the owner, for whom the device was to be claimed."""
    typed = {"reason": "email_verified"}
    assert remedy(typed, None, 2, "x", None) == Remedy(Way.ATTACH, 2)
    assert remedy(typed, None, 2, "x", 2) is None, "it is done"
    assert remedy(typed, None, None, "x", None) is None, "the owner is gone"
    assert remedy({**typed, "address": "a@x.io"}, 1, 2, "x", None) == Remedy(Way.MERGE, 1, 2), "an account named it"


@pytest.mark.parametrize("reason", [None, 5, "", "brand_new", [1], {"a": 1}])
def test_an_unknown_reason_means_nothing(reason: Any) -> None:
    assert meaning({"reason": reason}) is None
    assert remedy({"reason": reason}, 1, 2, "x", None) is None


def offered(row: LogRow) -> tuple[str, ...] | None:
    """Remedy in the console: the operation, and whom and what it concerns."""
    found = sentences.story(row, {}).remedy
    return None if found is None else (found.path.removeprefix("/"), *sorted(found.query.values()))


def answered(row: LogRow) -> tuple[str, ...] | None:
    """Remedy in the API's answer. Which of two people stands for both is chosen in the console."""
    found = by_hand(row)
    if found is None:
        return None
    about, operation = unquote(found.path).rsplit("/", 2)[1:]
    return (operation, *sorted([about, *found.body.values()]))


@pytest.mark.parametrize("reason", Refusal)
def test_the_api_and_the_console_offer_the_same(reason: Refusal) -> None:
    people = (None, ADA, BOB)
    for person, other, owner, x in itertools.product(people, people, people, (None, "x")):
        for detail in ({"reason": reason.value}, {"reason": reason.value, "address": "a@x.io"}):
            row = LogRow(Op.MERGE_REFUSED, 0, x, person, other, detail, owner=owner)
            assert answered(row) == offered(row), row
            found = by_hand(row)
            assert found is None or found.path.endswith(f"/{_way(meaning(detail))}")


def test_nothing_but_a_refused_merge_is_carried_out() -> None:
    for op in set(Op) - {Op.MERGE_REFUSED}:
        row = LogRow(op, 0, "x", ADA, BOB, {"reason": "contested"})
        assert answered(row) is None is offered(row)


def _way(found: Meaning | None) -> Way | None:
    return None if found is None else found.way


def literals() -> Iterator[tuple[str, str]]:
    """Texts of the product that are a name of the log, with their module or template."""
    names = {member.value for names in (Op, Refusal, Unproven) for member in names}
    for template in (ROOT / "templates").rglob("*.html"):
        quoted = set(re.findall(r"""["'](\w+)["']""", template.read_text()))
        yield from ((template.name, text) for text in names & quoted)
    package = ROOT / "collector"
    for path in package.rglob("*.py"):
        module = path.relative_to(package).as_posix()
        found = {node.value for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Constant)}
        if module != "domain/log.py":
            yield from ((module, text) for text in names & {text for text in found if isinstance(text, str)})


def test_no_name_is_written_down_twice() -> None:
    assert set(literals()) == set(MEANS_SOMETHING_ELSE), "take the member from domain/log.py"
