"""A bucket's breaker: as it is, what may be done to it, and how it came to be so."""

from collections.abc import Sequence
from datetime import datetime

from storekeeper.health.model import SYSTEM, BreakerAction, BreakerTransition, BreakerView
from storekeeper.health.views.shared import View, breaker_word
from storekeeper_client.breaker import Figures, Mode, State

_DIRECT = (
    (BreakerAction.RESET, "Reset", "Close it and forget what was."),
    (BreakerAction.CLOSE, "Close", "Let requests pass, and decide by itself."),
    (BreakerAction.AUTOMATIC, "Automatic", "Decide by itself again."),
)
_STOPPED = "Applications stop using {bucket} at once: their calls fail without being sent"
_ASKED = (
    (
        BreakerAction.OPEN,
        "Open",
        f"{_STOPPED}. After the time that you say, or the usual one, the next check decides whether it closes.",
    ),
    (
        BreakerAction.FORCE_OPEN,
        "Force open",
        f"{_STOPPED}, however well the bucket works. No check closes it. It stays so until somebody undoes it, or until the time is over that you say.",
    ),
    (
        BreakerAction.DISABLE,
        "Disable",
        "All calls to {bucket} pass, also while it is down, and nothing is recorded. Nobody is protected from an outage.",
    ),
    (
        BreakerAction.METRICS_ONLY,
        "Metrics only",
        "All calls to {bucket} pass, also while it is down. What would have opened the breaker is recorded and has no effect.",
    ),
)
ASKED = frozenset(action for action, _, _ in _ASKED)
_TIMED = frozenset({BreakerAction.OPEN, BreakerAction.FORCE_OPEN})


def breaker_view(found: BreakerView, now: datetime) -> View:
    """The card. `left` is seconds until an open breaker is tried again, or a mode ends."""
    word, tone = breaker_word(found.state, found.mode)
    left = None if found.until is None else max((found.until - now).total_seconds(), 0.0)
    return {
        "word": word,
        "tone": tone,
        "state": found.state,
        "mode": "" if found.mode is Mode.AUTOMATIC else found.mode,
        "effect": _effect(found),
        "left": None if left is None else round(left),
        "until": found.until,
        "reason": found.reason,
        "changed_at": found.changed_at,
        "actor": "itself" if found.actor == SYSTEM else found.actor,
        "automatic": found.automatic,
        "facts": figure_facts(found.figures),
    }


def figure_facts(found: Figures) -> list[View]:
    return [
        {"label": "Rounds in the window", "value": found.calls, "unit": "count"},
        {"label": "Failed", "value": found.failures, "unit": "count", "ratio": found.failure_rate},
        {"label": "Slow", "value": found.slow, "unit": "count", "ratio": found.slow_rate},
        {"label": "Failed in a row", "value": found.consecutive, "unit": "count"},
        {"label": "Throttled", "value": found.throttled, "unit": "count"},
    ]


def direct_actions() -> list[View]:
    """What is done at once."""
    return [{"action": action, "label": label, "about": about} for action, label, about in _DIRECT]


def asked_actions(bucket: str) -> list[View]:
    """What is asked about first, with what will happen in words."""
    return [
        {
            "action": action,
            "label": label,
            "about": about.format(bucket=bucket),
            "timed": action in _TIMED,
            "tone": "danger" if action is not BreakerAction.METRICS_ONLY else "primary",
        }
        for action, label, about in _ASKED
    ]


def transition_rows(found: Sequence[BreakerTransition]) -> list[View]:
    rows = []
    for one in found:
        word, tone = breaker_word(one.after, one.mode)
        rows.append(
            {
                "at": one.at,
                "before": one.before,
                "word": word,
                "tone": tone,
                "reason": one.reason,
                "actor": "itself" if one.actor == SYSTEM else one.actor,
                "until": one.until,
                "figures": f"{one.figures.failures} of {one.figures.calls} failed, {one.figures.slow} slow",
            }
        )
    return rows


def _effect(found: BreakerView) -> str:
    """What it means to applications."""
    if found.mode in (Mode.DISABLED, Mode.METRICS_ONLY):
        return "All calls pass, whatever checks say."
    if found.state is State.OPEN:
        return "Calls of applications fail at once, without being sent."
    if found.state is State.HALF_OPEN:
        return "The next check decides; calls of applications are tried one by one."
    return "Calls pass."
