"""Scrubbing: a deletion leaves nothing in the files, in any place where a person's data can be."""

from __future__ import annotations

import gzip
import json
import random
import re
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from collector.storage import tables
from collector.storage.doctor import examine
from collector.storage.engine import Store, sqlite_url
from collector.storage.operations import deletion, jobs, kinds, scrubbing
from tests.support.app import App
from tests.support.sqlite import pysqlite3
from tests.unit.scenarios.story import Story
from tests.unit.scenarios.test_domains import handoff

MARKERS = 1_000
MARKER = re.compile(rb"mrk[0-9a-f]{12}", re.IGNORECASE)


class Marked:
    """Person all of whose data carry a marker that nothing else in the store has, among other people."""

    def __init__(self, app: App, seed: int = 1) -> None:
        self.app, self.story, self.random = app, Story(app), random.Random(seed)
        self.story.site(cross_domain=True, domains=("shop.test", "blog.test"))
        self.made = 0
        self.user, self.email = self.mark(), f"{self.mark()}@word.io"
        self.devices = [self.mark() for _ in range(12)]

    def mark(self) -> str:
        self.made += 1
        return f"mrk{self.random.getrandbits(48):012x}"

    def noise(self, times: int = 1) -> None:
        for _ in range(times):
            name = f"{self.random.getrandbits(64):016x}"
            self.story.identify(name, f"u-{name}", email=f"{name}@other.io", traits={"note": "x" * self.random.randrange(200)},
                                messageId=f"n-{name}", account="acme")  # fmt: skip

    def lives(self) -> None:
        """Live through all that the browser, the site's server, and strangers can say of them."""
        story, mark = self.story, self.mark
        here, there = mark(), mark()
        story.identify(here, traits={"note": mark()}, messageId=mark())
        story.open(there, handoff(story, here), messageId=mark())
        story.identify(there, self.user, messageId=mark())
        for x in self.devices:
            story.open(x, f"https://shop.test/{mark()}?q={mark()}#{mark()}", messageId=mark(),
                       context={"userAgent": f"Mozilla/5.0 ({mark()})", "campaign": {"name": mark()}})  # fmt: skip
            self.noise(2)
            story.identify(x, self.user, email=self.email, traits={mark(): mark(), "city": mark()}, messageId=mark())
            story.track(x, self.user, properties={mark(): {"deep": [mark()]}}, name=mark(), messageId=mark())
            self.noise(2)
        story.server.track(None, self.user, properties={"note": mark()}, messageId=mark())
        story.server.identify(None, email=self.email, traits={"note": mark()}, messageId=mark())
        story.group("acme", self.devices[0], self.user, traits={"plan": "pro"}, messageId=mark())
        story.group(mark(), self.devices[0], self.user, traits={"note": mark()}, messageId=mark())
        story.identify(self.devices[0], self.user, actor="support", messageId=mark())
        story.open(mark(), story.link(self.email), messageId=mark())
        story.identify("shared", "other", messageId="o-1")
        story.identify("shared", self.user, messageId=mark())
        story.track("elsewhere", "other", messageId="o-2")
        while self.made < MARKERS - 100:
            x = self.random.choice(self.devices)
            told = [story.event("track", x, self.user, properties={"note": mark()}, messageId=mark()) for _ in range(10)]
            story.send(*told)
            self.noise()

    def is_quarantined(self) -> None:
        """Quarantine them in each shape of bad event, which names the person one way, beside its own words."""
        x, message = self.devices[2], self.mark()
        self.story.track(x, self.user, messageId=message)
        base: dict[str, Any] = {"type": 17, "anonymousId": x, "note": self.mark()}
        whole = json.dumps({**base, "note": self.mark()})
        bodies: list[Any] = [
            base, {"type": 17, "userId": self.user, "note": self.mark()},
            {"type": 17, "anonymousId": "who", "traits": {"email": self.email.upper()}, "note": self.mark()},
            {"type": "track", "event": "e", "anonymousId": x, "messageId": message, "note": self.mark()},
            {"type": 17, "anonymousId": "who", "properties": {"json": whole}},
            {"type": 17, "anonymousId": "who", "properties": {"json": json.dumps({"json": whole})}},
            {"type": 17, "anonymousId": "who", "url": f"https://x.io/?mail={self.email.replace('@', '%40')}&q={self.mark()}"},
        ]  # fmt: skip
        for body in bodies:
            assert self.app.batch(body).json["quarantined"], body
        key = {"x-write-key": "wk_golden"}
        cut = json.dumps({**base, "note": self.mark(), "type": "track"})[:-2].encode()
        assert self.app.request("POST", "/v1/batch", b'{"batch":[' + cut, key).status in (200, 400)
        packed = gzip.compress(json.dumps({"batch": [base]}).encode() + self.mark().encode())[:-4]
        assert self.app.request("POST", "/v1/batch", packed, key).status == 400
        self.app.request("POST", "/v1/batch", b"<no json> " + self.user.encode() + b" " + self.mark().encode(), key)


