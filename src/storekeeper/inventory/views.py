"""What the templates show: snapshots turned into cards, charts and tables."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import quote, urlencode

from storekeeper.infra.jobs import ACTIVE
from storekeeper.inventory.model import (
    Bin,
    FileQuery,
    Files,
    Folders,
    Group,
    Inventory,
    Point,
    Quote,
    ScanView,
)

ROWS = 8  # of a breakdown; the rest is one more row
TILES = 60  # of the treemap
_TONES = {"succeeded": "good", "cancelled": "neutral", "dead": "bad"}
_ENDED = {"succeeded": "complete", "cancelled": "cancelled", "dead": "failed"}

View = dict[str, Any]
Query = Mapping[str, str]


def snapshot(found: Inventory, *, stale: bool) -> View:
    """The context `inventory` of inventory/bucket.html."""
    return {
        "scanned_at": found.scanned_at,
        "stale": stale,
        "duration_seconds": found.duration_ms / 1000,
        "requests": found.requests,
        "incomplete_uploads": found.incomplete_uploads,
        "versions": found.versions,
    }


def cards(found: Inventory, points: Sequence[Point], *, stale: bool) -> list[View]:
    """The figures on top."""
    age = {"provenance": "measured", "at": found.scanned_at, "stale": stale}
    previous = found.change.previous
    since = {"range": "since the scan before"} if previous else {"note": "the first scan"}
    uploads, versions = found.incomplete_uploads, found.versions
    beside = f"{uploads.count:,} uploads" if uploads.count is not None else uploads.unknown
    old = f"{versions.noncurrent:,} objects" if versions.noncurrent is not None else versions.unknown
    return [
        {"label": "Stored", "value": found.bytes, "unit": "bytes", "change": previous.bytes if previous else None,
         "trend": [point.bytes for point in points], **since, **age},
        {"label": "Objects", "value": found.objects, "unit": "count", "change": previous.objects if previous else None,
         "trend": [point.objects for point in points], **since, **age},
        {"label": "Unfinished uploads", "value": uploads.bytes, "unit": "bytes", "note": beside, **age},
        {"label": "Older versions", "value": versions.noncurrent_bytes, "unit": "bytes", "note": old, **age},
    ]  # fmt: skip


def trail(prefix: str, query: Query) -> list[View]:
    """From the top to the folder shown."""
    steps = [{"label": "All folders", "href": link(query, prefix="")}]
    parts = prefix.split("/")[:-1]
    for depth, part in enumerate(parts, 1):
        steps.append({"label": f"{part}/", "href": link(query, prefix="/".join(parts[:depth]) + "/")})
    return steps


def folder_rows(folders: Folders, query: Query) -> list[View]:
    """Folders of one level with what lies beside them, largest first."""
    rows: list[View] = [
        {
            "name": item.name[len(folders.prefix) :],
            "bytes": item.bytes,
            "objects": item.objects,
            "href": "" if item.leaf else link(query, prefix=item.name),
        }
        for item in folders.items
    ]
    for name, totals in (("files in this folder", folders.direct), ("smaller folders", folders.others)):
        if totals.objects:
            rows.append({"name": name, "bytes": totals.bytes, "objects": totals.objects, "href": ""})
    return sorted(rows, key=lambda row: row["bytes"], reverse=True)


def treemap(rows: Sequence[View], bucket: str) -> View:
    nodes = [
        {"name": row["name"], "value": row["bytes"], "objects": row["objects"]}
        | ({"href": row["href"]} if row["href"] else {})
        for row in rows[:TILES]
        if row["bytes"]
    ]
    return {"kind": "treemap", "unit": "bytes", "nodes": nodes, "color": bucket}


def breakdown(groups: Sequence[Group], found: Inventory, *, nameless: str, rows: int = ROWS) -> list[View]:
    """The largest groups, and all others as one row."""
    shown: list[View] = [
        {"name": group.name or nameless, "bytes": group.bytes, "objects": group.objects}
        for group in groups[:rows]
    ]
    others: View = {
        "name": "others",
        "bytes": found.bytes - sum(row["bytes"] for row in shown),
        "objects": found.objects - sum(row["objects"] for row in shown),
    }
    return with_shares([*shown, others] if shown and others["objects"] > 0 else shown, found.bytes)


def with_shares(rows: Sequence[View], whole: int) -> list[View]:
    return [{"href": "", **row, "share": row["bytes"] / whole if whole else 0.0} for row in rows]


def bars(bins: Sequence[Bin], bucket: str, *, unit: str) -> View:
    values = [bin_.bytes if unit == "bytes" else bin_.objects for bin_ in bins]
    name = "Size" if unit == "bytes" else "Objects"
    categories = [bin_.name for bin_ in bins]
    return {"kind": "bar", "unit": unit, "categories": categories, "color": bucket,
            "series": [{"name": name, "values": values}]}  # fmt: skip


def growth(points: Sequence[Point], bucket: str) -> View | None:
    if len(points) < 2:
        return None
    times = [point.scanned_at.strftime("%Y-%m-%dT%H:%M:%SZ") for point in points]
    return {"kind": "area", "unit": "bytes", "times": times,
            "series": [{"name": bucket, "values": [point.bytes for point in points]}]}  # fmt: skip


def files(found: Files, asked: FileQuery, bucket: str, extensions: Sequence[Group]) -> View:
    """The context `files` of inventory/files.html."""
    sort = "bytes" if asked.sort == "size" else "modified"
    first = asked.offset + 1 if found.items else 0
    previous = str(max(0, asked.offset - asked.limit)) if asked.offset else None
    names = [group.name for group in extensions if group.name]
    passed = {
        "sort": str(asked.sort), "order": str(asked.order), "prefix": asked.prefix, "extension": asked.extension,
        "q": asked.text, "format": "csv",
    }  # fmt: skip
    return {
        "rows": [
            {
                "key": item.key,
                "owner": item.owner,
                "storage_class": item.storage_class,
                "modified": item.modified,
                "bytes": item.size,
            }
            for item in found.items
        ],
        "sort": f"-{sort}" if asked.order == "desc" else sort,
        "filter": asked.text,
        "extension": asked.extension,
        "extensions": [{"value": "", "label": "All types"}, *({"value": name, "label": f".{name}"} for name in names)],
        "paging": {"first": first, "last": asked.offset + len(found.items), "previous": previous,
                   "next": found.next_cursor or ""},
        "csv": f"/api/buckets/{quote(bucket, safe='')}/inventory/files?{urlencode(passed)}",
    }  # fmt: skip


def run(view: ScanView, *, may_cancel: bool) -> View:
    """One entry of the context `runs` of inventory/runs.html."""
    facts = [
        ("objects", "Objects", view.objects, "count"),
        ("bytes", "Size", view.bytes, "bytes"),
        ("objectsPerSecond", "Objects a second", view.objects_per_second, "count"),
        ("requests", "Requests", view.requests, "count"),
    ]
    rounded = [
        (key, label, round(value) if value is not None else None, unit) for key, label, value, unit in facts
    ]
    return {
        "run": {
            "id": view.id,
            "label": f"Scan of {view.bucket}",
            "state": view.status,
            "fraction": view.fraction,
            "seconds_left": view.seconds_left,
            "facts": [
                {"key": key, "label": label, "value": value, "unit": unit}
                for key, label, value, unit in rounded
            ],
        },
        "events": f"/api/scans/{view.id}/events",
        "cancel": f"/scans/{view.id}/cancel",
        "may_cancel": may_cancel,
    }


def past(views: Sequence[ScanView]) -> list[View]:
    """Scans that ended, for inventory/scans.html."""
    return [
        {
            "id": view.id,
            "started_at": view.started_at or view.created_at,
            "duration_seconds": _seconds(view.started_at, view.finished_at),
            "state": _ENDED[view.status],
            "tone": _TONES[view.status],
            "objects": view.objects if view.status == "succeeded" else None,
            "bytes": view.bytes if view.status == "succeeded" else None,
            "requests": view.requests,
            "detail": view.error,
        }
        for view in views
        if view.status not in ACTIVE
    ]


def expected(quoted: Quote) -> View:
    """What the button that starts a scan says of it."""
    billed, requests = next(iter(quoted.requests.items()), ("", 0))
    return {"pages": quoted.pages, "requests": requests, "seconds": quoted.seconds_estimate, "class": billed}


def state_of(last: ScanView | None) -> tuple[str, str]:
    """(words, tone) for the list of buckets, from the last scan however it went."""
    if last is None:
        return "never scanned", "neutral"
    if last.status in ACTIVE:
        return "scanning", "info"
    return {"succeeded": ("ready", "good"), "dead": ("scan failed", "bad")}.get(
        last.status, ("ready", "neutral")
    )


def link(query: Query, **changes: str) -> str:
    """The page's own URL with other parameters; empty ones and the place in a list are left out."""
    parameters = {name: value for name, value in {**query, **changes}.items() if value and name != "cursor"}
    return f"?{urlencode(parameters)}" if parameters else "?"


def _seconds(start: datetime | None, end: datetime | None) -> float | None:
    return (end - start).total_seconds() if start and end else None
