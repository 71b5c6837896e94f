"""Receiver: one request from bytes to receipt, with a fake journal and sites: site, refusals, what is kept."""

from __future__ import annotations

import asyncio
import gzip
import json

import msgspec
import pytest

from collector.domain.events import Draft, Flag, Proof
from collector.domain.sites import Site
from collector.errors import (
    BadBody,
    ConflictingKeys,
    MissingKey,
    OriginRefused,
    PasserbyError,
    TooLarge,
    Unavailable,
    UnknownKey,
)
from collector.ingest.context import RequestContext
from collector.ingest.pipeline import Pipeline
from collector.ingest.receive import Incoming, Received, Receiver
from collector.ingest.wire import SEGMENT, RawEvent
from collector.ports import Receipt, Submission

SHOP = Site(1, "uuid-1", "shop", "wk_1", "pk_1", "sk_1", "prefix1", "s", domains=("shop.test",))
OTHER = Site(2, "uuid-2", "other", "wk_2", "pk_2", "sk_2", "prefix2", "s")
EVENT = {"type": "track", "event": "e", "anonymousId": "a"}


class Sites:
    def __init__(self, *sites: Site) -> None:
        self.sites = sites
        self.known = self

    def _by(self, name: str, key: str) -> Site | None:
        return next((site for site in self.sites if getattr(site, name) == key), None)

    def by_write_key(self, key: str) -> Site | None:
        return self._by("write_key", key)

    def by_secret(self, key: str) -> Site | None:
        return self._by("secret_hash", key)


class Journal:
    def __init__(self) -> None:
        self.submitted: list[Submission] = []
        self.refused: list[tuple[int, int]] = []
        self.away = False

    async def submit(self, submission: Submission) -> Receipt:
        if self.away:
            raise Unavailable
        self.submitted.append(submission)
        return Receipt(stored=len(submission.events), quarantined=submission.quarantined)

    def refuse(self, site_id: int, count: int = 1) -> None:
        self.refused.append((site_id, count))


class Bench:
    def __init__(self, *sites: Site) -> None:
        self.journal = Journal()
        self.receiver = Receiver(Sites(*(sites or (SHOP, OTHER))), Pipeline(), self.journal, lambda: 1_795_320_000_000_000)

    def receive(self, body: object = None, **incoming: object) -> Received | PasserbyError:
        text = body if isinstance(body, bytes) else json.dumps({"batch": [EVENT]} if body is None else body).encode()
        try:
            return asyncio.run(self.receiver.receive(Incoming(**incoming), text, SEGMENT))  # type: ignore[arg-type]
        except PasserbyError as error:
            return error


def test_site_of_a_request() -> None:
    bench = Bench()
    for incoming in ({"keys": ("wk_1",)}, {"keys": ("wk_1", "wk_1")}, {"keys": ("wk_1",), "prefix_site": SHOP}):
        received = bench.receive(**incoming)
        assert isinstance(received, Received)
        assert received.site is SHOP
    assert isinstance(bench.receive({"batch": [EVENT], "writeKey": "wk_2"}), Received)
    assert [submission.site.site_id for submission in bench.journal.submitted] == [1, 1, 1, 2]


@pytest.mark.parametrize(
    ("body_key", "incoming", "error"),
    [
        (None, {}, MissingKey), (None, {"keys": ("wk_9",)}, UnknownKey), (None, {"keys": ("pk_1",)}, UnknownKey),
        (None, {"keys": ("wk_1", "wk_2")}, ConflictingKeys), ("wk_2", {"keys": ("wk_1",)}, ConflictingKeys),
        (None, {"keys": ("wk_1",), "prefix_site": OTHER}, ConflictingKeys),
    ],
)  # fmt: skip
def test_refused_requests(body_key: str | None, incoming: dict[str, object], error: type[PasserbyError]) -> None:
    bench = Bench()
    body = {"batch": [EVENT], **({"writeKey": body_key} if body_key else {})}
    assert isinstance(bench.receive(body, **incoming), error)
    assert bench.journal.submitted == []


