"""Encoding of a content for a client, and when it has it already."""

from __future__ import annotations

import gzip

import brotli
import pytest

from collector.web.script.compression import CODINGS, chosen_coding, represent

SCRIPT = b"function passerby() { return passerby }\n" * 200


@pytest.mark.parametrize(
    ("accepted", "coding"),
    [
        (None, "identity"), ("", "identity"), ("identity", "identity"), ("deflate, zstd", "identity"),
        ("gzip, deflate, br, zstd", "br"), ("gzip, deflate", "gzip"), ("GZIP", "gzip"), ("br", "br"), ("*", "br"),
        ("br;q=0.5, gzip;q=0.8", "gzip"), ("br;q=0.8,gzip;q=0.8", "br"), ("gzip;q=0.1", "gzip"), ("br ; q=1.000", "br"),
        ("gzip, br;q=0", "gzip"), ("br;q=0, gzip;q=0.000", "identity"), ("gzip;Q=0.2, br;Q=0.1", "gzip"),
        ("identity, br;q=0.9", "identity"), ("identity;q=0.5, gzip;q=0.5", "gzip"), ("identity;q=0, gzip", "gzip"),
        ("*;q=0, gzip", "gzip"), ("br;q=0, *", "gzip"), ("*;q=0.5, identity;q=0.6", "identity"),
        ("*;q=0", "identity"), ("identity;q=0", "identity"),  # nothing is left: as it is, rather than nothing
        ("br;q=2, gzip", "gzip"), ("br;level=1, gzip;q=x", "identity"), (",;,;q=1,=", "identity"), ("brotli", "identity"),
    ],
)  # fmt: skip
def test_content_coding(accepted: str | None, coding: str) -> None:
    assert chosen_coding(accepted) == coding


def test_encoded_forms() -> None:
    found = {coding: represent(SCRIPT, coding) for coding in CODINGS}
    assert brotli.decompress(found["br"].body) == gzip.decompress(found["gzip"].body) == found["identity"].body == SCRIPT
    assert len({one.etag for one in found.values()}) == 3, "a tag names bytes, not what they say"
    assert [represent(SCRIPT, coding) for coding in CODINGS] == list(found.values()), "the same each time"
    assert represent(SCRIPT + b"\n", "br").etag != found["br"].etag


def test_entity_tag_held_by_a_client() -> None:
    found, other = represent(SCRIPT, "br"), represent(SCRIPT, "gzip")
    for held in (found.etag, f"W/{found.etag}", f'"x", {found.etag}', f'W/"x",W/{found.etag}', "*", " * "):
        assert found.is_held(held), held
    for wanting in (None, "", other.etag, found.etag.strip('"'), found.etag[:-2] + '"', '"*"'):
        assert not found.is_held(wanting), wanting
