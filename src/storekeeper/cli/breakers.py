"""Circuit breakers of the buckets."""

from enum import StrEnum
from typing import Annotated

import typer

from storekeeper.cli.failing import Status
from storekeeper.cli.naming import NameOrVerb
from storekeeper.cli.options import BucketName, Json, Yes
from storekeeper.cli.remote import server
from storekeeper.cli.screen import NOTHING, confirm, count, emit, pairs, say, table, when
from storekeeper.kernel.units import parse_duration
from storekeeper_client.health import Breaker, Transition

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    cls=NameOrVerb,
    help="Circuit breakers: whether applications that follow them may use a bucket. NAME may come first.",
)

_SHOWN_TRANSITIONS = 10
Reason = Annotated[
    str, typer.Option(metavar="TEXT", help="Why; it is shown and audited.", show_default=False)
]
For = Annotated[
    str, typer.Option("--for", metavar="SPAN", help="For how long, such as 10m.", show_default=False)
]


class BreakerMode(StrEnum):
    """What a breaker does."""

    AUTOMATIC = "automatic"
    DISABLED = "disabled"
    METRICS_ONLY = "metrics-only"
    FORCED_OPEN = "forced-open"


@app.command("list")
def list_breakers(as_json: Json = False) -> None:
    """List the breakers of all buckets."""
    with server() as client:
        found = client.breakers()
    if as_json:
        emit({"items": found})
        return
    table(
        ["Bucket", "State", "Mode", "Since (UTC)", "Until (UTC)", "By", "Reason"],
        [(b.bucket, b.state, b.mode, when(b.changed_at), when(b.until), b.actor, b.reason) for b in found],
        empty="No bucket is watched yet. Add one: storekeeper bucket add NAME s3://NAME",
    )


@app.command()
def show(name: BucketName, as_json: Json = False) -> None:
    """Show a bucket's breaker and what it did lately. Exit status 1 when it is open.

    For example:
    $ storekeeper breaker show photos
    """
    with server() as client:
        breaker = client.breaker(name)
        transitions = client.breaker_transitions(bucket=name, limit=_SHOWN_TRANSITIONS)
    if as_json:
        emit({"breaker": breaker, "transitions": transitions})
    else:
        _show(breaker)
        say("")
        _list(transitions)
    if breaker.state == "open":
        raise typer.Exit(Status.NOT_WELL)


@app.command()
def reset(name: BucketName, reason: Reason = "", as_json: Json = False) -> None:
    """Close a breaker, have it decide by itself again, and forget what it counted."""
    _order("reset", name, as_json=as_json, reason=reason)


@app.command("open")
def open_breaker(name: BucketName, reason: Reason, lasting: For = "", as_json: Json = False) -> None:
    """Open a breaker for a while; then checks decide. Applications that follow it leave the bucket alone.

    For example:
    $ storekeeper breaker open photos --reason "disk is replaced" --for 10m
    """
    _order("open", name, as_json=as_json, reason=_said(reason), seconds=_seconds(lasting))


@app.command("close")
def close_breaker(name: BucketName, reason: Reason = "", as_json: Json = False) -> None:
    """Close a breaker. A bucket that still fails opens it anew."""
    _order("close", name, as_json=as_json, reason=reason)


@app.command()
def mode(
    name: BucketName,
    chosen: Annotated[
        BreakerMode,
        typer.Argument(
            metavar="MODE",
            help="automatic: decide by itself; disabled: let all pass; metrics-only: let all pass, and count; "
            "forced-open: let nothing pass.",
            show_default=False,
        ),
    ],
    reason: Reason = "",
    lasting: For = "",
    yes: Yes = False,
    as_json: Json = False,
) -> None:
    """Say what a breaker is to do. It stays so over restarts; forced-open asks first, needs a reason, and may end by --for.

    For example:
    $ storekeeper breaker mode photos forced-open --reason "migration" --for 2h
    $ storekeeper breaker mode photos automatic
    """
    forced = chosen is BreakerMode.FORCED_OPEN
    if lasting and not forced:
        raise typer.BadParameter("only forced-open ends by itself", param_hint="--for")
    seconds = _seconds(lasting)
    if forced:
        reason = _said(reason)
        confirm(f"Have applications that follow it not use {name} at all?", yes=yes)
    _order("mode", name, as_json=as_json, mode=chosen.value, reason=reason, seconds=seconds)


def _order(verb: str, name: str, *, as_json: bool, **fields: str | float | None) -> None:
    with server() as client:
        breaker = client.order_breaker(verb, name, **fields)
    if as_json:
        emit(breaker)
    else:
        _show(breaker)


def _show(breaker: Breaker) -> None:
    figures = breaker.figures
    pairs(
        [
            ("Bucket", breaker.bucket),
            ("State", breaker.state),
            ("Mode", breaker.mode),
            ("Reason", breaker.reason),
            ("Since (UTC)", when(breaker.changed_at)),
            ("Tried again (UTC)", "" if breaker.until is None else when(breaker.until)),
            ("By", breaker.actor),
            (
                "Counted",
                f"{count(figures.calls)} calls, {count(figures.failures)} failed, {count(figures.slow)} slow",
            ),
        ]
    )


def _list(transitions: list[Transition]) -> None:
    table(
        ["Time (UTC)", "From", "To", "Mode", "By", "Reason"],
        [(when(t.at), t.before, t.after, t.mode, t.actor or NOTHING, t.reason) for t in transitions],
        empty="It never changed.",
    )


def _said(reason: str) -> str:
    if not reason.strip():
        raise typer.BadParameter("say why calls are to be refused", param_hint="--reason")
    return reason


def _seconds(span: str) -> float | None:
    try:
        return parse_duration(span) if span else None
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--for") from None
