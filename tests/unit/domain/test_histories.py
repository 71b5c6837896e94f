"""Random histories: the pure core against `model.py`, which was written from docs/identity.md alone; and what must always hold.

A history is a list of steps: calls that arrive, and deeds of the people who run the site. It is drawn as a few bytes, six for
a step, because that is many times faster than composed strategies and still shrinks: a step of zeros is no step at all.

`--histories N` says how many the comparison with the model runs; `make histories` runs 50,000.
"""

from __future__ import annotations

import itertools
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from random import Random
from typing import Any

import msgspec
import pytest
import sqlalchemy as sa
from hypothesis import given, note, settings
from hypothesis import strategies as st

from collector.domain import addresses as product_addresses
from collector.domain import claims as product_claims
from collector.domain import corrections, identity
from collector.domain.applying import apply
from collector.domain.changes import Change, Logged, MembershipWritten, PeopleMerged
from collector.domain.corrections import Attach, Detach, LogOut, MergePeople, Unmerge
from collector.domain.events import Event, Link, Proof, Reason
from collector.domain.keys import device_key, excluded_key, user_owner
from collector.domain.log import Unproven
from collector.domain.people import Person, best_address
from collector.domain.profile import profile
from collector.domain.sites import Site
from collector.domain.streams import CONTESTED, Kind, State, Stream
from collector.errors import Conflict, NotFound
from collector.ports import Submission
from collector.storage import reports, tables
from collector.storage.engine import Store, sqlite_url
from collector.storage.operations import kinds
from collector.storage.operations.corrections import carry_out
from collector.storage.operations.deletion import delete_person
from collector.storage.reports.columns import EVENT_COLUMNS, WRITTEN_EVENTS, event_row
from collector.storage.reports.lookup import resolve
from collector.storage.write import tombstones
from collector.storage.write.commit import commit_group
from tests.support.events import changed, make_event
from tests.unit.domain.model import ASSERTED, DAY, PROVEN_EMAIL, TYPED, VERIFIED, Answer, Call, Model

START = 1_795_320_000_000_000
SECOND = 1_000_000
SITE = 11  # with this one the keys of x, y and z are in the order of their names, which settles ties
DEVICES, USERS, EMAILS, ACCOUNTS = "xyz", "ABC", ["e@e", "f@f"], "pqr"
NAMES = ["user:A", "user:B", "user:C", "email:e@e", "email:f@f"]


@dataclass(frozen=True)
class Setup:
    kiosk: bool = False
    required: bool = False
    merging: bool = True
    historical: tuple[str, ...] = ()
    brake: tuple[int, int, int, int] = (500, 50, 5, 3)
    guarded: bool = False


@dataclass(frozen=True)
class Deed:
    """Deed by hand, or to the site. `who` and `other` are names of people, `number` counts merges or calls."""

    kind: str  # detach, attach, merge, unmerge, log_out, delete, replay, merging_on, merging_off
    now: int
    device: str = ""
    who: str = ""
    other: str = ""
    number: int = 0


Step = Call | Deed


# -- the product, kept in memory ---------------------------------------------------------------------------------------------


