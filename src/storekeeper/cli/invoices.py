"""Invoices of providers: import them, and see whether they say what was calculated."""

from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from storekeeper.cli.options import Json, Yes
from storekeeper.cli.remote import server
from storekeeper.cli.screen import NOTHING, confirm, count, emit, many, note, pairs, say, table, when
from storekeeper.cli.uploading import checked, sending
from storekeeper_client.cost_options import signed
from storekeeper_client.costs import money
from storekeeper_client.invoices import Invoice, InvoiceImport, Reconciled, Sides

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    help="Import invoices, and compare them with what was calculated.",
)


class Format(StrEnum):
    """What an invoice may come as."""

    FOCUS = "focus"
    AWS_CUR = "aws-cur"
    CSV = "csv"


InvoiceId = Annotated[str, typer.Argument(metavar="ID", help="The invoice's id.", show_default=False)]
Month = Annotated[str, typer.Option(metavar="MONTH", help="Such as 2026-11.", show_default=False)]


@app.command("import")
def import_files(
    files: Annotated[
        list[Path],
        typer.Argument(
            metavar="FILE…", help="CSV or Parquet, plain or compressed by gzip.", show_default=False
        ),
    ],
    form: Annotated[
        Format,
        typer.Option("--format", metavar="FORMAT", help="focus, aws-cur (cost and usage reports) or csv."),
    ] = Format.FOCUS,
    mapping: Annotated[
        list[str] | None,
        typer.Option(
            "--map",
            metavar="FIELD=COLUMN",
            help="With csv: which column holds a field; may be repeated. By default the one of its name.",
            show_default=False,
        ),
    ] = None,
    provider: Annotated[
        str,
        typer.Option(
            metavar="NAME", help="Whose invoice it is, where the file does not say.", show_default=False
        ),
    ] = "",
    account: Annotated[
        str,
        typer.Option(metavar="ID", help="Whose account, where the file does not say.", show_default=False),
    ] = "",
    currency: Annotated[
        str,
        typer.Option(
            metavar="CODE", help="In which currency, where the file does not say.", show_default=False
        ),
    ] = "",
    as_json: Json = False,
) -> None:
    """Import what a provider bills for object storage. Other lines are counted and left out.

    A file is taken as a whole or not at all. The same one again changes nothing; a newer one takes the place of the older.
    Fields: date, end, month, amount, currency, account, provider, service, description, resource, quantity, unit, category, region.

    For example:
    $ storekeeper invoice import focus-2026-11.parquet
    $ storekeeper invoice import bill.csv --format csv --map date=Day --map amount=Net --provider r2 --currency USD
    """
    checked(files)
    items: list[dict[str, Any]] = []
    with server() as client:
        for path in files:
            with sending(path) as on_sent:
                found = client.import_invoice(
                    path, form=form, mapping=mapping or (), provider=provider, account=account, currency=currency, on_sent=on_sent
                )  # fmt: skip
            items.append({"file": str(path), "result": found})
            if not as_json:
                _tell(path, found)
    if as_json:
        emit({"items": items})


def _tell(path: Path, found: InvoiceImport) -> None:
    left = sum(found.left_out.values())
    say(
        f"{path}: {many(found.taken, 'line')} of object storage{f', {count(left)} others left out' if left else ''}"
    )
    for one in found.invoices:
        invoice = one.invoice
        account = f" {invoice.account}" if invoice.account else ""
        say(
            f"  {one.outcome}: {invoice.provider}{account}, {invoice.month}: {money(invoice.total, invoice.currency)}"
        )
    for service, lines in found.left_out.items():
        note(f"  left out: {many(lines, 'line')} of {service}")


@app.command("list")
def list_invoices(
    month: Month = "",
    history: Annotated[
        bool, typer.Option("--history", help="Also those that were replaced or removed.")
    ] = False,
    as_json: Json = False,
) -> None:
    """List invoices that were imported, newest first."""
    with server() as client:
        found = client.invoices(month=month, history=history, limit=1000)
    if as_json:
        emit(found)
        return
    table(
        ["Id", "Month", "Provider", "Account", ">Lines", ">Total", "Imported (UTC)", "By", "State"],
        [
            (
                one.id, one.month, one.provider, one.account, count(one.lines), money(one.total, one.currency),
                when(one.imported_at), one.imported_by, one.state,
            )
            for one in found.items
        ],
        empty="No invoices. Import one: storekeeper invoice import FILE",
    )  # fmt: skip


