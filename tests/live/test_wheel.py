"""Wheel by itself, away from the checkout: everything that it serves travels with it.

Built from a copy of the sources, installed without its dependencies into an empty environment that borrows this one's
packages, and run from an empty directory.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.support.server import Collector, free_port

ROOT = Path(__file__).parents[2]
SOURCES = ["collector", "templates", "examples", "docs", "README.md", "CHANGELOG.md", "LICENSE", "pyproject.toml", ".gitignore"]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build it from a copy, so that nothing outside the listed sources can slip in."""
    folder = tmp_path_factory.mktemp("build")
    for name in SOURCES:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, folder / "src" / name, ignore=shutil.ignore_patterns("__pycache__", "node_modules"))
        elif source.exists():
            (folder / "src").mkdir(exist_ok=True)
            shutil.copy(source, folder / "src" / name)
    offline = ["--no-build-isolation"] if _has("hatchling") else []
    done = subprocess.run(
        [sys.executable, "-m", "pip", "wheel", "--no-deps", *offline, "--quiet", "--wheel-dir", str(folder / "dist"), str(folder / "src")],
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    (made,) = (folder / "dist").glob("passerby-*.whl")
    return made


def _has(module: str) -> bool:
    from importlib.util import find_spec

    return find_spec(module) is not None


@pytest.fixture(scope="module")
def program(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Program `passerby` of a fresh environment with nothing but the wheel in it."""
    home = tmp_path_factory.mktemp("installed") / "venv"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(home)], check=True, timeout=60)
    site_packages = next(home.glob("lib/python*/site-packages"))
    borrowed = sorted({sysconfig.get_paths()["purelib"], sysconfig.get_paths()["platlib"]})
    (site_packages / "borrowed.pth").write_text("\n".join(borrowed) + "\n")
    subprocess.run(
        [sys.executable, "-m", "pip", "--python", str(home / "bin" / "python"), "install", "--no-deps", "--no-index", "--quiet",
         "--force-reinstall", "--ignore-installed", str(wheel)],
        check=True, timeout=120,
    )  # fmt: skip
    return home / "bin" / "passerby"


@pytest.fixture
def empty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Empty working directory, and no path back to the checkout."""
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    monkeypatch.chdir(folder)
    monkeypatch.delenv("PYTHONPATH", raising=False)
    yield folder


def test_wheel_contents(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    for needed in (
        "collector/static/passerby.js", "collector/static/passerby-messages.js", "collector/static/passerby-captures.js",
        "collector/static/passerby-later.js", "collector/static/passerby-vitals.js", "collector/templates/loader.js", "collector/templates/queue.js",
        "collector/storage/migrations/env.py", "collector/storage/migrations/versions/v0001_first_schema.py", "collector/examples/shop/run.py",
    ):  # fmt: skip
        assert needed in names, needed
    assert [name for name in names if name.startswith("collector/templates/console/")]
    unwanted = [
        name
        for name in names
        if name.startswith(("tests/", "snippet/", "docs/")) or "node_modules" in name or name.endswith(".db")
    ]
    assert unwanted == []


def test_wheel_is_the_one_imported(program: Path, empty: Path) -> None:
    where = "import collector; print(collector.__file__)"
    found = subprocess.run([str(program.with_name("python")), "-c", where], capture_output=True, text=True, check=True).stdout
    assert str(program.parents[1]) in found, f"the checkout would be tested instead: {found}"
    said = subprocess.run([str(program), "--version"], capture_output=True, text=True, check=True).stdout
    assert said.startswith("passerby")


def test_serve(program: Path, empty: Path) -> None:
    with Collector(empty / "data", command=(str(program),)) as collector:
        site = collector.site
        script = httpx.get(site["script_url"])
        assert script.status_code == 200
        assert site["write_key"] in script.text
        assert site["script_url"] in site["snippet_html"]
        login = httpx.get(f"{collector.url}/console/login")
        assert login.status_code == 200
        assert "<form" in login.text
        for asset in _assets(login.text):
            assert httpx.get(f"{collector.url}{asset}").status_code == 200, asset
        assert collector.send({"type": "track", "event": "e", "anonymousId": "a"})["stored"] == 1
        assert collector.api("/api/counts")["stored"] == 1
    assert Collector(empty / "data", command=(str(program),)).cli("doctor", check=False).returncode == 0


def _assets(html: str) -> list[str]:
    import re

    return re.findall(r'(?:href|src)="(/console/[^"]+\.(?:css|js)[^"]*)"', html)


def test_demo(program: Path, empty: Path) -> None:
    """Demo: collector, console, shop, and the sample journey on the people page."""
    port, shop_port = free_port(), free_port()
    log = empty.parent / "demo.log"
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("PASSERBY_")}
    with log.open("wb") as out:
        process = subprocess.Popen(
            [str(program), "demo", "--port", str(port), "--shop-port", str(shop_port)], stdout=out, stderr=out,
            env={**inherited, "PYTHONUNBUFFERED": "1"},
        )  # fmt: skip
    try:
        deadline = time.monotonic() + 40
        while "Ctrl-C" not in log.read_text():
            assert process.poll() is None, log.read_text()
            assert time.monotonic() < deadline, log.read_text()
            time.sleep(0.1)
        shop = httpx.get(f"http://127.0.0.1:{shop_port}/pricing", headers={"host": f"www.shop.localhost:{shop_port}"})
        assert shop.status_code == 200
        assert "passerby" in shop.text
        assert httpx.get(f"http://127.0.0.1:{port}/console/login").status_code == 200
        assert httpx.get(f"http://127.0.0.1:{port}/readyz").status_code == 200
    finally:
        process.terminate()
        try:
            code = process.wait(15)
        except subprocess.TimeoutExpired:
            process.kill()
            raise
    assert code == 0, log.read_text()
