"""API keys for programs."""

from enum import StrEnum
from typing import Annotated

import typer

from storekeeper.cli.failing import Status, fail
from storekeeper.cli.options import Json
from storekeeper.cli.remote import server
from storekeeper.cli.screen import emit, say, table, when
from storekeeper.kernel.units import parse_duration
from storekeeper_client import Client

app = typer.Typer(add_completion=False, no_args_is_help=True, help="API keys for programs.")

_DAY = 86_400


class Scope(StrEnum):
    READ = "read"
    ADMIN = "admin"
    INGEST = "ingest"
    METRICS = "metrics"
    PROBE = "probe"


@app.command()
def create(
    name: Annotated[str, typer.Argument(metavar="NAME", help="What the key is for.", show_default=False)],
    scope: Annotated[
        list[Scope] | None,
        typer.Option(help="What it may do; may be repeated. By default read.", show_default=False),
    ] = None,
    expires: Annotated[
        str, typer.Option(help="After how long, such as 90d. By default never.", show_default=False)
    ] = "",
    bucket: Annotated[
        list[str] | None, typer.Option(help="Only these buckets; may be repeated.", show_default=False)
    ] = None,
    as_json: Json = False,
) -> None:
    """Make an API key. It is printed once and kept nowhere.

    For example:
    $ storekeeper token create dashboard --expires 90d
    $ storekeeper token create uploader --scope ingest --bucket photos
    $ storekeeper token create fra-1 --scope probe
    """
    days = _days(expires)
    with server() as client:
        token = client.create_token(
            name, scopes=scope or [Scope.READ], expires_in_days=days, buckets=bucket or []
        )
    if as_json:
        emit(token)
        return
    say(f"{token.secret}")
    say(
        f"This is the key {token.name} ({', '.join(token.scopes)}), shown this once. Use it as STOREKEEPER_TOKEN."
    )


@app.command("list")
def list_tokens(as_json: Json = False) -> None:
    """List API keys. The keys themselves are never shown."""
    with server() as client:
        tokens = client.tokens()
    if as_json:
        emit({"items": tokens})
        return
    table(
        ["Name", "Scopes", "Buckets", "Last used (UTC)", "Expires (UTC)", "Id"],
        [
            (
                t.name,
                ", ".join(t.scopes),
                ", ".join(t.buckets or ()) or "all",
                when(t.last_used_at),
                when(t.expires_at) if t.expires_at else "never",
                t.id,
            )
            for t in tokens
        ],
        empty="No API keys. Make one: storekeeper token create NAME",
    )


@app.command()
def revoke(
    token: Annotated[str, typer.Argument(metavar="KEY", help="Its name or id.", show_default=False)],
    as_json: Json = False,
) -> None:
    """Make an API key worthless, at once and for good."""
    with server() as client:
        token_id = _id_of(client, token)
        client.revoke_token(token_id)
    if as_json:
        emit({"revoked": token_id})
    else:
        say(f"Revoked {token}.")


def _id_of(client: Client, name_or_id: str) -> str:
    """A name that several keys share is not a name."""
    tokens = client.tokens()
    found = [t.id for t in tokens if t.id == name_or_id] or [t.id for t in tokens if t.name == name_or_id]
    if len(found) != 1:
        what = f"{len(found)} keys are named {name_or_id}" if found else f"There is no key {name_or_id}"
        fail(f"{what}.", hint="`storekeeper token list` tells the ids.", status=Status.WRONG_USE)
    return found[0]


def _days(expires: str) -> int | None:
    if not expires:
        return None
    try:
        seconds = parse_duration(expires)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--expires") from None
    if seconds < _DAY or seconds % _DAY:
        raise typer.BadParameter("whole days, please: 1d, 90d, 52w", param_hint="--expires")
    return int(seconds // _DAY)
