"""The faulty endpoint: a process between the demo's applications and its S3 server."""

import secrets
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from random import SystemRandom

import msgspec

from storekeeper.cli.failing import fail
from storekeeper.cli.local.demo.outage.control import control
from storekeeper.cli.local.demo.outage.model import TOLD_IN, Order, Outage
from storekeeper.cli.local.demo.processes import python
from storekeeper.kernel.clock import SystemClock
from storekeeper.objectstore.faulty import FaultyProxy, Switchboard

_MODULE = "storekeeper.cli.local.demo.outage"  # its __main__


@contextmanager
def outage(upstream: str, folder: Path) -> Iterator[Outage]:
    """A process that stands before this endpoint as long as the block lasts, and is told of in the folder."""
    order = msgspec.json.encode(Order(upstream=upstream, token=secrets.token_urlsafe(16)))
    log, told_in = folder / "faults.log", folder / TOLD_IN
    with python(_MODULE, order, log) as process:
        told = process.stdout.readline() if process.stdout else b""
        if not told:
            fail("The demo's faulty endpoint did not start.", hint=log.read_text(errors="replace")[-1500:])
        told_in.write_bytes(told)
        try:
            yield msgspec.json.decode(told, type=Outage)
        finally:
            told_in.unlink(missing_ok=True)


def main() -> None:
    """Until standard input ends, which it does with the demo."""
    order = msgspec.json.decode(sys.stdin.buffer.readline(), type=Order)
    board = Switchboard(SystemClock(), SystemRandom())
    with FaultyProxy(order.upstream, choose=board.choose) as proxy, control(proxy, board, order.token) as url:
        told = Outage(endpoint=proxy.endpoint, control=url)
        sys.stdout.buffer.write(msgspec.json.encode(told) + b"\n")
        sys.stdout.buffer.flush()
        sys.stdin.buffer.read()
