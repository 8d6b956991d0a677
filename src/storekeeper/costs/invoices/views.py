"""What the pages of invoices show. Money stays exact; a side of which nothing is known is none, never zero."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from storekeeper.costs import views
from storekeeper.costs.invoices.layouts import FIELDS, LAYOUTS
from storekeeper.costs.invoices.model import Invoice, InvoiceImport, LineShown
from storekeeper.costs.invoices.reconciliation import Cause, Reconciled, Sides
from storekeeper_client.cost_options import percent, signed

View = dict[str, Any]
FORMATS = [{"value": one.name, "label": one.title} for one in LAYOUTS.values()]
FIELD_NAMES = ", ".join(FIELDS)
_GROUPS = dict(views.GROUPS)
_SIDES = ("calculated", "reported", "invoiced")
_TONES = {"current": "good", "replaced": "neutral", "removed": "neutral"}


def compared(item: Reconciled) -> View:
    """One provider: cards on top, a table of kinds and buckets, causes."""
    whole = {"name": "All", "is_total": True, "figures": _figures(item, item.currency)}
    kinds = [
        _part(_GROUPS.get(one.name, one.name), one, item.currency) for one in item.parts if one.by == "kind"
    ]
    buckets = [
        _part(one.name or "(no bucket is named)", one, item.currency) | {"is_bucket": bool(one.name)}
        for one in item.parts
        if one.by == "bucket"
    ]
    return {
        "provider": item.provider,
        "currency": item.currency,
        "accounts": item.accounts,
        "reported_by": item.reported_by,
        "tables": [
            {"caption": "By kind", "label": "Kind", "rows": [*kinds, whole]},
            {"caption": "By bucket", "label": "Bucket", "rows": [*buckets, whole]},
        ],
        "apart": [
            {"category": one.category, "money": views.figure(one.amount, item.currency)} for one in item.apart
        ],
        "total": None if item.invoice_total is None else views.figure(item.invoice_total, item.currency),
        "causes": [one.detail for one in item.causes if one.cause is not Cause.APART],
        "has_invoice": item.invoiced is not None,
    }


def invoice_row(invoice: Invoice) -> View:
    return {
        "one": invoice,
        "href": f"/costs/invoices/{invoice.id}",
        "total": views.figure(invoice.total, invoice.currency),
        "tone": _TONES[invoice.state],
        "left_out": sum(invoice.left_out.values()),
        "parts": [
            {"name": name, "money": views.figure(amount, invoice.currency)}
            for name, amount in invoice.by_category.items()
        ],
    }


def line_row(line: LineShown, currency: str) -> View:
    return {
        "one": line,
        "money": views.figure(line.amount, currency),
        "kind": _GROUPS.get(line.kind, line.kind),
    }


def in_words(found: InvoiceImport) -> str:
    """What became of a file, for a toast."""
    outcomes = ", ".join(
        f"{one.invoice.provider} {one.invoice.month}: {one.outcome}" for one in found.invoices[:5]
    )
    left = sum(found.left_out.values())
    return (
        f"{found.taken:,} lines of object storage{f', {left:,} others left out' if left else ''}. {outcomes}."
    )


def _part(name: str, one: Sides, currency: str) -> View:
    return {"name": name, "figures": _figures(one, currency)}


def _figures(one: Sides, currency: str) -> View:
    amounts: Sequence[str | None] = [getattr(one, side) for side in _SIDES]
    told: Mapping[str, Any] | None = None
    if one.difference is not None and one.invoiced is not None:
        told = {
            "exact": one.difference,
            "currency": currency,
            "text": signed(one.difference, currency),
            "percent": percent(one.difference, one.invoiced),
            "is_none": not Decimal(one.difference),
        }
    return {
        "sides": [None if amount is None else views.figure(amount, currency) for amount in amounts],
        "difference": told,
    }