class Product:
    """Pure core with the little that storage adds: known message ids, one log entry per cause, deletion."""

    def __init__(self, setup: Setup) -> None:
        self.state = State()
        self.policy = identity.Policy(
            merging=setup.merging, is_kiosk=setup.kiosk, is_guarded=setup.guarded, historical=setup.historical
        )
        self.numbers = itertools.count(1)
        self.went: dict[str, tuple[Event, int]] = {}
        self.known: set[tuple[int, str]] = set()
        self.log: dict[tuple[str, int, int, str], Logged] = {}
        self.members: list[MembershipWritten] = []
        self.merges: list[int] = []

    def accept(self, call: Call) -> Answer:
        event = told(call)
        known = (event.device_id, event.message_id)
        if ("anonymous_id", event.anonymous_id) in self.state.deleted:  # as storage does while it reads
            event = changed(event, retired=event.anonymous_id, anonymous_id=None)
            if call.user or call.email:
                owner = user_owner(*(("user", call.user) if call.user else ("email", call.email or "")))
                event = changed(event, owner=owner, device_id=device_key(SITE, owner))
        if known in self.known:
            return Answer()
        decision = identity.decide(self.state, event, lambda: next(self.numbers), self.policy)
        self.apply(decision.changes)
        self.known.add(known)
        if decision.stream_id is not None:
            self.went[event.message_id] = (event, decision.stream_id)
        return Answer(set(decision.rotate), decision.stream_id is None)

    def apply(self, changes: list[Change]) -> None:
        for change in changes:
            apply(self.state, change)
            if isinstance(change, Logged):
                self.log.setdefault((change.op, change.device_id, change.stream_id, change.cause), change)
            elif isinstance(change, MembershipWritten):
                self.members.append(change)
            elif isinstance(change, PeopleMerged):
                self.merges.append(change.merge.merge_id)

    def do(self, deed: Deed) -> None:
        state, device = self.state, self.state.devices.get(device_key(SITE, deed.device))
        who, other = (self.person(name) for name in (deed.who, deed.other))
        with suppress(Conflict):
            if deed.kind == "detach" and device:
                self.apply(corrections.detach(device, deed.now, "t"))
            elif deed.kind == "attach" and device and who:
                self.apply(corrections.attach(state, device, who, deed.now, "t", self.policy))
            elif deed.kind == "log_out" and device and (device.streams or device.contested_from is not None):
                self.apply(corrections.log_out(device, deed.now, "t"))
            elif deed.kind == "merge" and who and other:
                self.apply(corrections.merge(state, who, other, deed.now, "t", lambda: next(self.numbers)))
            elif deed.kind == "unmerge" and self.merges:
                merge = state.merges[self.merges[deed.number % len(self.merges)]]
                if {merge.source_id, merge.target_id} <= state.people.keys():
                    self.apply(corrections.unmerge(state, merge.merge_id, deed.now, "t"))
            elif deed.kind == "delete" and who:
                self.delete(who, deed.now)
            elif deed.kind == "merging_off":
                self.policy = replace_struct(self.policy, merging=False)
            elif deed.kind == "merging_on":
                self.policy = replace_struct(self.policy, merging=True, merging_since=deed.now)

    def person(self, name: str) -> int | None:
        kind, _, value = name.partition(":")
        found = self.state.identifiers.get((kind, value))
        return found.person_id if found else None

    def delete(self, who: int, now: int) -> None:
        """Delete as the page says; storage does it on tables, and is tested there."""
        state = self.state
        gone = {person.person_id for person in state.members(who)}
        names = [key for key, found in state.identifiers.items() if found.person_id in gone]
        gone_keys = gone | {excluded_key(SITE, value) for kind, value in names if kind == "user"}
        retired: set[int] = set()
        for device in state.devices.values():
            mine = [stream for stream in device.streams if {stream.person_id, stream.user_person} & gone_keys]
            owners = {stream.person_id for stream in device.streams if stream.person_id is not None}
            spoken = any(stream.kind == Kind.ASSERTED for stream in mine) and owners <= gone
            if spoken or any(stream.kind == Kind.ANONYMOUS for stream in mine):
                retired.add(device.device_id)
                if not device.virtual:
                    state.deleted["anonymous_id", device.owner] = now
            device.streams = [stream for stream in device.streams if stream not in mine]
            for stream in mine:
                state.held.pop(stream.stream_id, None)
        for key in names:
            state.deleted[key] = now
            del state.identifiers[key]
        kept = self.streams()
        self.went = {name: went for name, went in self.went.items() if went[1] in kept}
        self.members = [change for change in self.members if change.stream_id in kept]
        self.log = {key: entry for key, entry in self.log.items()
                    if not {entry.person_id, entry.other_id} & gone and entry.device_id not in retired}  # fmt: skip
        for person_id in gone:
            del state.people[person_id]

    # -- visible facts ---------------------------------------------------------------------------------------------------

    def streams(self) -> dict[int, Stream]:
        return {stream.stream_id: stream for device in self.state.devices.values() for stream in device.streams}

    def names(self, person_id: int | None) -> frozenset[str] | None:
        if person_id is None:
            return None
        canonical = self.state.canonical(person_id)
        return frozenset(f"{found.kind}:{found.value}" for found in self.state.identifiers.values()
                         if self.state.canonical(found.person_id) == canonical)  # fmt: skip

    def facts(self) -> dict[str, Any]:
        """Facts in the model's words."""
        state, streams = self.state, self.streams()
        devices = {device.device_id: device for device in state.devices.values()}
        whose: dict[str, int | None] = {}
        for name, (event, stream_id) in self.went.items():
            stream = streams[stream_id]
            reached = stream.kind == Kind.ASSERTED or (stream.attributed_from or 0) <= event.time
            whose[name] = state.canonical(stream.person_id) if stream.person_id is not None and reached else None
        found: dict[str, Any] = {
            "whose": {name: self.names(owner) for name, owner in whose.items()},
            "anonymous": {name: streams[stream_id].kind == Kind.ANONYMOUS for name, (_, stream_id) in self.went.items()},
            "contested": {
                one.owner: one.contested_from for one in devices.values()
                if one.contested_from is not None and ("anonymous_id", one.owner) not in state.deleted
            },
            "log": sorted(
                (entry.op, str(entry.detail.get("reason", "")), self.log_device(entry),
                 *sorted(self.names(entry.person_id or entry.other_id) or ()))
                for entry in self.log.values() if entry.op in ("anonymous_merge", "merge_refused", "address_moved")
            ),
        }  # fmt: skip
        for root in (one for one in state.people.values() if one.person_id == one.canonical_id):
            who, members = root.person_id, state.members(root.person_id)
            mine = [one for one in streams.values() if one.person_id is not None and state.canonical(one.person_id) == who]
            looks = profile(members, [one for one in mine if one.kind == Kind.ANONYMOUS], self.policy.historical)
            times = [self.went[name][0].time for name in whose if whose[name] == who]
            known = [self.went[name][0].time for name in whose if whose[name] == who and not found["anonymous"][name]]
            found[f"person {sorted(self.names(who) or ())}"] = {
                "parts": sorted(sorted(f"{one.kind}:{one.value}" for one in state.identifiers.values()
                                       if one.person_id == member.person_id) for member in members),
                "fields": {key: value.v for key, value in looks.fields.items() if value.v not in (None, "")},
                "email": self.email(members),
                "tags": {tag for tag, value in looks.tags.items() if value.on},
                "subscribed": looks.unsubscribed_at is None,
                "devices": {devices[one.device_id].owner for one in mine if one.kind == Kind.ANONYMOUS},
                "visits": (min(times, default=None), max(times, default=None), min(known, default=None)),
                "accounts": {one.account_id for one in self.members for stream in mine
                             if one.stream_id == stream.stream_id and one.at >= (stream.attributed_from or 0)},
            }  # fmt: skip
        return found

    def email(self, members: list[Person]) -> str:
        held = [one.value for one in self.state.identifiers.values()
                if one.kind == "email" and one.person_id in {member.person_id for member in members}]  # fmt: skip
        best = best_address([member.addresses for member in members], held)
        return f"email:{best}" if best else ""

    def log_device(self, entry: Logged) -> str:
        device = self.state.devices.get(entry.device_id)
        return "" if device is None or device.virtual else device.owner


