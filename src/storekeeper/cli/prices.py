"""By which prices costs are computed."""

import sys
from http import HTTPStatus
from pathlib import Path
from typing import Annotated

import typer

from storekeeper.cli.failing import Status, fail
from storekeeper.cli.options import Json, Yes
from storekeeper.cli.remote import server
from storekeeper.cli.screen import NOTHING, confirm, emit, note, say, table
from storekeeper_client import ApiError
from storekeeper_client.costs import PriceSheet, money
from storekeeper_client.price_files import Preview, PriceFiles

app = typer.Typer(add_completion=False)
File = Annotated[
    str, typer.Argument(metavar="FILE", help="The sheet's file, such as cellar.toml.", show_default=False)
]


@app.callback(invoke_without_command=True)
def prices(context: typer.Context, as_json: Json = False) -> None:
    """List price sheets: whose prices are known, how old they are, and what is wrong with your own.

    Exit status 1 when a sheet of your own is left out because of a mistake in it.

    For example:
    $ storekeeper prices
    $ storekeeper prices show cloudflare-r2.toml
    """
    if context.invoked_subcommand is None:
        _list(as_json=as_json)


@app.command()
def show(
    file: File,
    shipped: Annotated[
        bool,
        typer.Option("--shipped", help="That which comes with Storekeeper, also where there is your own."),
    ] = False,
    as_json: Json = False,
) -> None:
    """Print the text of a price sheet: your own, else that which comes with Storekeeper.

    Exit status 1 when it is left out because of a mistake in it.

    For example:
    $ storekeeper prices show cloudflare-r2.toml > r2.toml
    """
    with server() as client:
        found = PriceFiles(client).read(file, shipped=shipped)
    if as_json:
        emit(found)
    else:
        sys.stdout.write(found.text)
        for problem in found.problems:
            note(f"Left out: {problem.file}, line {problem.line}: {problem.message}")
    if found.problems:
        raise typer.Exit(Status.NOT_WELL)


@app.command()
def edit(
    file: File,
    source: Annotated[
        str,
        typer.Option(
            "--from-file",
            metavar="PATH",
            help="Its new text in TOML; - reads it from standard input.",
            show_default=False,
        ),
    ],
    digest: Annotated[
        str,
        typer.Option(
            metavar="DIGEST",
            help="Only while the file is still that of `prices show --json`.",
            show_default=False,
        ),
    ] = "",
    preview: Annotated[
        bool, typer.Option("--preview", help="Only tell what the present month would cost by it.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Write a price sheet of your own, and have the open months worked out by it.

    For example:
    $ storekeeper prices edit cellar.toml --from-file cellar.toml --preview
    $ storekeeper prices edit cellar.toml --from-file cellar.toml
    """
    text = _text(source)
    with server() as client:
        sheets = PriceFiles(client)
        if preview:
            _told(sheets.preview(file, text), as_json=as_json)
            return
        saved = sheets.save(file, text, digest=digest or _digest(sheets, file))
    if as_json:
        emit(saved)
    else:
        say(f"{saved.title} is saved in prices/{saved.file}. Costs are being worked out by it.")


@app.command()
def remove(file: File, yes: Yes = False, as_json: Json = False) -> None:
    """Remove a price sheet of your own. What comes with Storekeeper for the same counts again."""
    confirm(f"Remove the price sheet {file}?", yes=yes)
    with server() as client:
        sheets = PriceFiles(client)
        sheets.remove(file, digest=_digest(sheets, file))
    if as_json:
        emit({"removed": file})
    else:
        say(f"Removed {file}. Costs are being worked out without it.")


def _list(*, as_json: bool) -> None:
    with server() as client:
        found = client.price_sheets()
    if as_json:
        emit(found)
    else:
        table(
            ["Sheet", "Provider", "Region", "From", "Until before", "Currency", "Read", "Trust", "Remarks"],
            [
                (
                    one.title, one.provider, one.region, str(one.effective_from or NOTHING),
                    str(one.effective_until or NOTHING), one.currency, str(one.read), one.trust, remarks(one),
                )
                for one in found.items
            ],
        )  # fmt: skip
        for problem in found.problems:
            place = f"{problem.file}, line {problem.line}" if problem.line else problem.file
            note(f"Left out: {place}: {problem.message}")
    if found.problems:
        raise typer.Exit(Status.NOT_WELL)


def remarks(sheet: PriceSheet) -> str:
    """What is to be known of a sheet beside its figures."""
    said = (("your own", sheet.own), ("stale", sheet.stale), ("no price set", sheet.unset))
    return ", ".join(text for text, holds in said if holds)


def _digest(sheets: PriceFiles, file: str) -> str:
    """Of one's own file as it is now; empty where there is none."""
    try:
        found = sheets.read(file)
    except ApiError as error:
        if error.status != HTTPStatus.NOT_FOUND:
            raise
        return ""
    return found.digest if found.own else ""


def _told(found: Preview, *, as_json: bool) -> None:
    if as_json:
        emit(found)
        return
    if not found.changes:
        say(f"It changes nothing of {found.month}: no bucket is priced by it, or it says the same.")
        return
    for one in found.items:
        after, before = money(one.after, one.currency), money(one.before, one.currency)
        say(f"{found.month} would cost {after} instead of {before} up to now.")
    if found.unknown_before != found.unknown_after:
        say(f"{found.unknown_after:,} charges of unknown price instead of {found.unknown_before:,}.")


def _text(source: str) -> str:
    try:
        return sys.stdin.read() if source == "-" else Path(source).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        fail(f"{source} can not be read: {error}", status=Status.WRONG_USE)
