"""Free space in the pages of a SQLite file, and what is none: pages that are not as they should be stay."""

from __future__ import annotations

import struct

import pytest

from collector.storage.operations.pages import HEADER, Layout, free_ranges, soiled, unused_pages

SIZE = 512


def header(size: int = SIZE, reserved: int = 0, trunk: int = 0, pointer_map: int = 0) -> bytes:
    made = bytearray(HEADER)
    made[:16] = b"SQLite format 3\x00"
    struct.pack_into(">H", made, 16, 1 if size == 65_536 else size)
    made[20] = reserved
    struct.pack_into(">I", made, 32, trunk)
    struct.pack_into(">I", made, 52, pointer_map)
    return bytes(made)


def leaf(kind: int = 13, block: int = 0, cells: int = 2, content: int = 400, at: int = 0) -> bytearray:
    page = bytearray(b"\xaa" * SIZE)
    struct.pack_into(">BHHHB", page, at, kind, block, cells, content, 0)
    return page


LAYOUT = Layout(header(), 10 * SIZE)


@pytest.mark.parametrize(("kind", "length"), [(2, 12), (5, 12), (10, 8), (13, 8)])
def test_the_gap_is_between_pointers_and_cells(kind: int, length: int) -> None:
    assert free_ranges(bytes(leaf(kind)), 2, LAYOUT) == [(length + 4, 400)]


def test_the_first_page_begins_behind_the_header() -> None:
    assert free_ranges(bytes(leaf(at=HEADER)), 1, LAYOUT) == [(HEADER + 8 + 4, 400)]


def test_free_blocks_keep_their_chain() -> None:
    page = leaf(block=410)
    struct.pack_into(">HH", page, 410, 450, 20)
    struct.pack_into(">HH", page, 450, 0, 62)
    assert free_ranges(bytes(page), 2, LAYOUT) == [(12, 400), (414, 430), (454, 512)]


@pytest.mark.parametrize("kind", [0, 1, 3, 9, 14, 255])
def test_other_pages_have_no_free_range(kind: int) -> None:
    assert free_ranges(bytes(leaf(kind)), 2, LAYOUT) == []


WRONG = {
    "cells over the pointers": leaf(cells=300),
    "cells beyond the page": leaf(content=513),
    "a block before the cells": leaf(block=300),
    "a block beyond the page": leaf(block=511),
    "a block without a size": leaf(block=440),
}
struct.pack_into(">HH", WRONG["a block without a size"], 440, 0, 3)


@pytest.mark.parametrize("fault", WRONG)
def test_a_page_that_is_wrong_is_left_alone(fault: str) -> None:
    assert free_ranges(bytes(WRONG[fault]), 2, LAYOUT) == []


def test_a_chain_that_goes_back_is_left_alone() -> None:
    page = leaf(block=450)
    struct.pack_into(">HH", page, 450, 410, 20)
    struct.pack_into(">HH", page, 410, 450, 20)
    assert free_ranges(bytes(page), 2, LAYOUT) == []


def test_soiled_ranges_hold_something() -> None:
    page = b"\x00" * 10 + b"x" + b"\x00" * 10
    assert soiled(page, [(0, 10), (5, 11), (11, 21)]) == [(5, 11)]


@pytest.mark.parametrize(
    ("made", "pages", "is_known"),
    [
        (header(), 10, True), (header(65_536), 10, True), (header(pointer_map=7), 10, False), (header(), 1 << 24, False),
        (b"\x00" * HEADER, 10, False),
    ],
)  # fmt: skip
def test_unknown_layout_is_not_touched(made: bytes, pages: int, is_known: bool) -> None:
    size = Layout(made, 0).size or SIZE
    assert Layout(made, pages * size).is_known is is_known


def test_the_free_list() -> None:
    """Trunk with two leaves, then one with a leaf that cannot be, then one that says too much."""
    pages = {2: struct.pack(">IIII", 3, 2, 4, 5), 3: struct.pack(">III", 6, 1, 99), 6: struct.pack(">II", 0, 1_000)}
    layout = Layout(header(trunk=2), 10 * SIZE)
    found = dict(unused_pages(lambda number: pages[number].ljust(SIZE, b"\x00"), layout))
    assert found == {2: [(16, 512)], 4: [(0, 512)], 5: [(0, 512)], 3: [(12, 512)]}


def test_a_free_list_that_never_ends() -> None:
    layout = Layout(header(trunk=2), 10 * SIZE)
    assert len(list(unused_pages(lambda _: struct.pack(">II", 2, 0).ljust(SIZE, b"\x00"), layout))) < 20
