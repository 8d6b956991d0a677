"""What the pages of health show in the same way: words and tones of states, links."""

from datetime import datetime
from typing import Any
from urllib.parse import quote

from storekeeper.health.model import Check, Status
from storekeeper_client.breaker import Mode, Outcome, State

View = dict[str, Any]
HERE = "/health/buckets"
STATUS_TONES = {
    Status.HEALTHY: "good",
    Status.DEGRADED: "warn",
    Status.UNHEALTHY: "bad",
    Status.UNKNOWN: "neutral",
}
# Of a letter of `OperationHealth.recent`.
LETTERS = {
    "o": ("works", "good"),
    "s": ("slow", "warn"),
    "f": ("fails", "bad"),
    "t": ("throttled", "warn"),
    "c": ("refused", "bad"),
    "x": ("wrong bytes", "bad"),
    "u": ("unknown", "neutral"),
}
_STATES = {
    State.CLOSED: ("closed", "good"),
    State.HALF_OPEN: ("half-open", "warn"),
    State.OPEN: ("open", "bad"),
}
_MODES = {
    Mode.FORCED_OPEN: ("forced open", "bad"),
    Mode.DISABLED: ("disabled", "neutral"),
    Mode.METRICS_ONLY: ("metrics only", "info"),
}
_OUTCOMES = {
    Outcome.OK: ("ok", "good"),
    Outcome.FAILURE: ("failed", "bad"),
    Outcome.THROTTLED: ("throttled", "warn"),
    Outcome.CALLER: ("refused", "bad"),
    Outcome.UNKNOWN: ("unknown", "neutral"),
}


def breaker_word(state: State, mode: Mode) -> tuple[str, str]:
    """(words, tone): what it was told to do, else what it found out."""
    return _MODES.get(mode) or _STATES[state]


def outcome_word(check: Check) -> tuple[str, str]:
    """(words, tone) of one check."""
    if check.corrupt:
        return "wrong bytes", "bad"
    if check.slow and check.ok:
        return "slow", "warn"
    return _OUTCOMES[check.outcome]


def bucket_href(name: str) -> str:
    return f"{HERE}/{quote(name, safe='')}"


def rfc3339(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def seconds(milliseconds: float | None) -> float | None:
    return None if milliseconds is None else round(milliseconds / 1000, 6)
