"""Getting the clients of others, as they are published: packages of npm in the exact versions of `peers/package-lock.json`."""

from __future__ import annotations

import base64
import hashlib
import json
import subprocess
import tarfile
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent / "peers"
MODULES = FOLDER / "node_modules"
BUILD = FOLDER / "build"

UMAMI = "umami@2.10.0"
UMAMI_INTEGRITY = "sha512-+lmrnV0751R6U2rkIgVAlE1nWI7yZawlMlJDguW9tlFacCKhnGeCyc7tCMIhNNYIiGIQy4DEX5IzJhm4b3+dPA=="
UMAMI_TRACKER = "package/src/tracker/index.js"


def install() -> None:
    """Bring everything here that the benchmarks load into a page. Does nothing when it is here already."""
    lock = (FOLDER / "package-lock.json").read_bytes()
    mark, wanted = BUILD / "installed", hashlib.sha256(lock).hexdigest()
    if mark.exists() and mark.read_text() == wanted:
        return
    BUILD.mkdir(exist_ok=True)
    _run("npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error")
    _bundle(FOLDER / "plausible.js", BUILD / "plausible.js")
    _bundle(_umami_source(), BUILD / "umami.js")
    mark.write_text(wanted)


def version(package: str) -> str:
    """The installed version of a package."""
    described: dict[str, Any] = json.loads((MODULES / package / "package.json").read_text())
    return str(described["version"])


def _umami_source() -> Path:
    """Umami's tracker out of its package: the one file, because the package depends on the whole of its server."""
    _run("npm", "pack", UMAMI, "--ignore-scripts", "--pack-destination", str(BUILD), "--loglevel=error")
    archive = BUILD / f"{UMAMI.replace('@', '-')}.tgz"
    found = base64.b64encode(hashlib.sha512(archive.read_bytes()).digest()).decode()
    if f"sha512-{found}" != UMAMI_INTEGRITY:
        raise ValueError(f"{archive} is not the {UMAMI} that was looked at: sha512-{found}")
    with tarfile.open(archive) as opened:
        member = opened.extractfile(UMAMI_TRACKER)
        if member is None:
            raise ValueError(f"{archive} has no {UMAMI_TRACKER}")
        source = BUILD / "umami.source.js"
        source.write_bytes(member.read())
    return source


def _bundle(source: Path, to: Path) -> None:
    esbuild = MODULES / ".bin" / "esbuild"
    _run(str(esbuild), str(source), "--bundle", "--minify", "--format=iife", "--target=es2020", f"--outfile={to}")


def _run(*command: str) -> None:
    subprocess.run(command, cwd=FOLDER, check=True, stdout=subprocess.DEVNULL)
