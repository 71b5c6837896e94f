"""Three host names, one process."""

from collections.abc import Mapping
from dataclasses import dataclass

from litestar.types import ASGIApp, Receive, Scope, Send


@dataclass(frozen=True)
class Hosts:
    """The names, and the links from one to another, which carry the port."""

    port: int
    www_name: str = "www.shop.localhost"
    app_name: str = "app.shop.localhost"
    magazine_name: str = "www.magazine.localhost"

    def origin(self, name: str) -> str:
        return f"http://{name}" if self.port == 80 else f"http://{name}:{self.port}"

    @property
    def www(self) -> str:
        return self.origin(self.www_name)

    @property
    def app(self) -> str:
        return self.origin(self.app_name)

    @property
    def magazine(self) -> str:
        return self.origin(self.magazine_name)


class ByHost:
    def __init__(self, sites: Mapping[str, ASGIApp], otherwise: ASGIApp) -> None:
        self.sites = sites
        self.otherwise = otherwise

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self.sites.get(host_name(scope), self.otherwise)(scope, receive, send)


def host_name(scope: Scope) -> str:
    host = next((value for name, value in scope["headers"] if name.lower() == b"host"), b"")
    return host.decode("latin-1").partition(":")[0].rstrip(".").lower()
