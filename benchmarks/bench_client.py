"""What metering costs an application: microseconds for each call of boto3, beside OpenTelemetry's instrumentation.

The transport is stubbed (a handler of `before-send` answers), so that only the program's own time is measured: processor
time of the calling thread. Bare and metered calls take turns, so that both suffer alike from other programs; a round
of traced calls follows each round of them; a figure is the median over the rounds' differences. The meter sends what it records to a server in another
process; OpenTelemetry hands its spans to a batch processor whose exporter throws them away.
"""

import io
import logging
import statistics
import subprocess
import sys
import time
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.metadata import version
from typing import Any

import boto3
from botocore.awsrequest import AWSResponse
from botocore.config import Config
from opentelemetry.instrumentation.botocore import BotocoreInstrumentor
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult
from rich.console import Console
from rich.table import Table

from storekeeper.kernel.clock import ManualClock
from storekeeper_client.metering import Meter, Operation

ROUNDS, WARM_UP, CALLS = 120, 5, 50
GOAL_MICROSECONDS, GOAL_SHARE = 12.0, 0.1
_HEADERS = {"Content-Length": "5", "ETag": '"e"', "x-amz-request-id": "R"}
_SERVER = """
import sys
from storekeeper_client.metering.testing import FakeIngest

with FakeIngest() as ingest:
    print(ingest.url, ingest.token, flush=True)
    sys.stdin.read()
"""


class Raw(io.BytesIO):
    """A body of five bytes, as urllib3 gives it."""

    def stream(self, **_: Any) -> Iterator[bytes]:
        yield self.read()


class Nowhere(SpanExporter):
    def export(self, spans: Any) -> SpanExportResult:  # noqa: ARG002 - that is all it does
        return SpanExportResult.SUCCESS


def stubbed_client() -> Any:
    client = boto3.session.Session().client(
        "s3",
        endpoint_url="http://127.0.0.1:9",
        aws_access_key_id="AKIATEST",
        aws_secret_access_key="secret",
        region_name="us-east-1",
        config=Config(response_checksum_validation="when_required"),
    )

    def answer(request: Any, event_name: str, **_: Any) -> AWSResponse:
        body = b"12345" if event_name.endswith("GetObject") else b""
        return AWSResponse(request.url, 200, _HEADERS, Raw(body))

    client.meta.events.register("before-send.s3", answer)
    return client


CALLS_OF: dict[str, Callable[[Any], object]] = {
    "HeadObject": lambda client: client.head_object(Bucket="media", Key="users/ann/cat.jpg"),
    "PutObject": lambda client: client.put_object(Bucket="media", Key="users/ann/cat.jpg", Body=b"12345"),
    "GetObject": lambda client: client.get_object(Bucket="media", Key="users/ann/cat.jpg")["Body"].read(),
}


@contextmanager
def server() -> Iterator[list[str]]:
    """Address and token of a server in another process."""
    command = [sys.executable, "-c", _SERVER]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        yield process.stdout.readline().split()
        process.communicate()


@contextmanager
def traced(provider: TracerProvider) -> Iterator[None]:
    BotocoreInstrumentor().instrument(tracer_provider=provider)
    try:
        yield
    finally:
        BotocoreInstrumentor().uninstrument()


def spend(call: Callable[[Any], object], *clients: Any) -> list[float]:
    """Microseconds of processor time for one call of each client, as the mean over a round in which they take turns."""
    spent = [0] * len(clients)
    for number in range(WARM_UP + CALLS):
        if number == WARM_UP:  # what an instrumentation prepares on its first call is not counted
            spent = [0] * len(clients)
        for index, client in enumerate(clients):
            start = time.thread_time_ns()
            call(client)
            spent[index] += time.thread_time_ns() - start
    return [each / CALLS / 1000 for each in spent]


def measure(
    call: Callable[[Any], object], metered: Any, provider: TracerProvider
) -> tuple[float, float, float]:
    """What a bare call costs, and what metering and tracing add to it, in microseconds: medians over the rounds."""
    bare = stubbed_client()
    rounds: list[tuple[float, float, float]] = []
    for _ in range(ROUNDS):
        plain, with_meter = spend(call, bare, metered)
        with traced(provider):
            [with_traces] = spend(call, bare)
        rounds.append((plain, with_meter - plain, with_traces - plain))
    bare.close()
    plain, metering, tracing = (statistics.median(figures) for figures in zip(*rounds, strict=True))
    return plain, metering, tracing


def calls() -> tuple[Table, bool]:
    """The table of costs, and whether the goals are reached."""
    table = Table(
        title=f"boto3 {version('boto3')}, OpenTelemetry {version('opentelemetry-instrumentation-botocore')},"
        f" Python {sys.version.split()[0]}: microseconds for each call"
    )
    table.add_column("call")
    for column in ("bare", "metering adds", "tracing adds", "share"):
        table.add_column(column, justify="right")
    provider = TracerProvider()
    provider.add_span_processor(BatchSpanProcessor(Nowhere()))
    reached = True
    with server() as (url, token), Meter(url, token, max_queue=100_000) as meter:
        client = stubbed_client()
        meter.instrument_botocore_client(client)
        for name, call in CALLS_OF.items():
            plain, metering, tracing = measure(call, client, provider)
            share = metering / tracing
            table.add_row(name, f"{plain:.0f}", f"{metering:.1f}", f"{tracing:.1f}", f"{share:.1%}")
            reached &= metering <= GOAL_MICROSECONDS and share <= GOAL_SHARE
        client.close()
        assert meter.flush(30)
        stats = meter.stats()
    provider.shutdown()
    assert stats.accepted == stats.recorded == len(CALLS_OF) * ROUNDS * (WARM_UP + CALLS), stats
    return table, reached


def away() -> str:
    """Memory of a meter whose server is away for an hour at 100 operations a second (the clock is advanced)."""
    clock = ManualClock()
    meter = Meter("http://127.0.0.1:9", "t", background=False, clock=clock, exit_timeout=0)
    worker, wait = meter._engine._worker, 0.0  # noqa: SLF001 - stepped by hand, so that the hour does not take one
    tracemalloc.start()
    for second in range(3600):
        for number in range(100):
            meter.record(
                Operation(
                    time=clock.now(),
                    bucket="media",
                    operation="GetObject",
                    status=200,
                    key=f"users/ann/{second}-{number}",
                )
            )
        clock.advance(1)
        wait -= 1
        if wait <= 0:
            wait = worker.step()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    stats = meter.stats()
    meter.close()
    assert peak < 10 << 20, peak
    return (
        f"Server away for an hour, {stats.recorded:,} operations: {peak / (1 << 20):.1f} MiB at most,"
        f" {stats.queued:,} kept, {stats.dropped:,} dropped and counted, {stats.retries} attempts."
    )


def main() -> int:
    """Print the figures; 1 when a goal is missed."""
    logging.disable(logging.WARNING)  # that operations are dropped is the point
    console = Console()
    table, reached = calls()
    console.print(table)
    console.print(f"Goals: at most {GOAL_MICROSECONDS:.0f} µs, and {GOAL_SHARE:.0%} of what tracing adds.")
    console.print("Reached." if reached else "[bold red]Missed.[/]")
    console.print(away())
    return 0 if reached else 1


if __name__ == "__main__":
    sys.exit(main())
