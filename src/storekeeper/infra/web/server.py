"""Serves the application in this very process: one pid, which alone holds the data directory."""

import asyncio
import signal
from typing import Any

from granian.constants import Interfaces
from granian.server.embed import Server

_BACKPRESSURE = 512


def serve(application: Any, *, host: str, port: int) -> None:
    """Answer requests until SIGTERM or SIGINT."""
    asyncio.run(_serve(application, host, port))


async def _serve(application: Any, host: str, port: int) -> None:
    server = Server(
        application,
        address=host,
        port=port,
        interface=Interfaces.ASGI,
        websockets=False,
        log_enabled=False,
        backpressure=_BACKPRESSURE,
    )
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, server.stop)
    await server.serve()
