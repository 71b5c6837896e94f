"""Poison, a request that cannot be stored: what is at fault ends alone in the quarantine, an outage in a 503."""

from __future__ import annotations

import random
from typing import Any

import psycopg
import pytest
import sqlalchemy as sa

from collector.domain.events import Reason
from collector.errors import PasserbyError, Unavailable
from collector.ports import Receipt, Submission
from collector.storage.write import journal as journal_module
from collector.storage.write.apart import MOST_TRIES, commit_apart
from collector.storage.write.commit import commit_group
from tests.support.app import App
from tests.unit.storage.write.test_journal import Bench, made

pytestmark = pytest.mark.stores("sqlite", "postgresql")

POISON: dict[str, dict[str, Any]] = {
    "lone surrogate": {"url": "\ud800"},
    "number": {"flags": 2**70},
    "object": {"flags": object()},
    "nothing where something is needed": {"fingerprint": None},
}
"""Values that no column takes, past all steps."""


def poisoned(name: str) -> dict[str, Any]:
    return {name: {**POISON[name]}}[name]


@pytest.mark.parametrize("name", POISON)
@pytest.mark.parametrize("place", [0, 7, 19])
def test_poison_in_a_batch(app: App, name: str, place: int) -> None:
    """Poison anywhere among twenty: nineteen are stored, and in the other request of the group all."""
    bench = Bench(app)
    bench.journal.start()
    whole = bench.submission(*(f"m{number}" for number in range(20)), bad=1)
    whole.events[place] = made(app, "poison", **poisoned(name))
    receipt = _submitted(bench, whole)
    assert isinstance(receipt, Receipt), receipt
    assert (receipt.stored, receipt.duplicate) == (19, 0)
    assert sorted((bad.reason, bad.message_id) for bad in receipt.quarantined) == [
        (Reason.PROCESSING_ERROR, "poison"), (Reason.UNKNOWN_TYPE, None),
    ]  # fmt: skip
    assert bench.stored() == {event.message_id for event in whole.events} - {"poison"}
    assert isinstance(_submitted(bench, bench.submission("next")), Receipt)
    bench.journal.stop()
    assert app.assert_conserved()["received"] == 22


def test_poison_beyond_most_tries(app: App) -> None:
    """Tries past MOST_TRIES: the rest of the request is set aside; nothing of it is lost or counted twice."""
    tries = []

    def refusing(part: Submission) -> Receipt:
        tries.append(len(part.events))
        if part.events:
            raise ValueError("our own")
        return Receipt(quarantined=part.quarantined)

    bench = Bench(app)
    receipt = commit_apart(bench.submission(*(f"m{number}" for number in range(2_000))), refusing)
    assert len(receipt.quarantined) == 2_000
    assert len({bad.message_id for bad in receipt.quarantined}) == 2_000
    assert sum(bool(size) for size in tries) <= 2 * MOST_TRIES


# -- errors of the store, provoked behind the driver's back ----------------------------------------------------------------

OUTAGES: dict[str, Exception] = {
    "a prepared statement is lost": psycopg.errors.InvalidSqlStatementName("prepared statement does not exist"),
    "a prepared statement is there": psycopg.errors.DuplicatePreparedStatement("exists"),
    "the plan is old": psycopg.errors.FeatureNotSupported("cached plan must not change result type"),
    "shut down": psycopg.errors.AdminShutdown("terminating connection"),
    "cancelled": psycopg.errors.QueryCanceled("statement timeout"),
    "serialization": psycopg.errors.SerializationFailure("could not serialize"),
    "deadlock": psycopg.errors.DeadlockDetected("deadlock"),
    "too many": psycopg.errors.TooManyConnections("too many clients"),
    "a standby": psycopg.errors.ReadOnlySqlTransaction("read-only transaction"),
    "the disk is full": psycopg.errors.DiskFull("no space left"),
    "an aborted transaction": psycopg.errors.InFailedSqlTransaction("aborted"),
    "no rights": psycopg.errors.InsufficientPrivilege("permission denied"),
    "no table": psycopg.errors.UndefinedTable("does not exist"),
    "password": psycopg.errors.InvalidPassword("no"),
    "input and output": psycopg.errors.IoError("could not read block"),
    "corrupted": psycopg.errors.DataCorrupted("invalid page"),
    "closed": psycopg.InterfaceError("the connection is closed"),
    "no answer": psycopg.OperationalError("the server has not answered in time"),
}


