"""The free space in the pages of a SQLite file, where what was deleted may still stand (sqlite.org/fileformat2.html).

`secure_delete` overwrites a row that is deleted. It does not overwrite the copies that SQLite leaves in the free space of a
page when it moves rows to another one, and nothing was overwritten before it was on.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Callable, Iterator

HEADER = 100
_BTREE = {2: 12, 5: 12, 10: 8, 13: 8}
"""Kinds of b-tree pages, with the length of their headers."""
_MOST_PAGES = 1 << 24
"""With as many pages, the number with which an overflow page begins could be taken for the kind of a b-tree page."""

Range = tuple[int, int]


class Layout:
    """How a file is divided. `size` is of a page, `usable` what of it is not reserved."""

    def __init__(self, header: bytes, file_size: int) -> None:
        stored = int(struct.unpack_from(">H", header, 16)[0])
        self.size = 65_536 if stored == 1 else stored
        self.usable = self.size - header[20]
        self.pages = file_size // self.size if self.size else 0
        self.first_trunk = int(struct.unpack_from(">I", header, 32)[0])
        has_pointer_map = any(header[52:56])
        self.is_known = header.startswith(b"SQLite format 3\x00") and not has_pointer_map and self.pages < _MOST_PAGES
        """Whether every page can be told from its bytes."""


def free_ranges(page: bytes, number: int, layout: Layout) -> list[Range]:
    """Return where a page, numbered from 1, holds nothing; none for what is not a b-tree page or not as it should be."""
    start = HEADER if number == 1 else 0
    length = _BTREE.get(page[start])
    if length is None:
        return []
    block, cells, content = struct.unpack_from(">HHH", page, start + 1)
    gap = (start + length + 2 * cells, content or 65_536)
    if not gap[0] <= gap[1] <= layout.usable:
        return []
    ranges = [gap]
    at = gap[1]
    while block:
        if not at <= block <= layout.usable - 4:
            return []
        following, size = struct.unpack_from(">HH", page, block)
        at = block + size
        if size < 4 or at > layout.usable:
            return []
        ranges.append((block + 4, at))
        block = following
    return ranges


def soiled(page: bytes, ranges: list[Range]) -> list[Range]:
    """Return those of the ranges that hold something all the same."""
    return [(start, end) for start, end in ranges if page[start:end].strip(b"\x00")]


def unused_pages(read: Callable[[int], bytes], layout: Layout) -> Iterator[tuple[int, list[Range]]]:
    """Give the pages of the free list, and what of each holds nothing: of a leaf all, of a trunk what follows its list."""
    trunk, seen = layout.first_trunk, 0
    while trunk and trunk <= layout.pages and seen <= layout.pages:
        page = read(trunk)
        following, leaves = struct.unpack_from(">II", page)
        if leaves > layout.usable // 4 - 2:
            return
        yield trunk, [(8 + 4 * leaves, layout.usable)]
        for leaf in struct.unpack_from(f">{leaves}I", page, 8):
            if 1 < leaf <= layout.pages:
                yield leaf, [(0, layout.size)]
        trunk, seen = following, seen + 1 + leaves


class PageReader:
    """Reads pages by their numbers."""

    def __init__(self, descriptor: int, layout: Layout) -> None:
        self._descriptor = descriptor
        self._layout = layout

    def __call__(self, number: int, count: int = 1) -> bytes:
        return os.pread(self._descriptor, count * self._layout.size, (number - 1) * self._layout.size)