def replace_struct(policy: identity.Policy, **changed: Any) -> identity.Policy:
    return identity.Policy(**{name: changed.get(name, getattr(policy, name)) for name in policy.__struct_fields__})


def told(call: Call) -> Event:
    """Event of the call, as the steps of ingest leave it."""
    owner = call.device or (user_owner("user", call.user) if call.user else user_owner("email", call.email or ""))
    is_link = call.kind == "link"
    return make_event(
        SITE, {"link": "page"}.get(call.kind, call.kind), call.name, call.time, call.now,
        name=call.previous or None, anonymous_id=call.device, user_id=call.user,
        email=None if is_link else call.email, email_display=None if is_link else call.email, anonymous_ids=call.others,
        properties=dict(call.fields) if call.kind == "group" else {},
        fields=dict(call.fields) if call.kind == "identify" else {},
        add_tags=call.add_tags, remove_tags=call.remove_tags, subscribed=call.subscribed, strength=Proof(call.strength),
        email_strength=Proof(call.email_strength), unproven=Unproven.UNSIGNED if call.unproven else None,
        actor="admin" if call.actor else None, account_id=call.account,
        link=Link("email", call.email or "", call.email or "", call.time) if is_link else None,
        owner=owner, device_id=device_key(SITE, owner), fingerprint=b"f",
    )  # fmt: skip


def do(model: Model, deed: Deed) -> None:
    """Do it in the model."""
    who, other = model.named(deed.who), model.named(deed.other)
    if deed.kind == "detach":
        model.detach(deed.device)
    elif deed.kind == "attach" and who:
        model.attach(deed.device, who, deed.now)
    elif deed.kind == "log_out":
        model.log_out(deed.device, deed.now)
    elif deed.kind == "merge" and who and other:
        model.merge(who, other, deed.now)
    elif deed.kind == "unmerge" and model.merges:
        model.unmerge(model.merges[deed.number % len(model.merges)])
    elif deed.kind == "delete" and who:
        model.delete(who, deed.now)
    elif deed.kind == "merging_off":
        model.merging = False
    elif deed.kind == "merging_on":
        model.merging, model.merging_since = True, deed.now


# -- the product with its store ------------------------------------------------------------------------------------------------


class Stored:
    """Store on tables: what ingest, corrections and reports do. Calls are committed in groups, as the writer does it."""

    def __init__(self, store: Store, setup: Setup, together: int) -> None:
        self.store = store
        self.site = Site(
            SITE, "", "", "", "", "", "", "", merging=setup.merging, after_claim="new_visitor" if setup.kiosk else "owner",
            historical_fields=setup.historical, verify="optional" if setup.guarded else "off",
        )  # fmt: skip
        self.together = together
        self.waiting: list[Call] = []
        self.answers: list[tuple[Call, Answer]] = []
        self.merges: list[int] = []
        with store.write() as connection:
            for table in tables.metadata.sorted_tables:
                connection.execute(table.delete())
            row = {column.name: "" for column in tables.site.columns}
            told_of = {"historical_fields": setup.historical}
            connection.execute(tables.site.insert().values({**row, "site_id": SITE, "settings": told_of, "created_at": START}))

    def accept(self, call: Call) -> None:
        self.waiting.append(call)
        if len(self.waiting) >= self.together:
            self.flush()

    def flush(self) -> None:
        if not self.waiting:
            return
        group = [Submission(self.site, 1, call.now, [told(call)], []) for call in self.waiting]
        with self.store.write() as connection:
            receipts = commit_group(connection, group, {}, self.waiting[-1].now, b"key")
        for call, receipt in zip(self.waiting, receipts, strict=True):
            assert [bad.reason for bad in receipt.quarantined] in ([], [Reason.DELETED])
            if not receipt.duplicate:
                self.answers.append((call, Answer(set(receipt.rotate), bool(receipt.quarantined))))
        self.waiting.clear()

    def do(self, deed: Deed) -> None:
        self.flush()
        store, site, now = self.store, self.site, deed.now
        who, other = self.person(deed.who), self.person(deed.other)
        with suppress(Conflict, NotFound):
            if deed.kind == "detach":
                carry_out(store, site, Detach(deed.device), "t", now)
            elif deed.kind == "attach" and who:
                carry_out(store, site, Attach(deed.device, who), "t", now)
            elif deed.kind == "log_out":
                carry_out(store, site, LogOut(deed.device, deed.now), "t", now)
            elif deed.kind == "merge" and who and other:
                carry_out(store, site, MergePeople(who, other), "t", now)
            elif deed.kind == "unmerge" and self.all_merges():
                carry_out(store, site, Unmerge(self.merges[deed.number % len(self.merges)]), "t", now)
            elif deed.kind == "delete" and who:
                job = delete_person(store, site, who, b"key", "t", now).job_id
                list(kinds.run(store, SITE, job or 0, lambda: now, b"key"))
            elif deed.kind == "merging_off":
                self.site = msgspec.structs.replace(site, merging=False)
            elif deed.kind == "merging_on":
                self.site = msgspec.structs.replace(site, merging=True, merging_since=now)

    def all_merges(self) -> list[int]:
        """Merges ever made, in order, also those that a deletion took away."""
        found = tables.person_merge.c
        with self.store.read() as connection:
            known = connection.execute(sa.select(found.merge_id).order_by(found.merge_id)).scalars().all()
        self.merges += [merge for merge in known if merge not in self.merges]
        return self.merges

    def person(self, name: str) -> int | None:
        kind, _, value = name.partition(":")
        known = tables.identifier.c
        query = sa.select(known.person_id).where(known.kind == kind, known.value == value)
        with self.store.read() as connection:
            return connection.execute(query).scalar()

    def anonymous_ids(self) -> set[str]:
        with self.store.read() as connection:
            return {*connection.execute(sa.select(tables.device.c.owner)).scalars()}

    def facts(self) -> dict[str, Any]:
        """Facts in the model's words, of the reports that API and console show."""
        self.flush()
        with self.store.read() as connection:
            people = reports.find_people(connection, SITE, limit=100).rows
            rows = connection.execute(sa.select(*EVENT_COLUMNS).select_from(WRITTEN_EVENTS)).all()
            events = resolve(connection, SITE, [event_row(row) for row in rows])
            known = connection.execute(sa.select(tables.identifier.c.person_id, sa.text("kind || ':' || value"))).all()
            roots = {
                row[0]: row[1] for row in connection.execute(sa.select(tables.person.c.person_id, tables.person.c.canonical_id))
            }
            devices = connection.execute(sa.select(tables.device)).all()
            log = connection.execute(sa.select(tables.identity_log)).all()
            gone = tombstones.find(connection, SITE, b"key", {("anonymous_id", device.owner) for device in devices})

        def names(person_id: int | None) -> list[str]:
            return sorted(name for owner, name in known if person_id is not None and roots[owner] == roots[person_id])

        owners = {device.device_id: "" if device.virtual else device.owner for device in devices}
        found: dict[str, Any] = {
            "whose": {one.message_id: frozenset(names(one.person_id)) if one.person_id else None for one in events},
            "anonymous": {one.message_id: one.was_anonymous for one in events},
            "contested": {
                device.owner: device.contested_from for device in devices
                if device.contested_from is not None and ("anonymous_id", device.owner) not in gone
            },
            "log": sorted(
                (entry.op, str(entry.detail.get("reason", "")), owners[entry.device_id], *names(entry.person_id or entry.other_id))
                for entry in log if entry.op in ("anonymous_merge", "merge_refused", "address_moved")
            ),
        }  # fmt: skip
        for one in people:
            members = [person for person, root in roots.items() if root == one.person_id]
            found[f"person {names(one.person_id)}"] = {
                "parts": sorted(sorted(name for owner, name in known if owner == member) for member in members),
                "fields": {key: value.value for key, value in one.fields.items() if value.value not in (None, "")},
                "email": f"email:{one.emails[0]}" if one.emails else "",
                "tags": set(one.tags), "subscribed": one.unsubscribed_at is None, "devices": set(one.anonymous_ids),
                "visits": (one.first_seen_at, one.last_seen_at, one.first_identified_at), "accounts": set(one.accounts),
            }  # fmt: skip
        return found


