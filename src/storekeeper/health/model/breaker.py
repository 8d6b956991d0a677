"""Circuit breakers, their changes, and orders to them."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Annotated

import msgspec

from storekeeper.kernel.errors import ConflictError
from storekeeper_client.breaker import Figures, Mode, State


class BreakerView(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A bucket's breaker. `until` is when an open one is tried again, null where nothing ends by itself."""

    bucket: str
    state: State
    mode: Mode
    epoch: int  # grows with each change, also over restarts
    until: datetime | None
    k: int  # times that it opened again without having closed
    reason: str
    changed_at: datetime
    actor: str  # who caused the last change; "system" for what the breaker did by itself
    automatic: bool = False  # forced open by a rule, not by a person
    figures: Figures = Figures()


class BreakerTransition(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A change of a breaker; `figures` are those that led to it."""

    id: str
    at: datetime
    bucket: str
    before: State
    after: State
    mode: Mode
    epoch: int
    until: datetime | None
    reason: str
    actor: str
    figures: Figures


class TransitionPage(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Newest first."""

    items: Sequence[BreakerTransition]
    next_cursor: str | None


class BreakerEvent(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What clients follow: one at first for each bucket, then one for each change. See `storekeeper_client.breaker.following`."""

    bucket: str
    state: State
    epoch: int
    until: datetime | None
    mode: Mode
    now: datetime


class BreakerAction(StrEnum):
    """What an administrator may do to a breaker."""

    RESET = "reset"  # close, decide by itself again, forget what was
    OPEN = "open"  # for `seconds` or the usual time; trials then decide
    CLOSE = "close"  # close and decide by itself
    FORCE_OPEN = "force-open"  # until told otherwise, or for `seconds`
    DISABLE = "disable"  # let all pass, record nothing
    METRICS_ONLY = "metrics-only"  # let all pass, record
    AUTOMATIC = "automatic"  # decide by itself again


class BreakerOrder(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """`automatic` marks what a rule does and no person: such forced-open breakers are limited to a share of all buckets."""

    action: BreakerAction
    reason: Annotated[str, msgspec.Meta(max_length=500)] = ""
    seconds: Annotated[float, msgspec.Meta(gt=0, le=86_400)] | None = None
    automatic: bool = False


class BreakerShareError(ConflictError):
    """Automation may force open only a share of all breakers at once, and that share is used up."""

    slug, title = "breaker-share", "Too many breakers forced open"
