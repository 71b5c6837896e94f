"""Error tree: stable codes, right statuses, a sentence for who has to mend it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from collector import errors
from collector.errors import PasserbyError, Unavailable


def tree(kind: type[PasserbyError] = PasserbyError) -> Iterator[type[PasserbyError]]:
    yield kind
    for below in kind.__subclasses__():
        if below.__module__ == "collector.errors":
            yield from tree(below)


KINDS = list(tree())


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_an_error_can_be_shown(kind: type[PasserbyError]) -> None:
    error = kind()
    assert error.code == error.code.lower().replace(" ", "_")
    assert error.message.endswith("."), "a sentence"
    assert len(error.message) > 15
    assert kind("Said otherwise.").message == "Said otherwise."
    assert 400 <= error.status < 600


def test_codes_are_told_apart() -> None:
    codes = [kind.code for kind in KINDS if kind.__subclasses__() == []]
    assert len(codes) == len(set(codes))


def test_only_our_own_faults_are_5xx() -> None:
    """A 5xx makes clients send the same bytes again; a 4xx makes them throw the events away."""
    ours = {kind.__name__ for kind in KINDS if kind.status >= 500}
    assert ours <= {"PasserbyError", "Unavailable", "StoreBroken", "ConfigError"}
    assert {kind.status for kind in KINDS if issubclass(kind, Unavailable)} == {503}
    assert Unavailable.retry_after > 0
    assert errors.TooLarge.status == 413
