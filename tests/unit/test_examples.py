"""Proxy samples as text: their times fit the collector's, and README and docs/install.md show what is in them.

That they work is shown in tests/live/test_proxies.py and tests/e2e/test_proxies.py.
"""

from __future__ import annotations

import configparser
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from collector.config import Settings
from tests.support.proxies import EXAMPLES, PROXIES, Nginx

ROOT = Path(__file__).parents[2]
INSTALL = ROOT / "docs" / "install.md"


def _seconds(text: str, name: str) -> list[int]:
    return [int(found) for found in re.findall(rf"^\s*{name} (\d+)s", text, re.MULTILINE)]


@pytest.mark.parametrize("sample", [name for kind in PROXIES for name in kind.samples])
def test_times_fit_the_collectors(sample: str) -> None:
    """Timeouts: a proxy drops idle connections first, waits long enough for an answer and not for ever for a request."""
    text = (EXAMPLES / sample).read_text()
    is_nginx = sample in Nginx.samples
    (idle,) = _seconds(text, "keepalive_timeout" if is_nginx else "keepalive")
    assert 0 < idle < Settings().header_seconds, "the collector closes what is idle for that long"
    (answer,) = _seconds(text, "proxy_read_timeout" if is_nginx else "response_header_timeout")
    assert answer > Settings().wait_seconds + Settings().body_seconds
    (connect,) = _seconds(text, "proxy_connect_timeout" if is_nginx else "dial_timeout")
    assert connect <= 5
    for name in ("client_header_timeout", "client_body_timeout") if is_nginx else ("read_header", "read_body"):
        (seconds,) = _seconds(text, name)
        assert 5 <= seconds <= 30


@pytest.mark.parametrize("sample", [name for kind in PROXIES for name in kind.samples])
def test_samples_say_what_the_collector_needs(sample: str) -> None:
    assert "PASSERBY_TRUSTED_PROXIES=127.0.0.1" in (EXAMPLES / sample).read_text()


@pytest.mark.parametrize(
    ("sample", "begins", "page"),
    [
        ("nginx.conf", "location ^~ /PREFIX/", "README.md"),
        ("nginx.conf", "location ^~ /PREFIX/", "docs/install.md"),
        ("Caddyfile", "handle /PREFIX/*", "docs/install.md"),
    ],
)
def test_the_page_shows_the_sample(sample: str, begins: str, page: str) -> None:
    """Sample of the prefix, without comments: every line of it, and nothing else."""
    text = (EXAMPLES / sample).read_text()
    found = re.search(rf"^(\s+){re.escape(begins)} {{\n(.*?)^\1}}", text, re.MULTILINE | re.DOTALL)
    assert found is not None
    lines = [line.strip() for line in found[0].splitlines() if line.strip() and not line.strip().startswith("#")]
    shown = "\n".join(line.strip() for line in (ROOT / page).read_text().splitlines())
    assert "\n".join(lines).replace("PREFIX", "rpvzuuuf") in shown


def test_the_page_shows_the_unit() -> None:
    unit = (EXAMPLES / "passerby.service").read_text()
    shown = "\n".join(line.removeprefix("    ") for line in INSTALL.read_text().splitlines())
    assert unit in shown


def test_the_unit_keeps_the_data_private() -> None:
    unit = configparser.ConfigParser()
    unit.optionxform = str  # type: ignore[assignment, method-assign]
    unit.read(EXAMPLES / "passerby.service")
    service = unit["Service"]
    assert (service["StateDirectoryMode"], service["UMask"]) == ("0700", "0077")
    assert f"PASSERBY_DATA=/var/lib/{service['StateDirectory']}" in service["Environment"]
    assert service["Restart"] == "on-failure", "exit code 1 asks for it"
    assert int(service["TimeoutStopSec"]) > Settings().wait_seconds + Settings().body_seconds


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd-analyze is not installed here")
def test_systemd_takes_the_unit(tmp_path: Path) -> None:
    """Unit without its program, which is not where it says."""
    unit = (EXAMPLES / "passerby.service").read_text().replace("/opt/passerby/bin/passerby", "/bin/true")
    (tmp_path / "passerby.service").write_text(unit)
    done = subprocess.run(
        ["systemd-analyze", "verify", tmp_path / "passerby.service"], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
