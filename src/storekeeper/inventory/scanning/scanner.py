"""One scan from its first page, or from where an earlier attempt stopped, to its last."""

import threading
from collections.abc import Callable, Sequence

from msgspec.structs import replace

from storekeeper.inventory.model import Extras, Scan, Shard
from storekeeper.inventory.scanning.event_log import Entry, EventLog, WorkerEnded
from storekeeper.inventory.scanning.extras import count_extras
from storekeeper.inventory.scanning.frontier import Event, Frontier
from storekeeper.inventory.scanning.ledger import Ledger
from storekeeper.inventory.scanning.worker import Counters, Worker
from storekeeper.kernel.pace import Pace
from storekeeper.objectstore import ObjectStore

HEARTBEAT_SECONDS = 0.5
_CARRY_ON: Callable[[Scan], None] = lambda _scan: None  # noqa: E731 - a default that does nothing


class Scanner:
    """Runs the workers of one scan and feeds the ledger with what they find."""

    def __init__(
        self,
        store: ObjectStore,
        ledger: Ledger,
        shards: Sequence[Shard],
        *,
        pace: Pace,
        counters: Counters,
        concurrency: int = 8,
        heartbeat: Callable[[Scan], None] = _CARRY_ON,
    ) -> None:
        self._store = store
        self._ledger = ledger
        self._pace = pace
        self._counters = counters
        self._concurrency = concurrency
        self._heartbeat = heartbeat
        self._log = EventLog()
        self._frontier = Frontier(shards, ledger.scan.shards_total, self._log.record)

    def run(self) -> Scan:
        """The scan with everything counted and durable.

        `heartbeat` is called at least twice a second from the calling thread; what it raises stops the scan. Whatever
        else stops it, what was listed until then is made durable first.
        """
        threads = [
            threading.Thread(target=self._work, args=(number,), daemon=True)
            for number in range(self._concurrency)
        ]
        for thread in threads:
            thread.start()
        try:
            self._write()
        finally:
            self._frontier.stop()
            self._log.close()
        for thread in threads:
            thread.join()
        self._flush()
        return self._ledger.scan

    def _write(self) -> None:
        running = self._concurrency
        while running:
            entry = self._log.next(HEARTBEAT_SECONDS)
            running -= isinstance(entry, WorkerEnded)
            self._take_in(entry)
            self._heartbeat(self._counted())

    def _take_in(self, entry: Entry | None) -> None:
        if isinstance(entry, Event):
            self._ledger.add(entry)
        elif isinstance(entry, Extras):
            self._ledger.scan = replace(self._ledger.scan, extras=entry)
        elif isinstance(entry, WorkerEnded) and entry.error:
            self._flush()
            raise entry.error

    def _flush(self) -> None:
        self._ledger.scan = self._counted()
        self._ledger.flush()

    def _counted(self) -> Scan:
        counters = self._counters
        return replace(
            self._ledger.scan, pages=counters.pages, requests=counters.requests, retries=counters.retries
        )

    def _work(self, number: int) -> None:
        """One thread. One of them also counts the extras: first, or last where it is alone with the listing."""
        steps = [Worker(self._store, self._frontier, self._pace, self._counters, self._log.wait_for_room).run]
        if number == self._concurrency - 1:
            steps.insert(0 if number else 1, self._count_extras)
        try:
            for step in steps:
                step()
        except Exception as error:  # noqa: BLE001 - the writer raises it again in the thread that cares
            self._log.record(WorkerEnded(error))
        else:
            self._log.record(WorkerEnded())

    def _count_extras(self) -> None:
        extras = count_extras(self._store, self._turn)
        if extras:
            self._log.record(extras)

    def _turn(self) -> bool:
        self._pace.wait()
        self._counters.add(requests=1)
        return not self._frontier.stopped
