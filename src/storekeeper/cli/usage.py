"""What applications do with the buckets."""

import csv
import sys
from collections.abc import Sequence
from enum import StrEnum
from typing import Annotated

import msgspec
import typer

from storekeeper.cli.options import Json, OnlyBucket, OnlyOwner, Range
from storekeeper.cli.remote import server
from storekeeper.cli.screen import NOTHING, count, emit, pairs, say, size, table, when
from storekeeper.kernel.units import format_percent
from storekeeper_client.used import Figures, Group, Usage

app = typer.Typer(add_completion=False)


class By(StrEnum):
    """What operations are told apart by."""

    BUCKET = "bucket"
    OWNER = "owner"
    OPERATION = "operation"
    STATUS = "status"


@app.callback()
def used() -> None:
    """What applications do with the buckets."""


@app.command()
def usage(
    owner: OnlyOwner = None,
    bucket: OnlyBucket = "",
    span: Range = "30d",
    by: Annotated[By | None, typer.Option(help="Tell apart by this.", show_default=False)] = None,
    as_csv: Annotated[
        bool, typer.Option("--csv", help="Print CSV: what --by tells apart, else points in time.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Show what operations add up to, against the range before.

    For example:
    $ storekeeper usage --range 24h
    $ storekeeper usage --owner ann@example.com --by operation
    $ storekeeper usage --by owner --csv
    """
    if as_csv and as_json:
        raise typer.BadParameter("--csv and --json exclude each other")
    with server() as client:
        found = client.usage(span=span, bucket=bucket, owner=owner)
    groups = _groups(found, by) if by else []
    if as_json:
        emit({"items": groups} if by else found)
    elif as_csv:
        _write_csv(groups if by else found.series)
    else:
        _summary(found)
        _table(groups if by else found.by_operation, by or By.OPERATION)


def _groups(found: Usage, by: By) -> Sequence[Group]:
    return {
        By.BUCKET: found.by_bucket,
        By.OWNER: found.by_owner,
        By.OPERATION: found.by_operation,
        By.STATUS: found.by_status,
    }[by]


def _summary(found: Usage) -> None:
    now, before = found.totals, found.previous
    how = f"{found.provenance} ± {now.relative_error * 100:.2g} %" if now.relative_error else found.provenance
    pairs(
        [
            ("Since (UTC)", f"{when(found.since)}, {how}"),
            ("Requests", f"{count(round(now.requests))}{_change(now.requests, before.requests)}"),
            ("Uploaded", f"{size(now.bytes_in)}{_change(now.bytes_in, before.bytes_in)}"),
            ("Downloaded", f"{size(now.bytes_out)}{_change(now.bytes_out, before.bytes_out)}"),
            ("Errors", f"{count(round(now.errors))} ({_rate(now)}), {count(round(now.throttles))} throttled"),
            ("Mean latency", _latency(now)),
        ]
    )
    say("")


def _table(groups: Sequence[Group], by: By) -> None:
    table(
        [
            by.value.capitalize(),
            ">Requests",
            ">Before",
            ">Errors",
            ">Uploaded",
            ">Downloaded",
            ">Mean latency",
        ],
        [
            (
                one.name or "(none)",
                count(round(one.requests)),
                count(round(one.previous_requests)),
                _rate(one),
                size(one.bytes_in),
                size(one.bytes_out),
                _latency(one),
            )
            for one in groups
        ],
        empty="No operations in this range.",
    )


def _change(now: float, before: float) -> str:
    return f" ({'+' if now >= before else ''}{format_percent(now / before - 1)})" if before else ""


def _rate(figures: Figures) -> str:
    return format_percent(figures.error_rate) if figures.requests else NOTHING


def _latency(figures: Figures) -> str:
    return NOTHING if figures.mean_ms is None else f"{figures.mean_ms:.1f} ms"


def _write_csv(rows: Sequence[msgspec.Struct]) -> None:
    records = [msgspec.to_builtins(row) for row in rows]
    if records:
        writer = csv.DictWriter(sys.stdout, records[0].keys())
        writer.writeheader()
        writer.writerows(records)
