"""Reports that the console and the read API ask for, on a real store."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from importlib import import_module
from typing import Any

import pytest
import sqlalchemy as sa

from collector.errors import BadParameter
from collector.storage import reports, tables
from collector.storage.reports import Page, export

from .world import World, day

pytestmark = pytest.mark.stores("sqlite", "postgresql")


@pytest.fixture
def connection(world: World) -> Iterator[sa.Connection]:
    with world.store.read() as connection:
        yield connection


def all_pages(ask: Callable[[str | None], Page[Any]]) -> list[Any]:
    rows: list[Any] = []
    cursor: str | None = None
    while True:
        page = ask(cursor)
        rows += page.rows
        cursor = page.next
        if cursor is None:
            return rows


def write_many_anonymous(world: World) -> None:
    """1,500 anonymous page views, a second apart, from day 10 on."""
    stream = world.device("x").anonymous()
    row = {
        "site_id": 1, "device_id": stream.device.device_id, "stream_id": stream.stream_id, "type": "page",
        "anonymous_id": "x", "properties": {}, "context": {}, "flags": 0, "fingerprint": b"",
    }  # fmt: skip
    times = [day(10) + second * 1_000_000 for second in range(1500)]
    with world.store.write() as connection:
        connection.execute(
            tables.event.insert(), [{**row, "message_id": f"many-{at}", "ts": at, "received_at": at, "seq": at} for at in times]
        )


def find_by(connection: sa.Connection, name: str, value: str) -> list[reports.PersonRow]:
    names: dict[str, Any] = {name: value}
    return list(reports.find_people(connection, 1, **names).rows)


def messages(page: Page[reports.EventRow] | None) -> list[str]:
    assert page is not None
    return [row.message_id for row in page.rows]


class TestPersonEvents:
    def test_two_people_on_one_device_never_see_each_others_events(self, world: World, connection: sa.Connection) -> None:
        ada, bob = world.person("ada@example.com"), world.person("bob@example.com")
        tablet = world.device("shared")
        before = world.event(tablet.anonymous(ada, claimed_at=day(2)), at=day(1))
        hers = world.event(tablet.asserted(ada), "track", "Ada's", at=day(2))
        his = world.event(tablet.asserted(bob), "track", "Bob's", at=day(3))
        nobodys = world.event(tablet.anonymous(epoch=1), at=day(4))
        assert messages(reports.person_events(connection, 1, ada)) == [hers, before]
        assert messages(reports.person_events(connection, 1, bob)) == [his]
        assert nobodys in messages(reports.visitor_events(connection, 1, "shared"))
        assert reports.find_people(connection, 1, email="bob@example.com").rows[0].anonymous_ids == []

    def test_was_anonymous_is_the_kind_of_the_stream(self, world: World, connection: sa.Connection) -> None:
        ada = world.person("ada@example.com")
        phone = world.device("x")
        world.event(phone.anonymous(ada), at=day(1))
        world.event(phone.asserted(ada), at=day(2))
        page = reports.person_events(connection, 1, ada)
        assert page is not None
        assert [row.was_anonymous for row in page.rows] == [False, True]
        assert {row.person_id for row in page.rows} == {ada}

    def test_lookback_leaves_older_events_with_the_visitor(self, world: World, connection: sa.Connection) -> None:
        ada = world.person("ada@example.com")
        stream = world.device("x").anonymous(ada, since=day(10), claimed_at=day(40))
        old = world.event(stream, at=day(9))
        edge = world.event(stream, at=day(10))
        new = world.event(stream, at=day(30))
        assert messages(reports.person_events(connection, 1, ada)) == [new, edge]
        seen = reports.visitor_events(connection, 1, "x").rows
        assert [(row.message_id, row.person_id) for row in seen] == [(new, ada), (edge, ada), (old, None)]
        assert [i.events for i in reports.identities(connection, 1, ada)] == [2]

    def test_someone_merged_away_is_answered_with_the_survivor(self, world: World, connection: sa.Connection) -> None:
        ada = world.person("ada@example.com")
        old = world.person("old@example.com", into=ada)
        mine = world.event(world.device("x").asserted(old), at=day(1))
        assert messages(reports.person_events(connection, 1, old)) == [mine]
        assert messages(reports.person_events(connection, 1, ada)) == [mine]
        found = reports.find_people(connection, 1, email="OLD@example.com ").rows
        assert [row.person_id for row in found] == [ada]
        assert found[0].emails == ["ada@example.com", "old@example.com"]
        assert reports.count_people(connection, 1, 0).identified == 1

    def test_unknown_person_is_none(self, connection: sa.Connection) -> None:
        assert reports.person_events(connection, 1, 4711) is None
        assert reports.get_person(connection, 1, 4711) is None

    def test_another_site_sees_nothing(self, world: World, connection: sa.Connection) -> None:
        ada = world.person("ada@example.com")
        world.event(world.device("x").asserted(ada))
        assert reports.person_events(connection, 2, ada) is None
        assert reports.get_person(connection, 2, ada) is None
        assert reports.get_visitor(connection, 2, "x") is None
        assert reports.activity(connection, 2, "identified").rows == []
        assert list(export.export_events(connection, 2)) == []

    @pytest.mark.parametrize("limit", [1, 2, 7, 500])
    def test_paging_over_many_streams_gives_every_event_once(self, world: World, connection: sa.Connection, limit: int) -> None:
        ada = world.person("ada@example.com")
        sent = []
        for number in range(60 if limit == 7 else 5):
            device = world.device(f"x{number}")
            anonymous, asserted = device.anonymous(ada), device.asserted(ada)
            sent += [world.event(anonymous, at=day(1)) for _ in range(2)]
            sent += [world.event(asserted, at=day(number % 3)) for _ in range(2)]
        rows = all_pages(lambda cursor: _timeline(connection, ada, limit, cursor))
        assert sorted(row.message_id for row in rows) == sorted(sent)
        assert [row.ts for row in rows] == sorted((row.ts for row in rows), reverse=True)


def _timeline(connection: sa.Connection, person: int, limit: int, cursor: str | None) -> Page[reports.EventRow]:
    page = reports.person_events(connection, 1, person, limit=limit, cursor=cursor)
    assert page is not None
    return page


class TestVisitor:
    def test_merged_visitor_keeps_its_page(self, world: World, connection: sa.Connection) -> None:
        ada = world.person("ada@example.com")
        phone = world.device("x")
        stream = phone.anonymous(ada, since=day(-60), claimed_at=day(30))
        first = world.event(stream, at=day(1))
        world.event(phone.asserted(ada), at=day(31))
        visitor = reports.get_visitor(connection, 1, "x")
        assert visitor is not None and visitor.mapped_to is not None
        assert (visitor.mapped_to.person_id, visitor.mapped_to.label) == (ada, "ada@example.com")
        assert (visitor.merged_at, visitor.since, visitor.attributed) == (day(30), day(-60), 1)
        assert messages(reports.visitor_events(connection, 1, "x")) == [first]

    def test_anonymous_visitor_maps_to_nobody(self, world: World, connection: sa.Connection) -> None:
        world.event(world.device("x").anonymous(), at=day(1))
        visitor = reports.get_visitor(connection, 1, "x")
        assert visitor is not None
        assert (visitor.mapped_to, visitor.merged_at, visitor.first_seen_at) == (None, None, day(1))

    def test_only_an_id_never_seen_is_unknown(self, world: World, connection: sa.Connection) -> None:
        world.device("known")
        world.device("u-1", virtual=True)
        assert reports.get_visitor(connection, 1, "known") is not None
        assert reports.get_visitor(connection, 1, "never") is None
        assert reports.get_visitor(connection, 1, "\x1fuser:u-1") is None
        assert reports.get_visitor(connection, 1, "a\x00b") is None
        assert reports.visitor_events(connection, 1, "never").rows == []


class TestPeople:
    def test_find_by_each_name_and_by_all_of_them(self, world: World, connection: sa.Connection) -> None:
        ada = world.person("Ada@Example.com", "u-1", {"plan": {"v": "pro", "at": day(1), "by": "identify", "event": "m"}})
        world.device("x").anonymous(ada)
        for name, value in (("email", "ada@example.com"), ("user_id", "u-1"), ("anonymous_id", "x")):
            assert [row.person_id for row in find_by(connection, name, value)] == [ada]
        assert reports.find_people(connection, 1, email="ada@example.com", user_id="u-2").rows == []
        row = reports.find_people(connection, 1, email="ada@example.com", user_id="u-1").rows[0]
        assert (row.label, row.emails, row.user_ids) == ("Ada@Example.com", ["Ada@Example.com"], ["u-1"])
        assert row.anonymous_ids == ["x"]
        assert (row.fields["plan"].value, row.fields["plan"].by) == ("pro", "identify")

    @pytest.mark.parametrize("value", ["nobody", "", "a\x00b", "x' OR 1=1 --", "%"])
    def test_unknown_names_find_nobody(self, world: World, connection: sa.Connection, value: str) -> None:
        world.person("ada@example.com", "u-1")
        for name in ("email", "user_id", "anonymous_id"):
            assert find_by(connection, name, value) == []

    @pytest.mark.parametrize("limit", [1, 2, 3, 50])
    def test_list_is_newest_seen_first_and_complete(self, world: World, connection: sa.Connection, limit: int) -> None:
        seen = [day(1), day(3), None, day(3), None, day(2)]
        made = [world.person(f"{number}@example.com", seen=at) for number, at in enumerate(seen)]
        rows = all_pages(lambda cursor: reports.find_people(connection, 1, limit=limit, cursor=cursor))
        assert [row.person_id for row in rows] == [made[n] for n in (3, 1, 5, 0, 4, 2)]

    def test_tags_that_were_removed_are_not_shown(self, world: World, connection: sa.Connection) -> None:
        ada = world.person("a@example.com", tags={"vip": {"on": True, "at": 1}, "trial": {"on": False, "at": 2}})
        found = reports.get_person(connection, 1, ada)
        assert found is not None and found.tags == ["vip"]

    def test_a_person_without_names_is_not_identified(self, world: World, connection: sa.Connection) -> None:
        world.person()
        world.person("ada@example.com", "u-1")
        assert reports.count_people(connection, 1, 0).identified == 1


class TestActivity:
    def test_a_merge_moves_events_to_the_other_tab(self, world: World, connection: sa.Connection) -> None:
        ada = world.person("ada@example.com")
        stream = world.device("x").anonymous(ada, since=day(0), claimed_at=day(2))
        world.event(stream, at=day(-1))
        moved = world.event(stream, at=day(1))
        world.log("anonymous_merge", stream, ada, at=day(2), detail={"since": day(0), "strength": 30})
        anonymous = reports.activity(connection, 1, "anonymous").rows
        assert [row.event.ts for row in anonymous if row.event] == [day(-1)]
        merge, event = reports.activity(connection, 1, "identified").rows
        assert merge.log is not None and merge.log.person is not None
        assert (merge.log.op, merge.log.events, merge.log.since) == ("anonymous_merge", 1, day(0))
        assert (merge.log.anonymous_id, merge.log.person.label, merge.log.overridden) == ("x", "ada@example.com", False)
        assert event.event is not None and event.person is not None
        assert (event.event.message_id, event.event.was_anonymous, event.person.person_id) == (moved, True, ada)

    def test_a_merge_of_nothing_is_not_shown(self, world: World, connection: sa.Connection) -> None:
        ada = world.person("ada@example.com")
        stream = world.device("x").anonymous(ada, since=day(5), claimed_at=day(9))
        world.event(stream, at=day(1))
        world.log("anonymous_merge", stream, ada, at=day(9))
        assert reports.activity(connection, 1, "identified").rows == []

    def test_refused_merges_and_illegal_ids_are_shown(self, world: World, connection: sa.Connection) -> None:
        ada, bob = world.person("ada@example.com"), world.person("bob@example.com")
        stream = world.device("x").anonymous(ada)
        world.log("merge_refused", stream, bob, ada, at=day(3), detail={"reason": "claimed_by_another"})
        world.log("illegal_id", stream, at=day(4), detail={"value": "null"})
        illegal, refused = reports.activity(connection, 1, "identified").rows
        assert illegal.log is not None and illegal.log.person is None and illegal.log.detail == {"value": "null"}
        assert refused.log is not None and refused.log.person is not None and refused.log.other is not None
        assert (refused.log.person.label, refused.log.other.label) == ("bob@example.com", "ada@example.com")
        assert reports.activity(connection, 1, "anonymous").rows == []

    def test_a_stronger_claim_is_said_at_the_entry_that_it_overrode(self, world: World, connection: sa.Connection) -> None:
        ada, bob = world.person("ada@example.com"), world.person("bob@example.com")
        stream = world.device("x").anonymous(bob, claimed_at=day(3))
        world.event(stream, at=day(1))
        world.log("anonymous_merge", stream, ada, at=day(2))
        world.log("anonymous_merge", stream, bob, ada, at=day(3))
        logs = [row.log for row in reports.activity(connection, 1, "identified").rows if row.log]
        assert [entry.overridden for entry in logs] == [False, True]

    @pytest.mark.parametrize("limit", [1, 2, 3, 100])
    def test_paging_interleaves_both_lists_once(self, world: World, connection: sa.Connection, limit: int) -> None:
        ada = world.person("ada@example.com")
        stream = world.device("x").asserted(ada)
        for number in range(9):
            world.event(stream, at=day(number // 3))
            world.log("illegal_id", stream, at=day(number // 2))
        rows = all_pages(lambda cursor: reports.activity(connection, 1, "identified", limit=limit, cursor=cursor))
        assert len(rows) == 18
        assert len({row.event.message_id for row in rows if row.event}) == 9
        assert [row.at for row in rows] == sorted((row.at for row in rows), reverse=True)

    def test_a_rare_tab_is_searched_block_by_block(self, world: World, connection: sa.Connection) -> None:
        ada = world.person("ada@example.com", into=world.person("eve@example.com"))
        hers = world.event(world.device("y").asserted(ada), at=day(0))
        write_many_anonymous(world)
        page = reports.activity(connection, 1, "identified")
        assert [row.event.message_id for row in page.rows if row.event] == [hers]
        assert page.rows[0].person is not None and page.rows[0].person.person_id != ada
        assert page.rows[0].event is not None and page.rows[0].event.person_id == page.rows[0].person.person_id
        assert page.next is None

    @pytest.mark.parametrize("limit", [1, 3, 50])
    def test_a_page_stops_searching_and_the_next_goes_on(
        self, world: World, connection: sa.Connection, monkeypatch: pytest.MonkeyPatch, limit: int
    ) -> None:
        monkeypatch.setattr(import_module("collector.storage.reports.activity"), "SEARCHED_AT_MOST", 200)
        ada = world.person("ada@example.com")
        asserted = world.device("y").asserted(ada)
        write_many_anonymous(world)
        for number in (0, 1, 3, 900):
            world.event(asserted, at=day(number))
            world.log("illegal_id", asserted, at=day(number) + 1)
        first = reports.activity(connection, 1, "identified", limit=limit)
        assert len(first.rows) <= 2 and first.next is not None
        rows = all_pages(lambda cursor: reports.activity(connection, 1, "identified", limit=limit, cursor=cursor))
        assert [row.at for row in rows] == [day(n) + more for n in (900, 3, 1, 0) for more in (1, 0)]

    def test_counts_of_the_tabs(self, world: World, connection: sa.Connection) -> None:
        ada = world.person("ada@example.com")
        stream = world.device("x").anonymous(ada, since=day(2))
        for number in range(5):
            world.event(stream, at=day(number))
        assert reports.newest_of_tabs(connection, 1, 100) == {"identified": 3, "anonymous": 2}
        assert reports.newest_of_tabs(connection, 1, 2) == {"identified": 2, "anonymous": 0}
        assert reports.newest_of_tabs(connection, 9, 2) == {"identified": 0, "anonymous": 0}


class TestCounts:
    def test_totals_hours_and_reasons(self, world: World, connection: sa.Connection) -> None:
        world.hour(day(0), 10, 6, 2, 1, 1)
        world.hour(day(1), 5, 5, 0, 0, 0)
        world.reason(day(0), "future_date", 1)
        world.reason(day(1), "future_date", 2)
        world.reason(day(1), "unknown_type", 1)
        total = reports.totals(connection, 1)
        assert (total.received, total.stored, total.duplicate, total.quarantined, total.refused) == (15, 11, 2, 1, 1)
        assert list(reports.reasons(connection, 1).items()) == [("future_date", 3), ("unknown_type", 1)]
        rows = all_pages(lambda cursor: reports.hours(connection, 1, limit=1, cursor=cursor))
        assert [row.hour for row in rows] == [day(1), day(0)]
        assert reports.totals(connection, 2).received == 0

    def test_quarantine_is_paged_newest_first(self, world: World, connection: sa.Connection) -> None:
        for number in range(5):
            world.quarantined("malformed_json", b"{\xff", at=day(number // 2))
        rows = all_pages(lambda cursor: reports.recent_quarantine(connection, 1, limit=2, cursor=cursor))
        assert [row.received_at for row in rows] == [day(2), day(1), day(1), day(0), day(0)]
        assert len({row.quarantine_id for row in rows}) == 5

    def test_span_of_what_was_received(self, world: World, connection: sa.Connection) -> None:
        stream = world.device("x").anonymous()
        for number in (3, 1, 2):
            world.event(stream, at=day(number))
        assert reports.received_span(connection, 1) == reports.Span(day(1), day(3))
        assert reports.received_span(connection, 2) == reports.Span(None, None)


@pytest.mark.parametrize("cursor", ["%%%", "e30", "WzFd", "WzEsMiwzXQ", "W251bGxd", "a" * 5000, "é", "WzFlOTksMV0"])
def test_a_cursor_of_another_list_is_refused(connection: sa.Connection, cursor: str) -> None:
    with pytest.raises(BadParameter):
        reports.activity(connection, 1, "identified", cursor=cursor)


def test_a_cursor_beyond_64_bits_is_refused(connection: sa.Connection) -> None:
    from collector.storage.reports import cursors

    with pytest.raises(BadParameter):
        reports.find_people(connection, 1, cursor=cursors.encode((2**70, 1)))


class TestExport:
    def test_export_gives_everything_once_with_resolved_people(
        self, world: World, connection: sa.Connection, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(export, "_AT_ONCE", 2)
        ada = world.person("ada@example.com", "u-1", {"plan": {"v": "pro", "at": 1, "by": "api", "event": "m"}})
        world.person("bob@example.com")
        world.person("old@example.com", into=ada)
        stream = world.device("x").anonymous(ada, since=day(1))
        sent = [world.event(stream, at=day(number % 3), properties={"n": number}) for number in range(7)]
        rows = list(export.export_events(connection, 1))
        assert sorted(row.message_id for row in rows) == sorted(sent)
        assert {row.person_id for row in rows if row.ts >= day(1)} == {ada}
        assert all(row.was_anonymous for row in rows)
        assert sum(row.person_id is None for row in rows) == 3
        people = list(export.export_people(connection, 1))
        assert [row.emails for row in people] == [["ada@example.com", "old@example.com"], ["bob@example.com"]]
        assert {key: field.value for key, field in people[0].fields.items()} == {"plan": "pro"}


@pytest.mark.stores("sqlite")
class TestQueryPlans:
    """Indexes that keep these questions cheap are used; a plan that scans a table fails here."""

    def test_no_query_scans_the_events(self, world: World) -> None:
        ada = world.person("ada@example.com")
        device = world.device("x")
        for _ in range(3):
            world.event(device.asserted(ada) if _ == 0 else device.anonymous(ada, epoch=_))
        for plan in self._plans(world, lambda c: reports.person_events(c, 1, ada, cursor=None)):
            assert not plan.startswith("SCAN event"), plan
        for plan in self._plans(world, lambda c: reports.identities(c, 1, ada)):
            assert not plan.startswith(("SCAN event", "SCAN stream")), plan
        for plan in self._plans(world, lambda c: reports.activity(c, 1, "anonymous")):
            assert not plan.startswith("SCAN event") or "event_recent" in plan, plan

    def _plans(self, world: World, ask: Callable[[sa.Connection], object]) -> list[str]:
        asked: list[tuple[str, Any]] = []
        with world.store.read() as connection:
            sa.event.listen(connection.engine, "before_cursor_execute", lambda *a: asked.append((a[2], a[3])), once=False)
            ask(connection)
            raw = connection.connection.cursor()
            plans = []
            for statement, parameters in list(asked):
                raw.execute("EXPLAIN QUERY PLAN " + statement, parameters)
                plans += [row[3] for row in raw.fetchall()]
        return plans


def test_every_table_of_the_read_side_exists() -> None:
    assert {"event", "stream", "person"} <= set(tables.metadata.tables)
