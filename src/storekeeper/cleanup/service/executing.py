"""Carries a plan out. May be killed anywhere and run again: the ledger says what was in flight, the bucket what became of it."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import NamedTuple

from storekeeper.cleanup.ledger import Entry, Ledger, Settled, Step
from storekeeper.cleanup.model import CleanupFailingError
from storekeeper.cleanup.rules.checking import difference
from storekeeper.cleanup.rules.selecting import has_tags
from storekeeper.kernel.clock import Clock
from storekeeper.kernel.errors import StorekeeperError
from storekeeper.kernel.pace import Pace
from storekeeper.objectstore import ObjectStore, ObjectStoreError
from storekeeper.objectstore.errors import ChangedMeanwhileError, NoSuchKeyError

MOST_IN_FLIGHT = 100
SECONDS_IN_FLIGHT = 5  # a slow run takes smaller steps, so that it hears soon of what has changed
IN_A_ROW = 25  # failures
_NO_MARKER = (
    "",
    "null",
)  # a bucket whose versioning is suspended overwrites the version "null": nothing is kept
_FOUND_GONE = "found gone after an interruption"


class Hooks(NamedTuple):
    """What an execution asks and tells meanwhile."""

    before_batch: Callable[[], None]  # raises where it must not go on; may take its time
    beat: Callable[[], None]  # raises where a person stopped it
    settled: Callable[[], None]  # a batch is written down


class Executor:
    """One attempt at one plan. Each object is looked at once more before it is deleted."""

    def __init__(
        self,
        store: ObjectStore,
        ledger: Ledger,
        hooks: Hooks,
        clock: Clock,
        *,
        tags: Mapping[str, str],
        per_second: int,
        workers: int,
    ) -> None:
        self._store, self._ledger, self._hooks, self._clock = store, ledger, hooks, clock
        self._tags = tags
        self._pace = Pace(per_second, clock)
        self._batch = max(1, min(MOST_IN_FLIGHT, per_second * SECONDS_IN_FLIGHT))
        self._workers = workers
        self._unsure: dict[int, str] = {}  # by number of the object, why it is not known whether it is gone
        self._failures = 0
        self._is_versioned: bool | None = None

    def run(self) -> None:
        """To the end of the plan.

        Raises CleanupFailingError, objectstore errors, and what the hooks raise; whatever was deleted until then is
        written down, or is in flight and will be looked at.
        """
        self._look_again(Step.PLANNED)
        with ThreadPoolExecutor(self._workers, "cleanup") as pool:
            self._hooks.before_batch()
            while batch := self._ledger.intend(self._batch):
                self._settle(pool, batch)
                self._hooks.settled()
                self._hooks.before_batch()
        self._look_again(Step.FAILED)
        self._hooks.settled()

    def conclude(self) -> None:
        """Only look at what is in flight, where nobody goes on."""
        self._look_again(Step.PLANNED)

    def _look_again(self, present: Step) -> None:
        """Settle what is in flight. What is gone was deleted by us, for that was under way; what is there is `present`."""
        self._write([self._found(entry, present) for entry in self._ledger.in_flight()])

    def _found(self, entry: Entry, present: Step) -> Settled:
        try:
            self._store.describe(entry.key)
        except NoSuchKeyError:
            return Settled(entry.seq, Step.DELETED, _FOUND_GONE, self._marker_of(entry.key))
        return Settled(entry.seq, present, self._unsure.get(entry.seq, "") if present is Step.FAILED else "")

    def _marker_of(self, key: str) -> str:
        """As far as it can be found out: without the permission to see versions, the log does without."""
        try:
            if self._is_versioned is None:
                self._is_versioned = self._store.is_versioned()
            return _usable(self._store.marker_of(key)) if self._is_versioned else ""
        except ObjectStoreError:
            return ""

    def _settle(self, pool: ThreadPoolExecutor, batch: Sequence[Entry]) -> None:
        """What was not begun when an exception comes goes back into the plan; what is not known stays in flight."""
        done: list[Settled] = []
        begun: list[Future[Settled | None]] = []
        submitted = 0
        try:
            for entry in batch:
                self._hooks.beat()
                self._pace.wait()
                begun.append(pool.submit(self._one, entry))
                submitted += 1
                if len(begun) >= self._workers:
                    self._take(begun.pop(0), done)
            while begun:
                self._take(begun.pop(0), done)
        finally:
            for future in begun:
                self._finish(future, done)
            back = [Settled(entry.seq, Step.PLANNED) for entry in batch[submitted:]]
            self._write([*done, *back])

    def _take(self, future: "Future[Settled | None]", done: list[Settled]) -> None:
        settled = future.result()
        if settled is not None:
            done.append(settled)
        self._failures = self._failures + 1 if settled is None or settled.step is Step.FAILED else 0
        if self._failures >= IN_A_ROW:
            told = settled.reason if settled else next(reversed(self._unsure.values()), "")
            raise CleanupFailingError(
                f"{self._failures} objects in a row could not be deleted. The last one: {told}",
                hint="What was deleted is in the log. Check the bucket and its credentials; the rest is tried again.",
            )

    def _finish(self, future: "Future[Settled | None]", done: list[Settled]) -> None:
        """On the way out: what has begun comes to its end, and counts."""
        if future.exception() is None and (settled := future.result()) is not None:
            done.append(settled)

    def _one(self, entry: Entry) -> Settled | None:
        """None where it is not known whether it was deleted."""
        try:
            if spared := self._reason_to_spare(entry):
                return Settled(entry.seq, Step.SPARED, spared)
        except NoSuchKeyError:
            return Settled(entry.seq, Step.GONE)
        except StorekeeperError as error:
            return Settled(entry.seq, Step.FAILED, error.detail or error.title)
        return self._delete(entry)

    def _reason_to_spare(self, entry: Entry) -> str:
        found = self._store.describe(entry.key)
        if changed := difference(entry.planned, found):
            return changed
        if self._tags and not has_tags(self._tags, self._store.tags(entry.key)):
            return "its tags are others"
        return ""

    def _delete(self, entry: Entry) -> Settled | None:
        try:
            marker = self._store.remove(entry.key, seen=entry.planned)
        except ChangedMeanwhileError:
            # Also what a repeated request hears whose first try had deleted it, but got no answer through.
            self._unsure[entry.seq] = "it was written meanwhile"
            return self._after_doubt(entry)
        except ObjectStoreError as error:
            told = error.detail or error.title
            if not error.retry:
                return Settled(entry.seq, Step.FAILED, told)
            self._unsure[entry.seq] = told
            return None
        return Settled(entry.seq, Step.DELETED, "", _usable(marker))

    def _after_doubt(self, entry: Entry) -> Settled | None:
        try:
            settled = self._found(entry, Step.SPARED)
        except ObjectStoreError:
            return None
        why = self._unsure.pop(entry.seq)
        return settled._replace(reason=why) if settled.step is Step.SPARED else settled

    def _write(self, settled: Iterable[Settled]) -> None:
        self._ledger.settle(list(settled), self._clock.now())


def _usable(marker: str) -> str:
    return "" if marker in _NO_MARKER else marker
