"""Probes one bucket, again and again."""

from collections.abc import Callable
from typing import Protocol

from storekeeper.kernel.clock import Clock
from storekeeper.objectstore.opening import open_store
from storekeeper.objectstore.probing.model import Plan, Round
from storekeeper.objectstore.probing.rounds import RoundRun
from storekeeper.objectstore.probing.touch import SignedTouch, StoreTouch
from storekeeper.objectstore.retry import NO_RETRY
from storekeeper.objectstore.signing import Credentials, Signer
from storekeeper.objectstore.url import Location


class Prober(Protocol):
    """Safe to share between threads; it keeps no connection."""

    def run(self, plan: Plan, stopped: Callable[[], bool] = lambda: False) -> Round:
        """One round. Raises nothing: what goes wrong is what it is to find out."""


class _StoreProber:
    def __init__(self, location: Location, clock: Clock) -> None:
        self._location, self._clock = location, clock

    def run(self, plan: Plan, stopped: Callable[[], bool] = lambda: False) -> Round:
        store = open_store(self._location, clock=self._clock, retry=NO_RETRY)
        return RoundRun(StoreTouch(store), plan, self._clock, stopped).run()


class _SignedProber:
    def __init__(
        self, location: Location, credentials: Credentials | None, clock: Clock, ca_file: str | None
    ) -> None:
        self._location, self._credentials, self._clock, self._ca_file = location, credentials, clock, ca_file
        self._signer = Signer(credentials, region=location.region, clock=clock)

    def run(self, plan: Plan, stopped: Callable[[], bool] = lambda: False) -> Round:
        touch = SignedTouch(self._location, self._credentials, self._signer, self._clock, self._ca_file)
        return RoundRun(touch, plan, self._clock, stopped).run()


def open_prober(
    location: Location, credentials: Credentials | None = None, *, clock: Clock, ca_file: str | None = None
) -> Prober:
    """For the bucket at a location; nothing is connected to yet. Without credentials, requests are anonymous."""
    if location.scheme in ("file", "memory"):
        return _StoreProber(location, clock)
    return _SignedProber(location, credentials, clock, ca_file)
