"""Consistency of every store at every moment, whatever happened: no pointer leads to nothing."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import sqlalchemy as sa

from collector.domain.merging import roots
from collector.domain.streams import CONTESTED, Kind, Merge
from collector.storage import tables
from collector.storage.engine import Store


def check_consistency(store: Store) -> None:
    """Look for dangling pointers of every kind, and for what two people could own at once."""
    looks = (_people, _merges, _streams, _events, _identifiers, _memberships, _devices, _visits)
    wrong = [fault for look in looks for fault in look(store)]
    assert not wrong, wrong


def _rows(store: Store, table: sa.Table) -> list[Any]:
    with store.read() as connection:
        return list(connection.execute(sa.select(table)))


def _people(store: Store) -> list[str]:
    """People point to one who points to themselves: depth one, no cycle."""
    canonical = {row.person_id: row.canonical_id for row in _rows(store, tables.person)}
    wrong = [f"person {one} points to nobody {to}" for one, to in canonical.items() if to not in canonical]
    return wrong + [
        f"person {one} points to merged {to}" for one, to in canonical.items() if to in canonical and canonical[to] != to
    ]


def _merges(store: Store) -> list[str]:
    """Merge pointers are what merges in force say; nobody was merged into two; both ends exist."""
    people = {row.person_id: row for row in _rows(store, tables.person)}
    merges = [
        Merge(row.merge_id, row.source_id, row.target_id, row.at, row.by, row.reversed_at)
        for row in _rows(store, tables.person_merge)
    ]
    wrong = [f"merge {one.merge_id} of nobody" for one in merges if not {one.source_id, one.target_id} <= people.keys()]
    leaving: dict[int, int] = defaultdict(int)
    for one in merges:
        leaving[one.source_id] += one.reversed_at is None
    wrong += [f"person {one} was merged {times} times at once" for one, times in leaving.items() if times > 1]
    if not wrong:
        said = roots(people, merges)
        wrong += [
            f"person {one} points to {row.canonical_id} but was merged into {said[one][0]}"
            for one, row in people.items() if row.canonical_id != said[one][0]
        ]  # fmt: skip
        wrong += [
            f"person {one} joined at {row.joined_at}, by its merges at {said[one][1]}"
            for one, row in people.items() if row.joined_at != said[one][1]
        ]  # fmt: skip
    return wrong


def _streams(store: Store) -> list[str]:
    devices = {(row.site_id, row.device_id) for row in _rows(store, tables.device)}
    people = {row.person_id for row in _rows(store, tables.person)}
    wrong = []
    for row in _rows(store, tables.stream):
        if (row.site_id, row.device_id) not in devices:
            wrong.append(f"stream {row.stream_id} of no device")
        if row.person_id is not None and row.person_id not in people:
            wrong.append(f"stream {row.stream_id} of nobody {row.person_id}")
        if row.kind == Kind.ASSERTED and (row.person_id is None or row.user_person != row.person_id):
            wrong.append(f"asserted stream {row.stream_id} of {row.user_person} is with {row.person_id}")
        if row.person_id is not None and row.kind == Kind.EXCLUDED:
            wrong.append(f"excluded stream {row.stream_id} has a person")
        if row.kind == Kind.ANONYMOUS and row.epoch == CONTESTED and (row.person_id is not None or row.claimable):
            wrong.append(f"contested stream {row.stream_id} can be had")
        if row.kind == Kind.ANONYMOUS and row.person_id is not None and (row.claimed_at is None or row.attributed_from is None):
            wrong.append(f"claimed stream {row.stream_id} does not say when")
        if row.kind == Kind.ANONYMOUS and row.person_id is None and row.claimed_at is not None:
            wrong.append(f"stream {row.stream_id} is claimed by nobody")
    return wrong


def _events(store: Store) -> list[str]:
    """Events are on a stream of their device; those of a deletion under way are cut off, and their job names the stream."""
    streams = {(row.site_id, row.device_id, row.stream_id) for row in _rows(store, tables.stream)}
    going = {stream for row in _rows(store, tables.job) if row.state != "done" for stream in row.plan.get("streams", [])}
    return [
        f"event {row.message_id} of no stream {row.stream_id}" for row in _rows(store, tables.event)
        if (row.site_id, row.device_id, row.stream_id) not in streams and row.stream_id not in going
    ]  # fmt: skip


def _identifiers(store: Store) -> list[str]:
    people = {row.person_id for row in _rows(store, tables.person)}
    named = _rows(store, tables.identifier)
    wrong = [f"{row.kind} {row.value} of nobody" for row in named if row.person_id not in people]
    removed = [row for row in _rows(store, tables.identity_log) if row.op in ("address_removed", "address_moved")]
    with_names = {row.person_id for row in named} | {person for row in removed for person in (row.person_id, row.other_id)}
    return wrong + [f"person {person} has no identifier" for person in people if person not in with_names]


def _memberships(store: Store) -> list[str]:
    streams = {(row.site_id, row.device_id, row.stream_id) for row in _rows(store, tables.stream)}
    accounts = {(row.site_id, row.account_id) for row in _rows(store, tables.account)}
    wrong = []
    for row in _rows(store, tables.membership):
        if (row.site_id, row.device_id, row.stream_id) not in streams:
            wrong.append(f"membership in {row.account_id} of no stream")
        if (row.site_id, row.account_id) not in accounts:
            wrong.append(f"membership in no account {row.account_id}")
    return wrong


def _devices(store: Store) -> list[str]:
    """Streams, one per epoch; every epoch of a stream has begun; log entries and merges name nobody gone."""
    epochs = {
        (row.site_id, row.device_id): {0, CONTESTED, *(number for _, number in row.boundaries)}
        for row in _rows(store, tables.device)
    }
    seen: set[tuple[Any, ...]] = set()
    wrong = []
    for row in _rows(store, tables.stream):
        key = (row.site_id, row.device_id, row.kind, row.epoch, row.user_person)
        if key in seen:
            wrong.append(f"two streams {key}")
        seen.add(key)
        if row.epoch not in epochs.get((row.site_id, row.device_id), {row.epoch}):
            wrong.append(f"stream {row.stream_id} of epoch {row.epoch}, which never began")
    contested = {(row.site_id, row.device_id): row.contested_from for row in _rows(store, tables.device)}
    wrong += [
        f"contested stream {row.stream_id} of a device that is not" for row in _rows(store, tables.stream)
        if row.kind == Kind.ANONYMOUS and row.epoch == CONTESTED and contested.get((row.site_id, row.device_id)) is None
    ]  # fmt: skip
    people = {row.person_id for row in _rows(store, tables.person)}
    for row in _rows(store, tables.identity_log):
        if row.op != "person_deleted":
            wrong += [
                f"{row.op} names nobody {one}" for one in (row.person_id, row.other_id) if one is not None and one not in people
            ]
    return wrong


def _visits(store: Store) -> list[str]:
    """Visits, first, first identified and last, are the least and greatest times of what is theirs (rule R18)."""
    people = {row.person_id: row for row in _rows(store, tables.person)}
    streams = {row.stream_id: row for row in _rows(store, tables.stream) if row.person_id is not None}
    times: dict[int, list[tuple[int, bool]]] = defaultdict(list)
    for event in _rows(store, tables.event):
        stream = streams.get(event.stream_id)
        if stream is not None and stream.person_id in people and event.ts >= (stream.attributed_from or -(2**62)):
            said = (event.ts, stream.kind == Kind.ASSERTED)
            times[people[stream.person_id].canonical_id].append(said)
    wrong = []
    for row in people.values():
        if row.person_id == row.canonical_id:
            every, said_with_user = [at for at, _ in times[row.person_id]], [at for at, said in times[row.person_id] if said]
            due = (min(every, default=None), min(said_with_user, default=None), max(every, default=None))
            known = (row.first_seen_at, row.first_identified_at, row.last_seen_at)
            if due != known:
                wrong.append(f"person {row.person_id} visited {known}, by its events {due}")
    return wrong
