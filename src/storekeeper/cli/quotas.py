"""Quotas."""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Annotated

import typer

from storekeeper.cli.failing import Status, fail
from storekeeper.cli.options import Json, OnlyBucket, Yes
from storekeeper.cli.remote import server
from storekeeper.cli.screen import confirm, count, emit, say, size, table, when
from storekeeper.kernel.clock import SystemClock
from storekeeper.kernel.units import format_percent, parse_bytes, parse_duration
from storekeeper_client.quotas import Quota, Quotas

app = typer.Typer(add_completion=False, no_args_is_help=True, help="How much owners and buckets may use.")

_IN_BYTES = ("bytes", "egress")
QuotaId = Annotated[str, typer.Argument(metavar="ID", help="The quota's id.", show_default=False)]
Reason = Annotated[str, typer.Option(metavar="TEXT", help="Why, for the audit log.", show_default=False)]
Owner = Annotated[str, typer.Option(metavar="OWNER", help="Only this owner.", show_default=False)]

Stored = Annotated[
    str,
    typer.Option("--bytes", metavar="SIZE", help="What may be stored, such as 10GB.", show_default=False),
]
Objects = Annotated[
    int | None, typer.Option(metavar="NUMBER", help="How many objects may be stored.", show_default=False)
]
Operations = Annotated[
    int | None,
    typer.Option(metavar="NUMBER", help="How many operations may be made in a month.", show_default=False),
]
Egress = Annotated[
    str, typer.Option(metavar="SIZE", help="What may be read out in a month.", show_default=False)
]
Warn = Annotated[
    int | None,
    typer.Option(
        metavar="PERCENT", help="From which share on it is warned of; 80 at first.", show_default=False
    ),
]
Hard = Annotated[
    bool | None,
    typer.Option(
        "--hard/--soft", help="Refuse what is over it, or only tell; hard at first.", show_default=False
    ),
]


class State(StrEnum):
    OK = "ok"
    WARNED = "warned"
    EXCEEDED = "exceeded"


class Level(StrEnum):
    WARNED = "warned"
    EXCEEDED = "exceeded"


@app.command("list")
def list_quotas(
    owner: Owner = "",
    bucket: OnlyBucket = "",
    state: Annotated[
        State | None,
        typer.Option(metavar="STATE", help="Only those that are ok, warned or exceeded.", show_default=False),
    ] = None,
    limit: Annotated[int, typer.Option(metavar="NUMBER", help="How many at most.")] = 100,
    as_json: Json = False,
) -> None:
    """List quotas and what is used of them, those that are used up most first.

    For example:
    $ storekeeper quota list --owner ann
    """
    with server() as client:
        found = Quotas(client).find_all(owner=owner, bucket=bucket, state=state or "", limit=limit)
    if as_json:
        emit({"items": found})
        return
    table(
        ["Owner", "Bucket", "Measure", ">Used", ">Limit", ">Share", "State", "Id"],
        [
            (
                one.owner or "(everybody)",
                one.bucket or "(all)",
                one.measure,
                _amount(one, one.used),
                _amount(one, one.effective_limit) + (" (raised)" if one.raised else ""),
                format_percent(one.share),
                one.state if one.hard else f"{one.state}, soft",
                one.id,
            )
            for one in found
        ],
        empty="No quotas. Set one: storekeeper quota set --owner OWNER --bytes 10GB --reason TEXT",
    )


@app.command("set")
def set_quota(
    reason: Reason,
    owner: Annotated[
        str, typer.Option(metavar="OWNER", help="Whom it limits; without it, everybody.", show_default=False)
    ] = "",
    bucket: Annotated[
        str, typer.Option(metavar="NAME", help="Where; without it, in all buckets.", show_default=False)
    ] = "",
    stored: Stored = "",
    objects: Objects = None,
    operations: Operations = None,
    egress: Egress = "",
    warn: Warn = None,
    hard: Hard = None,
    as_json: Json = False,
) -> None:
    """Set a quota of an owner, a bucket, or an owner in a bucket: a new one, or another limit for the one that is there.

    For example:
    $ storekeeper quota set --owner ann --bytes 10GB --reason "the small plan"
    $ storekeeper quota set --bucket photos --egress 1TB --soft --reason "tell before it gets expensive"
    """
    measure, amount = _wanted(stored, objects, operations, egress)
    fields = {"limit": amount, "warnPercent": warn, "hard": hard, "reason": reason}
    given = {name: value for name, value in fields.items() if value is not None}
    with server() as client:
        quotas = Quotas(client)
        before = quotas.find(owner, bucket, measure)
        if before is None:
            saved = quotas.add(owner=owner, bucket=bucket, measure=measure, **given)
        else:
            saved = quotas.edit(before.id, **given)
    if as_json:
        emit(saved)
    else:
        say(
            f"{_whose(saved)} may use {_amount(saved, saved.limit)} ({measure}); {_amount(saved, saved.used)} is used."
        )


