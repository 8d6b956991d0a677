"""Writing what is stored to a file."""

import sys
from collections.abc import Callable
from enum import StrEnum
from pathlib import Path
from typing import IO, Annotated

import typer

from storekeeper.cli.failing import Status, fail
from storekeeper.cli.options import Json, OnlyBucket, OnlyOwner, Range
from storekeeper.cli.remote import server
from storekeeper.cli.screen import emit, note, say, size

app = typer.Typer(add_completion=False, no_args_is_help=True)
Out = Annotated[Path, typer.Option("--out", metavar="FILE", help="Where to write; - is standard output.")]


class Format(StrEnum):
    """What a file of operations is written as."""

    PARQUET = "parquet"
    CSV = "csv"
    NDJSON = "ndjson"
    ARROW = "arrow"


class FocusFormat(StrEnum):
    """What a file of costs is written as."""

    CSV = "csv"
    PARQUET = "parquet"


class Split(StrEnum):
    """What a file of costs is split by."""

    OWNER = "owner"


@app.callback()
def export() -> None:
    """Write what is stored to a file."""


@app.command()
def operations(
    out: Out,
    span: Range = "24h",
    form: Annotated[Format, typer.Option("--format", help="What to write.")] = Format.PARQUET,
    owner: OnlyOwner = None,
    bucket: OnlyBucket = "",
    as_json: Json = False,
) -> None:
    """Write all single operations of a range to a file, oldest first.

    The file is there when it is whole. Operations older than the server keeps are not in it.

    For example:
    $ storekeeper export operations --range 24h --format parquet --out operations.parquet
    $ storekeeper export operations --range 7d --bucket photos --format ndjson --out photos.ndjson
    """
    query = {"range": span, "bucket": bucket, "owner": owner, "format": form.value}
    with server() as client:
        _write(out, lambda sink: client.export_operations(sink, **query), as_json=as_json)


@app.command()
def focus(
    out: Out,
    month: Annotated[
        str, typer.Option(metavar="MONTH", help="Such as 2026-11; else the present one.", show_default=False)
    ] = "",
    form: Annotated[FocusFormat, typer.Option("--format", help="What to write.")] = FocusFormat.CSV,
    split: Annotated[
        Split | None,
        typer.Option(help="A row for each owner's share, in place of each charge.", show_default=False),
    ] = None,
    as_json: Json = False,
) -> None:
    """Write a month's calculated charges to a file in the form of FOCUS 1.2, for tools that read billing data.

    What no price is known for is left out, and said.

    For example:
    $ storekeeper export focus --month 2026-11 --out focus-2026-11.csv
    $ storekeeper export focus --month 2026-11 --split owner --format parquet --out owners.parquet
    """
    query = {"month": month, "split": split.value if split else "", "format": form.value}
    with server() as client:
        _write(out, lambda sink: client.export_focus(sink, **query), as_json=as_json)
        unknown = client.costs(month=month).unclassified
    if unknown:
        note(f"Left out, because no price is known: {', '.join(unknown)}.")


def _write(out: Path, write: Callable[[IO[bytes]], int], *, as_json: bool) -> None:
    """The file is there when it is whole."""
    if str(out) == "-":
        write(sys.stdout.buffer)
        return
    partial = out.with_name(out.name + ".partial")
    try:
        with partial.open("wb") as file:
            written = write(file)
        partial.replace(out)
    except OSError as error:
        fail(f"{out} can not be written: {error.strerror or error}", status=Status.NOT_WELL)
    finally:
        partial.unlink(missing_ok=True)
    if as_json:
        emit({"file": str(out), "bytes": written})
    else:
        say(f"{out}: {size(written)}.")
