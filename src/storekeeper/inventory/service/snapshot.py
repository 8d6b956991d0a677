"""One snapshot, and what can be read of it."""

import msgspec

from storekeeper.buckets.model import Bucket
from storekeeper.inventory.analytics import InventoryAnalytics
from storekeeper.inventory.model import Change, FileQuery, Files, Folders, Inventory, Scan
from storekeeper.inventory.service import presenting
from storekeeper.inventory.sums import LARGEST


class Snapshot:
    """The result of a complete scan; it never changes."""

    def __init__(self, analytics: InventoryAnalytics, bucket: Bucket, scan: Scan, change: Change) -> None:
        self._analytics = analytics
        self.bucket = bucket
        self.scan = scan
        self.change = change

    def inventory(self, *, limit: int = 100, with_files: bool = True) -> Inventory:
        """Totals and the largest groups of each kind; `with_files` adds the largest and oldest objects."""
        extremes = self._analytics.extremes(self.scan.id, limit if with_files else 0)
        root, folders = self._analytics.folders(self.scan.id, "", limit)
        return presenting.inventory(
            self.scan,
            change=self.change,
            groups=self._analytics.groups(self.scan.id, limit),
            folders=folders,
            root=root,
            largest=presenting.objects(extremes["largest"], keys=self.bucket.store_keys),
            oldest=presenting.objects(extremes["oldest"], keys=self.bucket.store_keys),
        )

    def folders(self, prefix: str = "", *, limit: int = 1000) -> Folders:
        """One level of folders, largest first."""
        return presenting.folders(prefix, *self._analytics.folders(self.scan.id, prefix, limit))

    def files(self, query: FileQuery) -> Files:
        """Of the largest objects those that match."""
        rows = self._analytics.files(self.scan.id, msgspec.structs.replace(query, limit=query.limit + 1))
        more = len(rows) > query.limit
        return Files(
            items=presenting.objects(rows[: query.limit], keys=self.bucket.store_keys),
            next_cursor=str(query.offset + query.limit) if more else None,
            of_largest=LARGEST,
        )