# -- drawing histories ---------------------------------------------------------------------------------------------------------

STEP = 6
MOST = 12
EVERYTHING = (
    ["", "track", "track", "track", "track", "track", "asserted", "asserted", "marked"]
    + ["identify"] * 7 + ["identify_email"] * 3 + ["identify_both"] * 3 + ["address_as_id"] + ["identify_nobody"] * 2 + ["alias"] * 2
    + ["group", "link", "link", "detach", "attach", "merge", "merge", "unmerge", "unmerge", "log_out", "delete", "replay", "replay"]
)  # fmt: skip
SAID = ["marked"] * 4 + ["identify"] * 3 + ["merge"] * 3 + ["unmerge", "identify_nobody", "identify_both"]
NAMED = (
    ["identify_email"] * 2
    + ["identify_both"] * 2
    + ["address_as_id"]
    + ["identify_proven"] * 3
    + ["alias_by_server"] * 2
    + ["merge", "unmerge", "unmerge", "link"]
)
TAKEN = ["track"] * 2 + ["identify"] * 2 + ["log_out", "detach", "attach", "link", "identify_nobody", "delete"]
FILLED = ["identify_nobody"] * 4 + ["claim"] * 3 + ["merge", "unmerge", "detach", "log_out"]
KINDS = [EVERYTHING] * 4 + [["", *kinds] for kinds in (SAID, NAMED, TAKEN, FILLED)]
"""Kinds of steps to draw: everything; what people say and how they are merged; their names; what happens to one device;
what anonymous visitors say."""
NARROW: dict[int, Callable[[int], int]] = {4: lambda who: who % 9, 5: lambda who: who % 3 + who // 3 % 2 * 3 + who // 6 % 2 * 9,
                                           6: lambda who: who - who % 3, 7: lambda who: who % 6}  # fmt: skip
"""Names: 1 address; 2 users; 1 device; 2 users with 1 address."""
ADVANCE = [1, 2, 1, 5, 1, 3, 0, 1, 1, 2, 1, 1, 1, 1, 2 * 3600, 95 * 86_400]
LATE = [0, 0, 0, 0, 0, 0, 1, 2, 3, 4, 6, 8, 11, 20, 40, 100 * 86_400]
VALUES = ["1", "2", "", 0, None, False]


@dataclass
class History:
    setup: Setup
    steps: list[Step] = field(default_factory=list)

    @property
    def calls(self) -> list[Call]:
        return [step for step in self.steps if isinstance(step, Call)]


