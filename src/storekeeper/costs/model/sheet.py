"""Nouns of price sheets; their fields are the keys of a sheet's file."""

from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Annotated

import msgspec

ALL_OPERATIONS = "*"
_Positive = Annotated[int, msgspec.Meta(gt=0)]
_Natural = Annotated[int, msgspec.Meta(ge=0)]
_Name = Annotated[str, msgspec.Meta(min_length=1, max_length=64)]


class Price(Decimal):
    """What one unit costs, in the sheet's currency; never negative."""


class Size(int):
    """Bytes, written with their unit: `10 GB` is 10^10, `10 GiB` is 10 · 2^30."""


class Trust(StrEnum):
    """How far a figure can be trusted: the provider's own text, someone who quotes it, or neither."""

    VERIFIED = "verified"
    QUOTED = "quoted"
    UNVERIFIED = "unverified"


class Unit(StrEnum):
    """What a price of bytes is for."""

    GB = "GB"
    GIB = "GiB"
    TB = "TB"
    TIB = "TiB"

    @property
    def bytes(self) -> int:
        return {"GB": 10**9, "GiB": 2**30, "TB": 10**12, "TiB": 2**40}[self.value]


class Period(StrEnum):
    """How bytes and time make a billed unit.

    The mean over 30 days of each day's peak; byte-hours over 30 days, or over the hours that the month has; or byte-hours as they are.
    """

    DAILY_PEAK_30_DAYS = "daily-peak-30-days"
    BYTE_HOURS_30_DAYS = "byte-hours-30-days"
    BYTE_HOURS_MONTH = "byte-hours-month"
    BYTE_HOURS = "byte-hours"


class Rounding(StrEnum):
    """Whether a month's quantity is billed as it is, or up to the next whole unit."""

    EXACT = "exact"
    WHOLE_UNIT = "whole-unit"


class Billed(StrEnum):
    """Whether answers of a status are billed. What is not known is billed, and said to be an estimate."""

    BILLED = "billed"
    FREE = "free"
    UNKNOWN = "unknown"


class _Part(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    trust: Trust | None = None  # that of what it is part of


class Tier(_Part, frozen=True, kw_only=True):
    """The price of what lies above `above` and up to `up_to` (none: without end) in a month; `unknown` in place of a price."""

    price: Price | None = None
    unknown: bool = False
    above: Size = Size(0)
    up_to: Size | None = None


class RequestPrice(_Part, frozen=True, kw_only=True):
    """The price of `per` requests of an operation class, the account's first `free` of each month left out."""

    operation_class: _Name = msgspec.field(name="class")
    price: Price
    per: _Positive
    free: _Natural = 0


class Retrieval(_Part, frozen=True, kw_only=True):
    """The price of reading a unit of bytes out of a storage class."""

    price: Price
    unit: Unit


class Monitoring(_Part, frozen=True, kw_only=True):
    """The price of watching over `per` objects of at least that size for a month."""

    price: Price
    per: _Positive
    at_least: Size = Size(0)


class StorageClass(_Part, frozen=True, kw_only=True):
    """Prices of one storage class under the name that the S3 API has for it. No tier: what storage costs is not known."""

    name: _Name
    title: str
    tier: tuple[Tier, ...] = ()
    requests: tuple[RequestPrice, ...] = ()
    retrieval: Retrieval | None = None
    monitoring: Monitoring | None = None
    free_storage: Size = Size(0)  # of the whole account, for the whole period
    minimum_days: _Natural = 0
    minimum_size: Size = Size(0)
    assumption: str = ""  # what has to be assumed, shown with each charge


class OperationClass(_Part, frozen=True, kw_only=True):
    """Operations that are billed alike, by their names in the S3 API; `*` stands for all that no class names."""

    name: _Name
    operations: tuple[str, ...]
    free: bool = False


class Storage(_Part, frozen=True, kw_only=True):
    """What storage prices are for, and the least that an account pays for."""

    unit: Unit
    period: Period
    minimum: Size = Size(0)


class Egress(_Part, frozen=True, kw_only=True):
    """What bytes out cost. Free each month and account: `free`, and `free_times_stored` times the mean of what is stored."""

    unit: Unit
    tier: tuple[Tier, ...]
    free: Size = Size(0)
    free_times_stored: Price = Price(0)


class Statuses(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which failures are billed: 401 and 403; other 4xx; 5xx."""

    refused: Billed = Billed.UNKNOWN
    client_error: Billed = Billed.UNKNOWN
    server_error: Billed = Billed.UNKNOWN


class Sheet(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The prices of one provider and region (`*`: all its regions) from a day on, as they were read on another day.

    Without `effective_from` it is not known since when they hold; they are used back to the beginning.
    """

    provider: _Name
    region: _Name
    title: str
    currency: str
    source: str
    read: date
    trust: Trust
    storage: Storage
    storage_class: tuple[StorageClass, ...]
    operation_class: tuple[OperationClass, ...]
    default_storage_class: str
    effective_from: date | None = None
    effective_until: date | None = None  # the first day on which they no longer hold
    egress: Egress | None = None
    statuses: Statuses = Statuses()
    rounding: Rounding = Rounding.EXACT
    # Operations that cost in every storage class what they cost in the default one.
    class_blind: tuple[str, ...] = ()
    also_for: tuple[str, ...] = ()  # other providers that it serves
    unset: bool = False  # its zeros say that nobody entered a price, not that it is free
    notes: str = ""

    @property
    def id(self) -> str:
        return f"{self.provider}/{self.region}/{self.effective_from or 'undated'}"
