"""Single operations, and how they come in."""

from storekeeper.metering.figures import Activity
from storekeeper.metering.model import IngestStats
from storekeeper.metering.views.shared import View, seconds


def activity_rows(found: Activity) -> list[View]:
    return [
        {
            "time": one.time,
            "operation": one.operation,
            "status": one.status,
            "tone": "bad" if one.status >= 500 else "warn" if one.status >= 400 else "good",
            "error": one.error,
            "bucket": one.bucket,
            "owner": one.owner,
            "key": one.key or f"{one.prefix}…",
            "bytes": one.bytes_in + one.bytes_out,
            "latency": seconds(one.latency_ms),
            "weight": one.weight,
        }
        for one in found.items
    ]


def ingestion_cards(found: IngestStats) -> list[View]:
    """Counts since the server's start, and what is now."""
    since, rejected = (
        {"note": "since the server's start", "provenance": "measured"},
        sum(found.rejected.values()),
    )
    now = {"provenance": "measured · now"}
    return [
        {"label": "Received", "value": found.received, "unit": "count", **since},
        {"label": "Accepted", "value": found.accepted, "unit": "count", **since},
        {"label": "Rejected", "value": rejected, "unit": "count", **since},
        {"label": "Repeated", "value": found.duplicates, "unit": "count", **since},
        {"label": "Waiting", "value": found.spooled_operations, "unit": "count", "note": "in the spool", **now},
        {"label": "Lag", "value": found.lag_seconds, "unit": "duration", "note": "age of the oldest that waits", **now},
        {"label": "Quarantined", "value": found.quarantined, "unit": "count", "note": "batches that can not be read", **now},
    ]  # fmt: skip
