"""nginx and Caddy as processes of their own, started with the text of a sample in examples/.

Only what a user has to replace is replaced: hosts, the prefix, the addresses of site and collector, where to listen, and the
certificate. Both listen on free ports of 127.0.0.1 and ::1 and leave nothing outside the folder that they are given.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import socket
import ssl
import subprocess
import time
from abc import ABC, abstractmethod
from pathlib import Path
from types import TracebackType
from typing import Any

import httpx
import pytest
import trustme

from .server import free_port

EXAMPLES = Path(__file__).parents[2] / "examples"
READY_SECONDS = 15.0
HOSTS = {"www.example.com": "www.shop.localhost", "app.example.com": "app.shop.localhost"}
SUBDOMAIN = {"collect.example.com": "collect.shop.localhost"}


class Proxy(ABC):
    """Reverse proxy that runs a sample. `site` and `collector` are the ports of what stands behind it."""

    program: str
    package: str
    samples: tuple[str, str]
    """Samples for a path on the site's hosts, and for a subdomain of the collector's."""

    def __init__(self, folder: Path, prefix: str, collector: int, site: int | None = None, *, subdomain: bool = False) -> None:
        self.folder = folder
        self.folder.mkdir(parents=True)
        self.http_port, self.https_port = free_port(), free_port()
        self.hosts = SUBDOMAIN if subdomain else HOSTS
        text = (EXAMPLES / self.samples[subdomain]).read_text()
        wanted = {**self.hosts, "/PREFIX/": f"/{prefix.strip('/')}/", "127.0.0.1:8000": f"127.0.0.1:{collector}"}
        if site is not None:
            wanted["127.0.0.1:3000"] = f"127.0.0.1:{site}"
        self.text = _replaced(text, wanted)
        self.authority = trustme.CA()
        self._process: subprocess.Popen[bytes] | None = None

    @abstractmethod
    def _arguments(self, certificate: Path, key: Path) -> list[str]:
        """Write what the program needs into the folder, and return how it is told."""

    @property
    def log(self) -> str:
        path = self.folder / "log"
        return path.read_text(errors="replace") if path.exists() else ""

    def url(self, path: str = "/", host: str | None = None) -> str:
        """Address that a browser shows, where it is told to find port 443 here."""
        return f"https://{host or next(iter(self.hosts.values()))}{path}"

    @property
    def resolver_rules(self) -> str:
        """Value of Chromium's --host-resolver-rules: ports 80, 443 of hosts are ours."""
        ports = ((80, self.http_port), (443, self.https_port))
        return ", ".join(f"MAP {host}:{theirs} 127.0.0.1:{ours}" for host in self.hosts.values() for theirs, ours in ports)

    def client(self, source: str | None = None) -> httpx.Client:
        """Client that trusts the certificate; its requests come from `source`, an address of this machine."""
        context = ssl.create_default_context()
        self.authority.configure_trust(context)
        return httpx.Client(transport=httpx.HTTPTransport(verify=context, local_address=source), timeout=30)

    def request(
        self, client: httpx.Client, method: str, path: str, *, host: str | None = None, to: str = "127.0.0.1", **more: Any
    ) -> httpx.Response:
        """Ask for a path of one of the hosts, over https, at one of the addresses that the proxy listens on."""
        name = host or next(iter(self.hosts.values()))
        at = f"[{to}]" if ":" in to else to
        headers = {**more.pop("headers", {}), "host": name}
        url = f"https://{at}:{self.https_port}{path}"
        return client.request(method, url, headers=headers, extensions={"sni_hostname": name}, **more)

    def start(self) -> Proxy:
        program = shutil.which(self.program, path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin")
        if program is None:
            pytest.fail(f"There is no {self.program}; tests/ensure_proxies.sh installs Debian's {self.package}.", pytrace=False)
        issued = self.authority.issue_cert(*self.hosts.values())
        certificate, key = self.folder / "fullchain.pem", self.folder / "privkey.pem"
        issued.private_key_pem.write_to_path(key)
        for pem in issued.cert_chain_pems:
            pem.write_to_path(certificate, append=True)
        arguments = self._arguments(certificate, key)
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [program, *arguments], stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=self._environment, cwd=self.folder
            )
        try:
            self._wait_until_open()
        except BaseException:
            self.stop()
            raise
        return self

    @property
    def _environment(self) -> dict[str, str]:
        """Environment of Caddy's own: no user's settings or certificates are touched."""
        folders = ("HOME", "XDG_DATA_HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME")
        return {**os.environ, **dict.fromkeys(folders, str(self.folder))}

    def _wait_until_open(self) -> None:
        assert self._process is not None
        deadline = time.monotonic() + READY_SECONDS
        for port in (self.http_port, self.https_port):
            while True:
                assert self._process.poll() is None, f"{self.program} ended before it was ready:\n{self.log}"
                try:
                    socket.create_connection(("127.0.0.1", port), 1).close()
                    break
                except OSError:
                    assert time.monotonic() < deadline, f"{self.program} does not listen:\n{self.log}"
                    time.sleep(0.02)

    def stop(self) -> None:
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
            try:
                self._process.wait(10)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()

    def __enter__(self) -> Proxy:
        return self.start()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        self.stop()


