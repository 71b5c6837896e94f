"""Servers of the tests: the demo as `passerby demo` starts it, and our own pages in front of a plain `passerby serve`."""

from __future__ import annotations

import json
import re
import subprocess
import time
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
from click.testing import CliRunner

from collector.cli.main import main
from tests.support.server import Collector, free_port

from .wire import Answer, Request, Wire, forward

READY_SECONDS = 40.0
PAGES = Path(__file__).parent / "pages"
HEARD = "/heard"
"""Path where pages of `engines` visitors report their errors."""
OUTCOME = "/outcome"
"""Path where `hostile.html` reports on the snippet: one line with what is not as it was, then its errors."""
SCRIPTS = {f"/{file.name}": file.read_bytes() for file in PAGES.glob("*.js")}
"""Scripts that pages load by these paths."""
SCRIPT = re.compile(r"[a-z0-9]+/[a-z0-9]+\.js")
"""The path of a site's script; that of a pinned build has one part more."""


class Api:
    """The read API of one site."""

    def __init__(self, base_url: str, secret_key: str) -> None:
        self._base_url = base_url
        self._headers = {"authorization": f"Bearer {secret_key}"}

    def get(self, path: str, **parameters: Any) -> Any:
        answer = httpx.get(f"{self._base_url}/api{path}", params=parameters, headers=self._headers, timeout=20)
        assert answer.status_code == 200, f"GET {path}: {answer.status_code} {answer.text}"
        return answer.json()

    def person(self, user_id: str) -> dict[str, Any]:
        """The one person with this user id; fails when there is none, or a second one."""
        people = self.get("/people", user_id=user_id)["people"]
        assert len(people) == 1, f"{len(people)} people are {user_id}: {people}"
        found: dict[str, Any] = people[0]
        return found

    def timeline(self, user_id: str) -> list[dict[str, Any]]:
        """Events of a person, oldest received first."""
        answer = self.get(f"/people/{self.person(user_id)['person_id']}/events", limit=500)
        assert answer["next"] is None
        return list(reversed(answer["events"]))

    def visitor(self, anonymous_id: str) -> dict[str, Any]:
        found: dict[str, Any] = self.get(f"/visitors/{anonymous_id}", limit=500)
        return found

    def merges(self, anonymous_id: str) -> list[dict[str, Any]]:
        """The activity log's entries "Anonymous merge" of one anonymous id."""
        entries = self.get("/activity", tab="identified", limit=500)["entries"]
        return [entry for entry in entries if entry["kind"] == "anonymous_merge" and entry["anonymous_id"] == anonymous_id]


class Demo(Collector):
    """`passerby demo` on free ports: collector, console, shop, and a sample journey that is stored once this has started."""

    def __init__(self, data_dir: Path) -> None:
        super().__init__(data_dir)
        self.shop_port = free_port()

    def start(self, wait: bool = True) -> Collector:
        ports = ["--port", str(self.port), "--shop-port", str(self.shop_port)]
        with self.log_path.open("ab") as log:
            self._process = subprocess.Popen(
                [*self._command, "demo", "--data", str(self.data_dir), *ports],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=self._env(),
            )  # fmt: skip
        self.wait_until_ready()
        return self

    def wait_until_ready(self) -> None:
        """Wait for its greeting's last line, after the sample journey was stored."""
        deadline = time.monotonic() + READY_SECONDS
        while "Ctrl-C stops everything." not in self.log:
            assert self.is_running, f"the demo ended before it was ready:\n{self.log}"
            if time.monotonic() > deadline:
                self.kill()
                raise AssertionError(f"the demo was not ready after {READY_SECONDS} s:\n{self.log}")
            time.sleep(0.05)

    @property
    def password(self) -> str:
        """Console password that is printed."""
        found = re.search(r"as admin with (\S+)", self.log)
        assert found is not None, self.log
        return found[1]

    @cached_property
    def read(self) -> Api:
        return Api(self.url, self.site["secret_key"])

    def www(self, path: str) -> str:
        return f"http://www.shop.localhost:{self.shop_port}{path}"

    def app(self, path: str) -> str:
        return f"http://app.shop.localhost:{self.shop_port}{path}"


PASTED = {
    "loader": "{{ loader }}",
    "script": '<script async src="{{ script_url }}"></script>',
    "relative": '<script async src="{{ script_path }}"></script>',
}
"""Forms that a page's name may ask for in the place of its snippet."""


