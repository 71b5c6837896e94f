"""Deadlines, one timer: who is not done in time is called late, in the order in which they came."""

from __future__ import annotations

import asyncio

from collector.deadlines import Deadlines


def test_deadline_calls_the_late_and_not_the_done() -> None:
    late: list[str] = []

    async def run() -> None:
        deadlines: Deadlines[str] = Deadlines(0.02, late.append)
        for name in ("first", "done", "second"):
            deadlines.watch(name)
        deadlines.unwatch("done")
        deadlines.unwatch("never seen")
        await asyncio.sleep(0.01)
        deadlines.watch("third")
        while len(late) < 3:
            await asyncio.sleep(0.01)
        deadlines.watch("after a pause")
        while len(late) < 4:
            await asyncio.sleep(0.01)

    asyncio.run(asyncio.wait_for(run(), 30))
    assert late == ["first", "second", "third", "after a pause"]


def test_deadline_that_moves_is_looked_at_again() -> None:
    looks: list[int] = []

    async def run() -> None:
        loop = asyncio.get_running_loop()

        def late(name: str) -> float | None:
            looks.append(len(looks))
            return loop.time() + 0.01 if len(looks) < 3 else None

        Deadlines(0.01, late).watch("long")
        while len(looks) < 3:
            await asyncio.sleep(0.01)
        await asyncio.sleep(0.05)

    asyncio.run(asyncio.wait_for(run(), 30))
    assert looks == [0, 1, 2]


def test_deadlines_begin_anew_on_another_loop() -> None:
    late: list[str] = []
    deadlines: Deadlines[str] = Deadlines(0.01, late.append)

    async def run(name: str, enough: int) -> None:
        deadlines.watch(name)
        while len(late) < enough:
            await asyncio.sleep(0.01)

    async def leave() -> None:
        deadlines.watch("of a loop that is closed")

    asyncio.run(leave())
    asyncio.run(asyncio.wait_for(run("of the next", 1), 30))
    assert late == ["of the next"]
