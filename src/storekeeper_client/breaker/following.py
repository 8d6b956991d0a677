"""An application's breakers follow the server's, as far as that can be reached.

`GET /api/health/circuit-breaker/events` is a stream of Server-Sent Events that does not end. It begins with one event
`breaker` for each bucket, and goes on with one for each change; a comment (`: …`) at least every 15 seconds shows that
the line is alive. Each event's data is JSON:

    {"bucket": "media", "state": "open", "epoch": 7, "mode": "automatic",
     "until": "2026-11-20T12:01:00Z", "now": "2026-11-20T12:00:30Z"}

`state` is closed, open or half-open; `mode` automatic, disabled, metrics-only or forced-open. `epoch` grows with each
change of the bucket's breaker on the server, also over restarts; an event with a smaller one than was seen is old news.
`until` is when an open breaker is tried again, null when nobody knows. Both times are the server's: only their
difference is used, so that clocks need not agree. Where `now` is missing, this machine's clock takes its place.

What follows from an event:

| the server's breaker | here |
| --- | --- |
| open | opens until `until`, or stays open until then |
| half-open | nothing: the server tries, others wait |
| closed | what was opened by the server closes; what this program found out itself stays |
| disabled, metrics-only, forced-open | the same, unless this program chose a mode itself |

Without the server for `patience` seconds, modes that it had set end, and all goes by this program's own calls.
"""

import logging
import random as randomness
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Self

import msgspec

from storekeeper.kernel.clock import Clock, SystemClock
from storekeeper_client.decoding import decode
from storekeeper_client.errors import ApiError, ClientError
from storekeeper_client.transport import Event, Transport

from .model import Mode, State
from .registry import BreakerRegistry
from .shared import Word

PATH = "/api/health/circuit-breaker/events"
_FIRST, _LONGEST = 1.0, 60.0  # pauses between attempts
_PATIENT = 30  # attempts after which the pause does not grow
_QUIET = 45.0  # three comments missed
_log = logging.getLogger("storekeeper.breaker")


class BreakerEvent(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """One event's data."""

    bucket: str
    state: State
    epoch: int
    until: datetime | None = None
    mode: Mode = Mode.AUTOMATIC
    now: datetime | None = None


class Following:
    """Follows a server from a thread of its own; `stop()` ends it. It is not inherited by a forked child."""

    def __init__(
        self,
        transport: Transport,
        token: str,
        registry: BreakerRegistry,
        *,
        patience: float = 60.0,
        clock: Clock | None = None,
        random: Callable[[], float] = randomness.random,
    ) -> None:
        self._transport, self._registry, self._patience = transport, registry, patience
        self._headers = {"Authorization": f"Bearer {token}"} if token else {}
        self._clock, self._random = clock or SystemClock(), random
        self._attempts, self._alone, self._live = 0, True, False
        self._heard_at = self._clock.monotonic()
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="storekeeper-breakers", daemon=True)

    def start(self) -> Self:
        self._thread.start()
        return self

    def stop(self) -> None:
        """End it: at once while it waits, else with the next event or silence of the server."""
        self._stopped.set()

    @property
    def connected(self) -> bool:
        """Whether the server is being listened to and has said something."""
        return self._live

    def step(self) -> float:
        """Listen until the stream breaks off; seconds to wait before the next attempt."""
        self._live = False
        try:
            self._listen()
            reason = "it ended the stream"
        except ClientError as error:
            reason = str(error)
            if isinstance(error, ApiError) and error.status < 500 and error.status != 429:
                self._attempts = _PATIENT  # asking more often will not make it like us
        now = self._clock.monotonic()
        if self._live:
            self._heard_at, self._live = now, False
            _log.info("the server's breakers can not be followed any more: %s", reason)
        elif not self._alone and now - self._heard_at >= self._patience:
            self._alone = True
            _log.warning("breakers go on alone, the server is away: %s", reason)
            self._registry.go_alone()
        longest = min(_FIRST * 2.0 ** min(self._attempts, _PATIENT), _LONGEST)
        self._attempts += 1
        return longest * (0.5 + self._random() / 2)

    def _listen(self) -> None:
        for event in self._transport.events(PATH, headers=self._headers, quiet=_QUIET):
            if self._stopped.is_set():
                return
            self._attempts, self._alone, self._live = 0, False, True
            self._take(event)

    def _take(self, event: Event) -> None:
        if event.name != "breaker":
            return
        try:
            said = decode(event.data, BreakerEvent)
        except msgspec.MsgspecError as error:
            _log.warning("an event of the server can not be read: %s", error)
            return
        self._registry.heed(word_of(said, self._clock.now()))

    def _run(self) -> None:
        while not self._stopped.is_set():
            try:
                pause = self.step()
            except Exception:  # noqa: BLE001 - the thread goes on
                _log.exception("following the server's breakers failed")
                pause = _LONGEST
            self._stopped.wait(pause)


def follow(url: str, token: str, registry: BreakerRegistry) -> Following:
    """Have the registry's breakers follow the server's from now on. Raises ValueError for what is no address."""
    return Following(Transport(url, timeout=_QUIET), token, registry).start()


def word_of(event: BreakerEvent, now: datetime) -> Word:
    """The event with the time that is left in place of a moment."""
    left = None
    if event.until is not None:
        left = (_aware(event.until) - _aware(event.now or now)).total_seconds()
    return Word(bucket=event.bucket, state=event.state, epoch=event.epoch, left=left, mode=event.mode)


def _aware(moment: datetime) -> datetime:
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
