"""First and last touch: the first page view, the newest with a campaign; at the same price for any history."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from alembic import command

from collector.domain.events import Flag
from collector.storage import reports, setup, tables
from collector.storage.engine import Store, sqlite_url
from collector.storage.reports import Touch, Touches
from collector.storage.reports.touches import EARLIEST
from tests.unit.storage.world import Stream, World, day

pytestmark = pytest.mark.stores("sqlite", "postgresql")

SPRING, SUMMER = {"source": "mail", "name": "spring"}, {"gclid": "x1"}


def view(
    world: World, stream: Stream, at: int, campaign: Any = None, referrer: Any = None, type: str = "page", **more: Any
) -> None:
    context = {"campaign": campaign} if campaign else {}
    page = {"page": {"referrer": referrer}} if referrer is not None else {}
    flags = Flag.CAMPAIGN if campaign and type == "page" else 0
    world.event(stream, type, at=at, url=f"https://shop.test/{at}", context={**context, **page}, flags=flags, **more)


def touch(at: int, campaign: Any = None, referrer: str | None = None) -> Touch:
    return Touch(at, f"https://shop.test/{at}", referrer, campaign)


def of_person(world: World, person: int) -> Touches:
    with world.store.read() as connection:
        return reports.people_touches(connection, world.site_id, [person])[person]


def of_visitor(world: World, anonymous_id: str) -> Touches:
    with world.store.read() as connection:
        return reports.visitor_touches(connection, world.site_id, anonymous_id)


def test_touches_over_all_devices_and_merged_people(world: World) -> None:
    """Touches over two devices, a merged person, and what came after the log-in."""
    ada = world.person("ada@example.com")
    former = world.person("ada@work.test", into=ada)
    phone, laptop = world.device("phone"), world.device("laptop")
    view(world, phone.anonymous(ada), day(2), SPRING, "https://search.test/")
    view(world, laptop.anonymous(former), day(1), referrer="https://blog.test/post")
    known = laptop.asserted(former)
    view(world, known, day(3), SUMMER)
    view(world, known, day(4), referrer="https://other.test/")
    view(world, known, day(5), SPRING, type="track")
    assert of_person(world, ada) == Touches(touch(day(1), None, "https://blog.test/post"), touch(day(3), SUMMER))
    assert of_visitor(world, "phone") == Touches(*[touch(day(2), SPRING, "https://search.test/")] * 2)
    assert of_visitor(world, "laptop") == Touches(touch(day(1), None, "https://blog.test/post"), None)


def test_touches_only_of_the_timeline(world: World) -> None:
    """Events before the reach of a claim are the visitor's, not the person's."""
    ada = world.person("ada@example.com")
    phone = world.device("phone").anonymous(ada, since=day(2))
    view(world, phone, day(1), SPRING)
    view(world, phone, day(3))
    assert of_person(world, ada) == Touches(touch(day(3)), None)
    assert of_visitor(world, "phone") == Touches(touch(day(1), SPRING), touch(day(1), SPRING))


def test_touches_of_nobody_are_none(world: World) -> None:
    ada = world.person("ada@example.com")
    world.event(world.device("phone").anonymous(ada), "track", "e")
    assert of_person(world, ada) == of_visitor(world, "phone") == of_visitor(world, "never seen") == Touches()
    with world.store.read() as connection:
        assert reports.people_touches(connection, world.site_id, []) == {}


@pytest.mark.parametrize("odd", ["text", [], 7, {"referrer": 7}, {"referrer": ""}, {}])
def test_odd_context_does_no_harm(world: World, odd: Any) -> None:
    stream = world.device("phone").anonymous()
    world.event(stream, at=day(1), context={"page": odd, "campaign": odd}, flags=Flag.CAMPAIGN)
    found = of_visitor(world, "phone")
    assert found.first is not None
    assert (found.first.ts, found.first.url, found.first.referrer) == (day(1), None, None)


def test_the_referrer_of_other_clients(world: World) -> None:
    """Referrer of Segment's servers: in the page's properties."""
    world.event(world.device("phone").anonymous(), at=day(1), properties={"referrer": "https://search.test/"})
    found = of_visitor(world, "phone").first
    assert found is not None
    assert found.referrer == "https://search.test/"


def test_touches_at_the_same_moment(world: World) -> None:
    stream = world.device("phone").anonymous()
    view(world, stream, day(1), message_id="a")
    view(world, stream, day(1), SPRING, message_id="b")
    assert of_visitor(world, "phone") == Touches(touch(day(1)), touch(day(1), SPRING))


def test_touches_look_at_the_earliest_events_only(world: World) -> None:
    """Streams of servers may hold no page view: only their earliest events are looked at."""
    near, far = world.device("near").anonymous(), world.device("far").anonymous()
    for stream, others in ((near, EARLIEST - 1), (far, EARLIEST)):
        for number in range(others):
            world.event(stream, "track", "e", at=day(1) + number)
        view(world, stream, day(2), SPRING)
    assert of_visitor(world, "near") == Touches(touch(day(2), SPRING), touch(day(2), SPRING))
    assert of_visitor(world, "far") == Touches(None, touch(day(2), SPRING))


def plans(world: World, person: int) -> str:
    """Query plans of the store for the touches of a person."""
    asked: list[tuple[str, Any]] = []

    def note(_: Any, __: Any, statement: str, parameters: Any, ___: Any, ____: Any) -> None:
        if not statement.startswith("BEGIN"):
            asked.append((statement, parameters))

    with world.store.read() as connection:
        sa.event.listen(connection, "before_cursor_execute", note)
        reports.people_touches(connection, world.site_id, [person])
        sa.event.remove(connection, "before_cursor_execute", note)
        if not world.store.is_sqlite:
            connection.exec_driver_sql("SET enable_seqscan = off")  # in a store so small it would read everything
        explain = "EXPLAIN QUERY PLAN " if world.store.is_sqlite else "EXPLAIN "
        return "\n".join(
            str(row) for statement, parameters in asked for row in connection.exec_driver_sql(explain + statement, parameters)
        )


def test_query_plans(world: World) -> None:
    """Query plans: events by the two stream indexes, never all read."""
    ada = world.person("ada@example.com")
    view(world, world.device("phone").anonymous(ada), day(1), SPRING)
    found = plans(world, ada)
    assert "event_campaign" in found
    assert "event_stream" in found
    assert not any(scan in found for scan in ("SCAN event", "Seq Scan on event"))


def test_views_stored_before_there_was_the_flag(tmp_path: Path, bare_url: str | None) -> None:
    contexts = {"a": '{"campaign":{"name":"spring"}}', "b": '{"campaign":{}}', "c": '{"campaign":"text"}', "d": "{}"}
    store = Store(bare_url or sqlite_url(tmp_path))
    with store.write() as connection:
        command.upgrade(setup._alembic(connection), "0002")
        insert = (
            "INSERT INTO event (site_id, device_id, message_id, stream_id, ts, received_at, type, properties, context, flags, "
            "fingerprint) VALUES (1, 1, :id, 1, 1, 1, :type, '{}', CAST(:context AS {type}), 1, :fingerprint)"
        ).replace("{type}", "TEXT" if store.is_sqlite else "JSONB")
        for type in ("page", "track"):
            for name, context in contexts.items():
                row = {"id": type + name, "type": type, "context": context, "fingerprint": b""}
                connection.execute(sa.text(insert), row)
    setup.migrate(store)
    with store.read() as connection:
        event = tables.event.c
        rows = connection.execute(sa.select(event.message_id, event.flags).where(event.flags != 1)).all()
    store.close()
    assert [tuple(row) for row in rows] == [("pagea", 1 | Flag.CAMPAIGN)]
