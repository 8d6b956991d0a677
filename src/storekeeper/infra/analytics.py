"""The analytics engine: ClickHouse SQL through clickhouse-connect, on chDB in this process or on a server, by URL.

A chDB client serialises its own calls, so a small pool keeps a quick read quick beside a long scan. Every query has
bounds on time and memory; every statement that takes values takes them as typed ClickHouse parameters.
"""

import os
import queue
import sys
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from contextvars import copy_context
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

import clickhouse_connect
import pyarrow as pa
from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.exceptions import ClickHouseError

from storekeeper.infra import timing
from storekeeper.kernel.errors import UnavailableError

MIGRATIONS = Path(__file__).parent.parent / "migrations" / "analytics"
POOL_SIZE = 4
# The setting of reads that come back to the same rows: they stay unpacked, which saves up to half of the work. Reads that come to others
# each time would wait for memory that was never used.
UNPACKED = "use_uncompressed_cache = 1"
READ_SECONDS, COMMAND_SECONDS = 20, 600
_NICE = 10  # of threads that work for the engine, so that they never keep requests from being taken
_NICER = 15  # of those that merge parts of tables, so that they seldom keep anybody from reading, and still come to an end
_CACHED = 8  # of the engine's memory, the part that keeps what reads with `UNPACKED` have unpacked
_THREAD_MEMORY = 256 << 20  # bytes that must be free for each thread of a statement
# The engine gives memory that a statement used back to the system after five seconds, unless told otherwise: the next one took half
# as long again, and up to three times as long, to get as much anew.
_ALLOCATION = "dirty_decay_ms:60000"
# To make machine code of a statement's sums takes 35 ms, the third time that they are asked for; it saves two of thirty.
_NOT_COMPILED = {"compile_expressions": 0, "compile_aggregate_expressions": 0, "compile_sort_description": 0}
T = TypeVar("T")
_NO_SETTINGS: Mapping[str, Any] = {}
_UNBOUND: Mapping[str, Any] = {"max_execution_time": 0, "max_memory_usage": 0}
_this_thread = threading.local()
_LEDGER = "CREATE TABLE IF NOT EXISTS schema_migration (name String) ENGINE = MergeTree ORDER BY name"


def written(moment: datetime) -> str:
    """A moment, to the second, as a parameter of the type String that `toDateTime(…, 'UTC')` reads."""
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S")


