"""Identifiers: names of people, and an address's normal form."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collector.domain.identifiers import (
    ILLEGAL_IDS,
    MAX_ID,
    SPACE,
    email_key,
    fits_in_path,
    is_illegal,
    is_too_long,
    names_somebody,
)


@pytest.mark.parametrize(
    "value",
    [*sorted(ILLEGAL_IDS), "NULL", "Undefined", "[object Object]", "NaN", "None", '"null"', "'guest'", "`id`", '" null "', "\u0085null\ufeff",
     "0", "00000000-0000-0000-0000-000000000000", "-", "--", "-1", "a\x00b", "a\nb", "\x7f", "a\ufffdb", "\x1fuser:ada", " ", "\t"],
)  # fmt: skip
def test_placeholders_name_nobody(value: str) -> None:
    assert is_illegal(value)


@pytest.mark.parametrize(
    "value", ["1", "01", "-2", "nullable", "guest-1", "idx", "truey", "Ada", "日本", "a b", "0x0", "me@x.io", "10-00"]
)
def test_ids_name_somebody(value: str) -> None:
    assert not is_illegal(value)


@given(st.sampled_from(sorted(ILLEGAL_IDS)), st.text(SPACE, max_size=3), st.sampled_from(["", '"', "'", "`"]))
def test_dress_does_not_make_a_placeholder_an_id(bare: str, space: str, quote: str) -> None:
    assert is_illegal(f"{space}{quote}{bare.upper()}{quote}{space}")


def test_length_counts_characters() -> None:
    assert not is_too_long("é" * MAX_ID)
    assert is_too_long("é" * (MAX_ID + 1))


@pytest.mark.parametrize(
    ("written", "key"),
    [
        ("Foo@X.io", "foo@x.io"), ("  foo@x.io\u00a0", "foo@x.io"), ("a.b+c@x.io", "a.b+c@x.io"), ("ÄÖ@x.io", "äö@x.io"),
        ("e\u0301@x.io", "é@x.io"), ("foo@localhost", "foo@localhost"),
    ],
)  # fmt: skip
def test_an_address_is_looked_up_in_one_form(written: str, key: str) -> None:
    assert email_key(written) == key
    assert email_key(key) == key


@pytest.mark.parametrize(
    "written",
    [
        "",
        "foo",
        "@x.io",
        "foo@",
        "a@b@c",
        "a b@x.io",
        "Foo <foo@x.io>",
        "a@x.io,b@x.io",
        "null",
        "a@x.io\x00",
        "x" * 251 + "@x.io",
    ],
)
def test_address_that_is_none(written: str) -> None:
    assert email_key(written) is None


@given(st.text())
def test_no_text_is_an_error(text: str) -> None:
    is_illegal(text)
    key = email_key(text)
    assert key is None or ("@" in key and email_key(key) == key)


@pytest.mark.parametrize("value", ["x", "0192f0c1-7e0a", "a.b", "~a_b"])
def test_path_safe_ids(value: str) -> None:
    assert fits_in_path(value)


@pytest.mark.parametrize("value", ["", ".", "..", ".a", "a/b", "a?b", "a#b", "a%2Fb", "a b", "ä", "a@x.io", "user:A", "a\n"])
def test_ids_that_travel_in_the_query_or_the_body(value: str) -> None:
    assert not fits_in_path(value)


@pytest.mark.parametrize(("value", "told"), [("x", True), ("x" * 255, True), ("x" * 256, False), ("null", False), ("", False)])
def test_names_somebody(value: str, told: bool) -> None:
    assert names_somebody(value) is told
