"""How the server and its buckets are, and how they are watched."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

import msgspec
import typer

from storekeeper.cli.failing import Status
from storekeeper.cli.health_settings import given, shown
from storekeeper.cli.naming import MayNameFirst
from storekeeper.cli.options import BucketName, Json, OnlyBucket
from storekeeper.cli.remote import server
from storekeeper.cli.screen import NOTHING, count, emit, pairs, say, table, when
from storekeeper_client.health import (
    BucketHealth,
    BucketUptime,
    Check,
    Network,
    OperationHealth,
    ProbeCosts,
    Readiness,
)

app = typer.Typer(add_completion=False, invoke_without_command=True, cls=MayNameFirst)

DAYS = 30


@app.callback()
def health(
    context: typer.Context,
    name: Annotated[
        str, typer.Argument(metavar="[NAME]", help="Only this bucket, in detail.", show_default=False)
    ] = "",
    as_json: Json = False,
) -> None:
    """Show how the server and its buckets are, by the last checks. Exit status 1 when something is not well.

    For example:
    $ storekeeper health
    $ storekeeper health photos
    """
    if context.invoked_subcommand is not None:
        return
    if name:
        _one(name, as_json=as_json)
    else:
        _all(as_json=as_json)


@app.command()
def config(
    settings: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            metavar="SETTING=VALUE",
            help="Change a setting, such as checkInterval=10s; may be repeated. With --bucket, the value inherit takes it back.",
            show_default=False,
        ),
    ] = None,
    bucket: OnlyBucket = "",
    as_json: Json = False,
) -> None:
    """Show or change how buckets are watched. What runs takes it over at once.

    For example:
    $ storekeeper health config
    $ storekeeper health config --set checkInterval=10s --set testOperations=get,put,delete,list
    $ storekeeper health config --bucket photos --set timeout=2s --set failureThreshold=5
    $ storekeeper health config --set enabled=false
    """
    changes = given(settings or [], may_inherit=bool(bucket))
    with server() as client:
        found: Any
        if bucket:
            found = client.change_bucket_health_config(bucket, changes) if changes else None
            found = found or client.bucket_health_config(bucket)
            holds, own = found.effective, found.own
        else:
            found = client.change_health_config(changes) if changes else client.health_config()
            holds, own = found, {}
        cost = client.probe_cost(bucket)
    if as_json:
        emit({"config": found, "cost": cost.total})
        return
    pairs([*shown(holds, own), ("Requests in 30 days", _cost(cost))])


@app.command()
def history(
    name: BucketName,
    limit: Annotated[int, typer.Option(help="How many checks of operations at most.", min=1, max=1000)] = 30,
    as_json: Json = False,
) -> None:
    """List the checks of a bucket, operation by operation, newest first. They appear some seconds late.

    For example:
    $ storekeeper health history photos --limit 100
    """
    with server() as client:
        found = client.checks(bucket=name, limit=limit)
    if as_json:
        emit({"items": found})
        return
    table(
        ["Time (UTC)", "Operation", "Outcome", ">Status", ">Latency", ">First byte", "What happened"],
        [(f"{when(one.time)}:{one.time:%S}", *check_row(one)) for one in found],
        empty=f"No check yet. Check it now: storekeeper check {name}",
    )


def check_row(check: Check) -> tuple[str, ...]:
    """Operation, outcome, status, latency, first byte, what happened."""
    outcome = "wrong content" if check.corrupt else "slow" if check.slow else check.outcome
    happened = " ".join(part for part in (check.code, check.detail) if part)
    first = millis(check.first_byte_ms)
    operation = f"{check.operation} (from {check.vantage})" if check.vantage else check.operation
    return (operation, outcome, str(check.status or NOTHING), millis(check.latency_ms), first, happened)


def millis(number: float | None) -> str:
    return NOTHING if number is None else f"{number:.1f} ms" if number < 100 else f"{number:,.0f} ms"


def _all(*, as_json: bool) -> None:
    with server() as client:
        found = client.readiness()
        shares = _shares(client.uptime(days=DAYS)) if found.buckets else {}
    if as_json:
        emit(msgspec.to_builtins(found, str_keys=True) | {"uptime": shares})
    else:
        _show_server(found)
        _show_buckets(found.buckets or (), shares)
    if found.status != "healthy" or not all(one.is_well for one in found.buckets or ()):
        raise typer.Exit(Status.NOT_WELL)


def _one(name: str, *, as_json: bool) -> None:
    with server() as client:
        found = client.bucket_health(name)
        share = _shares(client.uptime(days=DAYS, bucket=name)).get(name)
    if as_json:
        emit(msgspec.to_builtins(found) | {"uptime": share})
    else:
        _show_bucket(found, share)
    if not found.is_well:
        raise typer.Exit(Status.NOT_WELL)


def _show_server(found: Readiness) -> None:
    parts = ", ".join(f"{name} {state}" for name, state in found.services.items())
    say(f"The server is {found.status}: {parts}.")
    if found.metrics:
        speed, errors = found.metrics.get("responseTimeMs", 0), found.metrics.get("errorRate", 0)
        say(f"It answers in {speed:.1f} ms, {errors:.1%} of requests by an error of its own.")
    say("")


def _show_buckets(buckets: Sequence[BucketHealth], shares: Mapping[str, float | None]) -> None:
    table(
        ["Bucket", "Status", "Since (UTC)", "Breaker", ">Slowest", f">Up, {DAYS} days", "Reason"],
        [
            (
                one.bucket, one.status, when(one.since), _breaker(one),
                millis(max((each.latency_ms for each in one.operations), default=None)),
                _percent(shares.get(one.bucket)), one.reason,
            )
            for one in buckets
        ],
        empty="No bucket is watched, or none that you may see.",
    )  # fmt: skip
    for each in buckets:
        if each.is_disputed:
            say(f"{each.bucket}: {disagreement(each)}.")


def _show_bucket(one: BucketHealth, share: float | None) -> None:
    pairs(
        [
            ("Bucket", one.bucket),
            ("Status", one.status if one.monitored else f"{one.status} (not monitored)"),
            ("Reason", one.reason),
            ("Since (UTC)", when(one.since)),
            ("Checked (UTC)", when(one.checked_at)),
            ("Next check (UTC)", when(one.next_check_at)),
            ("Breaker", _breaker(one)),
            (f"Up, {DAYS} days", _percent(share)),
            *network_rows(one.network),
        ]
    )
    say("")
    table(
        ["Operation", "Lately", ">Latency", ">First byte", "Last problem"],
        [_operation(each) for each in one.operations],
        empty=f"No check yet. Check it now: storekeeper check {one.bucket}",
    )
    if one.vantage:
        say("")
        table(
            ["Seen from", "Status", "Heard (UTC)", "Reason"],
            [(each.name, each.status, when(each.checked_at), each.reason) for each in one.vantage],
            empty="",
        )


def disagreement(one: BucketHealth) -> str:
    """What each vantage point says that was heard lately."""
    heard = [each for each in one.vantage if each.status != "unknown"]
    return "vantage points do not agree: " + ", ".join(f"{each.name} {each.status}" for each in heard)


def network_rows(net: Network) -> list[tuple[str, str]]:
    """What is known of a check's connection."""
    rows = [
        ("Name lookup", net.dns_ms),
        ("Connect", net.connect_ms),
        ("TLS", net.tls_ms),
        ("Clock skew", net.clock_skew_ms),
    ]
    known = [(label, millis(number)) for label, number in rows if number is not None]
    days = net.certificate_days
    return known if days is None else [*known, ("Certificate", f"{days:.0f} days left")]


def _operation(one: OperationHealth) -> tuple[str, ...]:
    return (one.operation, one.recent, millis(one.latency_ms), millis(one.first_byte_ms), one.problem)


def _breaker(one: BucketHealth) -> str:
    return one.breaker if one.mode in ("", "automatic") else f"{one.breaker} ({one.mode})"


def _shares(found: Sequence[BucketUptime]) -> dict[str, float | None]:
    return {one.bucket: one.uptime for one in found}


def _percent(share: float | None) -> str:
    return NOTHING if share is None else f"{share * 100:.2f} %"


def _cost(cost: ProbeCosts) -> str:
    of = cost.total
    return f"{count(of.class_a)} class A, {count(of.class_b)} class B, {count(of.free)} free"
