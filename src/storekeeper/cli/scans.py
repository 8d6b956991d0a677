"""Listing a bucket: start, watch, price and cancel."""

from typing import Annotated

import typer

from storekeeper.cli.failing import Status, fail
from storekeeper.cli.options import BucketName, Json
from storekeeper.cli.progress import figures, watch
from storekeeper.cli.remote import server
from storekeeper.cli.screen import NOTHING, count, emit, many, note, pairs, say, size, table, when
from storekeeper.kernel.units import format_duration
from storekeeper_client import ApiError, Client
from storekeeper_client.scanned import Quote, Scan

app = typer.Typer(add_completion=False)


@app.command()
def scan(
    name: BucketName,
    quote: Annotated[bool, typer.Option("--quote", help="Only tell what a scan would take.")] = False,
    wait: Annotated[bool, typer.Option("--wait", help="Show progress until it is over.")] = False,
    cancel: Annotated[bool, typer.Option("--cancel", help="Stop the scan that is under way.")] = False,
    as_json: Json = False,
) -> None:
    """List a bucket to see what is in it. A scan under way already is joined, not doubled.

    With --wait, exit status 1 when the scan did not succeed. Ctrl-C stops waiting, not the scan.

    For example:
    $ storekeeper scan photos --quote
    $ storekeeper scan photos --wait
    $ storekeeper scan photos --cancel
    """
    if quote + wait + cancel > 1:
        raise typer.BadParameter("--quote, --wait and --cancel exclude each other")
    with server() as client:
        if quote:
            _quote(client, name, as_json=as_json)
        elif cancel:
            _cancel(client, name, as_json=as_json)
        elif wait:
            _wait(client, name, as_json=as_json)
        else:
            _start(client, name, as_json=as_json)


@app.command()
def scans(
    name: BucketName,
    limit: Annotated[int, typer.Option(help="How many at most.", min=1)] = 20,
    as_json: Json = False,
) -> None:
    """List the scans of a bucket, newest first."""
    with server() as client:
        found = client.scans(name, limit=limit)
    if as_json:
        emit({"items": found})
        return
    table(
        ["Started (UTC)", "Status", ">Objects", ">Size", ">Took", ">Requests", "Error", "Id"],
        [_row(each) for each in found],
        empty=f"No scan yet. Start one: storekeeper scan {name} --wait",
    )


def _start(client: Client, name: str, *, as_json: bool) -> None:
    run_id, joined = _started(client, name)
    if as_json:
        emit({"runId": run_id, "joined": joined})
    else:
        say("A scan is under way already." if joined else f"Scanning {name}.")
        say(f"Watch it: storekeeper scan {name} --wait")


def _wait(client: Client, name: str, *, as_json: bool) -> None:
    run_id, _ = _started(client, name)
    try:
        last = watch(client.follow_scan(run_id))
    except KeyboardInterrupt:
        note(f"The scan goes on without you. To stop it: storekeeper scan {name} --cancel")
        raise typer.Exit(Status.INTERRUPTED) from None
    if as_json:
        emit(last)
    elif last.status == "succeeded":
        say(f"{name}: {figures(last)}, in {_took(last)}. See it: storekeeper inventory {name}")
    if last.status != "succeeded":
        what = f"The scan of {name} ended as {last.status} after {many(last.objects, 'object')}. {last.error or ''}"
        fail(what.strip(), hint="What the last complete scan found is still shown.")


def _started(client: Client, name: str) -> tuple[str, bool]:
    """The scan's id, and whether it was under way already."""
    try:
        return client.start_scan(name), False
    except ApiError as error:
        if error.problem.run_id:
            return error.problem.run_id, True
        raise


def _cancel(client: Client, name: str, *, as_json: bool) -> None:
    active = [each for each in client.scans(name) if not each.is_over]
    if not active:
        fail(f"No scan of {name} is under way.")
    cancelled = client.cancel_scan(active[0].id)
    if as_json:
        emit(cancelled)
    else:
        say(
            f"Cancelling after {many(cancelled.objects, 'object')}. What the last complete scan found is kept."
        )


def _quote(client: Client, name: str, *, as_json: bool) -> None:
    quote = client.quote(name)
    if as_json:
        emit(quote)
    else:
        _show_quote(quote)


def _show_quote(quote: Quote) -> None:
    names = {"A": "Class A", "B": "Class B", "free": "Free", "unclassified": "Unclassified"}
    pairs(
        [
            ("Objects", count(quote.objects)),
            ("Pages", count(quote.pages)),
            *(
                (names.get(kind, kind), many(number, "request"))
                for kind, number in quote.requests.items()
                if number
            ),
            (
                "Time",
                NOTHING
                if quote.seconds_estimate is None
                else f"about {format_duration(quote.seconds_estimate)}",
            ),
            ("Known from", quote.basis),
        ]
    )


def _row(scan: Scan) -> tuple[str, ...]:
    figures = (count(scan.objects), size(scan.bytes), _took(scan), count(scan.requests))
    return (when(scan.started_at), scan.status, *figures, scan.error or "", scan.id)


def _took(scan: Scan) -> str:
    if scan.started_at is None or scan.finished_at is None:
        return NOTHING
    return format_duration((scan.finished_at - scan.started_at).total_seconds())
