"""Signing in and out, and who one is."""

import sys
from typing import Annotated

import typer

from storekeeper.cli.failing import Status, fail
from storekeeper.cli.options import Json
from storekeeper.cli.remote import configured, connect, named_refusals, server
from storekeeper.cli.screen import emit, pairs, say
from storekeeper_client import ApiError, UnreachableError, config
from storekeeper_client.config import DEFAULT_URL, Config

app = typer.Typer(add_completion=False)


@app.command()
def login(
    url: Annotated[str, typer.Argument(metavar="URL", help="Where the server is.")] = DEFAULT_URL,
    email: Annotated[
        str, typer.Option(help="Who you are; asked for when not given.", show_default=False)
    ] = "",
    password_stdin: Annotated[
        bool, typer.Option("--password-stdin", help="Read the password from standard input.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Sign in to a server, for this and later commands.

    What proves who you are is kept in ~/.config/storekeeper/credentials.json,
    which only you can read. Scripts use an API key in STOREKEEPER_TOKEN instead.

    For example:
    $ storekeeper login https://keeper.example.com --email ann@example.com
    $ pass keeper | storekeeper login --email ann@example.com --password-stdin
    """
    email = email or _asked("Email")
    password = sys.stdin.readline().rstrip("\r\n") if password_stdin else _asked("Password", hidden=True)
    with named_refusals(signed_in=True), connect(Config(url=url)) as client:
        tokens = client.sign_in(email, password)
        place = config.save(Config(url=client.url, email=email, tokens=tokens))
    if as_json:
        emit({"url": client.url, "email": email, "role": tokens.role})
    else:
        say(f"Signed in to {client.url} as {email} ({tokens.role}). Kept in {place}.")


@app.command()
def logout(as_json: Json = False) -> None:
    """Sign out: make what was kept by signing in worthless, and remove it."""
    kept = configured()
    reason = ""
    if kept.tokens is not None:
        with connect(kept) as client:
            try:
                client.sign_out()
            except (ApiError, UnreachableError) as error:
                reason = str(error)
    config.forget()
    if as_json:
        emit({"url": kept.url, "told": not reason})
    elif reason:
        say(f"Signed out on this machine. The server could not be told: {reason}.")
    else:
        say(f"Signed out of {kept.url}.")


@app.command()
def whoami(as_json: Json = False) -> None:
    """Print as whom commands speak, and to which server."""
    with server() as client:
        me = client.me()
    if as_json:
        emit({"url": client.url, "id": me.id, "email": me.email, "role": me.role, "via": me.via})
    else:
        pairs([("Server", client.url), ("Email", me.email), ("Role", me.role), ("By", me.via)])


def _asked(what: str, *, hidden: bool = False) -> str:
    if not sys.stdin.isatty():
        hint = "Give --email and --password-stdin."
        fail(f"{what} is missing, and there is nobody to ask.", hint=hint, status=Status.WRONG_USE)
    answer: str = typer.prompt(what, hide_input=hidden, err=True)
    return answer
