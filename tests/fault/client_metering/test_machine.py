"""Whatever the server does and in whatever order: nothing is lost or counted twice without being counted as such."""

import contextlib
import tempfile

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from storekeeper.kernel.clock import ManualClock
from storekeeper_client.metering import Meter, Operation
from storekeeper_client.metering.testing import FakeIngest


class Metering(RuleBasedStateMachine):
    """One program over its restarts, one server over its troubles, real HTTP between them."""

    def __init__(self):
        super().__init__()
        self.resources = contextlib.ExitStack()
        self.ingest = self.resources.enter_context(FakeIngest())
        self.ingest.reject = self.reject
        self.rejected = set()
        self.replies_were_lost = False
        self.clock = ManualClock()
        self.made = 0
        self.dropped = 0  # by meters that are closed

    def reject(self, operation):
        if operation.bucket == "media":
            return ""
        self.rejected.add(operation.id)
        return "unknown-bucket"

    @initialize(batch_size=st.integers(1, 7), spilling=st.booleans(), room=st.integers(400, 20_000))
    def begin(self, batch_size, spilling, room):
        folder = self.resources.enter_context(tempfile.TemporaryDirectory())
        self.options = {
            "batch_size": batch_size,
            "max_queue": 20,
            "spill_dir": f"{folder}/spill" if spilling else None,
            "max_spill": room,
            "exit_timeout": 0.0,
            "background": False,
            "clock": self.clock,
            "random": lambda: 0.5,
        }
        self.meter = Meter(self.ingest.url, self.ingest.token, **self.options)

    @rule(count=st.integers(1, 15), bucket=st.sampled_from(["media", "media", "other"]))
    def record(self, count, bucket):
        for _ in range(count):
            operation = Operation(
                time=self.clock.now(), bucket=bucket, operation="GetObject", status=200, id=str(self.made)
            )
            self.meter.record(operation)
            self.made += 1

    @rule(steps=st.integers(1, 4))
    def work(self, steps):
        for _ in range(steps):
            self.clock.advance(self.meter._engine._worker.step())

    @rule(trouble=st.sampled_from(["go_away", "lose_replies", "recover"]))
    def trouble(self, trouble):
        getattr(self.ingest, trouble)()
        self.replies_were_lost |= trouble == "lose_replies"

    @rule(status=st.sampled_from([400, 429, 500, 503]), times=st.integers(1, 3))
    def refuse(self, status, times):
        self.ingest.refuse(status, times=times, retry_after="7" if status == 429 else "")

    @precondition(lambda self: self.made)
    @rule()
    def restart(self):
        self.meter.close()
        stats = self.meter.stats()
        self.dropped += stats.dropped
        self.meter = Meter(self.ingest.url, self.ingest.token, **self.options)
        assert self.meter.stats().recovered == stats.spilled

    @invariant()
    def nothing_arrives_twice(self):
        ids = [operation.id for operation in self.ingest.operations]
        assert len(ids) == len(set(ids))

    @invariant()
    def the_counts_add_up(self):
        if not hasattr(self, "meter"):
            return
        stats = self.meter.stats()
        settled = stats.accepted + stats.duplicates + stats.rejected + stats.dropped
        # The fake's answer to a repeated batch counts what it took, not what it had rejected of it.
        again = len({request.key for request in self.ingest.received}) < len(self.ingest.received)
        left = stats.recorded + stats.recovered - stats.queued - stats.spilled
        assert settled <= left if again else settled == left
        assert stats.queued <= 20 + max(
            self.options["batch_size"], 2
        )  # the queue and a batch, or a tenth of it

    def teardown(self):
        if hasattr(self, "meter"):
            self.ingest.recover()
            assert self.meter.flush(3600)
            self.meter.close()
            self.dropped += self.meter.stats().dropped
            arrived = len(self.ingest.operations) + len(self.rejected)
            if self.replies_were_lost:  # what was given up for lack of a reply may have arrived all the same
                assert arrived <= self.made <= arrived + self.dropped
            else:
                assert arrived + self.dropped == self.made
        self.resources.close()


TestMetering = Metering.TestCase
TestMetering.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)
