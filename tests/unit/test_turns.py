"""Turns are short during long work, whichever ends first."""

from __future__ import annotations

import sys
from contextlib import ExitStack

import pytest

from collector.turns import SHORT_SECONDS, short_turns


def test_turns_are_short_while_something_is_worked_on() -> None:
    usual = sys.getswitchinterval()
    first, second = ExitStack(), ExitStack()
    first.enter_context(short_turns())
    second.enter_context(short_turns())
    first.close()
    assert sys.getswitchinterval() == pytest.approx(SHORT_SECONDS)
    second.close()
    assert sys.getswitchinterval() == pytest.approx(usual)


def test_turns_end_when_the_work_fails() -> None:
    usual = sys.getswitchinterval()
    with pytest.raises(ValueError, match="ours"), short_turns():
        raise ValueError("ours")
    assert sys.getswitchinterval() == pytest.approx(usual)
