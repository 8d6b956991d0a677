"""A breaker whose clock stands still until it is advanced."""

import pytest

from storekeeper.kernel.clock import ManualClock
from storekeeper_client.breaker import BreakerConfig, CircuitBreaker


@pytest.fixture
def clock():
    return ManualClock()


@pytest.fixture
def make(clock):
    """`make(failure_threshold=5)`; without jitter, and chance is even."""

    def made(**settings):
        config = BreakerConfig(**{"jitter": 0.0} | settings)
        return CircuitBreaker("media", config, clock=clock.monotonic, random=lambda: 0.5)

    return made


@pytest.fixture
def breaker(make):
    return make()


@pytest.fixture
def told(breaker):
    """The transitions of `breaker`, as they come."""
    seen = []
    breaker.on_transition(seen.append)
    return seen
