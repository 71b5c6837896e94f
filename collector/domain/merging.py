"""Merged people: each points to another, by merges that can be taken back in any order (rules R26, R27)."""

from __future__ import annotations

from collections.abc import Iterable

from .streams import Merge, State


def roots(people: Iterable[int], merges: Iterable[Merge]) -> dict[int, tuple[int, int | None]]:
    """Return person -> (canonical person, when it joined that one; None for the canonical person itself).

    A person has at most one merge in force that leads away from it, because only canonical people are merged; taking one
    back therefore cuts off exactly those who came through it.
    """
    onward = {merge.source_id: merge for merge in merges if merge.reversed_at is None}
    found: dict[int, tuple[int, int | None]] = {}
    for person in people:
        at, joined = person, None
        while at in onward:
            merge = onward[at]
            joined = merge.at if joined is None else max(joined, merge.at)
            at = merge.target_id
        found[person] = (at, joined)
    return found


def follow(state: State, merge: Merge) -> None:
    """Everyone who was the source is the target from now on."""
    target = state.canonical(merge.target_id)
    for person in state.people.values():
        if person.canonical_id == merge.source_id:
            person.canonical_id = target
            person.joined_at = merge.at if person.joined_at is None else max(person.joined_at, merge.at)


def separate(state: State, merge: Merge) -> None:
    """Settle anew everyone who was one person through this merge; needs all of them, and all their merges, in the state."""
    one = {person.person_id for person in state.members(merge.source_id)}
    for person_id, (canonical, joined_at) in roots(one, state.merges.values()).items():
        state.people[person_id].canonical_id = canonical
        state.people[person_id].joined_at = joined_at
