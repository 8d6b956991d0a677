"""One bucket: its operations, its network figures, its log of checks."""

from collections.abc import Sequence

from storekeeper.health.model import (
    BucketHealth,
    Check,
    HealthConfig,
    NetworkFigures,
    OperationHealth,
    Status,
)
from storekeeper.health.views.board import cell
from storekeeper.health.views.shared import LETTERS, STATUS_TONES, View, outcome_word, seconds

_FEW_DAYS, _SOON_DAYS = 7, 30
_SKEW_MS, _MOST_SKEW_MS = 60_000, 900_000  # S3 refuses requests that are signed 15 minutes off


def status_view(found: BucketHealth, config: HealthConfig) -> View:
    """The words on top."""
    return {
        "status": found.status,
        "tone": STATUS_TONES[found.status],
        "reason": found.reason,
        "since": found.since,
        "checked_at": found.checked_at,
        "next_check_at": found.next_check_at,
        "monitored": found.monitored,
        "every": config.check_interval / 1000,
    }


def operation_rows(found: BucketHealth) -> list[View]:
    """Each operation with its last ten checks."""
    known = found.status is not Status.UNKNOWN
    return [
        cell(one, known=known)
        | {"first_byte": seconds(one.first_byte_ms), "since": one.since, "recent": recent(one)}
        for one in found.operations
    ]


def recent(one: OperationHealth) -> View:
    """The last checks as marks, the newest at the right, and in words."""
    well = sum(letter in "os" for letter in one.recent)
    return {
        "marks": [{"tone": LETTERS[letter][1], "title": LETTERS[letter][0]} for letter in one.recent],
        "label": f"{well} of the last {len(one.recent)} were answered well",
    }


def network_facts(found: NetworkFigures) -> list[View]:
    """What the last round's own connection showed; none of it where there was none."""
    days, skew = found.certificate_days, found.clock_skew_ms
    return [
        {"label": "DNS", "value": seconds(found.dns_ms), "unit": "duration"},
        {"label": "Connect", "value": seconds(found.connect_ms), "unit": "duration"},
        {"label": "TLS", "value": seconds(found.tls_ms), "unit": "duration"},
        {"label": "Certificate ends in", "value": None if days is None else f"{days:.0f} days", "unit": "",
         "note": _certificate(days)},
        {"label": "Clock ahead of ours by", "value": None if skew is None else f"{skew / 1000:.1f} s", "unit": "",
         "note": _skew(skew)},
    ]  # fmt: skip


def check_rows(found: Sequence[Check]) -> list[View]:
    rows = []
    for check in found:
        word, tone = outcome_word(check)
        answer = " ".join(filter(None, (str(check.status or ""), check.code))) or check.failure
        rows.append(
            {
                "time": check.time,
                "operation": check.operation.upper() + (f" from {check.vantage}" if check.vantage else ""),
                "word": word,
                "tone": tone,
                "answer": answer,
                "latency": seconds(check.latency_ms),
                "first_byte": seconds(check.first_byte_ms),
                "detail": check.detail,
                "hint": check.hint,
            }
        )
    return rows


def _certificate(days: float | None) -> tuple[str, str] | None:
    """(words, tone) where it needs a look."""
    if days is None or days > _SOON_DAYS:
        return None
    if days <= 0:
        return "expired", "bad"
    return "renew it", "bad" if days <= _FEW_DAYS else "warn"


def _skew(skew: float | None) -> tuple[str, str] | None:
    if skew is None or abs(skew) < _SKEW_MS:
        return None
    return ("requests are refused", "bad") if abs(skew) >= _MOST_SKEW_MS else ("set the clocks", "warn")
