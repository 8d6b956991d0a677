"""Serves the application in this very process: one pid, which alone holds the data directory."""

import asyncio
import signal
import sys
from collections.abc import Callable
from typing import Any

import uvloop
from granian.constants import Interfaces
from granian.server.embed import Server

_BACKPRESSURE = 512
SWITCH_SECONDS = 0.001  # background work hands the interpreter to requests after so long, not after 5 ms


def serve(application: Any, *, host: str, port: int, on_stop: Callable[[], None] = lambda: None) -> None:
    """Answer requests until SIGTERM or SIGINT. `on_stop` is called at once, so that streams without end can end."""
    sys.setswitchinterval(SWITCH_SECONDS)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_serve(application, host, port, on_stop))


async def _serve(application: Any, host: str, port: int, on_stop: Callable[[], None]) -> None:
    server = Server(
        application,
        address=host,
        port=port,
        interface=Interfaces.ASGI,
        websockets=False,
        log_enabled=False,
        backpressure=_BACKPRESSURE,
    )

    def stop() -> None:
        on_stop()
        server.stop()  # type: ignore[no-untyped-call] # granian does not type it

    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop)
    await server.serve()
