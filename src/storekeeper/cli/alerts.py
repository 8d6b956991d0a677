"""Alerts."""

from enum import StrEnum
from typing import Annotated

import typer

from storekeeper.cli.options import Json, OnlyBucket
from storekeeper.cli.remote import server
from storekeeper.cli.screen import emit, pairs, say, table, when
from storekeeper_client.alerts import Alert

app = typer.Typer(add_completion=False, no_args_is_help=True, help="What is wrong, and was.")

AlertId = Annotated[str, typer.Argument(metavar="ID", help="The alert's id.", show_default=False)]


class AlertStatus(StrEnum):
    OPEN = "open"
    RESOLVED = "resolved"


@app.command("list")
def list_alerts(
    status: Annotated[
        AlertStatus | None,
        typer.Option(metavar="STATUS", help="Only open, or only resolved.", show_default=False),
    ] = None,
    bucket: OnlyBucket = "",
    limit: Annotated[int, typer.Option(metavar="NUMBER", help="How many at most.")] = 50,
    as_json: Json = False,
) -> None:
    """List alerts, newest first.

    For example:
    $ storekeeper alert list --status open
    """
    with server() as client:
        found = client.alerts(status=status or "", bucket=bucket, limit=limit)
    if as_json:
        emit({"items": found})
        return
    table(
        ["Since (UTC)", "Bucket", "Alert", "Severity", "State", "What", "Id"],
        [
            (when(one.opened_at), one.bucket, one.kind, one.severity, _state(one), one.summary, one.id)
            for one in found
        ],
        empty="No alerts.",
    )


@app.command()
def show(alert: AlertId, as_json: Json = False) -> None:
    """Show an alert, and how it was resolved."""
    with server() as client:
        found = client.alert(alert)
    if as_json:
        emit(found)
        return
    pairs(
        [
            ("Alert", found.kind),
            ("Bucket", found.bucket),
            ("Severity", found.severity),
            ("State", _state(found)),
            ("What", found.summary),
            ("Since (UTC)", when(found.opened_at)),
            ("Condition ended (UTC)", when(found.ended_at)),
            ("Resolved (UTC)", when(found.resolved_at)),
            ("Resolved by", found.resolved_by),
            ("Notes", found.notes),
        ]
    )


@app.command()
def resolve(
    alert: AlertId,
    notes: Annotated[
        str, typer.Option(metavar="TEXT", help="What was found out or done.", show_default=False)
    ] = "",
    as_json: Json = False,
) -> None:
    """Resolve an alert by hand. Until its condition has ended, no other of its kind is made for the bucket.

    For example:
    $ storekeeper alert resolve 019e2c6b-0000-7000-8000-000000000000 --notes "The provider knows."
    """
    with server() as client:
        found = client.resolve_alert(alert, notes=notes)
    if as_json:
        emit(found)
    else:
        say(f"Resolved {found.kind} of {found.bucket}.")


def _state(alert: Alert) -> str:
    if alert.status == AlertStatus.RESOLVED and alert.ended_at is None:
        return "resolved, goes on"
    return alert.status
