"""A month's calculated charges as a file in the form of FOCUS 1.2."""

from collections.abc import Iterator, Mapping
from enum import StrEnum
from functools import partial
from typing import Any

import msgspec
import pyarrow as pa

from storekeeper.buckets import BucketService
from storekeeper.buckets.model import Bucket
from storekeeper.costs.focus import files
from storekeeper.costs.focus.analytics import FocusAnalytics
from storekeeper.costs.focus.columns import CHARGES, SHARES, Holds
from storekeeper.costs.focus.rows import Place, Row, Share, of_charge, of_share
from storekeeper.costs.model import Charge
from storekeeper.costs.service import CostService
from storekeeper.infra.analytics import Analytics

_decode = msgspec.json.Decoder(Charge).decode


class Split(StrEnum):
    """What a row is: one charge of a day and bucket, or one owner's share of a kind of charge in the month."""

    NONE = ""
    OWNER = "owner"


class FocusFile(msgspec.Struct, frozen=True, kw_only=True):
    """What a file is made of. `unpriced` charges are left out: a bill has no row without an amount, and they are not free."""

    name: str
    columns: Mapping[str, Holds]
    rows: Iterator[Row]
    unpriced: int

    def csv(self) -> Iterator[bytes]:
        return files.csv_pieces(self.rows, self.columns)

    def tables(self) -> Iterator[pa.Table]:
        return files.tables(self.rows, self.columns)


class FocusService:
    """Reads what was worked out, as it is now: the whole month in one read, so that its sum is the month's."""

    def __init__(self, analytics: Analytics, buckets: BucketService, costs: CostService) -> None:
        self._analytics = FocusAnalytics(analytics)
        self._buckets, self._costs = buckets, costs

    def export(self, month: str = "", split: Split = Split.NONE) -> FocusFile:
        """Raises MonthError."""
        asked = self._costs.month(month)
        buckets = {bucket.id: bucket for bucket in self._buckets.all()}
        name = f"focus-{asked.name}{'-by-owner' if split is Split.OWNER else ''}"
        unpriced = self._analytics.unpriced(asked.since, asked.until)
        if split is Split.OWNER:
            accounts = self._analytics.accounts(asked.since, asked.until)
            shares = self._analytics.shares(asked.since)
            told = partial(_shares, shares, accounts, buckets, asked.since)
            return FocusFile(name=name, columns=SHARES, rows=told(), unpriced=unpriced)
        charges = self._analytics.charges(asked.since, asked.until)
        return FocusFile(name=name, columns=CHARGES, rows=_charges(charges, buckets), unpriced=unpriced)


def _charges(found: pa.Table, buckets: Mapping[str, Bucket]) -> Iterator[Row]:
    for batch in found.to_batches(max_chunksize=files.AT_ONCE):
        for row in batch.to_pylist():
            place = Place(row["account"], row["bucket_id"], buckets.get(row["bucket_id"]))
            yield of_charge(_decode(row["detail"]), place)


def _shares(
    found: pa.Table, accounts: Mapping[str, str], buckets: Mapping[str, Bucket], month: Any
) -> Iterator[Row]:
    for batch in found.to_batches(max_chunksize=files.AT_ONCE):
        for row in batch.to_pylist():
            bucket_id = row.pop("bucket_id")
            place = Place(accounts.get(bucket_id, ""), bucket_id, buckets.get(bucket_id))
            yield of_share(Share(**row), place, month)
