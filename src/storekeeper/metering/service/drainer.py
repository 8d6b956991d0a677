"""Moves operations from the spool into analytics, each exactly once."""

import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from datetime import datetime

import msgspec
import pyarrow as pa
import pyarrow.compute as pc
import structlog

from storekeeper.infra.draining import Draining, Pace
from storekeeper.infra.spool import Departure, Spool, Stored
from storekeeper.kernel.clock import Clock
from storekeeper.kernel.errors import StorekeeperError
from storekeeper.metering.analytics import MeteringAnalytics
from storekeeper.metering.service.few import COLUMNS, reach, unpacked

MAX_ITEMS = 500_000
APART = 100_000  # operations from which on a range goes out in halves at the same time: an insert keeps one core busy
MAX_BYTES = 128 << 20
PACE = Pace(least_seconds=1.0, most_seconds=5.0, times=10, enough=100_000)
UNREADABLE = (pa.ArrowException, msgspec.MsgspecError, ValueError, TypeError)
_ARROW_MAGIC = b"\xff\xff\xff\xff"  # how an Arrow stream begins; other bodies are of `few`

log = structlog.get_logger("metering")


class Drainer:
    """A range of the spool goes out under the range's token; after a crash the same range goes out again, and the engine
    recognizes the token.
    """

    def __init__(
        self,
        spool: Spool,
        analytics: MeteringAnalytics,
        clock: Clock,
        *,
        stored: Callable[[Mapping[str, datetime]], None],
    ) -> None:
        self._spool = spool
        self._analytics = analytics
        self._stored = stored
        self._moving = threading.Lock()
        self._draining = Draining(self.drain_once, spool, clock, name="metering", pace=PACE)
        self.start, self.stop = self._draining.start, self._draining.stop
        self.drained = 0

    @property
    def last_error(self) -> str:
        return self._draining.last_error

    def drain_once(self) -> int:
        """Move one range; how many operations it had. Raises UnavailableError when the engine refuses."""
        with self._moving:
            return self._move()

    def standstill(self) -> AbstractContextManager[object]:
        """A block during which nothing is moved."""
        return self._moving

    def _move(self) -> int:
        departure = self._spool.depart(max_items=MAX_ITEMS, max_bytes=MAX_BYTES)
        if departure is None:
            return 0
        intact = [stored for stored in departure.bodies if stored.intact]
        for stored in departure.bodies:
            if not stored.intact:
                self._set_aside(stored, "checksum does not match")
        large = [stored for stored in intact if stored.body.startswith(_ARROW_MAGIC)]
        small = [stored for stored in intact if not stored.body.startswith(_ARROW_MAGIC)]
        self._move_small(small, f"{departure.token}-small")
        if departure.items >= APART:
            self._move_halves(large, departure)
        else:
            self._move_large(large, departure.token)
        self._spool.departed(departure)
        return sum(stored.items for stored in departure.bodies)

    def _move_small(self, bodies: Sequence[Stored], token: str) -> None:
        """As they are; only when the engine refuses, each is looked into."""
        if not bodies:
            return
        try:
            self._analytics.insert_packed(COLUMNS, b"".join(stored.body for stored in bodies), token=token)
        except StorekeeperError:
            readable = [stored for stored in bodies if self._read(stored) is not None]
            if len(readable) == len(bodies):
                raise
            self._move_small(readable, token)
            return
        finally:  # what the engine failed at may have become visible in part
            self._stored(_reached(bodies))
        self.drained += sum(stored.items for stored in bodies)

    def _move_halves(self, bodies: Sequence[Stored], departure: Departure) -> None:
        """Which half a body belongs to depends on its number only, so that it is the same again after a crash."""
        middle = (departure.first + departure.last) // 2
        earlier = [stored for stored in bodies if stored.seq <= middle]
        later = [stored for stored in bodies if stored.seq > middle]
        with ThreadPoolExecutor(1, thread_name_prefix="metering-drainer") as beside:
            moving = beside.submit(self._move_large, earlier, f"{departure.token}-earlier")
            self._move_large(later, f"{departure.token}-later")
            moving.result()

    def _move_large(self, bodies: Sequence[Stored], token: str) -> None:
        tables = [table for stored in bodies if (table := self._read(stored)) is not None]
        if not tables:
            return
        rows = pa.concat_tables(tables).unify_dictionaries()
        try:
            self._analytics.insert(rows, token=token)
        finally:
            self._stored(reached_by(rows))
        self.drained += rows.num_rows

    def _read(self, stored: Stored) -> pa.Table | None:
        try:
            if stored.body.startswith(_ARROW_MAGIC):
                return pa.ipc.open_stream(stored.body).read_all()
            return unpacked(stored.body, stored.items)
        except UNREADABLE as error:
            self._set_aside(stored, str(error))
            return None

    def _set_aside(self, stored: Stored, why: str) -> None:
        log.error("a batch in the spool is damaged and was set aside", batch=stored.seq, error=why)
        self._spool.quarantine(stored.seq, f"unreadable: {why}")


def _reached(bodies: Iterable[Stored]) -> dict[str, datetime]:
    """From when on these batches change what is known of their buckets."""
    found: dict[str, datetime] = {}
    for stored in bodies:
        for bucket_id, since in reach(stored.label).items():
            found[bucket_id] = min(since, found.get(bucket_id, since))
    return found


def reached_by(rows: pa.Table) -> dict[str, datetime]:
    """The same of rows: their buckets' ids chunk by chunk, for each may have a dictionary of its own, and the first of all of them."""
    first = pc.min(rows["time"]).as_py()
    return {str(one): first for chunk in rows["bucket_id"].chunks for one in pc.unique(chunk).to_pylist()}