def everything_of(store: Store) -> Counter[str]:
    """table.column -> how many rows hold a marker."""
    found: Counter[str] = Counter()
    with store.read() as connection:
        for table in tables.metadata.sorted_tables:
            for row in connection.execute(sa.select(table)).mappings():
                for name, value in row.items():
                    text = bytes(value) if isinstance(value, bytes | memoryview) else str(value).encode()
                    found[f"{table.name}.{name}"] += bool(MARKER.search(text))
    return +found


def markers_in_files(folder: Path) -> dict[str, int]:
    """File -> markers in its bytes."""
    counts = {path.name: len(MARKER.findall(path.read_bytes())) for path in sorted(folder.rglob("*")) if path.is_file()}
    return {name: count for name, count in counts.items() if count}


def erase(app: App, person: str) -> list[jobs.JobRow]:
    store, key = app.installation.store, app.installation.tombstone_key
    told = deletion.delete_person(store, app.site, int(Story(app).id_of(person)), key, "t", app.clock())
    assert told.job_id is not None
    return list(kinds.run(store, app.site.site_id, told.job_id, app.clock, key))


PLACES = {
    "event.message_id", "event.name", "event.url", "event.anonymous_id", "event.user_id", "event.properties", "event.context",
    "device.owner", "device.joined", "stream.fields", "person.fields", "identifier.value", "identifier.display",
    "membership.account_id", "account.account_id", "account.fields", "identity_log.anonymous_id", "identity_log.detail",
    "quarantine.body",
}  # fmt: skip


@pytest.mark.stores("sqlite", "postgresql")
def test_a_thousand_markers_are_gone(app: App) -> None:
    """Markers in rows of every table; on SQLite also in the data directory's bytes, running and cleanly stopped."""
    marked = Marked(app)
    marked.noise(30)
    marked.lives()
    marked.is_quarantined()
    while marked.made < MARKERS:
        marked.story.track(marked.devices[0], marked.user, messageId=marked.mark())
    marked.noise(30)
    before, store = everything_of(app.installation.store), app.installation.store
    assert set(before) >= PLACES, PLACES - set(before)
    people = marked.story.people()
    done = erase(app, marked.user)
    assert (done[-1].state, done[-1].error) == ("done", None)
    assert everything_of(store) == {}
    assert marked.story.people() == people - {marked.user}
    if store.is_sqlite:
        assert markers_in_files(app.folder) == {}, "while it runs"
    marked.noise(5)
    assert [finding for finding in examine(store, app.folder) if finding.mend] == []
    app.installation.stop()
    assert markers_in_files(app.folder) == {}, "after a clean stop"