@app.command("raise")
def raise_quota(
    quota: QuotaId,
    to: Annotated[str, typer.Option(metavar="AMOUNT", help="The limit meanwhile.", show_default=False)],
    lasts: Annotated[
        str, typer.Option("--for", metavar="TIME", help="How long, such as 7d.", show_default=False)
    ],
    reason: Reason,
    as_json: Json = False,
) -> None:
    """Raise a quota for a while. Then the old limit holds again, by itself.

    For example:
    $ storekeeper quota raise 019e2c6b-0000-7000-8000-000000000000 --to 20GB --for 7d --reason "moves house"
    """
    until = _until(lasts)
    with server() as client:
        quotas = Quotas(client)
        raised = quotas.raise_for(quota, _number(quotas.get(quota).measure, to), until, reason=reason)
    if as_json:
        emit(raised)
    else:
        say(f"{_whose(raised)} may use {_amount(raised, raised.effective_limit)} until {when(until)} UTC.")


@app.command()
def remove(quota: QuotaId, reason: Reason, yes: Yes = False, as_json: Json = False) -> None:
    """Remove a quota. Its violations close."""
    confirm(f"Remove the quota {quota}?", yes=yes)
    with server() as client:
        Quotas(client).remove(quota, reason=reason)
    if as_json:
        emit({"removed": quota})
    else:
        say(f"Removed {quota}.")


@app.command()
def violations(
    everything: Annotated[bool, typer.Option("--all", help="Also those that have closed.")] = False,
    level: Annotated[
        Level | None,
        typer.Option(metavar="LEVEL", help="Only warned, or only exceeded.", show_default=False),
    ] = None,
    owner: Owner = "",
    bucket: OnlyBucket = "",
    limit: Annotated[int, typer.Option(metavar="NUMBER", help="How many at most.")] = 100,
    as_json: Json = False,
) -> None:
    """List who is beyond a warning or a limit, newest first. Exit status 1 when something is exceeded now.

    For example:
    $ storekeeper quota violations --level exceeded
    """
    with server() as client:
        found = Quotas(client).violations(
            status="all" if everything else "open", level=level or "", owner=owner, bucket=bucket, limit=limit
        )
    if as_json:
        emit({"items": found})
    else:
        table(
            ["Since (UTC)", "Until (UTC)", "Level", "What", "Quota"],
            [
                (when(one.opened_at), when(one.closed_at), one.level, one.summary, one.quota_id)
                for one in found
            ],
            empty="Nobody is over.",
        )
    if any(one.level == Level.EXCEEDED and one.closed_at is None for one in found):
        raise typer.Exit(Status.NOT_WELL)


def _wanted(stored: str, objects: int | None, operations: int | None, egress: str) -> tuple[str, int]:
    """(measure, amount) of the one that is given."""
    given: list[tuple[str, str | int]] = [
        (measure, amount)
        for measure, amount in (
            ("bytes", stored),
            ("objects", objects),
            ("operations", operations),
            ("egress", egress),
        )
        if amount not in ("", None)
    ]
    if len(given) != 1:
        fail("Give one of --bytes, --objects, --operations and --egress.", status=Status.WRONG_USE)
    measure, amount = given[0]
    return measure, amount if isinstance(amount, int) else _number(measure, amount)


def _number(measure: str, text: str) -> int:
    try:
        return parse_bytes(text) if measure in _IN_BYTES else int(text.replace(",", ""))
    except (ValueError, OverflowError) as error:
        fail(f"{error}", status=Status.WRONG_USE)


def _until(lasts: str) -> datetime:
    try:
        return SystemClock().now() + timedelta(seconds=parse_duration(lasts))
    except (ValueError, OverflowError) as error:
        fail(f"{error}", status=Status.WRONG_USE)


def _amount(quota: Quota, number: int) -> str:
    return size(number) if quota.measure in _IN_BYTES else count(number)


def _whose(quota: Quota) -> str:
    if quota.owner and quota.bucket:
        return f"{quota.owner} in {quota.bucket}"
    return quota.owner or f"All of {quota.bucket}"
