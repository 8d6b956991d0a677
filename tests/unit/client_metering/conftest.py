"""A worker that is stepped by hand: the clock stands still, chance is even, and the server is a list of answers."""

import msgspec
import pytest

from storekeeper.kernel.clock import ManualClock
from storekeeper_client.metering.batch import Packer
from storekeeper_client.metering.buffer import Buffer
from storekeeper_client.metering.limits import Limits
from storekeeper_client.metering.operation import Operation
from storekeeper_client.metering.owner import owner_finder
from storekeeper_client.metering.verdict import Answer
from storekeeper_client.metering.worker import Worker


@pytest.fixture
def clock():
    return ManualClock()


@pytest.fixture
def make_operation(clock):
    """`make_operation(key="cat.jpg")` for a success of now."""

    def make(**fields):
        return Operation(
            **{"time": clock.now(), "bucket": "media", "operation": "GetObject", "status": 200} | fields
        )

    return make


class Server:
    """Acknowledges all, after the answers (or exceptions) in `script` are used up."""

    def __init__(self):
        self.script = []
        self.batches = []
        self.closed = False

    def close(self):
        self.closed = True

    def post(self, batch):
        self.batches.append(batch)
        reply = self.script.pop(0) if self.script else None
        if isinstance(reply, Exception):
            raise reply
        return reply or Answer(200, {}, msgspec.json.encode({"accepted": batch.count}))


@pytest.fixture
def server():
    return Server()


@pytest.fixture
def buffer():
    return Buffer(100)


@pytest.fixture
def make_worker(buffer, server, clock):
    def make(spill=None, **limits):
        chosen = Limits(**{"batch_size": 10, "flush_interval": 30.0, "max_queue": 100} | limits)
        packer = Packer(owner_finder("users/{owner}/"), compress=False)
        return Worker(buffer, packer, server, limits=chosen, clock=clock, random=lambda: 0.5, spill=spill)

    return make


@pytest.fixture
def fill(buffer, make_operation):
    """`fill(3)` puts three operations into the buffer, with ids that go on counting."""
    made = []

    def put(count):
        for _ in range(count):
            made.append(make_operation(id=str(len(made))))
            buffer.put(made[-1])
        return made[-count:]

    return put