@pytest.mark.parametrize("name", OUTAGES)
def test_an_outage_is_never_answered_200(app: App, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """Outage, whatever class the error has: 503, nothing set aside; and when it is over, the same bytes are stored."""
    bench, error = Bench(app), OUTAGES[name]

    def away(*_: Any) -> list[Receipt]:
        raise sa.exc.DBAPIError.instance("INSERT", {}, error, (psycopg.Error,))  # type: ignore[call-overload]

    bench.journal.start()
    with monkeypatch.context() as patch:
        patch.setattr(journal_module, "commit_group", away)
        assert isinstance(_submitted(bench, bench.submission("m1", "m2")), Unavailable)
    assert isinstance(_submitted(bench, bench.submission("m1", "m2")), Receipt)
    bench.journal.stop()
    assert (bench.stored(), app.quarantine()) == ({"m1", "m2"}, [])


@pytest.mark.parametrize("name", ["a prepared statement is lost", "serialization", "deadlock", "closed"])
def test_passing_error_is_tried_again(app: App, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    bench, error, left = Bench(app), OUTAGES[name], [2]

    def flaky(*arguments: Any) -> list[Receipt]:
        left[0] -= 1
        if left[0] >= 0:
            raise sa.exc.DBAPIError.instance("INSERT", {}, error, (psycopg.Error,))  # type: ignore[call-overload]
        return commit_group(*arguments)

    bench.journal.start()
    monkeypatch.setattr(journal_module, "commit_group", flaky)
    assert isinstance(_submitted(bench, bench.submission("m1")), Receipt)
    bench.journal.stop()
    assert bench.stored() == {"m1"}


def _submitted(bench: Bench, submission: Submission) -> Receipt | PasserbyError:
    import asyncio

    async def submit() -> Receipt | PasserbyError:
        try:
            return await bench.journal.submit(submission)
        except PasserbyError as error:
            return error

    return asyncio.run(submit())


# -- over HTTP: everything of a client's that reaches a column, and an index ------------------------------------------------

random.seed(12)
_LETTERS = [chr(code) for code in range(0x20000, 0x2A000)]
LONG = "".join(random.choices(_LETTERS, k=2_400))
"""9.6 KB, below the limit of an event also when escaped, that PostgreSQL's compression of index rows makes nothing smaller of."""
FULL = LONG[:255]

TEXTS = {
    "long": LONG, "longest": FULL, "with a NUL": "a\x00b", "half a pair": "a\ud800b", "long, with a control character": LONG + "\x07",
    "longest, with a control character": FULL[:254] + "\x07", "line": "a\nb", "empty": "", "number": 10**30, "list": ["a"],
}  # fmt: skip

PLACES: dict[str, Any] = {
    "messageId": lambda text: {"messageId": text},
    "anonymousId": lambda text: {"anonymousId": text},
    "userId": lambda text: {"type": "identify", "userId": text},
    "userId of a track": lambda text: {"userId": text},
    "email": lambda text: {"type": "identify", "userId": "u", "traits": {"email": f"{text}@x.io"}},
    "email alone": lambda text: {"type": "identify", "traits": {"email": f"{text}@x.io"}},
    "groupId": lambda text: {"type": "group", "groupId": text},
    "groupId of the context": lambda text: {"context": {"groupId": text}},
    "previousId": lambda text: {"type": "alias", "userId": "u", "previousId": text},
    "anonymousIds": lambda text: {"type": "identify", "userId": "u", "context": {"anonymousIds": [text, "b"]}},
    "actor": lambda text: {"type": "identify", "userId": FULL, "context": {"actor": text}},
    "event": lambda text: {"event": text},
    "timestamp": lambda text: {"timestamp": text},
    "url": lambda text: {"context": {"page": {"url": f"https://a.test/?utm_source={text}"}}},
    "a trait's name": lambda text: {"type": "identify", "userId": "u", "traits": {str(text): text}},
    "token": lambda text: {"type": "identify", "userId": FULL, "context": {"token": text, "userHash": text}},
    "handoff": lambda text: {"type": "page", "context": {"page": {"url": f"https://a.test/?passerby_handoff={text}"}}},
}


@pytest.mark.parametrize("verify", ["off", "required"])
def test_no_text_of_a_client_costs_its_neighbours(app: App, verify: str) -> None:
    """Texts in each place: 200, what is beside them is stored, and what is not stored has its reason."""
    from collector.storage.sites import find_site, set_settings

    set_settings(
        app.installation.store, find_site(app.installation.store, None).name, app.clock.now, verify=verify, cross_domain=True
    )
    app.installation.sites.refresh()
    faults: list[tuple[Any, ...]] = []
    for place, make in PLACES.items():
        for name, text in TEXTS.items():
            at = f"{place}, {name}"
            event = {"type": "track", "event": "e", "anonymousId": "a", **make(text)}
            answer = app.batch(
                {"type": "track", "event": "before", "anonymousId": "n"},
                event,
                {"type": "track", "event": "after", "anonymousId": "n"},
            )
            if answer.status != 200 or not 2 <= answer.json["stored"] <= 3:
                faults.append((at, answer.status, answer.body[:200]))
            elif any(reason == "processing_error" for _, reason in answer.reasons):
                faults.append((at, "set aside by the database, and not at the door", answer.body[:200]))
    assert faults == []
    app.assert_conserved()


def test_no_text_of_bentos_costs_its_neighbours(app: App) -> None:
    makes: dict[str, Any] = {
        "type": lambda text: {"type": text}, "email": lambda text: {"email": f"{text}@x.io"},
        "anonymous_id": lambda text: {"email": None, "anonymous_id": text}, "tag": lambda text: {"type": "$tag", "details": {"tag": text}},
        "unique": lambda text: {"type": "$purchase", "details": {"unique": {"key": text}}},
        "fields": lambda text: {"fields": {str(text): "x"}}, "date": lambda text: {"date": text},
    }  # fmt: skip
    for place, make in makes.items():
        for name, text in TEXTS.items():
            event = {"type": "t", "email": "a@x.io", **make(text)}
            answer = app.bento({"events": [{"type": "t", "email": "n@x.io"}, event]})
            assert answer.status == 200, (place, name, answer)
            assert answer.json["results"] >= 1, (place, name, answer)
            assert all(error["reason"] != "processing_error" for error in answer.json["errors"]), (place, name, answer)
    app.assert_conserved()


# -- and over the API: names in a query, a path, a body -----------------------------------------------------------------------


def test_no_name_in_a_request_is_a_fault_of_ours(app: App) -> None:
    """NUL, halves of pairs, and what no index takes: names that are unknown, or impossible; never a 5xx."""
    from urllib.parse import quote

    app.batch({"type": "identify", "anonymousId": "a", "userId": "u", "traits": {"email": "u@x.io"}})
    (person,) = app.get("/api/people")["people"]
    headers = {"authorization": f"Bearer {app.secret_key}"}
    for name, text in TEXTS.items():
        said = quote(str(text).encode("utf-8", "surrogatepass"), safe="")
        for path in (
            f"/api/people?email={said}@x.io", f"/api/people?user_id={said}", f"/api/people?anonymous_id={said}", f"/api/people?account={said}",
            f"/api/accounts?account_id={said}", f"/api/visitors?anonymous_id={said}", f"/api/people?cursor={said}", f"/api/activity?tab={said}",
            f"/api/activity?cursor={said}", f"/api/quarantine?cursor={said}", f"/api/accounts/{said}", f"/api/visitors/{said}", f"/api/people/{said}",
        ):  # fmt: skip
            if path.endswith("/"):
                continue
            plain, _, query = path.partition("?")
            answer = app.request("GET", _decoded(plain) + (f"?{query}" if query else ""), headers=headers)
            assert answer.status in (200, 400, 404), (name, path[:60], answer)
        for path, body in (
            (f"/api/people/{person['person_id']}/remove_email", {"email": text}), ("/api/visitors/detach", {"anonymous_id": text}),
            ("/api/visitors/attach", {"anonymous_id": text, "person_id": person["person_id"]}), ("/api/visitors/logout", {"anonymous_id": text}),
            ("/api/links", {"user_id": text}), ("/api/links", {"email": text}), ("/v1/handoff", {"anonymousId": text}),
        ):  # fmt: skip
            answer = app.request("POST", path, _body(body), headers)
            assert answer.status < 500, (name, path, answer)
            assert answer.status != 413 or len(_body(body)) > 16 * 1024


def _decoded(path: str) -> str:
    from urllib.parse import unquote

    return unquote(path, errors="replace")


def _body(said: dict[str, Any]) -> bytes:
    import json

    return json.dumps(said, ensure_ascii=False).encode("utf-8", "surrogatepass")
