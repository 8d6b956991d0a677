"""What goes in: what was stored, asked for and deleted. Quantities are whole bytes, byte-hours and requests."""

from collections.abc import Sequence
from datetime import date
from enum import StrEnum

import msgspec


class Provenance(StrEnum):
    """Where a quantity comes from. Figures of different provenance are never added up unseen."""

    MEASURED = "measured"
    SAMPLED = "sampled"
    PROVIDER_REPORTED = "provider-reported"
    ESTIMATED = "estimated"


class Small(msgspec.Struct, frozen=True):
    """How many of the objects are smaller than `below` bytes, and how large those are together."""

    below: int
    objects: int
    bytes: int


class _Fact(msgspec.Struct, frozen=True, kw_only=True):
    day: date
    bucket: str
    storage_class: str = ""  # as it was reported; empty when it was not
    provenance: Provenance = Provenance.MEASURED
    estimated: str = ""  # what about it is an estimate, and why


class StorageFact(_Fact, frozen=True, kw_only=True):
    """What one storage class of a bucket held on one day (UTC); of several `days` at once, what it held on each of them is added up."""

    byte_hours: int
    peak_bytes: int
    objects: int = 0
    small: tuple[Small, ...] = ()
    days: int = 1


class RequestFact(_Fact, frozen=True, kw_only=True):
    """One operation on one storage class of a bucket on one day: answers by status, bytes sent out, bytes read from storage."""

    operation: str
    succeeded: int = 0  # 2xx and 3xx
    refused: int = 0  # 401 and 403
    client_errors: int = 0  # other 4xx
    server_errors: int = 0  # 5xx
    bytes_out: int = 0
    bytes_retrieved: int = 0


class DeletionFact(_Fact, frozen=True, kw_only=True):
    """Objects that were deleted or overwritten on a day, all of that many whole days of age."""

    age_days: int
    bytes: int
    objects: int = 0
    small: tuple[Small, ...] = ()


class AccountFacts(msgspec.Struct, frozen=True, kw_only=True):
    """All that is known of one account at one provider and region in the month that begins on `month`."""

    month: date
    storage: Sequence[StorageFact] = ()
    requests: Sequence[RequestFact] = ()
    deletions: Sequence[DeletionFact] = ()
