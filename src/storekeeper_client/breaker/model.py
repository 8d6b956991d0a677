"""The nouns of circuit breaking, in the vocabulary of resilience4j. Times are seconds of the breaker's own clock."""

from enum import StrEnum, auto

import msgspec


class State(StrEnum):
    """What a breaker found out about its bucket."""

    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half-open"


class Mode(StrEnum):
    """What it was told to do: decide by itself, or something else until told otherwise."""

    AUTOMATIC = "automatic"
    DISABLED = "disabled"  # let all pass, record nothing
    METRICS_ONLY = "metrics-only"  # let all pass, record
    FORCED_OPEN = "forced-open"  # let nothing pass


class Window(StrEnum):
    """What the rates are taken over."""

    COUNT = "count"  # the last `size` calls
    TIME = "time"  # the last `monitoring_window` seconds


class Failure(StrEnum):
    """How the storage failed."""

    CONNECT = "connect"
    TLS = "tls"
    TIMEOUT = "timeout"
    SERVER = "server"


class Outcome(StrEnum):
    """What the end of a call says of the storage."""

    OK = auto()
    FAILURE = auto()
    THROTTLED = auto()  # it asks for fewer requests, which is no outage
    CALLER = auto()  # it answered, and the request was at fault
    UNKNOWN = auto()  # nothing: the call did not get that far, or was broken off


class BreakerConfig(msgspec.Struct, frozen=True, kw_only=True):
    """When to open, for how long, and how to find back. Durations are seconds, thresholds shares from 0 to 1.

    Raises ValueError for settings that make no sense.
    """

    window: Window = Window.TIME
    size: int = 100  # calls of a window by count
    monitoring_window: float = 300.0  # seconds of a window by time
    min_calls: int = 20  # below so many calls in the window rates mean nothing
    failure_threshold: int = 3  # failures in a row
    failure_rate_threshold: float = 0.5
    slow_rate_threshold: float = 1.0
    slow_call_threshold: float = 2.0  # a call that takes so long is slow
    recovery_timeout: float = 60.0  # the first time open; each trial that fails doubles it
    longest_recovery: float = 900.0
    jitter: float = 0.1  # a time open is shortened by up to this share
    half_open_permits: int = 1
    # A trial call without a result for so long has failed; not less than a call's timeout.
    lease: float = 60.0
    throttle_backoff: float = 0.0  # the first pause after a throttled call, doubled like the above; 0: none

    def __post_init__(self) -> None:
        counts = (self.size, self.min_calls, self.failure_threshold, self.half_open_permits)
        shares = (self.failure_rate_threshold, self.slow_rate_threshold)
        spans = (self.monitoring_window, self.slow_call_threshold, self.recovery_timeout, self.lease)
        if min(counts) < 1:
            raise ValueError("size, min_calls, failure_threshold and half_open_permits must be 1 or more")
        if not 0 < min(shares) <= max(shares) <= 1:
            raise ValueError("the thresholds of rates must be more than 0 and at most 1")
        if not min(spans) > 0:
            raise ValueError("window, slow_call_threshold, recovery_timeout and lease must be more than 0 s")
        if not 0 <= self.jitter < 1:
            raise ValueError("jitter must be at least 0 and less than 1")
        if self.longest_recovery < self.recovery_timeout or self.throttle_backoff < 0:
            raise ValueError("a wait can not be negative, nor the longest shorter than the first")


class Figures(msgspec.Struct, frozen=True, kw_only=True):
    """Counts. The first group is of the window, or of the trial calls when half-open; the second of the breaker's life."""

    calls: int = 0
    failures: int = 0
    slow: int = 0
    consecutive: int = 0  # failures in a row
    trials: int = 0  # trial calls under way

    throttled: int = 0
    ignored: int = 0  # the caller's own faults
    refused: int = 0
    late: int = 0  # results of calls that began before the last transition; they have no vote

    @property
    def failure_rate(self) -> float:
        return self.failures / self.calls if self.calls else 0.0

    @property
    def slow_rate(self) -> float:
        return self.slow / self.calls if self.calls else 0.0


class Snapshot(msgspec.Struct, frozen=True, kw_only=True):
    """A breaker as it is. `state, epoch, until, k` are what `restore` takes back."""

    bucket: str
    state: State
    mode: Mode
    epoch: int  # grows by one with each transition
    until: float | None  # when an open breaker tries again; None when nothing ends by itself
    k: int  # times that it opened again without having closed
    reason: str  # why it is so
    retry_after: float  # seconds until a call may pass; 0 when it may
    figures: Figures


class Transition(msgspec.Struct, frozen=True, kw_only=True):
    """A change, for listeners. `figures` are those that led to it."""

    bucket: str
    before: State
    after: State
    mode: Mode  # after it
    at: float
    epoch: int
    until: float | None
    reason: str
    figures: Figures
