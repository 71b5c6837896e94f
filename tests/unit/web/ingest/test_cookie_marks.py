"""Cookie that counts among several: decided as the snippet does, whatever their order."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collector.web.ingest.cookie_marks import choose, cookie_values, level_of, marked

VECTORS: list[dict[str, Any]] = json.loads((Path(__file__).parents[2] / "golden" / "cookie_vectors.json").read_text())

values = st.text("abc.0123456789", min_size=1, max_size=12)
levels = st.sampled_from([None, 0, 2, 3, 4, 12])
written = st.tuples(values, levels)


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: f"{vector['level']} {' '.join(vector['values'])}")
def test_vectors_shared_with_the_snippet(vector: dict[str, Any]) -> None:
    assert choose(vector["values"], vector["level"]) == vector["expected"]


@given(st.lists(written), levels, values, st.randoms())
def test_cookie_written_is_the_one_that_counts(
    cookies: list[tuple[str, int | None]], level: int | None, value: str, random: Any
) -> None:
    """Cookie of its own domain and path counts, whatever others there are, in any order."""
    texts = [marked(*one) for one in cookies if one[1] != level]
    texts.insert(random.randint(0, len(texts)), marked(value, level))
    assert choose(texts, level) == value


@given(st.lists(written), levels)
def test_wider_domains_never_count(cookies: list[tuple[str, int | None]], level: int | None) -> None:
    wider = [
        marked(*one) for one in cookies if level is not None and one[1] != level and (level == 0 or (one[1] or 99) < level)
    ]
    unmarked = [value for value, other in cookies if other is None and level is not None]
    assert choose([text for text in wider if not text.endswith(".@0") or level == 0] + unmarked, level) is None


@given(values, levels)
def test_anonymous_id_stands_before_the_first_dot(value: str, level: int | None) -> None:
    """Readers of the id alone need to know nothing of marks."""
    assert marked(f"id.{value}", level).partition(".")[0] == marked("id", level).partition(".")[0] == "id"


@pytest.mark.parametrize("value", ["a", "a.@", "a.@x", "a.@2 ", "a@2", "a.2", "a.@-1", "a.@1234"])
def test_cookie_without_a_mark(value: str) -> None:
    assert choose([value], None) == value
    assert choose([value], 2) is None


@pytest.mark.parametrize(
    ("domain", "level"), [(None, 0), ("", 0), ("localhost", 1), ("shop.localhost", 2), ("a.example.co.uk", 4)]
)
def test_level(domain: str | None, level: int) -> None:
    assert level_of(domain) == level


@pytest.mark.parametrize(
    ("header", "found"),
    [
        ("", []),
        ("passerby=a", ["a"]),
        ("passerby=a; passerby=b", ["a", "b"]),
        ("passerby=a;passerby=b ;x=1", ["a", "b"]),
        ("passerby_id=c; xpasserby=d; Passerby=e; passerby", []),
        ("passerby=; passerby=a=b", ["a=b"]),
    ],
)
def test_all_values_of_a_name(header: str, found: list[str]) -> None:
    assert cookie_values(header, "passerby") == found
