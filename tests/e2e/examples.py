"""The examples of `examples/`, built for real, each on a host of its own: http://react.shop.localhost/ and so on.

What they know of their site's addresses they are given as its owner would: in the environment of their build.
"""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Callable
from mimetypes import guess_type
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.support.server import free_port

from .servers import Host
from .wire import Answer, Request, forward

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "examples"
PACKAGE = ROOT / "snippet" / "dist"
BUILD_SECONDS = 300
READY_SECONDS = 40.0

App = Callable[[Request], Answer | None]


def _npm(example: str, *arguments: str, **environment: str) -> None:
    directory = EXAMPLES / example
    if not (directory / "node_modules" / ".installed").exists():
        pytest.fail(f"examples/{example} is not installed; `make examples/{example}/node_modules/.installed`", pytrace=False)
    done = subprocess.run(
        ["npm", "run", "--silent", "build", "--", *arguments],
        cwd=directory, env={**os.environ, **environment}, capture_output=True, text=True, timeout=BUILD_SECONDS, check=False,
    )  # fmt: skip
    assert done.returncode == 0, f"examples/{example} does not build:\n{done.stdout}\n{done.stderr}"


def _served(directory: Path, path: str, replace: dict[str, str] | None = None) -> Answer:
    """A file, and for every route of an app its `index.html`."""
    file = directory / path.strip("/")
    if not file.is_file():
        file = directory / "index.html"
    body = file.read_bytes()
    for old, new in (replace or {}).items():
        body = body.replace(old.encode(), new.encode())
    return Answer(200, [("Content-Type", guess_type(file.name)[0] or "application/octet-stream")], body)


class Next:
    """`next build`, and `next start` on a free port until it is stopped."""

    def __init__(self, log_path: Path, **environment: str) -> None:
        self._environment = {**os.environ, "NEXT_TELEMETRY_DISABLED": "1", **environment}
        self._log_path = log_path
        self._port = free_port()
        _npm("next", **self._environment)
        program = EXAMPLES / "next" / "node_modules" / "next" / "dist" / "bin" / "next"
        with log_path.open("wb") as log:
            self._process = subprocess.Popen(
                ["node", str(program), "start", "--hostname", "127.0.0.1", "--port", str(self._port)],
                cwd=EXAMPLES / "next", env=self._environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
            )  # fmt: skip
        self._wait_until_ready()

    def _wait_until_ready(self) -> None:
        deadline = time.monotonic() + READY_SECONDS
        while self._process.poll() is None and time.monotonic() < deadline:
            try:
                httpx.get(f"http://127.0.0.1:{self._port}/", timeout=READY_SECONDS)
                return
            except httpx.TransportError:
                time.sleep(0.1)
        self.stop()
        raise AssertionError(f"Next.js did not start:\n{self.log}")

    @property
    def log(self) -> str:
        """Output of the server; errors while rendering are here."""
        return self._log_path.read_text(errors="replace")

    def __call__(self, request: Request) -> Answer:
        return forward(("127.0.0.1", self._port), request)

    def stop(self) -> None:
        self._process.terminate()
        self._process.wait(20)


class Examples(Host):
    """A collector with a site for each example, and the wire that serves them all. An example is built when first asked for."""

    def __init__(self, data_dir: Path) -> None:
        super().__init__(data_dir)
        self._built: dict[str, App] = {}
        self._directory = data_dir.parent
        self.next: Next | None = None

    def at(self, example: str, path: str = "/") -> str:
        """The address of a page of an example."""
        if example not in self._built:
            self._built[example] = self._build(example)
        return self.url(path.lstrip("/"), host=example)

    def _build(self, example: str) -> App:
        if example.startswith("plain"):
            return self._plain
        if example == "next":
            self.next = Next(self._directory / "next.log", NEXT_PUBLIC_PASSERBY_SRC=self.script("next"))
            return self.next
        out = self._directory / example
        site = self.sites[example]
        _npm(
            example.partition("-")[0], "--outDir", str(out), "--emptyOutDir",
            NODE_ENV="development" if example.endswith("-strict") else "production",
            VITE_PASSERBY_SRC=self.script(example), VITE_PASSERBY_WRITE_KEY=site["write_key"], VITE_PASSERBY_INGEST=site["prefix"],
        )  # fmt: skip
        return lambda request: _served(out, request.path)

    def _plain(self, request: Request) -> Answer:
        """Examples as they are, with the site's own address for the documented one."""
        answer = _served(EXAMPLES / "plain", request.path, {"/rpvzuuuf/xl1458.js": self.script("plain")})
        # Events go to the site's own address, on another host than this page's.
        collector = f"http://www.shop.localhost:{self.wire.port}"
        sources = f"script-src 'self'; connect-src 'self' {collector}; img-src data:"
        policy = f"default-src 'none'; {sources}; require-trusted-types-for 'script'"
        return answer._replace(headers=[*answer.headers, ("Content-Security-Policy", policy)])

    def _page(self, request: Request) -> Answer | None:
        """A page of an example; on www, one of `pages/`. The package's module is on every host, as if it were copied there."""
        _, _, module = request.path.partition("/passerby-snippet/")
        if module:
            return _served(PACKAGE, module)
        example = request.host.partition(".")[0]
        if example == "www":
            return super()._page(request)
        if request.path.startswith(self.sites[example]["prefix"] + "/"):
            return None
        return self._built[example](request)

    def __exit__(self, *exc: Any) -> None:
        if self.next:
            self.next.stop()
        super().__exit__(*exc)
