"""A clean-up that may die at every step of every attempt: its log is what is gone, once, and nothing else is gone."""

import contextlib
import tempfile
from collections import Counter
from datetime import timedelta
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from storekeeper.cleanup.ledger import Ledger
from storekeeper.cleanup.model import Choice, CleanupFailingError, PlannedObject
from storekeeper.cleanup.rules.selecting import Selector
from storekeeper.cleanup.service.executing import Executor, Hooks
from storekeeper.kernel.clock import ManualClock
from storekeeper.objectstore.errors import MissingPermissionError, StoreTimeoutError
from storekeeper.objectstore.memory import MemoryStore
from thoroughness import examples

CHOICE = Choice(prefixes=["tmp/"], min_age_days=30, excluded=["tmp/keep/"])
FAULTS = ("none", "crash before", "crash after", "lost answer", "refused", "rewritten")


class Crash(BaseException):
    """The process is gone: nothing of it runs any more."""


class Mortal(MemoryStore):
    """Counts the calls that reach it, and does something evil at one of them."""

    def __init__(self, clock):
        super().__init__(clock)
        self.removed, self.calls, self.evil = Counter(), 0, {}
        self.dead, self.conditional = False, True
        self.wrong = []  # removed although they were not the planned ones

    def describe(self, key):
        fault = self._next(key)
        found = super().describe(key)
        if fault == "rewritten" and self.conditional:  # else nothing in the world could notice
            self.place(key, b"written anew")
        return found

    def remove(self, key, *, seen):
        fault = self._next(key)
        if fault == "refused":
            raise MissingPermissionError("not this one")
        there = key in self._objects
        now = super().describe(key) if there else seen
        marker = super().remove(key, seen=seen if self.conditional else now)
        self.removed[key] += there
        self.wrong += [key] if now.etag != seen.etag else []
        if fault == "crash after":
            self.die()
        if fault == "lost answer":
            raise StoreTimeoutError("no answer")
        return marker

    def _next(self, key):
        if self.dead:
            raise Crash
        self.calls += 1
        fault = self.evil.pop(self.calls, "none")
        if fault == "crash before":
            self.die()
        return fault

    def die(self):
        self.dead = True
        raise Crash


class MortalLedger(Ledger):
    """A dead process writes nothing; it may also die right after a write."""

    store = None
    dies_after = -1

    def intend(self, count):
        return self._mortal(super().intend, count)

    def settle(self, settled, now):
        return self._mortal(super().settle, settled, now)

    def _mortal(self, write, *arguments):
        if self.store.dead:
            raise Crash
        done = write(*arguments)
        self.dies_after -= 1
        if self.dies_after == 0:
            self.store.die()
        return done


class CleanupMachine(RuleBasedStateMachine):
    @initialize(
        ages=st.lists(st.integers(0, 60), min_size=1, max_size=12),
        versioned=st.booleans(),
        conditional=st.booleans(),
    )
    def plan(self, ages, versioned, conditional):
        self.folder = tempfile.TemporaryDirectory()
        self.path = Path(self.folder.name) / "plan.db"
        self.clock = ManualClock()
        self.store = Mortal(self.clock)
        self.store.conditional = conditional
        if versioned:
            self.store.enable_versioning()
        for number, age in enumerate(ages):
            folder = ("tmp/", "tmp/keep/", "other/")[number % 3 if number % 4 == 3 else 0]
            modified = self.clock.now() - timedelta(days=age)
            self.store.place(f"{folder}{number:02}", b"x" * number, modified=modified)
        self.original = {key: self.store.describe(key) for key in self.store._objects}
        selector = Selector(CHOICE, self.clock.now())
        self.planned = {
            key for key, one in self.original.items() if selector.chooses(key, one.size, one.modified)
        }
        with Ledger.create(self.path) as ledger:
            rows = [
                PlannedObject(key=key, size=one.size, modified=one.modified, etag=one.etag, owner="")
                for key, one in sorted(self.original.items())
                if key in self.planned
            ]
            if rows:
                ledger.add(rows)
        self.store.calls = 0

    @rule(
        faults=st.dictionaries(st.integers(1, 12), st.sampled_from(FAULTS), max_size=3),
        dies_after=st.integers(-1, 4),
    )
    def attempt(self, faults, dies_after):
        self.store.dead = False
        self.store.evil = {self.store.calls + at: fault for at, fault in faults.items()}
        with MortalLedger(self.path) as ledger:
            ledger.store, ledger.dies_after = self.store, dies_after or -1
            with contextlib.suppress(Crash, StoreTimeoutError, CleanupFailingError):
                self.executor(ledger).run()

    @rule(data=st.data())
    def somebody_else_writes(self, data):
        key = data.draw(st.sampled_from(sorted(self.original)))
        self.store.place(key, b"by somebody else", modified=self.clock.now())

    @invariant()
    def nothing_is_gone_that_was_not_planned_and_nothing_twice(self):
        if hasattr(self, "planned"):
            assert self.store.removed.keys() <= self.planned
            assert self.store.wrong == []
            assert max(self.store.removed.values(), default=0) <= 1

    def teardown(self):
        if not hasattr(self, "planned"):
            return
        self.store.dead, self.store.evil = False, {}
        with Ledger(self.path) as ledger:
            self.executor(ledger).run()
            log = [one for _, one in ledger.log(0, 1000)]
            assert ledger.in_flight() == []
        assert self.store.wrong == []
        gone = {key for key, times in self.store.removed.items() if times}
        assert len({one.key for one in log}) == len(log) == len(self.planned)
        logged = {one.key for one in log if one.outcome == "deleted"}
        overwritten = {key for key in gone if key in self.store._objects}  # written anew after it was deleted
        assert gone - overwritten <= logged <= gone
        for one in log:
            assert (one.key in self.store._objects) is (
                one.outcome in ("spared", "failed")
            ) or one.key in overwritten
            if one.marker:
                assert self.store.marker_of(one.key) == one.marker or one.key in overwritten
        self.folder.cleanup()

    def executor(self, ledger):
        hooks = Hooks(lambda: None, lambda: None, lambda: None)
        return Executor(self.store, ledger, hooks, self.clock, tags={}, per_second=1, workers=1)


CleanupMachine.TestCase.settings = settings(max_examples=examples(25), stateful_step_count=6, deadline=None)
TestCleanupWithCrashes = CleanupMachine.TestCase
