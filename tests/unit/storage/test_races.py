"""Races that are lost are run again, nothing else is; who waits is told in a sentence."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import sqlalchemy as sa

from collector.errors import NotFound, Unavailable
from collector.storage.faults import StateMoved
from collector.storage.races import TRIES, carry_out, retry

BUSY = sa.exc.OperationalError("", None, Exception("database is locked"))
BUSY.orig.sqlite_errorcode = 5  # type: ignore[union-attr]


def failing(error: Exception, times: int) -> tuple[Callable[[], str], list[int]]:
    tries: list[int] = []

    def work() -> str:
        tries.append(len(tries))
        if len(tries) <= times:
            raise error
        return "done"

    return work, tries


@pytest.mark.parametrize("lost", range(TRIES))
def test_a_lost_race_is_run_again(lost: int) -> None:
    work, tries = failing(StateMoved(), lost)
    assert retry(work) == "done"
    assert len(tries) == lost + 1


def test_lost_races_have_an_end() -> None:
    work, tries = failing(StateMoved(), 100)
    with pytest.raises(StateMoved):
        retry(work)
    assert len(tries) == TRIES


@pytest.mark.parametrize("error", [NotFound("no"), ValueError("ours"), BUSY])
def test_error_that_is_no_race_is_not_run_again(error: Exception) -> None:
    work, tries = failing(error, 1)
    with pytest.raises(type(error)):
        retry(work)
    assert len(tries) == 1


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (StateMoved(), "Others are changing the same people; nothing was kept, try again."),
        (BUSY, "The store is busy; nothing was kept, try again."),
    ],
)
def test_lost_race_is_told_in_a_sentence(error: Exception, sentence: str) -> None:
    with pytest.raises(Unavailable) as told:
        carry_out(failing(error, 100)[0], "nothing was kept")
    assert told.value.message == sentence


def test_a_fault_of_ours_stays_one() -> None:
    with pytest.raises(ValueError, match="ours"):
        carry_out(failing(ValueError("ours"), 1)[0], "nothing was kept")
