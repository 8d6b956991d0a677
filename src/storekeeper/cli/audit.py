"""Who changed what."""

from datetime import UTC, datetime, timedelta
from typing import Annotated

import typer

from storekeeper.cli.options import Json
from storekeeper.cli.remote import server
from storekeeper.cli.screen import emit, table, when
from storekeeper.kernel.clock import SystemClock
from storekeeper.kernel.units import parse_duration

app = typer.Typer(add_completion=False, no_args_is_help=True, help="Who changed what.")


@app.callback()
def trail() -> None:
    """Who changed what."""


@app.command()
def search(
    action: Annotated[
        str, typer.Option(help="Such as bucket.create, or bucket for all of them.", show_default=False)
    ] = "",
    actor: Annotated[str, typer.Option(help="Who did it: an email address.", show_default=False)] = "",
    since: Annotated[
        str, typer.Option(help="How far back (7d), or from when (2026-11-20).", show_default=False)
    ] = "",
    until: Annotated[str, typer.Option(help="Up to when; in the same forms.", show_default=False)] = "",
    limit: Annotated[int, typer.Option(help="How many at most.", min=1, max=1000)] = 100,
    as_json: Json = False,
) -> None:
    """Search the audit log, newest first.

    For example:
    $ storekeeper audit search --actor ann@example.com --since 7d
    $ storekeeper audit search --action bucket --since 2026-11-01
    """
    start, end = _moment(since, "--since"), _moment(until, "--until")
    with server() as client:
        records = client.audit(action=action, actor=actor, since=start, until=end, limit=limit)
    if as_json:
        emit({"items": records})
        return
    table(
        ["Time (UTC)", "Who", "Did", "To", "Details"],
        [
            (
                when(r.time),
                r.actor,
                r.action,
                r.target,
                ", ".join(f"{name} {value}" for name, value in r.details.items()),
            )
            for r in records
        ],
        empty="No such record.",
    )


def _moment(text: str, option: str) -> datetime | None:
    """A date or time (UTC where it does not say), or so long ago."""
    if not text:
        return None
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        pass
    else:
        return found if found.tzinfo else found.replace(tzinfo=UTC)
    try:
        return SystemClock().now() - timedelta(seconds=parse_duration(text))
    except ValueError:
        raise typer.BadParameter("write 7d, 2026-11-20 or 2026-11-20T09:30", param_hint=option) from None
