"""Gzip within limits."""

from __future__ import annotations

import gzip
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collector.errors import BadCompression, TooLarge
from collector.ingest.body import unpack
from collector.ingest.limits import MAX_BODY


@given(st.binary(max_size=2_000))
def test_unpacked_body_stays(body: bytes) -> None:
    if not body.startswith((b"\x1f\x8b", b"\xef\xbb\xbf")):
        assert unpack(body) == body
    assert unpack(gzip.compress(b"x" + body)) == b"x" + body or len(body) > 100


def test_limits() -> None:
    assert len(unpack(b"x" * MAX_BODY)) == MAX_BODY
    for body in (b"x" * (MAX_BODY + 1), gzip.compress(b"x" * (MAX_BODY + 1)), gzip.compress(b"x" * 10**8)):
        with pytest.raises(TooLarge):
            unpack(body)
    packed = gzip.compress(b"x" * MAX_BODY)
    assert len(packed) * 500 < MAX_BODY, "however well it packs"
    assert unpack(packed) == b"x" * MAX_BODY


@pytest.mark.parametrize(
    "body",
    [
        b"\x1f\x8b",
        b"\x1f\x8b\x08",
        gzip.compress(b"x" * 99, mtime=0)[:-4],
        b"\x1f\x8b" + b"\x00" * 50,
        b"\x1f\x8b" + zlib.compress(b"x"),
    ],
)
def test_damaged(body: bytes) -> None:
    with pytest.raises(BadCompression):
        unpack(body)
