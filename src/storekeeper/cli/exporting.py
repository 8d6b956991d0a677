"""Writing what is stored to a file."""

import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from storekeeper.cli.failing import Status, fail
from storekeeper.cli.options import Json, OnlyBucket, OnlyOwner, Range
from storekeeper.cli.remote import server
from storekeeper.cli.screen import emit, say, size

app = typer.Typer(add_completion=False, no_args_is_help=True)


class Format(StrEnum):
    """What a file of operations is written as."""

    PARQUET = "parquet"
    CSV = "csv"
    NDJSON = "ndjson"
    ARROW = "arrow"


@app.callback()
def export() -> None:
    """Write what is stored to a file."""


@app.command()
def operations(
    out: Annotated[Path, typer.Option("--out", metavar="FILE", help="Where to write; - is standard output.")],
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
    to_screen = str(out) == "-"
    partial = out.with_name(out.name + ".partial")
    query = {"range": span, "bucket": bucket, "owner": owner, "format": form.value}
    with server() as client:
        try:
            if to_screen:
                client.export_operations(sys.stdout.buffer, **query)
                return
            with partial.open("wb") as file:
                written = client.export_operations(file, **query)
            partial.replace(out)
        except OSError as error:
            fail(f"{out} can not be written: {error.strerror or error}", status=Status.NOT_WELL)
        finally:
            if not to_screen:
                partial.unlink(missing_ok=True)
    if as_json:
        emit({"file": str(out), "bytes": written})
    else:
        say(f"{out}: {size(written)}.")
