"""Rows of the analytics engine in the shapes that callers see."""

from collections.abc import Mapping, Sequence
from datetime import UTC
from mimetypes import MimeTypes
from typing import Any

from storekeeper.inventory.model import (
    Change,
    Folder,
    Folders,
    Group,
    Inventory,
    Scan,
    StoredObject,
    Totals,
    TypeGroup,
)
from storekeeper.inventory.rules.histogram import age_bins, size_bins

Row = Mapping[str, Any]
_MEDIA_TYPES = MimeTypes(filenames=())  # the same on every machine


def inventory(
    scan: Scan,
    *,
    change: Change,
    groups: Mapping[str, Sequence[Row]],
    folders: Sequence[Row],
    root: Row,
    largest: Sequence[StoredObject],
    oldest: Sequence[StoredObject],
) -> Inventory:
    """The snapshot of a complete scan."""
    end = scan.finished_at or scan.started_at
    return Inventory(
        scan_id=scan.id,
        objects=scan.objects,
        bytes=scan.bytes,
        by_prefix=_prefixes(folders, root),
        by_extension=[_type(row) for row in groups["extension"]],
        by_owner=_owners(groups["owner"]),
        by_storage_class=[_group(row) for row in groups["class"]],
        by_age=age_bins(_by_index(groups["age"])),
        by_size=size_bins(_by_index(groups["size"])),
        largest=largest,
        oldest=oldest,
        incomplete_uploads=scan.extras.uploads,
        versions=scan.extras.versions,
        change=change,
        scanned_at=end,
        complete=True,
        duration_ms=round((end - scan.started_at).total_seconds() * 1000),
        requests=scan.requests,
    )


def folders(prefix: str, whole: Row, rows: Sequence[Row]) -> Folders:
    """One level; `whole` is the folder itself, empty where it is not known."""
    items = [
        Folder(
            name=row["prefix"],
            objects=row["objects"],
            bytes=row["bytes"],
            leaf=row["objects"] == row["direct_objects"],
        )
        for row in rows
    ]
    direct = Totals(objects=whole.get("direct_objects", 0), bytes=whole.get("direct_bytes", 0))
    others = Totals(
        objects=whole.get("objects", 0) - direct.objects - sum(item.objects for item in items),
        bytes=whole.get("bytes", 0) - direct.bytes - sum(item.bytes for item in items),
    )
    return Folders(prefix=prefix, items=items, direct=direct, others=others)


def objects(rows: Sequence[Row], *, keys: bool) -> list[StoredObject]:
    """`keys`: whether names of objects are kept."""
    return [
        StoredObject(
            key=row["prefix"] + row["name"] if keys else None,
            prefix=row["prefix"],
            extension=row["extension"],
            owner=row["owner"],
            size=row["size"],
            modified=row["modified"].astimezone(UTC),
            storage_class=row["storage_class"],
        )
        for row in rows
    ]


def _prefixes(folders: Sequence[Row], root: Row) -> list[Group]:
    """Largest first; objects in no folder are a group with an empty name."""
    groups = [Group(name=row["prefix"], objects=row["objects"], bytes=row["bytes"]) for row in folders]
    if root.get("direct_objects"):
        groups.append(Group(name="", objects=root["direct_objects"], bytes=root["direct_bytes"]))
    return sorted(groups, key=lambda group: group.bytes, reverse=True)


def _group(row: Row) -> Group:
    return Group(name=row["name"], objects=row["objects"], bytes=row["bytes"])


def _type(row: Row) -> TypeGroup:
    media_type, _ = _MEDIA_TYPES.guess_type(f"x.{row['name']}") if row["name"] else (None, None)
    return TypeGroup(name=row["name"], objects=row["objects"], bytes=row["bytes"], media_type=media_type)


def _owners(rows: Sequence[Row]) -> list[Group]:
    """Nothing where no object has an owner; else those without one are a group with an empty name."""
    return [_group(row) for row in rows] if any(row["name"] for row in rows) else []


def _by_index(rows: Sequence[Row]) -> dict[int, tuple[int, int]]:
    """Bars have the number of edges that were reached as their name; those of ages one for each storage class, behind a colon."""
    found: dict[int, tuple[int, int]] = {}
    for row in rows:
        index = int(row["name"].partition(":")[0])
        objects, size = found.get(index, (0, 0))
        found[index] = objects + row["objects"], size + row["bytes"]
    return found
