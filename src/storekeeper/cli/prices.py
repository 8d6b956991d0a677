"""By which prices costs are computed."""

import typer

from storekeeper.cli.failing import Status
from storekeeper.cli.options import Json
from storekeeper.cli.remote import server
from storekeeper.cli.screen import NOTHING, emit, note, table
from storekeeper_client.costs import PriceSheet

app = typer.Typer(add_completion=False)


@app.callback()
def known() -> None:
    """By which prices costs are computed."""


@app.command()
def prices(as_json: Json = False) -> None:
    """List price sheets: whose prices are known, how old they are, and what is wrong with your own.

    Exit status 1 when a sheet of your own is left out because of a mistake in it.

    For example:
    $ storekeeper prices
    """
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
