"""Nouns of health's alerts."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Annotated

import msgspec

from storekeeper.kernel.errors import ConflictError, NotFoundError


class AlertKind(StrEnum):
    """What is wrong. The last is news only: it is resolved as it is made."""

    CIRCUIT_BREAKER_OPEN = "circuit_breaker_open"
    HIGH_ERROR_RATE = "high_error_rate"
    SLOW_RESPONSE = "slow_response"
    SERVICE_DEGRADED = "service_degraded"
    SERVICE_RECOVERED = "service_recovered"


class Severity(StrEnum):
    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    CRITICAL = "critical"


class AlertStatus(StrEnum):
    OPEN = "open"
    RESOLVED = "resolved"


class Alert(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """One time that something was wrong. Severity and summary are those of its beginning."""

    id: str
    bucket: str
    kind: AlertKind
    severity: Severity
    status: AlertStatus
    summary: str
    opened_at: datetime
    ended_at: (
        datetime | None
    )  # when the condition ended; null while it holds, also after a person resolved the alert
    resolved_at: datetime | None
    resolved_by: str  # "system" when the condition ended first
    notes: str


class AlertPage(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Newest first."""

    items: Sequence[Alert]
    next_cursor: str | None


class Resolution(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    notes: Annotated[str, msgspec.Meta(max_length=2000)] = ""


class UnknownAlertError(NotFoundError):
    """There is no alert of that id."""

    slug, title = "unknown-alert", "Unknown alert"


class AlertResolvedError(ConflictError):
    """The alert is resolved already, by its condition's end or by somebody else."""

    slug, title = "alert-resolved", "Alert is resolved already"