def test_proof() -> None:
    bench = Bench()
    bench.receive(keys=("wk_1",))
    bench.receive(keys=("sk_1",))
    assert [submission.events[0].asserted.strength for submission in bench.journal.submitted] == [
        Proof.ASSERTED,
        Proof.VERIFIED,
    ]


def test_own_origins() -> None:
    strict = msgspec.structs.replace(SHOP, only_own_origins=True)
    bench = Bench(strict)
    for host, accepted in ((None, True), ("www.shop.test", True), ("evil.test", False), ("", False), ("evilshop.test", False)):
        answer = bench.receive(keys=("wk_1",), origin_host=host)
        assert isinstance(answer, Received if accepted else OriginRefused), host
        in_body = bench.receive({"batch": [EVENT], "writeKey": "wk_1"}, origin_host=host)
        assert isinstance(in_body, Received if accepted else OriginRefused), "wherever the key is"
    assert len(bench.journal.refused) == 6, "each refusal is counted"


def test_an_unreadable_body_is_kept_for_its_site() -> None:
    bench = Bench()
    assert isinstance(bench.receive(b"hello", keys=("wk_1",)), BadBody)
    assert isinstance(bench.receive(b"hello", prefix_site=OTHER), BadBody)
    kept = [
        (submission.site.site_id, submission.received, submission.quarantined[0].body) for submission in bench.journal.submitted
    ]
    assert kept == [(1, 1, b"hello"), (2, 1, b"hello")]
    assert isinstance(bench.receive(b"hello"), BadBody), "nobody's: not kept"
    assert isinstance(bench.receive(b"hello", keys=("wk_9",)), UnknownKey)
    assert isinstance(bench.receive(b"hello", keys=("wk_1", "wk_2")), PasserbyError), "two keys: nobody's either"
    assert len(bench.journal.submitted) == 2


def test_too_large_is_counted() -> None:
    bench = Bench()
    assert isinstance(bench.receive(b"x" * 600_000, keys=("wk_1",)), TooLarge)
    assert bench.journal.refused == [(1, 1)]


def test_receipt_only_after_the_commit() -> None:
    bench = Bench()
    bench.journal.away = True
    assert isinstance(bench.receive(keys=("wk_1",)), Unavailable)
    assert isinstance(bench.receive(b"hello", keys=("wk_1",)), Unavailable), "an unreadable body is kept, or sent again"


def test_the_anonymous_id_that_was_used_last() -> None:
    bench = Bench()
    received = bench.receive(
        {
            "batch": [
                {**EVENT, "anonymousId": "x"},
                {**EVENT, "anonymousId": "y"},
                {**EVENT, "userId": "u", "anonymousId": None},
            ]
        },
        keys=("wk_1",),
    )
    assert isinstance(received, Received)
    assert received.anonymous_id == "y"


def test_an_unreadable_body_is_kept_without_its_tokens() -> None:
    bench = Bench()
    for body in (b'{"token":"eyJ.secret', gzip.compress(b'{"token":"eyJ.secret')):
        assert isinstance(bench.receive(body, keys=("wk_1",)), BadBody)
        assert bench.journal.submitted[-1].quarantined[0].body == '{"token":"…"'.encode()


def test_a_known_bot_is_told() -> None:
    def put_bot(raw: RawEvent, event: Draft, request: RequestContext) -> None:
        event.flags |= Flag.BOT if raw.event == "crawl" else 0

    bench = Bench()
    bench.receiver.pipeline = Pipeline(enrichers=(put_bot,))
    for names, is_bot in ((["e"], False), (["crawl"], True), (["crawl", "e"], True), ([], False)):
        received = bench.receive({"batch": [{**EVENT, "event": name} for name in names]}, keys=("wk_1",))
        assert isinstance(received, Received)
        assert received.is_bot == is_bot
