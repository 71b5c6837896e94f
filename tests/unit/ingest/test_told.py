"""Answers: the truth to the secret key, to the write key nothing that depends on what is known."""

from __future__ import annotations

import pytest

from collector.domain.events import Proof, Quarantined, Reason
from collector.ingest.told import UNTOLD, told
from collector.ports import Receipt


def receipt(reason: Reason) -> Receipt:
    return Receipt(2, 3, [Quarantined(0, reason, "d", b"")], ("x", "y", "x"), 1)


@pytest.mark.parametrize("reason", list(Reason))
def test_secret_key_is_told_the_truth(reason: Reason) -> None:
    said = told(receipt(reason), Proof.VERIFIED)
    assert (said.stored, said.duplicate, [bad.reason for bad in said.quarantined]) == (2, 3, [reason])
    assert said.rotate == ("x", "y")


@pytest.mark.parametrize("reason", list(Reason))
def test_write_key_answer(reason: Reason) -> None:
    """Counts add up to what was received."""
    said = told(receipt(reason), Proof.ASSERTED)
    kept = [] if reason in UNTOLD else [reason]
    assert (said.stored, said.duplicate, [bad.reason for bad in said.quarantined]) == (4 - len(kept), 2, kept)
    assert said.rotate == ("x", "y")
