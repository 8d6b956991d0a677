"""A month's calculated charges as a file in the form of FOCUS 1.2."""

from collections.abc import Iterator, Mapping
from enum import StrEnum

import msgspec
import pyarrow as pa

from storekeeper.buckets import BucketService
from storekeeper.costs.focus import files
from storekeeper.costs.focus.analytics import AT_ONCE, FocusAnalytics
from storekeeper.costs.focus.columns import CHARGES, SHARES, Holds
from storekeeper.costs.focus.rows import Place, Row, Share, of_charge, of_share
from storekeeper.costs.model import Charge
from storekeeper.costs.service import CostService
from storekeeper.costs.service.reporting import Month
from storekeeper.infra.analytics import Analytics
from storekeeper.kernel.errors import UnavailableError

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
    """Reads what was worked out, a piece at a time. A file adds up to the month, or breaks off: it may be worked out anew meanwhile."""

    def __init__(
        self, analytics: Analytics, buckets: BucketService, costs: CostService, *, at_once: int = AT_ONCE
    ) -> None:
        self._analytics = FocusAnalytics(analytics, at_once=at_once)
        self._buckets, self._costs = buckets, costs

    def export(self, month: str = "", split: Split = Split.NONE) -> FocusFile:
        """Raises MonthError; its rows raise UnavailableError where they do not add up."""
        asked = self._costs.month(month)
        name = f"focus-{asked.name}{'-by-owner' if split is Split.OWNER else ''}"
        charged = self._analytics.charged(asked.since, asked.until)
        if split is Split.OWNER:
            return FocusFile(name=name, columns=SHARES, rows=self._shares(asked), unpriced=charged.unpriced)
        rows = self._charges(asked, charged.total)
        return FocusFile(name=name, columns=CHARGES, rows=rows, unpriced=charged.unpriced)

    def _charges(self, month: Month, total: int) -> Iterator[Row]:
        buckets = {bucket.id: bucket for bucket in self._buckets.all()}
        for piece in self._analytics.charges(month.since, month.until):
            for batch in piece.to_batches(max_chunksize=files.AT_ONCE):
                for row in batch.to_pylist():
                    total -= row["amount"]
                    place = Place(row["account"], row["bucket_id"], buckets.get(row["bucket_id"]))
                    yield of_charge(_decode(row["detail"]), place)
        _check(total, month)

    def _shares(self, month: Month) -> Iterator[Row]:
        buckets = {bucket.id: bucket for bucket in self._buckets.all()}
        accounts = self._analytics.accounts(month.since, month.until)
        for bucket_id, total in self._analytics.shared(month.since).items():
            place = Place(accounts.get(bucket_id, ""), bucket_id, buckets.get(bucket_id))
            for piece in self._analytics.shares(month.since, bucket_id):
                for batch in piece.to_batches(max_chunksize=files.AT_ONCE):
                    for row in batch.to_pylist():
                        del row["bucket_id"]
                        total -= row["amount"]  # noqa: PLW2901 - what is left of it
                        yield of_share(Share(**row), place, month.since)
            _check(total, month)


def _check(left: int, month: Month) -> None:
    if left:
        raise UnavailableError(
            f"{month.name} was worked out anew while it was handed out.", hint="Ask again.", retry_after=5
        )