class Host:
    """The sites of one collector, and the wire that serves their pages: `pages/NAME.html` at http://ANY.shop.localhost/NAME.
    The same page for the site `hash` is at NAME-hash, with a plain tag at NAME-script.

    In a page, `{{ snippet }}` is what the owner of the site pastes, `{{ queue_line }}` the first line of it, which records
    calls, `{{ script_url }}` the script's address and `{{ script_path }}` the path of that; `texts` are further words in double braces and what stands for them. Comments at its top
    name another site (`<!-- site: consent -->`) or headers of the answer (`<!-- header NAME: VALUE -->`), and at
    `<!-- pause SECONDS -->` the answer stops for so long.
    """

    def __init__(self, data_dir: Path) -> None:
        self.collector = Collector(data_dir)
        self.wire = Wire(("127.0.0.1", self.collector.port), self._page)
        self.sites: dict[str, dict[str, Any]] = {}
        self.texts: dict[str, str] = {}

    def add_site(self, name: str, *options: str) -> None:
        base_url = f"http://www.shop.localhost:{self.wire.port}"
        options = ("--domain", "shop.localhost", "--base-url", base_url, *options)
        self.sites[name] = json.loads(self._cli("site", "add", name, *options))

    def snippet(self, site: str, *options: str) -> dict[str, Any]:
        """Output of `passerby snippet`."""
        found: dict[str, Any] = json.loads(self._cli("snippet", site, "--json", *options))
        return found

    def put_message(self, site: str, message: dict[str, Any]) -> None:
        file = self.collector.data_dir.parent / f"{message['key']}.json"
        file.write_text(json.dumps(message))
        self._cli("message", "put", str(file), "--site", site)

    def _cli(self, *arguments: str) -> str:
        """Run a command in this process: starting Python for each would take most of the time here."""
        done = CliRunner().invoke(main, [*arguments, "--data", str(self.collector.data_dir)], catch_exceptions=False)
        assert done.exit_code == 0, f"{arguments} ended with {done.exit_code}: {done.output}"
        return done.stdout

    def url(self, page: str, host: str = "www") -> str:
        return f"http://{host}.shop.localhost:{self.wire.port}/{page}"

    def read(self, site: str = "plain") -> Api:
        return Api(self.collector.url, self.sites[site]["secret_key"])

    def script(self, site: str = "plain") -> str:
        """The path of the site's generated script."""
        url: str = self.sites[site]["script_url"]
        return "/" + url.split("/", 3)[3]

    def later(self, site: str) -> str:
        """The path of the file that the site's script loads after the first page view."""
        found = re.search(r'"l":"([^"]+)"', httpx.get(self.collector.url + self.script(site)).text)
        assert found is not None, "the site has nothing on that comes later"
        return f"{self.script(site).rpartition('/')[0]}/{found[1]}"

    def _page(self, request: Request) -> Answer | None:
        name = request.path.partition("?")[0].strip("/")
        if request.path in ("/favicon.ico", HEARD, OUTCOME):
            return Answer(204, [], b"")
        if request.path in SCRIPTS:
            return Answer(200, [("Content-Type", "text/javascript; charset=utf-8")], SCRIPTS[request.path])
        if request.method == "GET" and SCRIPT.fullmatch(name) and self._is_visitors(request):
            return self._script_for(request)
        text = None if request.method != "GET" or "/" in name else self._text(name)
        if text is None:
            return None
        site = self.sites[_named(text, "site") or "plain"]
        script_url: str = site["script_url"]
        pasted: str = site["snippet_html"]
        own = {
            "snippet": pasted,
            "queue_line": pasted.splitlines()[0],
            "script_url": script_url,
            "script_path": urlsplit(script_url).path,
        }
        for word, stands_for in {**self.texts, **own}.items():
            text = text.replace(f"{{{{ {word} }}}}", stands_for)
        if self._is_visitors(request):
            text = _for_host(text, request.client)
        headers = {"Content-Type": "text/html; charset=utf-8", **dict(re.findall(r"<!-- header ([\w-]+): (.+?) -->\n", text))}
        first, *rest = re.split(r"<!-- pause ([\d.]+) -->", text)
        pieces = [(float(pause), piece.encode()) for pause, piece in zip(rest[::2], rest[1::2], strict=True)]
        return Answer(200, [*headers.items()], first.encode(), pieces)

    def _text(self, name: str) -> str | None:
        """Page of this name: a file's, or another page's for a site or with a pasted form that the last word names."""
        file = PAGES / f"{name}.html"
        if file.is_file():
            return file.read_text()
        base, _, word = name.rpartition("-")
        text = self._text(base) if base else None
        if text is None or word not in {*self.sites, *PASTED}:
            return None
        return f"<!-- site: {word} -->\n{text}" if word in self.sites else text.replace("{{ snippet }}", PASTED[word])

    @staticmethod
    def _is_visitors(request: Request) -> bool:
        """True if the host name is one that a visitor has for itself."""
        return request.host.endswith(f"-{request.client}.shop.localhost")

    def _script_for(self, request: Request) -> Answer:
        """Script of a site as if the site had the visitor's host name in its address. A pinned build is not touched:
        its bytes are what it is about, so its site is made with the visitor's own address (`test_engine_pinned.py`)."""
        headers = {name: value for name, value in request.headers.items() if name.lower() != "accept-encoding"}
        answer = forward(("127.0.0.1", self.collector.port), replace(request, headers=headers))
        return answer._replace(body=_own(answer.body.decode(), request.client).encode())

    def __enter__(self) -> Host:
        try:
            self.collector.start()
        except BaseException:
            self.wire.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.wire.close()
        self.collector.stop()


def _for_host(text: str, client: str) -> str:
    """The page for a visitor with host names of its own: everything of the site is there, and it reports what goes wrong."""
    return _own(text, client).replace("<head>", '<head>\n  <script src="/heard.js"></script>')


def _own(text: str, client: str) -> str:
    return text.replace("//www.shop.localhost", f"//www-{client}.shop.localhost")


def _named(text: str, what: str) -> str | None:
    found = re.search(rf"<!-- {what}: (\S+) -->", text)
    return found[1] if found else None
