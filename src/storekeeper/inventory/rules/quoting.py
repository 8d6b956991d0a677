"""What a scan will take, told before it is started."""

from math import ceil

from storekeeper.inventory.model import Quote, Scan

PAGE_KEYS = 1000
UNKNOWN = Quote(objects=None, pages=None, requests={}, basis="unknown", seconds_estimate=None)
# Billing class of ListObjectsV2. Class C of Backblaze is neither A, B nor free beyond a daily allowance.
_CLASSES = {"aws": "A", "r2": "A", "gcs": "A", "wasabi": "free"}
_OWN = ("folder", "memory", "minio", "ceph")


def list_class(provider: str) -> str:
    """A, B, free, or unclassified where the provider's prices are not known to us."""
    return "free" if provider in _OWN else _CLASSES.get(provider, "unclassified")


def from_previous(scan: Scan, provider: str) -> Quote:
    """The next scan is expected to be like the last one."""
    seconds = (scan.finished_at - scan.started_at).total_seconds() if scan.finished_at else None
    return _quote(scan.objects, max(scan.pages, 1), scan.requests, provider, "previous snapshot", seconds)


def from_sample(objects: int, *, truncated: bool, seconds: float, provider: str) -> Quote:
    """From one page that took that long: exact where it was the only one, else nobody knows."""
    if truncated:
        return UNKNOWN
    pages = max(1, ceil(objects / PAGE_KEYS))
    return _quote(objects, pages, pages + 2, provider, "sample", seconds * (pages + 2))


def _quote(
    objects: int, pages: int, requests: int, provider: str, basis: str, seconds: float | None
) -> Quote:
    return Quote(
        objects=objects,
        pages=pages,
        requests={list_class(provider): requests},
        basis=basis,
        seconds_estimate=seconds,
    )
