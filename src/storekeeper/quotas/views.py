"""What the pages of quotas show, and what their forms hold."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import msgspec

from storekeeper.infra.web import checked
from storekeeper.kernel.errors import BadInputError
from storekeeper.kernel.units import exact_bytes, parse_bytes, parse_duration
from storekeeper.quotas.model import (
    WARN_PERCENT,
    Measure,
    NewQuota,
    NewRaise,
    QuotaChange,
    QuotaView,
    State,
    Violation,
)
from storekeeper.quotas.rules import standing

View = Mapping[str, Any]
TONES = {State.OK: "good", State.WARNED: "warn", State.EXCEEDED: "bad"}
LABELS = {
    Measure.BYTES: "Stored bytes",
    Measure.OBJECTS: "Objects",
    Measure.OPERATIONS: "Operations a month",
    Measure.EGRESS: "Egress a month",
}
MEASURES = [{"value": measure.value, "label": label} for measure, label in LABELS.items()]
MEASURE_FILTER = [{"value": "", "label": "All measures"}, *MEASURES]
STATE_FILTER = [
    {"value": "", "label": "All states"},
    {"value": "exceeded", "label": "Exceeded"},
    {"value": "warned", "label": "Warned"},
    {"value": "ok", "label": "Ok"},
]
_IN_BYTES = (Measure.BYTES, Measure.EGRESS)


class QuotaForm(msgspec.Struct, frozen=True):
    """As it was typed."""

    owner: str = ""
    bucket: str = ""
    measure: Measure = Measure.BYTES
    limit: str = ""
    warn_percent: str = str(WARN_PERCENT)
    hard: bool = False
    reason: str = ""


class RaiseForm(msgspec.Struct, frozen=True):
    raised_limit: str = ""
    lasts: str = "7d"
    raise_reason: str = ""


class EndForm(msgspec.Struct, frozen=True):
    end_reason: str = ""


class RemoveForm(msgspec.Struct, frozen=True):
    remove_reason: str = ""


def row(quota: QuotaView) -> View:
    """One line of the table."""
    return {
        "quota": quota,
        "label": LABELS[quota.measure],
        "unit": unit(quota.measure),
        "subject": standing.subject(quota.owner, quota.bucket),
        "tone": TONES[quota.state],
        "filled": min(quota.share, 1.0),
    }


def violation_row(violation: Violation) -> View:
    return {
        "one": violation,
        "label": LABELS[violation.measure],
        "unit": unit(violation.measure),
        "subject": standing.subject(violation.owner, violation.bucket),
        "tone": TONES[violation.level],
    }


def cards(quota: QuotaView) -> list[View]:
    """Of the page of one quota."""
    shown = unit(quota.measure)
    at = {"provenance": "measured", "at": quota.computed_at}
    left = max(0, quota.effective_limit - quota.used)
    return [
        {"label": "Used", "value": quota.used, "unit": shown, "note": _made_of(quota), **at},
        {"label": "Limit", "value": quota.effective_limit, "unit": shown, "note": _limit_note(quota)},
        {"label": "Left", "value": left, "unit": shown, "note": "before the limit"},
        {
            "label": "Share",
            "value": quota.share,
            "unit": "percent",
            "note": f"warned of from {quota.warn_percent} %",
        },
    ]


def unit(measure: Measure) -> str:
    return "bytes" if measure in _IN_BYTES else "count"


def form_of(quota: QuotaView) -> QuotaForm:
    """What is stored, to be edited."""
    return QuotaForm(
        owner=quota.owner, bucket=quota.bucket, measure=quota.measure, limit=typed(quota.measure, quota.limit),
        warn_percent=str(quota.warn_percent), hard=quota.hard,
    )  # fmt: skip


def typed(measure: Measure, number: int) -> str:
    """A number as one would type it: exact, with a unit where that is no loss."""
    return exact_bytes(number) if measure in _IN_BYTES else str(number)


def new_quota(form: QuotaForm) -> NewQuota:
    """Raises BadInputError that names the field."""
    return checked(
        NewQuota,
        owner=form.owner.strip(),
        bucket=form.bucket,
        measure=form.measure,
        limit=_amount(form.measure, form.limit),
        warnPercent=_percent(form.warn_percent),
        hard=form.hard,
        reason=form.reason.strip(),
    )


def change(form: QuotaForm, measure: Measure) -> QuotaChange:
    """Raises BadInputError that names the field."""
    return checked(
        QuotaChange,
        limit=_amount(measure, form.limit),
        warnPercent=_percent(form.warn_percent),
        hard=form.hard,
        reason=form.reason.strip(),
    )


def new_raise(form: RaiseForm, measure: Measure, now: datetime) -> NewRaise:
    """Raises BadInputError that names the field."""
    try:
        lasts = timedelta(seconds=parse_duration(form.lasts))
        until = now + lasts
    except (ValueError, OverflowError) as error:
        raise BadInputError(f"for: {error}", hint="Write for example 7d or 12h.") from None
    limit = _amount(measure, form.raised_limit)
    return checked(NewRaise, limit=limit, until=until, reason=form.raise_reason.strip())


def _made_of(quota: QuotaView) -> str:
    if quota.measure in (Measure.OPERATIONS, Measure.EGRESS):
        return "this month (UTC)"
    held = standing.amount(quota.measure, quota.held)
    if not quota.added:
        return f"{held} when scanned, nothing since" if quota.snapshot_at else "no scan has found anything"
    added = standing.amount(quota.measure, abs(quota.added))
    return f"{held} when scanned, {added} {'less' if quota.added < 0 else 'more'} since"


def _limit_note(quota: QuotaView) -> str:
    if quota.raised is not None:
        return f"raised; else {standing.amount(quota.measure, quota.limit)}"
    return "what is over it is refused" if quota.hard else "told, not enforced"


def _amount(measure: Measure, text: str) -> int:
    bare = text.replace(",", "").strip()
    try:
        return parse_bytes(bare) if measure in _IN_BYTES else int(bare)
    except (ValueError, OverflowError):
        what = "a size, such as 10 GB" if measure in _IN_BYTES else "a whole number"
        raise BadInputError(f"limit: {text[:50]!r} is not {what}.") from None


def _percent(text: str) -> int:
    try:
        return int(text.replace("%", "").strip())
    except ValueError:
        raise BadInputError(f"warn at: {text[:50]!r} is not a whole number of percent.") from None
