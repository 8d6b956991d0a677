"""Checking buckets now."""

from typing import Annotated

import typer

from storekeeper.cli.failing import Status, fail
from storekeeper.cli.health import check_row, millis, network_rows
from storekeeper.cli.options import Json
from storekeeper.cli.remote import server
from storekeeper.cli.screen import emit, pairs, say, table
from storekeeper_client.health import CheckRound

app = typer.Typer(add_completion=False)


@app.callback()
def checking() -> None:
    """Check buckets now."""


@app.command()
def check(
    name: Annotated[
        str, typer.Argument(metavar="[NAME]", help="The bucket's name in Storekeeper.", show_default=False)
    ] = "",
    every: Annotated[bool, typer.Option("--all", help="Check every bucket.")] = False,
    as_json: Json = False,
) -> None:
    """Check a bucket now, operation by operation, by small objects of its own. It counts as any other check.

    Exit status 1 when an operation does not work.

    For example:
    $ storekeeper check photos
    $ storekeeper check --all
    """
    if bool(name) is every:
        raise typer.BadParameter("name a bucket, or all of them by --all")
    with server() as client:
        found = client.check(name)
    if as_json:
        emit({"items": found})
    else:
        for one in found:
            _show(one)
    if name and not found:
        fail(f"The check of {name} did not end in time.")
    if not all(one.is_well for one in found):
        raise typer.Exit(Status.NOT_WELL)


def _show(one: CheckRound) -> None:
    say(f"{'✓' if one.is_well else '✗'} {one.bucket}, in {millis(one.duration_ms)}")
    table(
        ["Operation", "Outcome", ">Status", ">Latency", ">First byte", "What happened"],
        [check_row(check) for check in one.checks],
    )
    say("")
    pairs([*network_rows(one.network), ("Diagnosis", one.diagnosis)])
    for hint in dict.fromkeys(check.hint for check in one.checks if check.hint):
        say(hint)
    say("")
