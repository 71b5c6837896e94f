"""Single-flight cache: work done once for all who ask at a time; newest results kept."""

from __future__ import annotations

import asyncio
import threading

import pytest

from collector.web.script.cache import Once


class Work:
    def __init__(self) -> None:
        self.done: list[str] = []
        self.may_end = threading.Event()
        self.fails = False

    def do(self, name: str) -> str:
        self.done.append(name)
        assert self.may_end.wait(30)
        if self.fails:
            raise OSError(name)
        return name.upper()


def test_single_flight_once_for_all() -> None:
    work, once = Work(), Once(10)

    async def ask() -> list[str]:
        asked = [asyncio.create_task(once.get("a", lambda: work.do("a"))) for _ in range(20)]
        while not work.done:
            await asyncio.sleep(0)  # the loop turns while the thread works
        asked[0].cancel()
        await asyncio.sleep(0)
        work.may_end.set()
        found = await asyncio.gather(*asked[1:])
        return [*found, await once.get("a", lambda: work.do("a"))]

    assert asyncio.run(ask()) == ["A"] * 20
    assert work.done == ["a"]


def test_cache_drops_the_least_recent() -> None:
    work, once = Work(), Once(2)
    work.may_end.set()

    async def ask() -> None:
        for name in "abacab":
            assert await once.get(name, lambda name=name: work.do(name)) == name.upper()  # type: ignore[misc]

    asyncio.run(ask())
    assert work.done == ["a", "b", "c", "b"]


def test_failed_work_is_tried_again() -> None:
    work, once = Work(), Once(2)
    work.may_end.set()
    work.fails = True

    async def ask() -> None:
        with pytest.raises(OSError, match="a"):
            await once.get("a", lambda: work.do("a"))
        work.fails = False
        assert await once.get("a", lambda: work.do("a")) == "A"

    asyncio.run(ask())
