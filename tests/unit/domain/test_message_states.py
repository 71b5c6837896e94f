"""Life of a message: what saving says of publishing, and what a file that is saved again must not change."""

from __future__ import annotations

import pytest

from collector.domain.message_states import Known, Publish, Resume, Save, Standing, decide
from collector.domain.messages import Content, Locales, Message, Status, Where, content_of
from collector.errors import Conflict, NotFound


def message(title: str = "A", status: Status = "live", run: int = 1) -> Message:
    return Message("one", "N", Where([]), Locales("en", {"en": Content(title)}), status=status, run=run)


def known(standing: Standing, newest: str = "A", published: str | None = None) -> Known:
    return Known(standing, content_of(message(newest)), None if published is None else content_of(message(published)))


@pytest.mark.parametrize(
    ("status", "standing"),
    [
        ("draft", Standing(1, None, "draft", 4)),
        ("live", Standing(1, 1, "live", 4)),
        ("paused", Standing(1, 1, "paused", 4)),
        ("archived", Standing(1, 1, "archived", 4)),
    ],
)
def test_new(status: Status, standing: Standing) -> None:
    assert decide(None, "one", Save(message(status=status, run=4))) == standing


LIVE = Standing(3, 2, "live", 5)
"""Revision 2, B, is live; revision 3, C, is a draft."""


@pytest.mark.parametrize(
    ("saved", "after"),
    [
        (message("B", "live"), LIVE),
        (message("C", "draft"), LIVE),
        (message("C", "draft", run=9), LIVE),
        (message("C", "live"), Standing(3, 3, "live", 5)),
        (message("B", "draft"), Standing(4, 2, "live", 5)),
        (message("D", "draft"), Standing(4, 2, "live", 5)),
        (message("D", "live"), Standing(4, 4, "live", 5)),
        (message("B", "live", run=6), Standing(3, 2, "live", 6)),
        (message("B", "paused"), Standing(3, 2, "paused", 5)),
        (message("C", "paused"), Standing(3, 3, "paused", 5)),
        (message("D", "paused"), Standing(4, 4, "paused", 5)),
        (message("D", "archived"), Standing(4, 4, "archived", 5)),
    ],
)
def test_save_beside_a_draft(saved: Message, after: Standing) -> None:
    before = known(LIVE, "C", "B")
    assert decide(before, "one", Save(saved)) == after
    newest, published = ("C", "B") if after.revision == 3 else (saved.content.texts["en"].title, "B")
    if after.published in (3, 4):
        published = saved.content.texts["en"].title
    assert decide(known(after, newest, published), "one", Save(saved)) == after, "again, and nothing changes"


@pytest.mark.parametrize(
    ("before", "saved", "after"),
    [
        (Standing(2, None, "paused", 1), message("A", "paused"), Standing(2, None, "paused", 1)),
        (Standing(2, None, "archived", 1), message("A", "archived"), Standing(2, None, "archived", 1)),
        (Standing(2, None, "draft", 1), message("A", "paused"), Standing(2, 2, "paused", 1)),
        (Standing(2, None, "archived", 1), message("A", "paused"), Standing(2, 2, "paused", 1)),
        (Standing(2, None, "paused", 1), message("B", "paused"), Standing(3, 3, "paused", 1)),
        (Standing(2, None, "paused", 1), message("B", "draft"), Standing(3, None, "paused", 1)),
    ],
)
def test_save_of_what_was_never_published(before: Standing, saved: Message, after: Standing) -> None:
    assert decide(known(before), "one", Save(saved)) == after


def test_resume_of_what_was_never_published() -> None:
    assert decide(known(Standing(2, None, "paused", 1)), "one", Resume()) == Standing(2, 2, "live", 1)


def test_publish() -> None:
    assert decide(known(LIVE, "C", "B"), "one", Publish()) == Standing(3, 3, "live", 5)
    assert decide(known(LIVE, "C", "B"), "one", Publish(1)) == Standing(3, 1, "live", 5)
    with pytest.raises(Conflict, match="live already"):
        decide(known(LIVE, "C", "B"), "one", Publish(2))
    for revision in (0, 4):
        with pytest.raises(NotFound, match="newest is 3"):
            decide(known(LIVE, "C", "B"), "one", Publish(revision))
