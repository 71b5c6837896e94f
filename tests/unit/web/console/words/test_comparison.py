"""Comparison of a person before and after: what changes is there, the rest not in the way."""

from __future__ import annotations

from typing import Any

from collector.storage.operations.corrections import Moved
from collector.storage.reports import Field, PersonRow, Portrait
from collector.web.console.words.comparison import Comparison, compare


def portrait(events: int = 0, anonymous: int = 0, **person: Any) -> Portrait:
    blank: dict[str, Any] = {
        "person_id": 1, "label": "ada", "user_ids": ["ada"], "emails": [], "anonymous_ids": [], "accounts": [], "fields": {},
        "tags": [], "unsubscribed_at": None, "first_seen_at": None, "first_identified_at": None, "last_seen_at": None,
    }  # fmt: skip
    return Portrait(PersonRow(**{**blank, **person}), events, anonymous)


def lines(found: Comparison) -> dict[str, tuple[str, str]]:
    return {line.name: (line.before, line.after) for line in found.lines}


def test_numbers_names_and_visits_are_always_there() -> None:
    same = portrait(1_234, 5)
    found = compare(Moved(1, same, same))
    assert (found.label, found.is_new, found.is_gone) == ("ada", False, False)
    assert not any(line.is_changed for line in found.lines)
    assert lines(found) == {
        "Events on the timeline": ("1,234", "1,234"), "of which anonymous": ("5", "5"),
        "Anonymous ids": ("–", "–"), "Email": ("–", "–"), "User id": ("ada", "ada"), "First visit": ("–", "–"),
        "First identified visit": ("–", "–"), "Last seen": ("–", "–"),
    }  # fmt: skip


def test_comparison_shows_the_rest_where_it_changes() -> None:
    was = portrait(
        fields={"city": Field("Rome", 1, "anonymous"), "plan": Field("pro", 1, "api"), "same": Field(1)}, tags=["a"],
        accounts=["acme"], unsubscribed_at=0,
    )  # fmt: skip
    will = portrait(fields={"plan": Field({"name": "free"}, 2, "identify"), "same": Field(1)}, first_seen_at=1_000_000)
    found = lines(compare(Moved(1, was, will)))
    assert found["Field city"] == ("Rome (from their anonymous time)", "–")
    assert found["Field plan"] == ("pro (API)", '{\n  "name": "free"\n} (identify)')
    assert "Field same" not in found
    assert found["Tags"] == ("a", "–") and found["Accounts"] == ("acme", "–")
    assert found["Unsubscribed"] == ("1970-01-01 00:00:00", "–")
    assert found["First visit"] == ("–", "1970-01-01 00:00:01")


def test_long_lists_show_what_changes_first() -> None:
    many = [f"id {number}" for number in range(500)]
    found = lines(compare(Moved(1, portrait(anonymous_ids=many), portrait(anonymous_ids=many[:499]))))
    before, after = found["Anonymous ids"]
    assert before.startswith("id 499, id 0, ") and before.endswith(" and 494 more")
    assert after.startswith("id 0, ") and after.endswith(" and 493 more")


def test_comparison_with_no_person_before_or_after() -> None:
    ada = portrait(3, fields={"city": Field("Rome")})
    gone, new = compare(Moved(1, ada, None)), compare(Moved(1, None, ada))
    assert gone.is_gone and not gone.is_new and lines(gone)["Events on the timeline"] == ("3", "–")
    assert new.is_new and not new.is_gone and lines(new)["Fields"] == ("–", "1")
    assert compare(Moved(5, None, None)).label == "Person 5"