def _replaced(text: str, wanted: dict[str, str]) -> str:
    for placeholder, value in wanted.items():
        assert placeholder in text, f"the sample has no {placeholder}"
        text = text.replace(placeholder, value)
    return text


NGINX_AROUND = """\
daemon off;
pid {folder}/pid;
user {user};
worker_processes 1;
error_log stderr warn;
events {{}}
http {{
    access_log {folder}/access;
    client_body_temp_path {folder}/bodies;
    proxy_temp_path {folder}/answers;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    include {folder}/passerby.conf;
}}
"""
"""Configuration for /etc/nginx/nginx.conf: of no concern to the sample but where files go."""


class Nginx(Proxy):
    program = "nginx"
    package = "nginx-light"
    samples = ("nginx.conf", "nginx-subdomain.conf")

    def _arguments(self, certificate: Path, key: Path) -> list[str]:
        listening = {
            "listen 80;": f"listen 127.0.0.1:{self.http_port};", "listen [::]:80;": f"listen [::1]:{self.http_port};",
            "listen 443 ": f"listen 127.0.0.1:{self.https_port} ", "listen [::]:443 ": f"listen [::1]:{self.https_port} ",
        }  # fmt: skip
        text = _replaced(self.text, listening)
        text, replaced = re.subn(r"/etc/ssl/\S+/(fullchain|privkey)\.pem", rf"{self.folder}/\1.pem", text)
        assert replaced == 2, "the sample names a certificate and its key"
        (self.folder / "passerby.conf").write_text(text)
        around = self.folder / "nginx.conf"
        user = "root" if os.geteuid() == 0 else "nobody"
        around.write_text(NGINX_AROUND.format(folder=self.folder, user=user))
        return ["-p", str(self.folder), "-c", str(around), "-e", "stderr"]


class Caddy(Proxy):
    program = "caddy"
    package = "caddy"
    samples = ("Caddyfile", "Caddyfile.subdomain")

    def _arguments(self, certificate: Path, key: Path) -> list[str]:
        """Arguments for Caddy, which makes JSON of the sample; ports and certificate are put in."""
        sample = self.folder / "Caddyfile"
        sample.write_text(self.text)
        command = ["caddy", "adapt", "--config", str(sample), "--adapter", "caddyfile"]
        done = subprocess.run(command, capture_output=True, text=True, check=False, env=self._environment, timeout=30)
        assert done.returncode == 0, done.stderr
        assert "warn" not in done.stderr, done.stderr
        config = json.loads(done.stdout)
        http = config["apps"]["http"]
        (server,) = http["servers"].values()
        assert server["listen"] == [":443"]
        # Caddy redirects http on the last of several addresses only; of the `:443` in the sample, on all there are.
        server["listen"] = [f"[::1]:{self.https_port}", f"127.0.0.1:{self.https_port}"]
        server["protocols"] = ["h1", "h2"]  # not HTTP/3, whose port of UDP may be taken
        http["http_port"], http["https_port"] = self.http_port, self.https_port
        files = {"certificate": str(certificate), "key": str(key)}
        config["apps"]["tls"] = {"certificates": {"load_files": [files]}}
        config["admin"] = {"disabled": True, "config": {"persist": False}}
        target = self.folder / "caddy.json"
        target.write_text(json.dumps(config))
        return ["run", "--config", str(target)]


PROXIES: tuple[type[Proxy], ...] = (Nginx, Caddy)
