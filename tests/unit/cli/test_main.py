"""Command line: what it prints, what it refuses in one sentence, and that it never shows a traceback."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from click.testing import CliRunner, Result

from collector.cli.main import main
from collector.clock import now
from collector.domain.events import SECOND
from collector.domain.times import parse_time
from collector.storage import tables
from collector.storage.engine import Store, sqlite_url
from tests.support.app import App
from tests.support.sqlite import pysqlite3
from tests.unit.cli.test_keys import public_pem

MESSAGE = {
    "key": "hello-there", "name": "Hello", "status": "live", "where": {"pages": []},
    "content": {"default": "en", "texts": {"en": {"title": "Hello"}}},
}  # fmt: skip


class Shell:
    def __init__(self, data: Path) -> None:
        self.data = data

    def run(self, *arguments: str, text: str | None = None, **environment: str) -> Result:
        env = {"PASSERBY_DATA": str(self.data), **environment}
        return CliRunner(env=env).invoke(main, list(arguments), input=text)

    def json(self, *arguments: str) -> dict[str, Any]:
        done = self.run(*arguments)
        assert done.exit_code == 0, done.output
        found: dict[str, Any] = json.loads(done.stdout)
        return found

    def refused(self, *arguments: str, text: str | None = None, **environment: str) -> str:
        """Run something that must fail with one sentence; return the sentence."""
        done = self.run(*arguments, text=text, **environment)
        assert done.exit_code != 0, done.output
        assert isinstance(done.exception, SystemExit), repr(done.exception)
        assert "Traceback" not in done.output
        last = done.stderr.strip().splitlines()[-1]
        assert last.startswith("Error: "), done.output
        assert last.endswith((".", "?", ")")), f"a whole sentence, please: {last}"
        return last


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    return Shell(tmp_path / "data")


@pytest.fixture
def filled(tmp_path: Path) -> Iterator[Shell]:
    """Data directory with one site, three events and one person in it."""
    with App(tmp_path / "data") as app:
        app.batch(
            {"type": "page", "anonymousId": "x", "messageId": "m1"},
            {
                "type": "identify",
                "anonymousId": "x",
                "userId": "A",
                "messageId": "m2",
                "traits": {"plan": "pro", "email": "a@x.io"},
            },
            {"type": "track", "event": "=1+1", "userId": "A", "messageId": "m3", "properties": {"x": "ü\n"}},
        )
    yield Shell(tmp_path / "data")


# -- sites ---------------------------------------------------------------------------------------------------------------


def test_add_show_set_list(shell: Shell) -> None:
    added = shell.json(
        "site", "add", "Shop", "--domain", "https://WWW.Shop.test/x", "--domain", "shop.org:443", "--consent-required"
    )
    assert added["domains"] == ["www.shop.test", "shop.org"]
    assert added["consent_required"] is True
    assert shell.json("site", "show", "--json") == shell.json("site", "show", "Shop", "--json") == added
    changed = shell.json("site", "set", "Shop", "--lookback-days", "30", "--no-consent-required", "--cookie-name", "pb")
    assert (changed["lookback_days"], changed["consent_required"], changed["cookie_name"]) == (30, False, "pb")
    assert {name: changed[name] for name in ("write_key", "secret_key", "prefix", "domains")} == {
        name: added[name] for name in ("write_key", "secret_key", "prefix", "domains")
    }, "the rest stays"
    shell.json("site", "add", "Second")
    assert [line.split("\t")[0] for line in shell.run("site", "list").stdout.splitlines()] == ["Shop", "Second"]


def test_keys_are_of_this_site_only(shell: Shell) -> None:
    one, two = shell.json("site", "add", "One"), shell.json("site", "add", "Two")
    for name in ("site_id", "write_key", "publishable_key", "secret_key", "prefix", "script_url"):
        assert one[name] != two[name]
    database = (shell.data / "passerby.db").read_bytes() + (shell.data / "passerby.db-wal").read_bytes() \
        if (shell.data / "passerby.db-wal").exists() else (shell.data / "passerby.db").read_bytes()  # fmt: skip
    assert one["write_key"].encode() in database
    assert one["secret_key"].encode() not in database, "a secret key is never stored"


def test_show_for_people(shell: Shell) -> None:
    site = shell.json("site", "add", "Shop")
    shown = shell.run("site", "show").stdout
    assert site["write_key"] in shown
    assert site["snippet_html"] in shown


def test_settings_about_identity(shell: Shell) -> None:
    """Settings are set, shown, left alone by a command that names others."""
    added = shell.json("site", "add", "Shop")
    names = (
        "retention_days",
        "historical_fields",
        "merge",
        "merging_since",
        "after_claim",
        "verify",
        "identity_keys",
        "user_hash",
    )
    assert [added[name] for name in names] == [90, [], True, None, "owner", "off", [], False]
    changed = shell.json(
        "site", "set", "Shop", "--retention-days", "0", "--historical-field", "utm", "--historical-field", "first url",
        "--historical-field", "utm", "--after-claim", "new_visitor", "--verify", "required", "--user-hash",
    )  # fmt: skip
    assert [changed[name] for name in names] == [0, ["utm", "first url"], True, None, "new_visitor", "required", [], True]
    cleared = shell.json("site", "set", "Shop", "--historical-field", "", "--after-claim", "owner", "--no-user-hash")
    assert [cleared[name] for name in names] == [0, [], True, None, "owner", "required", [], False]
    assert shell.json("site", "show", "--json") == cleared
    shown = shell.run("site", "show").stdout
    assert all(name in shown for name in names)


def test_settings_about_capture(shell: Shell) -> None:
    added = shell.json("site", "add", "Shop")
    assert (added["captures"], added["cross_domain"]) == ([], False)
    changed = shell.json(
        "site", "set", "Shop", "--capture", "outbound-links", "--capture", "web-vitals", "--capture", "outbound-links", "--cross-domain",
    )  # fmt: skip
    assert (changed["captures"], changed["cross_domain"]) == (["outbound_links", "web_vitals"], True)
    assert shell.json("site", "set", "Shop", "--capture", "scroll-depth")["captures"] == ["scroll_depth"], "replaced"
    cleared = shell.json("site", "set", "Shop", "--capture", "", "--no-cross-domain")
    assert (cleared["captures"], cleared["cross_domain"]) == ([], False)
    refused = shell.run("site", "set", "Shop", "--capture", "keystrokes")
    assert refused.exit_code == 2
    assert "file-downloads" in refused.stderr


def test_turning_merging_on_says_since_when(shell: Shell) -> None:
    """Claims never reach back into the time without merging; saying --merge again does not move that moment."""
    shell.json("site", "add", "Shop")
    assert shell.json("site", "set", "Shop", "--merge")["merging_since"] is None, "it was on"
    off = shell.json("site", "set", "Shop", "--no-merge")
    assert (off["merge"], off["merging_since"]) == (False, None)
    on = shell.json("site", "set", "Shop", "--merge")
    assert on["merge"] is True
    since = parse_time(on["merging_since"])
    assert since is not None
    assert abs(since - now()) < 60 * SECOND
    assert shell.json("site", "set", "Shop", "--merge", "--lookback-days", "3")["merging_since"] == on["merging_since"]


def test_identity_keys(shell: Shell, tmp_path: Path) -> None:
    """Keys kept by name, with the key alone in the store, loaded as the collector does."""
    shell.json("site", "add", "Shop")
    pem = public_pem("ES256")
    file = tmp_path / "a:b.pem"
    file.write_text(f"comment\n{pem}\ntrailer\n")
    changed = shell.json("site", "set", "Shop", "--identity-key", f"2026-01:ES256:{file}")
    assert changed["identity_keys"] == ["2026-01:ES256"]
    with Store(sqlite_url(shell.data)).read() as connection:
        (site,) = connection.execute(sa.select(tables.site.c.settings)).scalars()
    assert site["identity_keys"] == [{"kid": "2026-01", "algorithm": "ES256", "pem": pem}]
    assert "PUBLIC KEY" not in shell.run("site", "show", "--json").stdout
    assert shell.json("site", "set", "Shop", "--verify", "optional")["identity_keys"] == ["2026-01:ES256"]
    assert shell.json("site", "set", "Shop", "--identity-key", "")["identity_keys"] == []


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("site", "show"), "Which site"),
        (("site", "show", "Nowhere"), "no site named 'Nowhere'"),
        (("site", "set", "Nowhere", "--lookback-days", "3"), "no site named"),
        (("site", "add", "One"), "already"),
        (("site", "add", "New", "--domain", "*.shop.test"), "is not a domain"),
        (("site", "add", "New", "--domain", "  "), "is not a domain"),
        (("site", "add", "New", "--cookie-domain", "a;b"), "is not a domain"),
        (("site", "set", "One", "--cookie-domain", "co.uk"), "is a public suffix"),
        (("site", "add", "New", "--cookie-name", "a;b"), "is no name for a cookie"),
        (("site", "set", "One", "--cookie-name", "a\r\nx: y"), "is no name for a cookie"),
        (("site", "set", "One", "--cookie-name", ""), "is no name for a cookie"),
        (("site", "add", "New", "--base-url", "javascript:x"), "is not an address"),
        (("site", "set", "One", "--base-url", "https://a.test?x=1"), "is not an address"),
        (("site", "set", "One", "--base-url", "www.shop.test"), "is not an address"),
        (("site", "set", "One", "--base-url", "https://a.test:x"), "is not an address"),
        (("site", "set", "One", "--base-url", "https://ada:secret@a.test"), "--base-url has a user name or password in it"),
        (("site", "add", "New", "--base-url", "https://ada@a.test/x"), "--base-url has a user name or password in it"),
        (("export", "events", "--site", "Nowhere"), "no site named"),
    ],
)
def test_refused_commands(shell: Shell, arguments: tuple[str, ...], says: str) -> None:
    shell.json("site", "add", "One")
    shell.json("site", "add", "Two")
    assert says in shell.refused(*arguments)


@pytest.mark.parametrize(
    "arguments",
    [
        ("site", "set", "One", "--lookback-days", "0"),
        ("site", "set", "One", "--retention-days", "-1"),
        ("site", "set", "One", "--verify", "always"),
        ("site", "set", "One", "--after-claim", "nobody"),
        ("site", "add"),
        ("sites",),
        ("export", "all"),
        ("serve", "--port", "x"),
    ],
)
def test_wrong_usage(shell: Shell, arguments: tuple[str, ...]) -> None:
    done = shell.run(*arguments)
    assert done.exit_code == 2
    assert "Usage" in done.stderr or "Error" in done.stderr


def test_every_command_says_what_it_does() -> None:
    import click

    def walk(command: click.Command, path: str) -> None:
        assert command.help or command.callback is None, f"{path} has no help"
        if isinstance(command, click.Group):
            for name, below in command.commands.items():
                walk(below, f"{path} {name}")

    walk(main, "passerby")
    done = CliRunner().invoke(main, ["--help"])
    assert done.exit_code == 0
    assert CliRunner().invoke(main, ["--version"]).output.startswith("passerby")


# -- settings ------------------------------------------------------------------------------------------------------------


def test_settings_errors_are_sentences(shell: Shell) -> None:
    assert "port" in shell.refused("serve", PASSERBY_PORT="http")
    assert "PASSERBY_LOG_LEVEL" in shell.refused("site", "list", PASSERBY_LOG_LEVEL="loud")


def test_a_data_directory_that_cannot_be(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    assert "cannot be made" in Shell(tmp_path / "file" / "data").refused("site", "add", "x")
    assert "cannot be made" in Shell(tmp_path / "file").refused("site", "add", "x")


def test_a_database_that_is_none(shell: Shell) -> None:
    shell.data.mkdir()
    (shell.data / "passerby.db").write_bytes(b"this is no database at all, it only has the name" * 100)
    assert "database" in shell.refused("site", "list")
    assert "database" in shell.refused("serve", "--port", "1")


def test_a_damaged_secret(shell: Shell) -> None:
    shell.json("site", "add", "Shop")
    (shell.data / "secret").write_text("short")
    assert "is damaged" in shell.refused("site", "show")


# -- messages ------------------------------------------------------------------------------------------------------------


def test_put_a_message(shell: Shell) -> None:
    shell.json("site", "add", "Shop")
    done = shell.run("message", "put", "-", text=json.dumps(MESSAGE))
    assert done.output.strip() == "hello-there: revision 1, live"
    done = shell.run("message", "put", "-", text=json.dumps({**MESSAGE, "name": "Other", "status": "draft"}))
    assert "revision 2, draft, revision 1 is live" in done.output
    assert "Nobody sees it yet" in done.output
    assert "hello-there\trevision 2\tlive\tHello" in shell.run("message", "list").output


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"key": "Not A Key"}, "$.key"), ({"colour": "red"}, "colour"), ({"status": "on"}, "$.status"),
        ({"content": {"default": "de", "texts": {"en": {"title": "x"}}}}, "default language"),
        ({"where": {"pages": [{"op": "regex", "value": ".*"}]}}, "pages"),
        ({"where": {"pages": [{"op": "matches", "value": "*" * 9}]}}, "$.where.pages[0]"),
        ({"content": {"default": "en", "texts": {"en": {"title": "x", "body": "[x](javascript:alert(1))"}}}}, "not an address"),
    ],
)  # fmt: skip
def test_a_message_that_does_not_fit(shell: Shell, change: dict[str, Any], says: str) -> None:
    shell.json("site", "add", "Shop")
    assert says in shell.refused("message", "put", "-", text=json.dumps({**MESSAGE, **change}))
    assert shell.run("message", "list").output == ""


@pytest.mark.parametrize("text", ["", "{", "[]", "null", '{"key":"\ud800"}'.encode("utf-8", "surrogatepass").decode("latin-1")])
def test_a_message_that_is_no_json(shell: Shell, text: str) -> None:
    shell.json("site", "add", "Shop")
    assert "does not fit" in shell.refused("message", "put", "-", text=text)


def test_a_message_file_that_is_not_there(shell: Shell) -> None:
    assert shell.run("message", "put", "nowhere.json").exit_code == 2


# -- export --------------------------------------------------------------------------------------------------------------


def test_export_changes(filled: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    """Changes in the order of commits, after one, and on with what comes."""
    rows = [json.loads(line) for line in filled.run("export", "changes").stdout.splitlines()]
    assert {row["kind"] for row in rows} >= {"event", "anonymous_merge"}
    later = [json.loads(line) for line in filled.run("export", "changes", "--after", str(rows[0]["seq"])).stdout.splitlines()]
    assert later == [row for row in rows if row["seq"] > rows[0]["seq"]]
    waited: list[float] = []

    def wait(seconds: float) -> None:
        waited.append(seconds)
        raise KeyboardInterrupt

    monkeypatch.setattr("collector.cli.exporting.time.sleep", wait)
    followed = filled.run("export", "changes", "--follow")
    assert [json.loads(line) for line in followed.stdout.splitlines() if line.startswith("{")] == rows
    assert waited == [1.0]
    assert "for `export changes`" in filled.run("export", "events", "--follow").output


def test_export(filled: Shell) -> None:
    events = [json.loads(line) for line in filled.run("export", "events").stdout.splitlines()]
    assert {event["message_id"]: event["was_anonymous"] for event in events} == {"m1": True, "m2": False, "m3": False}
    (person,) = [json.loads(line) for line in filled.run("export", "people", "--format", "ndjson").stdout.splitlines()]
    assert {event["person_id"] for event in events} == {person["person_id"]}
    assert (person["user_ids"], person["emails"], person["fields"]["plan"]) == (["A"], ["a@x.io"], "pro")
    assert next(event for event in events if event["message_id"] == "m3")["properties"] == {"x": "ü\n"}


# -- doctor --------------------------------------------------------------------------------------------------------------


def test_doctor_is_content(filled: Shell) -> None:
    done = filled.run("doctor")
    assert done.exit_code == 0, done.output
    assert "wrong" not in done.output


def test_doctor_without_a_database(shell: Shell) -> None:
    assert "holds no database" in shell.refused("doctor")


@pytest.mark.parametrize(
    ("damage", "says"),
    [
        ("DELETE FROM event WHERE message_id = 'm1'", "2 events in the store, 3 counted"),
        ("UPDATE hour_count SET stored = stored + 1", "for 1 hours"),
        ("DELETE FROM stream", "events without a stream"),
        ("DELETE FROM person", "streams of nobody known"),
        ("DELETE FROM device", "streams without a device"),
        ("UPDATE person SET canonical_id = 17", "people merged into nobody known"),
        ("DELETE FROM alembic_version", "schema is at None"),
    ],
)
def test_doctor_finds_what_is_wrong(filled: Shell, damage: str, says: str) -> None:
    connection = pysqlite3.connect(str(filled.data / "passerby.db"))
    connection.execute("PRAGMA foreign_keys=OFF")
    connection.execute(damage)
    connection.commit()
    connection.close()
    done = filled.run("doctor")
    assert done.exit_code == 1, done.output
    assert says in done.output.replace("\n", " ")
    assert "wrong" in done.output


@pytest.mark.parametrize("damage", ["head", "middle", "half", "empty", "other", "secret gone", "secret open"])
def test_doctor_on_a_damaged_directory(filled: Shell, damage: str) -> None:
    """Exit code 1 and how to mend it, whatever is broken, without a traceback."""
    path = filled.data / "passerby.db"
    connection = pysqlite3.connect(str(path))
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    for extra in ("passerby.db-wal", "passerby.db-shm"):
        (filled.data / extra).unlink(missing_ok=True)
    whole = path.read_bytes()
    if damage == "secret gone":
        (filled.data / "secret").unlink()
    elif damage == "secret open":
        (filled.data / "secret").chmod(0o644)
    else:
        path.write_bytes(
            {
                "head": b"\x00" * 100 + whole[100:],
                "middle": whole[:4_096] + b"\xff" * 3 * 4_096 + whole[4 * 4_096 :],
                "half": whole[: len(whole) // 2],
                "empty": b"",
                "other": b"not a database" * 1_000,
            }[damage]
        )
    done = filled.run("doctor")
    assert done.exit_code == 1, done.output
    assert done.exception is None or isinstance(done.exception, SystemExit), repr(done.exception)
    assert "wrong" in done.output


def test_a_new_password(filled: Shell) -> None:
    said = filled.run("password").output
    assert said.startswith("Sign in as admin with ")
    assert len(said.split()[-1]) >= 12
    shutil.rmtree(filled.data)


@pytest.mark.parametrize("domain", ["com", "co.uk", "github.io", "-", "a b", "*.example.com"])
def test_a_domain_that_is_nobodys_own(shell: Shell, domain: str) -> None:
    assert "Error" in shell.refused("site", "add", "shop", "--domain", domain)
