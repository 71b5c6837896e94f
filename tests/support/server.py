"""Real server as a process of its own: started the way a user starts it, on a free port of this machine only.

with Collector(tmp_path / "data") as collector:
    httpx.post(collector.url + "/v1/track", ...)
"""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from types import TracebackType
from typing import Any

import httpx

READY_SECONDS = 60.0
_given_out: set[int] = set()


def free_port() -> int:
    """Return a port of 127.0.0.1 that nobody listens on, and that this process has not given out before."""
    while True:
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
            probe.bind(("127.0.0.1", 0))
            port: int = probe.getsockname()[1]
        if port not in _given_out:
            _given_out.add(port)
            return port


class Collector:
    """`passerby serve` on one data directory. `environment` is added to this process's; `command` replaces the program."""

    def __init__(
        self,
        data_dir: Path,
        port: int | None = None,
        *,
        environment: dict[str, str] | None = None,
        command: tuple[str, ...] = (sys.executable, "-m", "collector"),
        options: tuple[str, ...] = (),
    ) -> None:
        self.data_dir = data_dir
        self.port = free_port() if port is None else port
        self.log_path = data_dir.parent / f"{data_dir.name}.log"
        self._environment = environment or {}
        self._command = command
        self._options = options
        self._process: subprocess.Popen[bytes] | None = None
        self._site: dict[str, Any] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def log(self) -> str:
        """Log of the server so far, over all its starts."""
        return self.log_path.read_text(errors="replace") if self.log_path.exists() else ""

    @property
    def pid(self) -> int:
        assert self._process is not None, "start() comes first"
        return self._process.pid

    @property
    def is_running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def start(self, wait: bool = True) -> Collector:
        """Start the process and return once it says that events can be stored."""
        assert not self.is_running, "the server runs already"
        arguments = ["serve", "--data", str(self.data_dir), "--port", str(self.port), *self._options]
        with self.log_path.open("ab") as log:
            self._process = subprocess.Popen(
                [*self._command, *arguments], stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=self._env(),
            )  # fmt: skip
        if wait:
            self.wait_until_ready()
        return self

    def wait_until_ready(self) -> None:
        assert self._process is not None
        deadline = time.monotonic() + READY_SECONDS
        while time.monotonic() < deadline:
            code = self._process.poll()
            if code is not None:
                raise AssertionError(f"the server ended with {code} before it was ready:\n{self.log}")
            try:
                if httpx.get(f"{self.url}/readyz", timeout=2).status_code == 200:
                    return
            except httpx.TransportError:
                pass
            time.sleep(0.02)
        self.kill()
        raise AssertionError(f"the server was not ready after {READY_SECONDS} s:\n{self.log}")

    def stop(self, within: float = 15.0) -> int:
        """End it with SIGTERM and return its exit code; fails, with the log, when it does not end in time."""
        assert self._process is not None
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
        try:
            return self._process.wait(within)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError(f"the server did not end within {within} s of SIGTERM:\n{self.log}") from None

    def kill(self) -> None:
        """SIGKILL: no chance to say goodbye."""
        if self._process is not None and self._process.poll() is None:
            self._process.kill()
            self._process.wait()

    def signal(self, number: int) -> None:
        os.kill(self.pid, number)

    def wait(self, within: float = 15.0) -> int:
        """Return the exit code of a process that is ending."""
        assert self._process is not None
        return self._process.wait(within)

    def cli(self, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        """Run another command of the same program on the same data directory."""
        done = subprocess.run(
            [*self._command, *arguments, "--data", str(self.data_dir)],
            capture_output=True, text=True, timeout=60, check=False, env=self._env(),
        )  # fmt: skip
        assert not check or done.returncode == 0, f"{arguments} ended with {done.returncode}:\n{done.stdout}{done.stderr}"
        return done

    @property
    def site(self) -> dict[str, Any]:
        """`passerby site show --json`: keys, addresses and the snippet of the only site."""
        if self._site is None:
            found: dict[str, Any] = json.loads(self.cli("site", "show", "--json").stdout)
            self._site = found
        return self._site

    def add_site(self, name: str, *options: str) -> dict[str, Any]:
        added: dict[str, Any] = json.loads(self.cli("site", "add", name, *options).stdout)
        return added

    def api(self, path: str, **parameters: Any) -> Any:
        """GET an address of the read API with the site's secret key, and return the decoded answer."""
        headers = {"authorization": f"Bearer {self.site['secret_key']}"}
        answer = httpx.get(f"{self.url}{path}", params=parameters, headers=headers, timeout=20)
        assert answer.status_code == 200, f"GET {path}: {answer.status_code} {answer.text}"
        return answer.json()

    def send(self, *events: dict[str, Any], key: str | None = None) -> dict[str, Any]:
        """POST a batch with the site's write key; return the answer, which must be 200."""
        body = {"batch": list(events), "writeKey": key or self.site["write_key"]}
        answer = httpx.post(f"{self.url}/v1/batch", json=body, timeout=20)
        assert answer.status_code == 200, f"{answer.status_code} {answer.text}"
        found: dict[str, Any] = answer.json()
        return found

    def _env(self) -> dict[str, str]:
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("PASSERBY_")}
        return {**inherited, "PYTHONUNBUFFERED": "1", **self._environment}

    def __enter__(self) -> Collector:
        return self.start()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        self.kill() if kind else self.stop()
        if kind is not None:
            print(f"--- log of {self.data_dir} ---\n{self.log[-10_000:]}")
