"""Imports of files, and what providers report beside what was measured."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from storekeeper.cli import import_sources
from storekeeper.cli.failing import Status
from storekeeper.cli.options import Json
from storekeeper.cli.remote import server
from storekeeper.cli.screen import NOTHING, count, emit, many, note, say, size, table
from storekeeper.cli.uploading import checked, sending
from storekeeper.kernel.units import parse_duration
from storekeeper_client import Client
from storekeeper_client.imported import Comparison, Import

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    help="Import operations from logs and files, and what providers report.",
)

app.add_typer(import_sources.app, name="source")

LOGS = {
    "s3-access-log": "Import S3 server access logs.",
    "r2-access-log": "Import R2 data access logs, JSON a line.",
    "minio-audit": "Import MinIO's audit log, JSON a line.",
}
TABLES = {
    "csv": "Import operations from CSV with a header line.",
    "ndjson": "Import operations from JSON, a record a line; COLUMN may be a path such as request.size.",
    "parquet": "Import operations from Parquet files.",
}
REPORTS = {
    "ceph-usage": "Import what Ceph RGW's GET /admin/usage answered.",
    "r2-analytics": "Import what Cloudflare's GraphQL API answered about R2.",
}
_SHOWN_REJECTIONS = 10

Files = Annotated[
    list[Path],
    typer.Argument(
        metavar="FILE…",
        help="Files, plain or compressed by gzip.",
        show_default=False,
    ),
]
Bucket = Annotated[
    str, typer.Option(metavar="NAME", help="The bucket that the files are about.", show_default=False)
]
Map = Annotated[
    list[str] | None,
    typer.Option(
        "--map",
        metavar="FIELD=COLUMN",
        help="Which column holds a field of an operation; may be repeated. By default the one of its name.",
        show_default=False,
    ),
]


def _plain(form: str) -> Callable[..., None]:
    def command(files: Files, bucket: Bucket, as_json: Json = False) -> None:
        _import(form, files, bucket=bucket, as_json=as_json)

    return command


def _mapped(form: str) -> Callable[..., None]:
    def command(files: Files, bucket: Bucket, mapping: Map = None, as_json: Json = False) -> None:
        _import(form, files, bucket=bucket, mapping=mapping or (), as_json=as_json)

    return command


for _name, _about in (LOGS | REPORTS).items():
    app.command(_name, help=_about)(_plain(_name))
for _name, _about in TABLES.items():
    app.command(_name, help=_about)(_mapped(_name))


@app.command()
def cloudwatch(
    files: Files,
    bucket: Bucket,
    resolution: Annotated[
        str,
        typer.Option(
            metavar="SPAN", help="The period that was asked for, such as 5m or 1h.", show_default=False
        ),
    ] = "",
    as_json: Json = False,
) -> None:
    """Import what CloudWatch's GetMetricData or GetMetricStatistics answered.

    For example:
    $ storekeeper import cloudwatch metrics.json --bucket photos --resolution 1h
    """
    _import("cloudwatch", files, bucket=bucket, resolution=_seconds(resolution), as_json=as_json)


@app.command()
def compare(
    bucket: Annotated[str, typer.Option(metavar="NAME", help="Only this bucket.", show_default=False)] = "",
    span: Annotated[str, typer.Option("--range", metavar="SPAN", help="How far back, such as 30d.")] = "30d",
    as_json: Json = False,
) -> None:
    """Compare what providers report with what was measured, by day.

    For example:
    $ storekeeper import compare --bucket photos --range 30d
    """
    with server() as client:
        found = client.compare_imports(bucket=bucket, span=span)
    if as_json:
        emit(found)
        return
    heading = ["Day (UTC)", "Bucket", "Reported by", ">Requests", ">Measured", ">Difference"]
    table(
        [*heading, ">Bytes out", ">Measured out", ">Objects", ">Size"],
        [_line(one) for one in found.items],
        empty="Nothing was reported. Import it: storekeeper import --help",
    )


def _line(one: Comparison) -> tuple[str, ...]:
    reported, measured = one.reported, one.measured
    return (
        f"{one.day:%Y-%m-%d}",
        one.bucket,
        one.source,
        _whole(reported.requests),
        _whole(measured.requests),
        _difference(one.difference.requests, reported.requests),
        size(reported.bytes_out),
        size(measured.bytes_out),
        _whole(reported.objects),
        size(reported.bytes),
    )


def _whole(number: float | None) -> str:
    return NOTHING if number is None else count(round(number))


def _difference(difference: float | None, reported: float | None) -> str:
    """For example `-12 (-1.5 %)`."""
    if difference is None:
        return NOTHING
    share = f" ({difference / reported:+.1%})" if reported else ""
    return f"{round(difference):+,}{share}"


def _import(
    form: str,
    files: Sequence[Path],
    *,
    bucket: str,
    mapping: Sequence[str] = (),
    resolution: int = 0,
    as_json: bool,
) -> None:
    checked(files)
    options = {"bucket": bucket, "mapping": mapping, "resolution": resolution}
    items: list[Mapping[str, Any]] = []
    taken = 0
    with server() as client:
        for path in files:
            found = _sent(client, form, path, options)
            items.append({"file": str(path), "result": found})
            taken += found.accepted + found.duplicates
            if not as_json:
                _tell(path, found)
    if as_json:
        emit({"items": items})
    if not taken and any(item["result"].rejected_count for item in items):
        raise typer.Exit(Status.NOT_WELL)


def _sent(client: Client, form: str, path: Path, options: Mapping[str, Any]) -> Import:
    with sending(path) as on_sent:
        return client.import_file(form, path, on_sent=on_sent, **options)


def _tell(path: Path, found: Import) -> None:
    parts = [f"{many(found.accepted, 'record')} imported"]
    if found.duplicates:
        parts.append(f"{count(found.duplicates)} known before")
    parts += [f"{count(number)} {reason}" for reason, number in found.skipped.items()]
    if found.rejected_count:
        parts.append(f"{count(found.rejected_count)} rejected")
    say(f"{path}: {', '.join(parts)}")
    for one in found.rejected[:_SHOWN_REJECTIONS]:
        note(f"  line {one.line}: {one.reason}")
    if found.rejected_count > _SHOWN_REJECTIONS:
        note(f"  and {count(found.rejected_count - _SHOWN_REJECTIONS)} more (--json lists up to 1,000)")


def _seconds(span: str) -> int:
    try:
        return int(parse_duration(span)) if span else 0
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--resolution") from None
