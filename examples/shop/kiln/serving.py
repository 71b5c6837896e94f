"""The web server, inside this process."""

import asyncio
import signal
import socket

from granian.constants import Interfaces
from granian.log import LogLevels
from granian.server.embed import Server
from litestar.types import ASGIApp


async def serve(site: ASGIApp, host: str, port: int) -> None:
    """Answer requests until SIGTERM or SIGINT. Prints one line when the port is open; OSError if it is taken."""
    refuse_taken_port(host, port)
    # ASGINL: no lifespan protocol, since nothing here needs starting or stopping.
    server = Server(site, host, port, interface=Interfaces.ASGINL, websockets=False, log_level=LogLevels.error)
    server.on_startup(lambda: print(f"shop listening on http://www.shop.localhost:{port}", flush=True))
    loop = asyncio.get_running_loop()
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, server.stop)
    await server.serve()


def refuse_taken_port(host: str, port: int) -> None:
    # Granian would share the port with whoever has it, and each would get half of the requests.
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    socket.create_server((host, port), family=family).close()
