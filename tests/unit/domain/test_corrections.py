"""Union of corrections. For their effects: test_histories.py against the model, storage/operations/test_corrections.py."""

from __future__ import annotations

from typing import get_args

import msgspec
import pytest

from collector.domain.corrections import Attach, Correction, Detach, LogOut, MergePeople, RemoveEmail, Unmerge

EACH: list[Correction] = [Detach("x"), Attach("x", 1), MergePeople(1, 2), Unmerge(3), RemoveEmail(1, "a@x.io"), LogOut("x", 5)]


@pytest.mark.parametrize("correction", EACH, ids=lambda correction: type(correction).__name__)
def test_correction_is_told_by_its_tag(correction: Correction) -> None:
    assert msgspec.json.decode(msgspec.json.encode(correction), type=Correction) == correction


def test_corrections_are_all_tried() -> None:
    assert {type(correction) for correction in EACH} == set(get_args(Correction))
