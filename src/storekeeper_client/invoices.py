"""What the API tells of invoices, and the calls for them. Money is an exact decimal number in text, in the currency beside it."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import IO
from urllib.parse import quote

from . import uploading
from .model import Noun, Page
from .session import Session

_INVOICES = "/api/costs/invoices"


class Invoice(Noun, frozen=True, kw_only=True):
    """What was imported for one account at a provider, a month and a currency. `left_out` counts other lines of the file, by service."""

    id: str
    provider: str
    account: str = ""
    month: str
    currency: str
    format: str = ""
    file: str = ""
    lines: int = 0
    total: str = "0.00"
    by_category: Mapping[str, str] = {}
    left_out: Mapping[str, int] = {}
    state: str = "current"  # current, replaced, removed
    imported_at: datetime | None = None
    imported_by: str = ""
    ended_at: datetime | None = None


class ImportedInvoice(Noun, frozen=True, kw_only=True):
    """`outcome` is added, replaced, or unchanged."""

    outcome: str
    invoice: Invoice


class InvoiceImport(Noun, frozen=True, kw_only=True):
    """What became of a file."""

    format: str = ""
    lines: int = 0
    taken: int = 0
    left_out: Mapping[str, int] = {}
    invoices: Sequence[ImportedInvoice] = ()


class InvoiceLine(Noun, frozen=True, kw_only=True):
    """`until` is the day after its last; `kind` is what its words say it is for."""

    day: date
    until: date
    amount: str
    category: str = ""
    kind: str = ""
    resource: str = ""
    service: str = ""
    description: str = ""
    quantity: str | None = None
    unit: str = ""
    region: str = ""


class Sides(Noun, frozen=True, kw_only=True):
    """One figure of each provenance, None where nothing is known. `difference` is calculated minus invoiced."""

    calculated: str | None = None
    reported: str | None = None
    invoiced: str | None = None
    difference: str | None = None
    difference_percent: float | None = None


class ComparedPart(Sides, frozen=True, kw_only=True):
    """By `kind` or `bucket`; an empty bucket is what the invoice tells of none."""

    by: str
    name: str


class BilledApart(Noun, frozen=True, kw_only=True):
    category: str
    amount: str


class LikelyCause(Noun, frozen=True, kw_only=True):
    cause: str
    detail: str = ""


class Reconciled(Sides, frozen=True, kw_only=True):
    """One provider and currency. `apart` is what invoices have beside usage."""

    provider: str
    currency: str
    accounts: Sequence[str] = ()
    invoices: Sequence[str] = ()
    invoice_total: str | None = None
    reported_by: Sequence[str] = ()
    parts: Sequence[ComparedPart] = ()
    apart: Sequence[BilledApart] = ()
    causes: Sequence[LikelyCause] = ()


class Reconciliation(Noun, frozen=True, kw_only=True):
    """A month as it was calculated, as providers report it, and as they bill it."""

    month: str
    items: Sequence[Reconciled] = ()
    generated_at: datetime | None = None


class InvoiceCalls:
    """The part of `Client` that is about invoices. A month is `2026-11`; none is the present one, or all."""

    _session: Session

    def import_invoice(
        self,
        path: Path,
        *,
        form: str = "focus",
        mapping: Sequence[str] = (),
        provider: str = "",
        account: str = "",
        currency: str = "",
        on_sent: Callable[[int], None] = uploading.nobody,
    ) -> InvoiceImport:
        """Send a file; `mapping` is of `FIELD=COLUMN`, the rest holds where the file does not say. `on_sent` hears of each part's bytes."""
        query = {
            "format": form, "file": path.name, "map": list(mapping), "provider": provider, "account": account, "currency": currency,
        }  # fmt: skip
        return self._session.upload(
            _INVOICES, lambda: uploading.pieces(path, on_sent), InvoiceImport,
            size=path.stat().st_size, query=query, timeout=uploading.TIMEOUT,
        )  # fmt: skip

    def invoices(
        self, *, month: str = "", history: bool = False, cursor: str = "", limit: int = 100
    ) -> Page[Invoice]:
        """Newest first; with `history` those that were replaced or removed, too."""
        query = {"month": month, "history": "true" if history else "", "cursor": cursor, "limit": limit}
        return self._session.call("GET", _INVOICES, Page[Invoice], body=None, query=query)

    def invoice(self, invoice_id: str) -> Invoice:
        return self._session.call("GET", _at(invoice_id), Invoice, body=None, query={})

    def invoice_lines(self, invoice_id: str, *, cursor: str = "", limit: int = 100) -> Page[InvoiceLine]:
        query = {"cursor": cursor, "limit": limit}
        return self._session.call(
            "GET", f"{_at(invoice_id)}/lines", Page[InvoiceLine], body=None, query=query
        )

    def remove_invoice(self, invoice_id: str) -> None:
        self._session.call("DELETE", _at(invoice_id), type(None), body=None, query={})

    def reconcile_costs(self, *, month: str = "") -> Reconciliation:
        """Calculated, reported and invoiced, side by side."""
        return self._session.call(
            "GET", "/api/costs/reconciliation", Reconciliation, body=None, query={"month": month}
        )

    def export_focus(self, sink: IO[bytes], **query: str | None) -> int:
        """Write a month's calculated charges to `sink` as FOCUS 1.2: `month`, `split`, `format`. Returns bytes."""
        return self._session.download("/api/costs/focus", sink, query=query)


def _at(invoice_id: str) -> str:
    return f"{_INVOICES}/{quote(invoice_id, safe='')}"
