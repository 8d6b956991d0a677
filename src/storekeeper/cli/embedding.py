"""Links to the embedded page of one owner's storage."""

from typing import Annotated

import typer

from storekeeper.cli.options import Json, Yes
from storekeeper.cli.remote import server
from storekeeper.cli.screen import confirm, emit, note, say, when
from storekeeper.kernel.units import parse_duration

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    help="Links to a page with one owner's storage, for applications that show it.",
)

Owner = Annotated[
    str, typer.Argument(metavar="OWNER", help="Whose storage the page shows.", show_default=False)
]


@app.command()
def create(
    owner: Owner,
    expires: Annotated[
        str, typer.Option(metavar="SPAN", help="For how long it works, from 1m to 366d.")
    ] = "1h",
    as_json: Json = False,
) -> None:
    """Make a link. Whoever has it sees the storage of that owner until it expires or is revoked.

    For example:
    $ storekeeper embed-link create ann@example.com --expires 10m
    """
    try:
        seconds = int(parse_duration(expires))
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--expires") from None
    with server() as client:
        link = client.make_embed_link(owner, expires_in=seconds)
    if as_json:
        emit(link)
        return
    say(link.url)
    note(f"It works until {when(link.expires_at)} UTC.")


@app.command()
def revoke(owner: Owner, yes: Yes = False, as_json: Json = False) -> None:
    """Make all links of an owner worthless that were made so far. New ones work."""
    confirm(f"Revoke all links to the storage of {owner}?", yes=yes)
    with server() as client:
        client.revoke_embed_links(owner)
    if as_json:
        emit({"revoked": owner})
    else:
        say(f"Revoked all links to the storage of {owner}.")
