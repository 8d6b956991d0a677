"""A process that is an application of the demo. Its order is a line on standard input; it ends when that does."""

import logging
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from random import Random, SystemRandom
from threading import Event, Thread

import msgspec

from storekeeper.cli.local.demo.files import OWNER_PATTERN
from storekeeper.cli.local.demo.gallery import Gallery, Place
from storekeeper.cli.local.demo.pipeline import Pipeline
from storekeeper.cli.local.demo.rhythm import DAY, in_trouble, pace
from storekeeper.cli.local.demo.tally import Tallies, summed
from storekeeper.kernel.clock import Clock, SystemClock
from storekeeper.objectstore.faulty import FaultyProxy
from storekeeper_client.metering import Meter, Stats

_log = logging.getLogger("storekeeper.demo")
_MORNING = DAY * 8 / 24  # the demo begins at eight
_BUSIEST = 4.0  # deeds a second of one user at the busiest time
_FAR, _VERY_FAR = 0.12, 1.5  # seconds that an answer takes through the proxy, in good times and in bad
_PATIENCE = 60.0  # seconds until the server must have taken everything


class Order(msgspec.Struct, frozen=True, kw_only=True):
    """What the process is to be. With `rounds` it does every deed so many times, reports and ends."""

    application: str  # gallery or pipeline
    place: Place
    keeper: str
    token: str
    rounds: int = 0


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """What the application did, and what its meter says of it."""

    did: Tallies
    meter: Stats


class User(msgspec.Struct, frozen=True):
    """Somebody who uses the application; `prepare` comes before each deed, with the time of the demo's day."""

    application: Gallery | Pipeline
    prepare: Callable[[float], None]


def main() -> None:
    logging.basicConfig(format="%(levelname)s %(message)s")
    order = msgspec.json.decode(sys.stdin.buffer.readline(), type=Order)
    # Batches go often, so that what happens is soon to be seen.
    with Meter(order.keeper, order.token, flush_interval=3.0, owner_pattern=OWNER_PATTERN) as meter:
        if order.application == "gallery":
            meter.instrument_boto3()
        if order.rounds:
            sys.stdout.buffer.write(msgspec.json.encode(_fixed(order, meter)) + b"\n")
        else:
            _live(order, meter, SystemClock())


def _fixed(order: Order, meter: Meter) -> Report:
    application = _application(order, meter, SystemRandom())
    did = [deed() for _ in range(order.rounds) for _, deed in application.deeds()]
    did.append(application.close())
    meter.flush(_PATIENCE)
    return Report(did=summed(did), meter=meter.stats())


def _live(order: Order, meter: Meter, clock: Clock) -> None:
    """Until standard input ends, which it does with the demo."""
    stop, began = Event(), clock.monotonic()
    with _users(order, meter) as users:
        threads = [
            Thread(
                target=_use, args=(user, SystemRandom(), stop, lambda: clock.monotonic() - began + _MORNING)
            )
            for user in users
        ]
        for thread in threads:
            thread.daemon = True
            thread.start()
        sys.stdin.buffer.read()
        stop.set()
        for thread in threads:
            thread.join(_VERY_FAR)


def _use(user: User, random: Random, stop: Event, time: Callable[[], float]) -> None:
    weights, deeds = zip(*user.application.deeds(), strict=True)
    while not stop.wait(random.expovariate(_BUSIEST * pace(time()))):
        try:
            user.prepare(time())
            random.choices(deeds, weights)[0]()
        except Exception as error:  # noqa: BLE001 - an application whose storage is in trouble goes on
            _log.warning("%s: %s", type(error).__name__, error)


@contextmanager
def _users(order: Order, meter: Meter) -> Iterator[Sequence[User]]:
    """Two who are near, and for the gallery one who is far away and shares the bad times."""
    near = [User(_application(order, meter, SystemRandom()), lambda _: None) for _ in range(2)]
    if order.application != "gallery":
        yield near
        return
    with FaultyProxy(order.place.endpoint) as proxy:
        far = msgspec.structs.replace(order.place, endpoint=proxy.endpoint)
        yield [*near, User(Gallery(far, SystemRandom()), lambda time: _weather(proxy, time))]


def _weather(proxy: FaultyProxy, time: float) -> None:
    bad = in_trouble(time)
    proxy.faults.delay = _VERY_FAR if bad else _FAR
    if bad and proxy.faults.errors <= 0:
        proxy.faults.slow_down(2)


def _application(order: Order, meter: Meter, random: Random) -> Gallery | Pipeline:
    if order.application == "gallery":
        return Gallery(order.place, random)
    return Pipeline(meter, order.place, random)
