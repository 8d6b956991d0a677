"""The demo's applications, whose requests are metered, and whether the server counted what they did."""

import subprocess
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

import msgspec

from storekeeper.cli.failing import fail
from storekeeper.cli.local.demo.gallery import Place
from storekeeper.cli.local.demo.processes import Storage, python
from storekeeper.cli.local.demo.tally import Stored, Tallies, summed
from storekeeper.cli.local.demo.traffic import Order, Report
from storekeeper.kernel.clock import Clock
from storekeeper_client import Client

APPLICATIONS = ("gallery", "pipeline")
_MODULE = "storekeeper.cli.local.demo"  # its __main__
_PATIENCE, _BETWEEN = 60.0, 0.2  # seconds


class Metered(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Requests by operation: what the applications did, and what the server stored."""

    accepted: int  # of the meters' operations, by the server
    lost: int
    did: Tallies
    stored: Tallies

    @property
    def is_equal(self) -> bool:
        return self.did == self.stored and self.lost == 0 and self.accepted == self.requests

    @property
    def requests(self) -> int:
        return sum(tally.requests for tally in self.did.values())


class _Usage(msgspec.Struct, frozen=True, rename="camel"):
    by_operation: list[Stored]


class _Spool(msgspec.Struct, frozen=True, rename="camel"):
    spooled_operations: int


@contextmanager
def applications(
    client: Client, given: Storage, logs: Path, *, rounds: int = 0
) -> Iterator[Sequence[subprocess.Popen[bytes]]]:
    """They run as long as the block lasts, or do everything so many times."""
    key = client.create_token("The demo's applications", scopes=["ingest"])
    place = Place(
        endpoint=given.endpoint,
        access_key_id=given.credentials.access_key_id,
        secret_access_key=given.credentials.secret_access_key,
    )
    with ExitStack() as running:
        yield [
            running.enter_context(
                python(
                    _MODULE,
                    msgspec.json.encode(
                        Order(
                            application=name,
                            place=place,
                            keeper=client.url,
                            token=key.secret or "",
                            rounds=rounds,
                        )
                    ),
                    logs / f"{name}.log",
                )
            )
            for name in APPLICATIONS
        ]


def measure(client: Client, given: Storage, logs: Path, clock: Clock, *, rounds: int) -> Metered:
    """Let them do everything so many times, and hold it against what the server has stored then."""
    with applications(client, given, logs, rounds=rounds) as running:
        reports = [_report(process, logs) for process in running]
    _await_drain(client, clock)
    usage = client.call("GET", "/api/user/storage/usage", _Usage, range="1h")
    return Metered(
        accepted=sum(report.meter.accepted for report in reports),
        lost=sum(report.meter.dropped + report.meter.rejected + report.meter.queued for report in reports),
        did=dict(sorted(summed(report.did for report in reports).items())),
        stored={each.name: each.tally() for each in sorted(usage.by_operation, key=lambda each: each.name)},
    )


def _report(process: subprocess.Popen[bytes], logs: Path) -> Report:
    line, _ = process.communicate()
    if process.returncode != 0:
        told = "\n".join(path.read_text(errors="replace")[-1500:] for path in logs.glob("*.log"))
        fail("An application of the demo ended before it was done.", hint=told)
    return msgspec.json.decode(line, type=Report)


def _await_drain(client: Client, clock: Clock) -> None:
    """Until all that the server has accepted is stored, or a minute has passed."""
    deadline = clock.monotonic() + _PATIENCE
    while clock.monotonic() < deadline:
        if client.call("GET", "/api/admin/metrics/ingestion-stats", _Spool).spooled_operations == 0:
            return
        clock.sleep(_BETWEEN)
