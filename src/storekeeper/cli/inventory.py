"""What the last complete scan found."""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Annotated

import typer

from storekeeper.cli.options import BucketName, Json
from storekeeper.cli.remote import server
from storekeeper.cli.screen import NOTHING, count, emit, growth, many, pairs, say, size, table, when
from storekeeper.kernel.units import format_duration, format_percent
from storekeeper_client import Client
from storekeeper_client.scanned import Bin, File, Group, Inventory, Prefix, Totals

app = typer.Typer(add_completion=False)


@app.callback()
def found() -> None:
    """What the last complete scan found."""


class By(StrEnum):
    """What objects are told apart by."""

    PREFIX = "prefix"
    EXTENSION = "extension"
    OWNER = "owner"
    STORAGE_CLASS = "storage-class"
    AGE = "age"
    SIZE = "size"
    LARGEST = "largest"


@app.command()
def inventory(
    name: BucketName,
    by: Annotated[By | None, typer.Option(help="Tell apart by this.", show_default=False)] = None,
    prefix: Annotated[
        str, typer.Option(help="Only below this prefix (with prefix and largest).", show_default=False)
    ] = "",
    limit: Annotated[int, typer.Option(help="How many lines at most.", min=1)] = 20,
    as_json: Json = False,
) -> None:
    """Show what is in a bucket, by its last complete scan.

    For example:
    $ storekeeper inventory photos
    $ storekeeper inventory photos --by owner
    $ storekeeper inventory photos --prefix 2026/ --by largest --limit 100
    """
    if prefix and by not in (None, By.PREFIX, By.LARGEST):
        raise typer.BadParameter(f"--prefix does not go with --by {by}")
    with server() as client:
        if by is By.LARGEST:
            _files(client.files(name, limit=limit, prefix=prefix), as_json=as_json)
        elif prefix:
            _level(
                client, name, prefix if prefix.endswith("/") else prefix + "/", limit=limit, as_json=as_json
            )
        else:
            _whole(client.inventory(name), by, limit=limit, as_json=as_json)


def _whole(found: Inventory, by: By | None, *, limit: int, as_json: bool) -> None:
    groups = _groups(found, by or By.PREFIX)
    if as_json:
        emit({"items": groups[:limit]} if by else found)
        return
    if by is None:
        _summary(found)
    _group_table(groups, by or By.PREFIX, found.bytes, limit)


def _groups(found: Inventory, by: By) -> Sequence[Group | Bin]:
    groups: Mapping[By, Sequence[Group | Bin]] = {
        By.PREFIX: found.by_prefix,
        By.EXTENSION: found.by_extension,
        By.OWNER: found.by_owner,
        By.STORAGE_CLASS: found.by_storage_class,
        By.AGE: found.by_age,
        By.SIZE: found.by_size,
    }
    return groups[by]


def _summary(found: Inventory) -> None:
    change = found.change
    rows = [
        ("Objects", count(found.objects)),
        ("Size", f"{size(found.bytes)} ({count(found.bytes)} bytes)"),
        ("Scanned (UTC)", f"{when(found.scanned_at)}, in {format_duration(found.duration_ms / 1000)}"),
    ]
    if change:
        spans = (("Since the scan before", change.previous), ("In 7 days", change.seven_days))
        rows += [
            (label, _change(totals))
            for label, totals in (*spans, ("In 30 days", change.thirty_days))
            if totals
        ]
    pairs([*rows, *_besides(found)])
    say("")


def _besides(found: Inventory) -> list[tuple[str, str]]:
    """What is stored and billed beside current objects, where there is any or nobody knows."""
    uploads, versions = found.incomplete_uploads, found.versions
    rows = []
    if uploads and (uploads.count or uploads.unknown):
        rows.append(
            ("Unfinished uploads", uploads.unknown or f"{count(uploads.count)}, {size(uploads.bytes)}")
        )
    if versions and versions.unknown:
        rows.append(("Older versions", versions.unknown))
    elif versions and (versions.noncurrent or versions.delete_markers):
        rows.append(("Older versions", f"{count(versions.noncurrent)}, {size(versions.noncurrent_bytes)}"))
        rows.append(("Delete markers", count(versions.delete_markers)))
    return rows


def _change(totals: Totals) -> str:
    return f"{'+' if totals.objects > 0 else ''}{many(totals.objects, 'object')}, {growth(totals.bytes)}"


def _group_table(groups: Sequence[Group | Bin | Prefix], by: By, whole: int, limit: int) -> None:
    rows = [
        (group.name or "(none)", count(group.objects), size(group.bytes), _share(group.bytes, whole))
        for group in groups[:limit]
    ]
    heading = by.value.replace("-", " ").capitalize()
    table([heading, ">Objects", ">Size", ">Share"], rows, empty=f"Nothing to tell apart by {by.value}.")
    if len(groups) > limit:
        say(f"and {count(len(groups) - limit)} more (--limit)")


def _share(part: int, whole: int) -> str:
    return format_percent(part / whole) if whole else NOTHING


def _level(client: Client, name: str, prefix: str, *, limit: int, as_json: bool) -> None:
    level = client.prefixes(name, prefix)
    if as_json:
        emit(level)
        return
    direct = level.direct or Totals()
    whole = direct.bytes + sum(item.bytes for item in level.items)
    if direct.objects:
        pairs([(f"Directly in {level.prefix}", f"{many(direct.objects, 'object')}, {size(direct.bytes)}")])
    if level.items:
        _group_table(level.items, By.PREFIX, whole, limit)
    elif not direct.objects:
        say(f"Nothing lies below {prefix}")


def _files(files: Sequence[File], *, as_json: bool) -> None:
    if as_json:
        emit({"items": files})
        return
    table(
        [">Size", "Modified (UTC)", "Class", "Owner", "Key"],
        [(size(f.size), when(f.modified), f.storage_class, f.owner or "", _place(f)) for f in files],
        empty="No objects.",
    )


def _place(file: File) -> str:
    return file.key or f"{file.prefix}… ({file.extension or 'no extension'}; key names are not kept)"