class Analytics:
    """Pools of clients on one engine, for reads and for commands, whose bounds differ. Safe to share between threads."""

    def __init__(self, url: str, *, memory: int = 2_000_000_000, pool_size: int = POOL_SIZE) -> None:
        self.url = url
        self._memory = memory
        self._reading = _Pool(lambda: self._open(READ_SECONDS), pool_size)
        self._commanding = _Pool(lambda: self._open(COMMAND_SECONDS), pool_size)
        self._beside = ThreadPoolExecutor(pool_size, thread_name_prefix="analytics")

    @property
    def half(self) -> str:
        """The setting of statements that run beside each other: in this process they share its cores, a server knows its own."""
        threads = max((os.cpu_count() or 1) // 2, 1) if self.url.startswith("chdb:") else 0
        return f"max_threads = {threads}"

    def rows(self, sql: str, **parameters: Any) -> list[dict[str, Any]]:
        """The result as one dict a row; for results of at most a few thousand rows."""
        found: list[dict[str, Any]] = self.table(sql, **parameters).to_pylist()
        return found

    def row(self, sql: str, **parameters: Any) -> dict[str, Any]:
        """The first row, or an empty dict."""
        found = self.rows(sql, **parameters)
        return found[0] if found else {}

    def table(self, sql: str, **parameters: Any) -> pa.Table:
        """The result as an Arrow table. Raises UnavailableError when it takes too long or too much memory."""
        with _client(self._reading) as client, timing.measure("analytics"):
            return client.query_arrow(sql, parameters=parameters, use_strings=True)

    def beside(self, read: Callable[[], T]) -> Future[T]:
        """Begin a read that does not wait for the caller's others; there are cores enough for two."""
        return self._beside.submit(copy_context().run, read)

    def command(self, sql: str, **parameters: Any) -> None:
        """Run a statement that returns nothing, waiting for its effect on every replica."""
        with _client(self._commanding) as client, timing.measure("analytics"):
            client.command(sql, parameters=parameters)

    def fill(
        self,
        sql: str,
        *,
        seconds: int = COMMAND_SECONDS,
        settings: Mapping[str, Any] = _NO_SETTINGS,
        **parameters: Any,
    ) -> None:
        """Run an INSERT … SELECT with settings of its own: on chDB, those in a statement cost nothing."""
        bounds = {"max_execution_time": seconds, **settings}
        clause = ", ".join(f"{name} = {value}" for name, value in bounds.items())
        self.command(f"{sql}\nSETTINGS {clause}", **parameters)

    def insert(
        self, table: str, rows: pa.Table, *, token: str = "", settings: Mapping[str, Any] = _NO_SETTINGS
    ) -> None:
        """Insert at once; the same token a second time changes nothing (where the table keeps a window)."""
        self._insert(table, rows.schema.names, _file_of(rows), "Arrow", token, settings)

    def insert_packed(
        self,
        table: str,
        columns: Sequence[str],
        rows: bytes,
        *,
        token: str,
        settings: Mapping[str, Any] = _NO_SETTINGS,
    ) -> None:
        """The same for the values of rows one after the other as MessagePack."""
        self._insert(table, columns, rows, "MsgPack", token, settings)

    def _insert(
        self,
        table: str,
        columns: Sequence[str],
        rows: Any,
        form: str,
        token: str,
        settings: Mapping[str, Any],
    ) -> None:
        named = {"insert_deduplication_token": token} if token else {}
        with _client(self._reading) as client, timing.measure("analytics"):
            client.raw_insert(table, columns, rows, settings={**_UNBOUND, **settings, **named}, fmt=form)

    def migrate(self) -> None:
        """Apply the files of `migrations/analytics` that were not applied yet, in order.

        Each of their statements does nothing the second time: a file that was cut off is applied again, whole.
        """
        _behind(self._migrate)

    def _migrate(self) -> None:
        self.command(_LEDGER)
        for path in self.pending():
            for statement in path.read_text().split(";\n"):
                if statement.strip():
                    self.command(statement)
            self.insert("schema_migration", pa.table({"name": [path.stem]}))

    def pending(self) -> Sequence[Path]:
        """Migrations known to this release and not applied."""
        exists = self.rows(
            "SELECT name FROM system.tables WHERE database = currentDatabase() AND name = 'schema_migration'"
        )
        applied = {row["name"] for row in self.rows("SELECT name FROM schema_migration")} if exists else set()
        return [path for path in sorted(MIGRATIONS.glob("*.sql")) if path.stem not in applied]

    def version(self) -> str:
        """The engine's version, for example `26.9.2.1`."""
        return str(self.row("SELECT version() AS version")["version"])

    def close(self) -> None:
        """Close idle clients; new ones are opened if it is used again."""
        self._reading.close()
        self._commanding.close()

    def _open(self, seconds: int) -> Client:
        if not self.url.startswith("chdb:"):
            return clickhouse_connect.get_client(dsn=self.url, settings=self._bounds(seconds))
        options: Mapping[str, Any] = {
            "max_server_memory_usage": self._memory,
            "mark_cache_size": 64_000_000,
            "uncompressed_cache_size": self._memory // _CACHED,
            "background_pool_size": 2,
        }
        Path(self.url.removeprefix("chdb://")).parent.mkdir(parents=True, exist_ok=True)
        # Read once, when the engine is loaded.
        os.environ.setdefault("JE_MALLOC_CONF", _ALLOCATION)  # noqa: TID251 - for others to read
        # Filtering while the first rows are sorted takes longer here than it saves: newest operations took thrice as long.
        # A thread of a statement wants a gigabyte of its own unless told otherwise, so that all cores but one would stand idle.
        # What a statement needs of many columns is read from the disk at once, not one after the other.
        settings = self._bounds(seconds) | {
            "output_format_arrow_compression_method": "none",
            "use_top_k_dynamic_filtering": 0,
            **_NOT_COMPILED,
            "max_threads_min_free_memory_per_thread": _THREAD_MEMORY,
            "local_filesystem_read_prefetch": 1,
        }
        client = clickhouse_connect.get_client(dsn=self.url, chdb_options=dict(options), settings=settings)
        _merge_last()
        return client

    def _bounds(self, seconds: int) -> dict[str, Any]:
        """For as long as a client is open: on chDB, settings of one statement cost five more around it."""
        return {
            "max_execution_time": seconds,
            "max_memory_usage": self._memory * 3 // 4,
            "mutations_sync": 2,
        }


class _Pool:
    """Clients that are opened when they are needed, up to a number of them."""

    def __init__(self, opening: Callable[[], Client], size: int) -> None:
        self._opening, self._size, self._made = opening, size, 0
        self._lock = threading.Lock()
        self._idle: queue.LifoQueue[Client] = queue.LifoQueue()

    def take(self) -> Client:
        """An idle one, or a new one; where there are too many, wait."""
        try:
            return self._idle.get_nowait()
        except queue.Empty:
            pass
        with self._lock:
            if self._made < self._size:
                client = _behind(self._opening)
                self._made += 1
                return client
        return self._idle.get()

    def give(self, client: Client) -> None:
        self._idle.put(client)

    def close(self) -> None:
        with self._lock:
            while not self._idle.empty():
                self._idle.get_nowait().close()
            self._made = 0


@contextmanager
def _client(pool: _Pool) -> Iterator[Client]:
    if threading.current_thread() is not threading.main_thread():
        _step_back()
    client = pool.take()
    try:
        yield client
    except ClickHouseError as error:
        full = "NOT_ENOUGH_SPACE" in str(error)
        raise UnavailableError(
            "The disk is full." if full else f"The analytics engine refused: {str(error)[:300]}",
            hint="What is stored is safe. Free some space, then it can go on."
            if full
            else "Nothing was changed. Try again; if it stays, run `storekeeper doctor`.",
            retry_after=5,
        ) from error
    finally:
        pool.give(client)


def _file_of(rows: pa.Table) -> Any:
    """As a file in memory: `insert_arrow` would copy it once more."""
    sink = pa.BufferOutputStream()
    with pa.ipc.new_file(sink, rows.schema) as writer:
        writer.write_table(rows)
    return pa.BufferReader(sink.getvalue())


def _behind(work: Callable[[], T]) -> T:
    """Do it in a thread that steps back; threads that the engine starts meanwhile take after it."""
    with ThreadPoolExecutor(1, initializer=_step_back) as thread:
        return thread.submit(work).result()


def _step_back() -> None:
    """Let other threads go first, from now on, where a thread can do so by itself."""
    if sys.platform == "linux" and not hasattr(_this_thread, "stepped_back"):
        _this_thread.stepped_back = True
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _NICE)


def _merge_last() -> None:
    """Let the engine's threads that merge parts go after those that read."""
    for task in Path("/proc/self/task").iterdir() if sys.platform == "linux" else ():
        with suppress(OSError):  # one that has ended meanwhile
            if (task / "comm").read_text().startswith("MergeMutate"):
                os.setpriority(os.PRIO_PROCESS, int(task.name), _NICER)