def draw(data: bytes) -> History:
    """Draw from bytes. The first two choose the site's settings."""
    a, b = data[0], data[1]
    kinds = KINDS[a // 32]
    setup = Setup(
        a % 6 == 5, a % 7 == 6, a % 13 != 12, ("plan",) if b % 4 == 3 else (), (3, 2, 1, 1) if b % 11 == 10 else (500, 50, 5, 3), b % 5 == 4
    )  # fmt: skip
    history = History(setup)
    clock = START
    for at in range(2, len(data) - STEP + 1, STEP):
        kind, who, when, what, how, more = data[at : at + STEP]
        who = NARROW[a // 32](who) if a // 32 in NARROW else who
        if kinds[kind % len(kinds)]:
            forward, late = (when % 3, when // 16 % 3) if a // 32 == 4 else (ADVANCE[when % 16], LATE[when // 16])
            clock += forward * SECOND
            step = drawn(kinds[kind % len(kinds)], who, clock, clock - late * SECOND, what, how, more, len(history.steps))
            history.steps.append(proven(step, how) if setup.required and isinstance(step, Call) else step)
    return history


def drawn(kind: str, who: int, now: int, time: int, what: int, how: int, more: int, number: int) -> Step:
    device, user, email = DEVICES[who % 3], USERS[who // 3 % 3], EMAILS[who // 9 % 2]
    by_hand = {"detach", "attach", "merge", "unmerge", "log_out", "delete", "replay"}
    if kind in by_hand:
        if kind == "log_out" and how % 3 == 0:
            return Deed(("merging_off", "merging_on")[how % 2], now + SECOND // 2)
        moment = time + how % 2 * SECOND // 2 if kind == "log_out" else now + SECOND // 2
        return Deed(kind, moment, device, NAMES[who // 3 % 5], NAMES[what % (5 if who > 8 else 3)], more)
    call = Call(f"m{number}", time, now + SECOND // 4, device=device)
    says = tuple(
        {name: VALUES[value % 6] for name, value in (("plan", what % 7), ("city", what // 7 % 7)) if value < 6}.items()
    )
    strength = VERIFIED if how % 4 == 2 or kind in ("identify_proven", "alias_by_server") else ASSERTED
    if kind == "track":
        call = replace(call, account=ACCOUNTS[more % 3] if more % 8 == 7 else None)
    elif kind == "identify_nobody":
        call = replace(call, kind="identify", fields=says)
    elif kind == "link":
        call = replace(call, kind="link", email=email)
    elif kind == "identify_email":
        call = replace(
            call, kind="identify", email=email, fields=says, email_strength=[TYPED, TYPED, PROVEN_EMAIL, VERIFIED][more % 4]
        )
    else:
        call = replace(call, user=user, strength=strength, email_strength=strength)
        if how // 4 % 8 == 7:
            call = replace(call, device=None)
        if kind.startswith("identify"):
            others = tuple(
                other for place, other in enumerate(DEVICES) if more >> place & 1 and more & 8 and other != call.device
            )
            call = replace(call, kind="identify", fields=says, others=others)
            if kind in ("identify_both", "identify_proven"):
                call = replace(call, email=email, email_strength=[strength, PROVEN_EMAIL][how // 32 % 2])
        elif kind == "claim":
            call = replace(call, kind="identify")
        elif kind == "address_as_id":
            call = replace(call, kind="identify", user=email, email=[None, *EMAILS][more % 3])
        elif kind.startswith("alias"):
            call = replace(call, kind="alias", previous=(USERS + DEVICES)[what % (6 if kind == "alias" else 3)])
        elif kind == "group":
            call = replace(call, kind="group", account=ACCOUNTS[what % 3])
        elif kind == "marked":
            call = marked(call, what)
    return replace(call, actor=True) if how >= 240 else call


def marked(call: Call, what: int) -> Call:
    """Tags and subscription, as over Bento's API."""
    return replace(
        call, strength=VERIFIED, email_strength=VERIFIED, add_tags=("t",) if what % 4 in (1, 3) else (),
        remove_tags=("t",) if what % 4 == 2 else (), subscribed=[False, True, None][what // 4 % 3],
    )  # fmt: skip


def proven(call: Call, how: int) -> Call:
    """Unproven half of the assertions where a proof is required."""
    if not call.user and (not call.email or call.kind == "link"):
        return call
    strong = (call.strength if call.user else call.email_strength) >= PROVEN_EMAIL
    return call if strong else replace(call, unproven=True)


histories = st.binary(min_size=2 + STEP * MOST, max_size=2 + STEP * MOST).map(draw)


# -- running them --------------------------------------------------------------------------------------------------------------


@contextmanager
def brake(limits: tuple[int, int, int, int]) -> Iterator[None]:
    """Fan-in brake at other numbers: 500 claims are no small history, and there are two addresses."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(product_claims, "MOST_STREAMS", limits[0])
        patch.setattr(product_claims, "MOST_A_DAY", limits[1])
        patch.setattr(product_addresses, "MOST_ASSERTED", limits[2])
        patch.setattr(product_addresses, "MOST_LEADS_A_DAY", limits[3])
        yield


def play(history: History, product: Product, model: Model | None = None, each: bool = False) -> None:
    """Play a history; with a model, both answer alike. `each` compares all facts after every step."""
    calls: list[Call] = []
    with brake(history.setup.brake):
        for step in history.steps:
            one: Step | None = step
            if isinstance(step, Deed) and step.kind == "replay":
                one = calls[step.number % len(calls)] if calls else None
            if isinstance(one, Call):
                calls.append(one)
                answer = product.accept(one)
                assert not model or answer == model.accept(one) or one is not step, f"the answer to {one}"
            elif one:
                product.do(one)
                if model:
                    do(model, one)
            assert not each or not model or product.facts() == model.facts(), f"after {one}"


def happened(history: History) -> Product:
    product = Product(history.setup)
    play(history, product)
    return product


def compare(history: History, each: bool = False) -> None:
    setup = history.setup
    product = Product(setup)
    model = Model(
        merging=setup.merging, kiosk=setup.kiosk, historical=setup.historical, brake=setup.brake, guarded=setup.guarded
    )
    play(history, product, model, each)
    assert product.facts() == model.facts()


@pytest.fixture(scope="session")
def number(request: pytest.FixtureRequest) -> int:
    return int(request.config.getoption("--histories"))


def test_core_agrees_with_the_model(number: int) -> None:
    """Facts that can be seen, and answers, as the model has them; with undo in the mix."""
    ran = 0

    @settings(max_examples=number)
    @given(histories)
    def one(history: History) -> None:
        nonlocal ran
        ran += 1
        for step in history.steps:
            note(str(step))
        note(str(history.setup))
        compare(history)

    one()
    print(f"\n{ran} histories: product and model agree")


@settings(max_examples=200)
@given(histories)
def test_the_state_keeps_its_shape_and_deciding_does_not_touch_it(history: History) -> None:
    product = Product(history.setup)
    owned: dict[int, int | None] = {}
    for step in history.steps:
        if isinstance(step, Call):
            before = msgspec.msgpack.encode(plain(product.state))
            identity.decide(product.state, told(step), lambda: 10**9, product.policy)
            assert msgspec.msgpack.encode(plain(product.state)) == before
        play(History(history.setup, [step]), product)
        for device in product.state.devices.values():
            kinds = [(stream.kind, stream.epoch, stream.user_person) for stream in device.streams]
            assert len(kinds) == len(set(kinds)), "one stream per kind, epoch and user; at most one contested epoch"
            for stream in device.streams:
                if stream.kind == Kind.ASSERTED:
                    assert stream.person_id == owned.setdefault(stream.stream_id, stream.person_id), "never moves"
                assert stream.person_id is None or stream.kind == Kind.ASSERTED or stream.claimable
                assert stream.person_id is None or stream.kind != Kind.EXCLUDED
                assert stream.epoch != CONTESTED or (stream.person_id is None and not stream.claimable)


def plain(state: State) -> list[Any]:
    return [list(state.devices.values()), list(state.identifiers.values()), list(state.people.values()), state.merges]


@pytest.fixture
def quick_store() -> Iterator[Store]:
    """Store in memory where the system has it: thousands of small commits, each with its flush."""
    memory = Path("/dev/shm")
    with tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else None) as folder:
        store = Store(sqlite_url(Path(folder)))
        with store.write() as connection:
            tables.metadata.create_all(connection)
        yield store
        store.close()


def test_store_agrees_with_the_model(number: int, quick_store: Store) -> None:
    """Store included, all that is not pure: what is read for a decision, visits, deletion, reports."""

    @settings(max_examples=max(1, number // 30))
    @given(histories, st.integers(1, 4))
    def one(history: History, together: int) -> None:
        note("\n".join(map(str, [history.setup, *history.steps])))
        compare_stored(quick_store, history, together)

    one()


def compare_stored(store: Store, history: History, together: int) -> None:
    setup = history.setup
    product = Stored(store, setup, together)
    model = Model(
        merging=setup.merging, kiosk=setup.kiosk, historical=setup.historical, brake=setup.brake, guarded=setup.guarded
    )
    calls: list[Call] = []
    expected: dict[str, Answer] = {}
    with brake(setup.brake):
        for step in history.steps:
            one: Step | None = step
            if isinstance(step, Deed) and step.kind == "replay":
                one = calls[step.number % len(calls)] if calls else None
            if isinstance(one, Call):
                calls.append(one)
                product.accept(one)
                answer = model.accept(one)
                expected.setdefault(one.name, answer)
            elif one:
                product.do(one)
                do(model, one)
        facts = product.facts()
    wanted = model.facts()
    kept = product.anonymous_ids()  # of an id that is not kept, a hash says that it is contested
    wanted["contested"] = {device: since for device, since in wanted["contested"].items() if device in kept}
    assert facts == wanted
    first = {call.name: answer for call, answer in reversed(product.answers)}
    assert first == expected


def call(number: int, kind: str, **more: Any) -> Call:
    moment = START + number * SECOND
    return Call(f"m{number}", moment, moment + SECOND // 4, kind, **more)


FOUND: dict[str, tuple[Setup, list[Step]]] = {
    "an address of a user, named by a new user": (Setup(), [
        call(1, "identify", device="x", user="C", email="f@f"),
        call(2, "identify", device="x", email="f@f", email_strength=PROVEN_EMAIL),
        call(3, "identify", device="x", user="B", email="f@f", strength=VERIFIED, email_strength=VERIFIED),
    ]),
    "claimed and taken over in one group": (Setup(), [
        call(1, "link", device="x", email="e@e"), call(2, "identify", device="x", user="B"),
    ]),
    "the brake, and a new epoch of the own device": (Setup(brake=(3, 2, 1, 1)), [
        call(1, "identify", device="x", user="A", others=("y",)), Deed("log_out", START + 2 * SECOND, "x"),
        call(3, "identify", device="x", user="A"),
    ]),
    "merged by an alias in the same group": (Setup(), [
        call(1, "identify", device="y", email="f@f", email_strength=PROVEN_EMAIL), call(2, "identify", device="y", user="B"),
        call(3, "identify", device="y", user="A", email="e@e"), Deed("unmerge", START + 3 * SECOND),
        call(4, "alias", device="x", user="A", previous="B", strength=VERIFIED),
        call(5, "identify", device="y", user="B", email="f@f", strength=VERIFIED, email_strength=VERIFIED),
    ]),
    "a replay after the device was given up": (Setup(), [
        call(1, "identify", device="x", user="B"), call(2, "identify", device="x", user="C", others=("z",)),
        Deed("delete", START + 3 * SECOND, who="user:C"), call(4, "track", device="z", user="B"),
        Deed("replay", START + 5 * SECOND, number=2), Deed("replay", START + 6 * SECOND, number=0),
    ]),
}  # fmt: skip


@pytest.mark.parametrize("together", [1, 2, 4])
@pytest.mark.parametrize("name", FOUND)
def test_regression_histories(quick_store: Store, name: str, together: int) -> None:
    """Histories in which the store read too little for a decision, or too late."""
    setup, steps = FOUND[name]
    compare(History(setup, steps))
    compare_stored(quick_store, History(setup, steps), together)


# -- invariants, whatever the model says ---------------------------------------------------------------------------------------


@settings(max_examples=400)
@given(histories)
def test_assertions_are_never_given_to_another_user(history: History) -> None:
    """Merges are the exception, by hand or by a server, as long as they last."""
    product = Product(history.setup)
    for number in range(len(history.steps)):
        play(History(history.setup, [history.steps[number]]), product)
        state, streams = product.state, product.streams()
        in_force = [(merge.source_id, merge.target_id) for merge in state.merges.values() if merge.reversed_at is None]
        for event, stream_id in product.went.values():
            if event.asserted.user_id is None or streams[stream_id].kind != Kind.ASSERTED:
                continue
            person = streams[stream_id].person_id
            assert person == product.person(f"user:{event.asserted.user_id}")
            for other in USERS:
                them = product.person(f"user:{other}")
                if person is not None and them is not None and state.canonical(them) == state.canonical(person):
                    assert them in connected(person, in_force), f"{other} has what {event.asserted.user_id} said"
    by = {merge.by for merge in product.state.merges.values()}
    assert by <= {"t", "alias", "lead"}


def connected(person: int, pairs: list[tuple[int, int]]) -> set[int]:
    """People reached by these pairs."""
    found, before = {person}, set[int]()
    while found != before:
        before = set(found)
        found |= {one for pair in pairs if found & {*pair} for one in pair}
    return found


# -- the order of arrival ----------------------------------------------------------------------------------------------------------


@dataclass
class Browser:
    """Snippet: a new anonymous id at reset and at a change of user, the known user on every event."""

    name: str
    ids: Iterator[int] = field(default_factory=lambda: itertools.count(1))
    user: str | None = None
    device: str = ""
    others: tuple[str, ...] = ()

    def rotate(self) -> None:
        self.device, self.others = f"{self.name}{next(self.ids)}", ()


def browse(data: bytes) -> list[Call]:
    """Two browsers with three users, and their server, in the order in which it happened; every event at its own second."""
    browsers = [Browser("x"), Browser("y")]
    calls: list[Call] = []
    for browser in browsers:
        browser.rotate()
    if data and data[0] % 3 == 0:  # two tabs opened at once: two ids, of which the second stays
        calls.append(Call("m0", START, START, device=browsers[0].device, fields=()))
        first = browsers[0].device
        browsers[0].rotate()
        browsers[0].others = (first,)
    for number, byte in enumerate(data, 1):
        browser, what, more = browsers[byte % 2], byte // 2 % 8, byte // 16
        user = USERS[more % 3]
        time = START + number * SECOND
        call = Call(f"m{number}", time, time + 1, device=browser.device, user=browser.user)
        says = (("plan", VALUES[more % 6]), ("city", str(byte)))
        if what in (0, 1, 2):
            if browser.user not in (None, user):
                browser.rotate()
            browser.user = user
            email = f"{user}@" if what == 1 else None
            call = replace(
                call, kind="identify", device=browser.device, user=user, email=email, fields=says, others=browser.others
            )
        elif what == 3:
            browser.user = None
            browser.rotate()
            continue
        elif what == 4:
            call = replace(call, kind="identify", user=None, fields=says) if browser.user is None else call
        elif what == 5:  # the server of the site, which knows no browser
            call = marked(replace(call, device=None, user=user), more)
        elif what == 6:
            call = replace(call, kind="group", account=ACCOUNTS[more % 3])
        calls.append(call)
    return calls


def end_of(calls: list[Call]) -> dict[str, Any]:
    product = happened(History(Setup(), list(calls)))
    assert not [entry for entry in product.log.values() if entry.op == "merge_refused"]
    return product.facts()


@settings(max_examples=25)
@given(st.binary(min_size=2, max_size=5), st.integers(0, 4))
def test_all_orders_of_arrival_end_alike_where_the_browser_rotates(data: bytes, twice: int) -> None:
    """Every order of up to five events, one of them twice."""
    calls = browse(data)[:5]
    expected = end_of(calls)
    for order in itertools.permutations(calls):
        again = order[twice % len(order)] if order else None
        assert end_of([*order, *([again] if again else [])]) == expected
        assert end_of([*([again] if again else []), *order]) == expected


@settings(max_examples=300)
@given(st.binary(min_size=6, max_size=30), st.randoms(use_true_random=False))
def test_shuffled_arrival_ends_alike_where_the_browser_rotates(data: bytes, random: Random) -> None:
    calls = browse(data)
    shuffled = [*calls, *random.sample(calls, min(3, len(calls)))]
    random.shuffle(shuffled)
    assert end_of(shuffled) == end_of(calls)


# -- the same again ----------------------------------------------------------------------------------------------------------------


@settings(max_examples=300)
@given(histories, st.integers(0, MOST))
def test_replay_changes_nothing(history: History, length: int) -> None:
    """Replay of any prefix of what arrived."""
    product = happened(history)
    before = product.facts()
    for call in history.calls[:length]:
        product.accept(call)
        assert product.facts() == before, f"again: {call}"


@settings(max_examples=300)
@given(histories)
def test_replay_at_once_moves_nothing_even_without_message_ids(history: History) -> None:
    """Replay is caught by the message id; but a decision that was just carried out has nothing left to do."""
    product = Product(history.setup)
    for step in history.steps:
        play(History(history.setup, [step]), product)
        if isinstance(step, Call):
            before = product.facts()
            product.known.clear()
            with brake(history.setup.brake):
                product.accept(step)
            assert product.facts() == before, f"again: {step}"


# -- taking back -------------------------------------------------------------------------------------------------------------------


@settings(max_examples=400)
@given(histories, st.sampled_from(NAMES), st.sampled_from(NAMES))
def test_a_merge_taken_back_leaves_no_trace(history: History, source: str, target: str) -> None:
    product = happened(history)
    before, now = product.facts(), START + 10_000 * DAY
    merges = len(product.merges)
    product.do(Deed("merge", now, who=source, other=target))
    if len(product.merges) > merges:
        product.do(Deed("unmerge", now + 1, number=merges))
    assert product.facts() == before


def separate(history: History) -> list[Step]:
    """Steps in which A with e and B with f never meet: A on x, B on y, C everywhere; nothing that merges or deletes them."""
    steps: list[Step] = []
    for step in history.steps:
        if isinstance(step, Call):
            steps.append(kept_apart(step))
        elif step.kind in ("detach", "log_out", "replay") or (step.kind in ("attach", "delete") and step.who == "user:C"):
            steps.append(step)
    return steps


def kept_apart(call: Call) -> Call:
    of_address = {"e@e": "A", "f@f": "B"}
    who = of_address.get(call.user or call.email or "", call.user or "")
    call = replace(call, user=call.user and who)
    call = replace(call, kind="track", previous="") if call.kind == "alias" else call
    if who == "C" or not who:
        return replace(call, email=None)
    device, email = {"A": ("x", "e@e"), "B": ("y", "f@f")}[who]
    return replace(call, device=call.device and device, email=call.email and email, others=())


@settings(max_examples=400)
@given(histories, st.integers(0, MOST), st.integers(0, MOST), st.booleans())
def test_unmerged_people_are_as_if_never_merged(history: History, one: int, other: int, turned: bool) -> None:
    """Unmerge with what arrived meanwhile. What a merge in force does change for good is left out by `separate`: between the
    two, an identify on the other's device is no conflict, the other's address is not taken, an alias has nothing to do; both
    count for one brake; a third person who is merged with one of them is with the one who stands for both; deletion is of both."""
    steps = [
        Call("a", START - 3 * SECOND, START - 3 * SECOND, "identify", "x", "A", "e@e"),
        Call("b", START - 2 * SECOND, START - 2 * SECOND, "identify", "y", "B", "f@f"),
        *separate(history),
    ]  # fmt: skip
    setup = replace(history.setup, brake=(500, 50, 5, 3))
    first, second = (2 + min(one, other), 2 + max(one, other))
    names = ("user:A", "email:f@f") if turned else ("email:f@f", "user:A")
    merge = Deed("merge", moment_of(steps, first), who=names[0], other=names[1])
    unmerge = Deed("unmerge", moment_of(steps, second) + 1, number=0)
    merged = [*steps[:first], merge, *steps[first:second], unmerge, *steps[second:]]
    assert happened(History(setup, merged)).facts() == happened(History(setup, steps)).facts()


def moment_of(steps: list[Step], number: int) -> int:
    """Moment just after what came before this step."""
    return max(step.now for step in steps[:number]) + 1


@settings(max_examples=400)
@given(histories, st.sampled_from(DEVICES), st.sampled_from(USERS))
def test_a_claim_taken_back_gives_the_fields_back(history: History, device: str, user: str) -> None:
    """Detach: all that the claim brought goes with it, for everybody; what the identify itself said stays."""
    product = happened(history)
    now = START + 10_000 * DAY
    product.do(Deed("detach", now, device))
    product.accept(Call("before", now + 1, now + 1, user=user))
    before = product.facts()
    product.accept(Call("claim", now + 2, now + 2, "identify", device, user))
    product.do(Deed("detach", now + 3, device))
    after = product.facts()
    for name, looks in before.items():
        if name.startswith("person "):
            assert {**after[name], "visits": ()} == {**looks, "visits": ()}
    for name, owner in before["whose"].items():
        assert after["whose"][name] == owner


# -- deletion ----------------------------------------------------------------------------------------------------------------------


@settings(max_examples=400)
@given(histories, st.sampled_from(NAMES))
def test_deleted_people_never_come_back(history: History, name: str) -> None:
    """Deletion leaves nothing, and a replay of all that ever arrived brings nothing of it back. What was said under an
    address that has moved to another account before would be that account's."""
    product = happened(history)
    person = product.person(name)
    if person is None or any(entry.op == "address_moved" for entry in product.log.values()):
        return
    facts = product.facts()
    names = product.names(person)
    mine = {message for message, owner in facts["whose"].items() if owner == names}
    now = START + 10_000 * DAY
    product.do(Deed("delete", now, who=name))
    left = product.facts()
    assert not mine & product.went.keys()
    assert all(product.person(one) is None for one in names or ())
    assert not [owner for owner in left["whose"].values() if owner and names and owner & names]
    product.known = {one for one in product.known if one[1] in product.went}  # as if nobody remembered those that are gone
    for call in history.calls:
        if not call.unproven:  # that one is kept, as nobody's, whoever it names
            product.accept(call)
    said = {"log", "contested"}  # whom it names is remembered on its anonymous id, and who comes after is told so
    assert {key: fact for key, fact in product.facts().items() if key not in said} == {
        key: fact for key, fact in left.items() if key not in said
    }
    for user in (one.removeprefix("user:") for one in names or () if one.startswith("user:")):
        if product.person(f"email:{user}") is not None:
            continue  # an address that somebody else has, whom the new account meets
        product.accept(Call("new", now + 1, now + 1, user=user))
        (own,) = [facts for key, facts in product.facts().items() if key.startswith("person ") and f"'user:{user}'" in key]
        assert own["fields"] == {}
        assert own["visits"] == (now + 1,) * 3