@app.command()
def show(
    invoice_id: InvoiceId,
    limit: Annotated[int, typer.Option(metavar="NUMBER", min=1, max=1000, help="Lines, at most.")] = 100,
    as_json: Json = False,
) -> None:
    """Show an invoice and its lines."""
    with server() as client:
        invoice = client.invoice(invoice_id)
        lines = client.invoice_lines(invoice_id, limit=limit)
    if as_json:
        emit({"invoice": invoice, "lines": lines.items, "nextCursor": lines.next_cursor})
        return
    pairs(_of(invoice))
    say("")
    table(
        ["Day (UTC)", "Bucket", "For", "Category", "What", ">Quantity", ">Billed"],
        [
            (
                str(one.day), one.resource, one.kind, one.category, one.description,
                f"{one.quantity} {one.unit}" if one.quantity else NOTHING, money(one.amount, invoice.currency),
            )
            for one in lines.items
        ],
        empty="Its lines are not kept any more.",
    )  # fmt: skip
    if lines.next_cursor:
        note(f"The first {many(len(lines.items), 'line')}; --limit shows more.")


@app.command()
def remove(invoice_id: InvoiceId, yes: Yes = False, as_json: Json = False) -> None:
    """Remove an invoice. Its lines go; that it was there stays."""
    confirm(f"Remove the invoice {invoice_id}?", yes=yes)
    with server() as client:
        client.remove_invoice(invoice_id)
    if as_json:
        emit({"removed": invoice_id})
    else:
        say(f"Removed {invoice_id}.")


@app.command()
def compare(month: Month = "", as_json: Json = False) -> None:
    """Compare what was calculated with what providers report and bill; the present month, unless another is named.

    Figures stand side by side and are never added up. The difference is calculated minus invoiced.

    For example:
    $ storekeeper invoice compare --month 2026-11
    """
    with server() as client:
        found = client.reconcile_costs(month=month)
    if as_json:
        emit(found)
        return
    if not found.items:
        say(f"Nothing is known of {found.month} that could be compared.")
        say("Import an invoice: storekeeper invoice import FILE")
    for number, item in enumerate(found.items):
        say("\n" if number else f"Month (UTC): {found.month}")
        _compared(item)


def _of(invoice: Invoice) -> list[tuple[str, str]]:
    parts = [f"{name} {money(amount, invoice.currency)}" for name, amount in invoice.by_category.items()]
    left = [f"{many(lines, 'line')} of {service}" for service, lines in invoice.left_out.items()]
    return [
        ("Provider", invoice.provider),
        ("Account", invoice.account),
        ("Month (UTC)", invoice.month),
        ("Total", f"{money(invoice.total, invoice.currency)}: {', '.join(parts)}"),
        ("File", f"{invoice.file or NOTHING} ({invoice.format})"),
        ("Left out", "; ".join(left)),
        ("Imported (UTC)", f"{when(invoice.imported_at)} by {invoice.imported_by}"),
        ("State", invoice.state),
    ]


def _compared(item: Reconciled) -> None:
    told = [f"{one.category} {money(one.amount, item.currency)}" for one in item.apart]
    total = money(item.invoice_total, item.currency) if item.invoice_total is not None else ""
    pairs(
        [
            ("Provider", item.provider),
            ("Accounts", ", ".join(item.accounts)),
            ("Reported by", ", ".join(item.reported_by)),
            ("Invoice, in all", total),
            ("Beside usage", ", ".join(told)),
        ]
    )
    say("")
    lines = [("All", item), *((_name(one.by, one.name), one) for one in item.parts)]
    table(
        ["Usage", ">Calculated", ">Reported", ">Invoiced", ">Difference", ""],
        [(name, *_sides(one, item.currency)) for name, one in lines],
    )
    if item.causes:
        say("")
        say("What a difference may come of:" if item.difference else "To be known:")
        for cause in item.causes:
            say(f"  {cause.detail}")


def _name(by: str, name: str) -> str:
    return f"  {name}" if by == "kind" else f"  bucket {name or '(none named)'}"


def _sides(one: Sides, currency: str) -> Sequence[str]:
    def told(amount: str | None) -> str:
        return NOTHING if amount is None else money(amount, currency)

    difference = NOTHING if one.difference is None else signed(one.difference, currency)
    share = (
        "" if one.difference_percent is None else f"{one.difference_percent:+.2f} %".replace("-", "\u2212")
    )
    return told(one.calculated), told(one.reported), told(one.invoiced), difference, share
