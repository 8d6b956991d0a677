"""The calls of the API for scans and what they found."""

from collections.abc import Iterator

from storekeeper_client import model, scanned
from storekeeper_client.decoding import decode
from storekeeper_client.errors import UnreachableError
from storekeeper_client.model import Page

from .caller import Caller, at

QUIET = 60.0  # seconds without any event before a stream counts as dead
_DEAF_TRIES = 3


class ScanCalls(Caller):
    """The calls, for `Client`."""

    def quote(self, name: str) -> scanned.Quote:
        return self.call("GET", at("/api/buckets", name, "scan", "quote"), scanned.Quote)

    def start_scan(self, name: str) -> str:
        """The id of the scan. Raises ApiError with `problem.run_id` when one is under way."""
        return self.call("POST", at("/api/buckets", name, "scan"), model.Started).run_id

    def scans(self, name: str, *, limit: int = 20) -> list[scanned.Scan]:
        """The latest, newest first."""
        return self.call("GET", at("/api/buckets", name, "scans"), Page[scanned.Scan], limit=limit).items[
            :limit
        ]

    def scan(self, run_id: str) -> scanned.Scan:
        return self.call("GET", at("/api/scans", run_id), scanned.Scan)

    def cancel_scan(self, run_id: str) -> scanned.Scan:
        return self.call("POST", at("/api/scans", run_id, "cancel"), scanned.Scan)

    def follow_scan(self, run_id: str) -> Iterator[scanned.Scan]:
        """The scan as it goes on, last as it ended. A stream that breaks is taken up again."""
        deaf = 0
        while deaf < _DEAF_TRIES:
            deaf += 1
            for scan in self._heard(run_id):
                deaf = 0
                yield scan
                if scan.is_over:
                    return
            scan = self.scan(run_id)
            yield scan
            if scan.is_over:
                return
        raise UnreachableError(self.url, "its stream of events stays silent; the scan itself goes on")

    def inventory(self, name: str, *, limit: int | None = None) -> scanned.Inventory:
        """The last complete scan's result."""
        return self.call("GET", at("/api/buckets", name, "inventory"), scanned.Inventory, limit=limit)

    def prefixes(self, name: str, prefix: str = "") -> scanned.Prefixes:
        return self.call(
            "GET", at("/api/buckets", name, "inventory", "prefixes"), scanned.Prefixes, prefix=prefix
        )

    def files(self, name: str, *, limit: int = 50, **query: str) -> list[scanned.File]:
        """Of the largest objects: `sort`, `order`, `prefix`, `extension`, `owner`, `q`."""
        path = at("/api/buckets", name, "inventory", "files")
        return self.call("GET", path, Page[scanned.File], limit=limit, **query).items

    def _heard(self, run_id: str) -> Iterator[scanned.Scan]:
        for event in self._session.events(at("/api/scans", run_id, "events"), quiet=QUIET):
            if event.name in ("progress", "done"):
                yield decode(event.data, scanned.Scan)
