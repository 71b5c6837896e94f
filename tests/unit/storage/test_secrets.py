"""Master secret: made once, whole or not at all, readable by its owner only; keys derived from it."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from collector.errors import ConfigError
from collector.storage.secrets import FILE_NAME, derive, key_hash, load_or_create, secret_key


def test_made_once(tmp_path: Path) -> None:
    first = load_or_create(tmp_path)
    assert load_or_create(tmp_path) == first
    assert len(first) == 64
    assert stat.S_IMODE((tmp_path / FILE_NAME).stat().st_mode) == 0o600
    assert [path.name for path in tmp_path.iterdir()] == [FILE_NAME], "no temporary file is left"


def test_secret_half_written_at_a_power_cut_is_made_anew(tmp_path: Path) -> None:
    (tmp_path / "secret.new").write_text("half")
    assert len(load_or_create(tmp_path)) == 64


@pytest.mark.parametrize("content", ["", " \n", "short"])
def test_a_damaged_one_is_named(tmp_path: Path, content: str) -> None:
    (tmp_path / FILE_NAME).write_text(content)
    with pytest.raises(ConfigError, match="damaged"):
        load_or_create(tmp_path)


def test_derived_keys() -> None:
    assert derive(b"m", "a") == derive(b"m", "a") != derive(b"m", "b")
    assert derive(b"m", "a") != derive(b"n", "a")
    key = secret_key(b"m", "uuid")
    assert key.startswith("sk_")
    assert len(key) > 40
    assert key_hash(key) != key
    assert key_hash("\ud800")
