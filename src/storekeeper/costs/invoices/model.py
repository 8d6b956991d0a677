"""Nouns of invoices. Money is an exact decimal number in text, in the currency named beside it; days and months are UTC."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import NamedTuple

import msgspec

from storekeeper.kernel.errors import BadInputError, NotFoundError


class Category(StrEnum):
    """What a line of an invoice is, after FOCUS' ChargeCategory; refunds and corrections of earlier months are apart."""

    USAGE = "usage"
    PURCHASE = "purchase"
    CREDIT = "credit"
    REFUND = "refund"
    ADJUSTMENT = "adjustment"
    TAX = "tax"
    CORRECTION = "correction"


class State(StrEnum):
    CURRENT = "current"
    REPLACED = "replaced"  # by a later import for the same account, month and currency
    REMOVED = "removed"


class Key(NamedTuple):
    """Of which there is one current invoice."""

    provider: str
    account: str
    month: str
    currency: str


class Line(NamedTuple):
    """One line, in the order of `invoice_line`."""

    day: date
    until: date
    resource: str
    service: str
    description: str
    category: Category
    kind: str
    amount: Decimal
    quantity: Decimal | None
    unit: str
    region: str


class Invoice(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What was imported for one account at a provider, a month and a currency. `leftOut` counts lines of the file, by what they are for."""

    id: str
    provider: str
    account: str
    month: str
    currency: str
    format: str
    file: str
    lines: int
    total: str
    by_category: Mapping[str, str]
    left_out: Mapping[str, int]
    state: State
    imported_at: datetime
    imported_by: str
    ended_at: datetime | None = None


class InvoicePage(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Newest first."""

    items: Sequence[Invoice]
    next_cursor: str | None


class ImportedInvoice(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What became of a part of the file: `added`, `replaced` an earlier import, or `unchanged` because that says the same."""

    outcome: str
    invoice: Invoice


class InvoiceImport(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What became of a file. `leftOut` counts lines that are not of object storage, by service."""

    format: str
    lines: int
    taken: int
    left_out: Mapping[str, int]
    invoices: Sequence[ImportedInvoice]


class LineShown(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A line of an invoice. `until` is the day after its last; `kind` is what its words say it is for."""

    day: date
    until: date
    resource: str
    service: str
    description: str
    category: str
    kind: str
    amount: str
    quantity: str | None
    unit: str
    region: str


class LinePage(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    items: Sequence[LineShown]
    next_cursor: str | None


class BadLine(msgspec.Struct, frozen=True):
    """A line that can not be taken; the header is line 1."""

    line: int
    reason: str


class InvoiceLinesError(BadInputError):
    """Lines of an invoice can not be read; `errors` lists the first hundred, each with its line. Nothing of the file was imported."""

    slug, title = "bad-invoice", "Lines of the invoice can not be read"


class UnknownInvoiceError(NotFoundError):
    """There is no such invoice."""

    slug, title = "unknown-invoice", "Unknown invoice"


class InvoiceFormatError(BadInputError):
    """The file is not in the format that was named, lacks columns, or has nothing about object storage."""

    slug, title = "bad-invoice-file", "Not such an invoice"