def test_scrubbing_without_secure_delete(app: App) -> None:
    """Data that an earlier version deleted without overwriting, or left in the free space of pages."""
    marked, path = Marked(app, seed=2), app.folder / "passerby.db"
    marked.noise(50)
    marked.lives()
    app.installation.store.close()
    with closing(pysqlite3.connect(str(path), isolation_level=None)) as connection:
        connection.execute("PRAGMA secure_delete=OFF")
        connection.execute("DELETE FROM event WHERE rowid % 3 = 0")
        connection.execute("DELETE FROM identifier WHERE rowid % 5 = 0 AND kind = 'email'")
        connection.execute("CREATE TABLE gone AS SELECT * FROM event")
        connection.execute("DROP TABLE gone")
    erase(app, marked.user)
    assert everything_of(app.installation.store) == {}
    assert markers_in_files(app.folder) == {}
    with closing(pysqlite3.connect(str(path))) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Store]:
    store = Store(sqlite_url(tmp_path))
    with store.write() as connection:
        tables.meta.create(connection)
        connection.exec_driver_sql("CREATE TABLE t (x TEXT PRIMARY KEY)")
    yield store
    store.close()


def fill(store: Store, rows: int = 3_000) -> None:
    with store.write() as connection:
        for number in range(rows):
            connection.exec_driver_sql(
                "INSERT OR IGNORE INTO t VALUES (?)", (f"{random.Random(number).getrandbits(64):016x}" * 4,)
            )


def test_scrubbing_leaves_every_row_and_page_whole(small: Store) -> None:
    """Random store, rows deleted and added at random: it holds the same rows, and SQLite finds no fault."""
    for seed in range(6):
        chance = random.Random(seed)
        fill(small, 200 * seed)
        with small.write() as connection:
            connection.exec_driver_sql("PRAGMA secure_delete=OFF")
            connection.exec_driver_sql("DELETE FROM t WHERE rowid % ? = 0", (chance.randrange(2, 5),))
        with small.read() as connection:
            before = connection.exec_driver_sql("SELECT * FROM t ORDER BY x").fetchall()
        assert scrubbing.scrub(small)
        with small.read() as connection:
            assert connection.exec_driver_sql("SELECT * FROM t ORDER BY x").fetchall() == before
            assert connection.exec_driver_sql("PRAGMA integrity_check").scalar() == "ok"


def test_a_reader_of_an_old_moment_is_waited_for(small: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """Log that a reader needs cannot be emptied: the job is not done, and is tried again."""
    monkeypatch.setattr(scrubbing, "TRIES", 2)
    fill(small, 100)
    with small.read() as reading:
        reading.exec_driver_sql("SELECT count(*) FROM t").scalar()
        with small.write() as connection:
            connection.exec_driver_sql("DELETE FROM t")
        assert not scrubbing.scrub(small)
        assert reading.exec_driver_sql("SELECT count(*) FROM t").scalar() == 100
    assert scrubbing.scrub(small)


def test_a_writer_is_waited_for(small: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scrubbing, "TRIES", 2)
    fill(small, 100)
    with small.write() as writing:
        writing.exec_driver_sql("DELETE FROM t")
        assert not scrubbing.scrub(small)
    assert scrubbing.scrub(small)


def test_connections_that_hold_an_old_page_do_not_write_it_again(small: Store) -> None:
    """Page in a writer's memory, free space and all, is read anew after it was overwritten."""
    fill(small, 50)
    with small.write() as connection:
        connection.exec_driver_sql("PRAGMA secure_delete=OFF")
        connection.exec_driver_sql("INSERT INTO t VALUES ('mrk000000000000')")
        connection.exec_driver_sql("DELETE FROM t WHERE x = 'mrk000000000000'")
    assert scrubbing.scrub(small)
    with small.write() as connection:
        connection.exec_driver_sql("INSERT INTO t VALUES ('another')")
    assert small.path is not None
    assert markers_in_files(small.path.parent) == {}


def test_a_store_in_memory_has_no_file() -> None:
    store = Store("sqlite://")
    assert store.path is None
    assert scrubbing.scrub(store)
    store.close()
