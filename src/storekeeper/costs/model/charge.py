"""What comes out: charges, whose money is a whole number of nano-units (10^-9) of the currency, so that parts add up exactly."""

from datetime import date
from decimal import Decimal
from enum import StrEnum

import msgspec

from storekeeper.costs.model.facts import Provenance
from storekeeper.costs.model.sheet import Trust

NANO = 10**9


class Kind(StrEnum):
    """What a charge is for."""

    STORAGE = "storage"
    PADDING = "padding"  # small objects, billed as if they had the minimum size
    EARLY_DELETION = "early-deletion"  # the rest of the minimum duration
    MINIMUM = "minimum"  # what is missing to the least that an account pays for
    MONITORING = "monitoring"
    REQUESTS = "requests"
    RETRIEVAL = "retrieval"
    EGRESS = "egress"
    UNCLASSIFIED = "unclassified"  # the sheet knows no price; never zero


class Basis(StrEnum):
    """By what a charge is shared among owners, within its bucket, storage class and operation."""

    BYTE_HOURS = "byte-hours"
    OBJECT_HOURS = "object-hours"
    REQUESTS = "requests"
    BYTES_OUT = "bytes-out"
    BYTES_RETRIEVED = "bytes-retrieved"
    BYTES_DELETED = "bytes-deleted"


class Span(StrEnum):
    """Whose basis counts: that of the charge's day, or of the month up to it."""

    DAY = "day"
    MONTH_TO_DATE = "month-to-date"


class Charge(
    msgspec.Struct, frozen=True, kw_only=True, gc=False
):  # made by the ten thousand, never in a cycle
    """What one thing cost on one day: `amount` = `gross` + `tiers` + `allowance` + `rounding`, in nano-units of the currency.

    `quantity` / `per` is in `unit`s. An unclassified one has amount None, and a `reason`. `tiers` is the difference that prices of
    other tiers than the first make, `allowance` what was free, `rounding` what whole units added.
    """

    day: date
    bucket: str
    storage_class: str  # as in the fact
    billed_as: str  # the sheet's storage class
    operation: str
    operation_class: str
    kind: Kind
    basis: Basis
    span: Span
    quantity: int
    per: int
    unit: str
    unit_price: Decimal | None
    gross: int
    tiers: int
    allowance: int
    rounding: int
    amount: int | None
    unbilled: int  # requests that are not billed for their status, beside the quantity
    currency: str
    sheet: str
    source: str
    trust: Trust
    provenance: Provenance
    estimated: tuple[str, ...] = ()
    reason: str = ""
    unset: bool = False
