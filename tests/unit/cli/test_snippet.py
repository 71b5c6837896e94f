"""`passerby snippet`: the HTML alone on standard output, and pinned builds that are put down and taken back."""

from __future__ import annotations

import base64
import hashlib
import re
from pathlib import Path
from typing import Any

import pytest

from tests.unit.cli.test_main import Shell


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    made = Shell(tmp_path / "data")
    made.json("site", "add", "My shop", "--base-url", "https://www.shop.test")
    return made


def script_address(shell: Shell) -> str:
    address: str = shell.json("site", "show", "--json")["script_url"]
    return address.removesuffix(".js")


def test_snippet_html_to_paste(shell: Shell) -> None:
    queue = shell.run("snippet")
    assert queue.stdout.strip() == shell.json("site", "show", "--json")["snippet_html"]
    assert "before </head>" in queue.stderr
    assert len(queue.stdout.splitlines()) == 2
    plain = shell.run("snippet", "My shop", "--form", "script")
    assert plain.stdout == f'<script async="" src="{script_address(shell)}.js"></script>\n'
    assert "no inline code" in plain.stderr
    loader = shell.run("snippet", "My shop", "--form", "loader")
    assert f'"{script_address(shell)}.js"' in loader.stdout
    assert "one piece of inline code" in loader.stderr


def test_snippet_json_for_programs(shell: Shell) -> None:
    found = shell.json("snippet", "--json", "--form", "script")
    assert found == {
        "site": "My shop",
        "form": "script",
        "hash": None,
        "pinned_at": None,
        "script_url": f"{script_address(shell)}.js",
        "integrity": None,
        "snippet_html": f'<script async="" src="{script_address(shell)}.js"></script>',
    }


def test_pinned(shell: Shell) -> None:
    """Tag that names the build and demands it; the same script is pinned once, a changed one anew."""
    done = shell.run("snippet", "--pin", "--form", "script")
    found = re.fullmatch(
        rf'<script async="" src="{re.escape(script_address(shell))}\.([0-9a-f]{{16}})\.js" '
        r'integrity="(sha384-[\w+/]{64})" crossorigin="anonymous"></script>\n',
        done.stdout,
    )
    assert found is not None, done.stdout
    assert f"passerby snippet 'My shop' --unpin {found[1]}" in done.stderr
    again: dict[str, Any] = shell.json("snippet", "--pin", "--json")
    assert (again["hash"], again["integrity"]) == (found[1], found[2])
    assert again["snippet_html"].endswith(f"\n{done.stdout.strip()}")
    loader = shell.json("snippet", "--pin", "--json", "--form", "loader")["snippet_html"]
    assert f's.integrity = "{found[2]}";\n    s.crossOrigin = "anonymous";' in loader
    shell.json("site", "set", "My shop", "--hash-pages")
    other = shell.json("snippet", "--pin", "--json")
    assert other["hash"] != again["hash"]
    listed = shell.json("snippet", "--list", "--json")["pinned"]
    assert listed == [other, again]
    assert again["integrity"] in shell.run("snippet", "--list").stdout
    assert shell.run("snippet", "--unpin", other["hash"]).exit_code == 0
    assert shell.json("snippet", "--list", "--json") == {"site": "My shop", "pinned": [again]}
    assert "no pinned build" in shell.refused("snippet", "--unpin", other["hash"])


def test_a_pinned_build_is_the_sites_script_without_messages(shell: Shell) -> None:
    shell.run("message", "put", "-", text='{"key":"hello","name":"Hello","status":"live","where":{"pages":[]},'
              '"content":{"default":"en","texts":{"en":{"title":"Hello"}}}}')  # fmt: skip
    build = shell.json("snippet", "--pin", "--json")
    content = pinned_bytes(shell)
    assert build["integrity"] == "sha384-" + base64.b64encode(hashlib.sha384(content).digest()).decode()
    assert shell.json("site", "show", "--json")["write_key"].encode() in content
    assert b"Hello" not in content


def test_pinned_build_knows_its_address(shell: Shell) -> None:
    shell.json("snippet", "--pin", "--json")
    directory = script_address(shell).rpartition("/")[0] + "/"
    assert f'"u":"{directory}"'.encode() in pinned_bytes(shell)


def pinned_bytes(shell: Shell) -> bytes:
    from tests.support.sqlite import pysqlite3

    connection = pysqlite3.connect(str(shell.data / "passerby.db"))
    content: bytes = connection.execute("SELECT content FROM pinned_build").fetchone()[0]
    connection.close()
    return content


def test_snippet_options_exclude_each_other(shell: Shell) -> None:
    assert "choose one" in shell.refused("snippet", "--pin", "--list")
    assert "choose one" in shell.refused("snippet", "--pin", "--unpin", "x")
    assert "no site named" in shell.refused("snippet", "Other")


def test_the_doctor_finds_a_build_that_is_not_what_it_was(shell: Shell) -> None:
    from tests.support.sqlite import pysqlite3

    shell.json("snippet", "--pin", "--json")
    assert "0 pinned builds that are not what they were" in shell.run("doctor").output
    connection = pysqlite3.connect(str(shell.data / "passerby.db"))
    connection.execute("UPDATE pinned_build SET content = x'00'")
    connection.commit()
    connection.close()
    done = shell.run("doctor")
    assert done.exit_code == 1
    assert "1 pinned builds that are not what they were" in done.output
