"""Imports invoices, lists and removes them."""

import threading
from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import IO

import msgspec

from storekeeper.audit import AuditTrail
from storekeeper.costs.invoices import layouts, reading, repository
from storekeeper.costs.invoices.analytics import InvoiceAnalytics
from storekeeper.costs.invoices.model import (
    ImportedInvoice,
    Invoice,
    InvoiceFormatError,
    InvoiceImport,
    InvoiceLinesError,
    InvoicePage,
    Key,
    LinePage,
    LineShown,
    State,
    UnknownInvoiceError,
)
from storekeeper.costs.invoices.taking import EXACT, Gathered, Taking
from storekeeper.infra.analytics import Analytics
from storekeeper.infra.db import Connection, Database
from storekeeper.kernel.clock import Clock
from storekeeper.kernel.errors import NotFoundError
from storekeeper.kernel.ids import new_id
from storekeeper.kernel.money import plain

MOST_INVOICES = 500  # in one file
MOST_LINES = 5_000_000
MOST_LISTED = 1000


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """What a caller says beside the file. `given` holds for lines that do not say: provider, account, currency."""

    format: str
    file: str = ""
    mapping: Sequence[str] = ()
    given: Mapping[str, str] = {}


class InvoiceService:
    """One import at a time. Lines are in analytics, because there may be millions; which invoices hold is in the control database,

    in whose transaction an invoice takes the place of the one before it. Until then its lines are seen by nobody.
    """

    def __init__(
        self, database: Database, analytics: Analytics, audit: AuditTrail, clock: Clock, *, folder: Path
    ) -> None:
        self._db, self._audit, self._clock, self._folder = database, audit, clock, folder
        self._analytics = InvoiceAnalytics(analytics)
        self._importing = threading.Lock()

    def take(self, body: IO[bytes], wanted: Wanted, *, actor: str) -> InvoiceImport:
        """Import a file: all of its lines of object storage, or nothing. The same lines again change nothing.

        Raises InvoiceLinesError, InvoiceFormatError, BodyError, TooLargeError, NotFoundError for an unknown format.
        """
        if wanted.format not in layouts.LAYOUTS:
            raise NotFoundError(
                f"{wanted.format!r} is no format of invoices.",
                hint=f"Formats are {', '.join(layouts.LAYOUTS)}.",
            )
        layout = layouts.mapped(layouts.LAYOUTS[wanted.format], wanted.mapping)
        given = {"provider": layout.provider} | {name: value for name, value in wanted.given.items() if value}
        with reading.opened(body, self._folder) as opened, self._importing:
            self._tidy()
            taking = Taking(layout, opened, given, wanted.mapping)
            ids: dict[Key, str] = {}
            needless: Sequence[str] = ()
            try:
                self._store(taking, ids)
                _check(taking, wanted.format)
                imported = self._replace(taking, ids, wanted, actor)
                needless = [ids[_key(one.invoice)] for one in imported if one.outcome == "unchanged"]
            except BaseException:
                needless = list(ids.values())
                raise
            finally:
                self._analytics.drop(needless)
        return InvoiceImport(
            format=wanted.format,
            lines=taking.lines,
            taken=taking.taken,
            left_out=taking.left_out,
            invoices=imported,
        )

    def page(
        self, *, month: str = "", history: bool = False, cursor: str = "", limit: int = 100
    ) -> InvoicePage:
        """Newest first; with `history` those that were replaced or removed, too."""
        with self._db.read() as connection:
            found = repository.page(connection, month=month, history=history, before=cursor, limit=limit + 1)
        return InvoicePage(
            items=found[:limit], next_cursor=found[limit - 1].id if len(found) > limit else None
        )

    def get(self, invoice_id: str) -> Invoice:
        """Raises UnknownInvoiceError."""
        with self._db.read() as connection:
            return _found(repository.get(connection, invoice_id), invoice_id)

    def of_month(self, month: str) -> list[Invoice]:
        """Those that hold."""
        with self._db.read() as connection:
            return repository.of_month(connection, month)

    def lines(self, invoice_id: str, *, cursor: str = "", limit: int = 100) -> LinePage:
        """What it bills, line by line. Raises UnknownInvoiceError."""
        self.get(invoice_id)
        offset = int(cursor) if cursor.isascii() and cursor.isdecimal() and len(cursor) < 10 else 0
        rows = self._analytics.lines(invoice_id, limit=limit + 1, offset=offset)
        items = [LineShown(**row) for row in rows[:limit]]
        return LinePage(items=items, next_cursor=str(offset + limit) if len(rows) > limit else None)

    def remove(self, invoice_id: str, *, actor: str) -> None:
        """Its lines go; that it was there, and who removed it, stays. Raises UnknownInvoiceError."""
        with self._importing:
            with self._db.write() as connection:
                invoice = _found(repository.get(connection, invoice_id), invoice_id)
                if invoice.state is not State.REMOVED:
                    repository.end(connection, invoice_id, State.REMOVED, self._clock.now())
                    self._record(connection, "invoice.remove", invoice, actor)
            self._analytics.drop([invoice_id])

    def _store(self, taking: Taking, ids: dict[Key, str]) -> None:
        for part in taking.parts():
            for key in part:
                ids.setdefault(key, new_id(self._clock.now()))
            if len(ids) > MOST_INVOICES or taking.taken > MOST_LINES:
                raise InvoiceFormatError(
                    f"The file has more than {MOST_INVOICES} accounts and months, or {MOST_LINES:,} lines of object storage.",
                    hint="Import it month by month.",
                )
            self._analytics.insert({ids[key]: lines for key, lines in part.items()})

    def _replace(
        self, taking: Taking, ids: Mapping[Key, str], wanted: Wanted, actor: str
    ) -> list[ImportedInvoice]:
        now, found = self._clock.now(), list[ImportedInvoice]()
        with self._db.write() as connection:
            for key, gathered in sorted(taking.keys.items()):
                before = repository.current(connection, key)
                if before and before[1] == gathered.digest:
                    found.append(ImportedInvoice(outcome="unchanged", invoice=before[0]))
                    continue
                invoice = _invoice(ids[key], key, gathered, wanted, taking.left_out, now, actor)
                if before:
                    repository.end(connection, before[0].id, State.REPLACED, now)
                repository.insert(connection, invoice, gathered.digest)
                self._record(
                    connection, "invoice.import", invoice, actor, replaced=before[0].id if before else ""
                )
                found.append(ImportedInvoice(outcome="replaced" if before else "added", invoice=invoice))
        return found

    def _tidy(self) -> None:
        """Lines of an import that a crash cut off."""
        with self._db.read() as connection:
            known = repository.with_lines(connection)
        self._analytics.drop(sorted(self._analytics.stored() - known))

    def _record(
        self, connection: Connection, action: str, invoice: Invoice, actor: str, *, replaced: str = ""
    ) -> None:
        told: dict[str, str | int] = {
            name: str(getattr(invoice, name))
            for name in ("provider", "account", "month", "currency", "total", "file", "format")
        }
        told |= {"lines": invoice.lines} | ({"replaced": replaced} if replaced else {})
        self._audit.record(connection, actor=actor, action=action, target=invoice.id, details=told)


def _check(taking: Taking, form: str) -> None:
    if taking.bad_lines:
        first = taking.bad[0]
        raise InvoiceLinesError(
            f"{taking.bad_lines} of {taking.lines} lines can not be read. Line {first.line}: {first.reason}.",
            hint="Nothing of the file was imported. Mend these lines, or the mapping, and import it again.",
            errors=[{"key": f"line {one.line}", "message": one.reason} for one in taking.bad],
        )
    if not taking.taken:
        services = ", ".join(taking.left_out)[:300]
        raise InvoiceFormatError(
            f"None of {taking.lines} lines is of object storage{f': they are of {services}' if services else ''}.",
            hint=f"Is it {form}, and of the right account?",
        )


def _invoice(
    invoice_id: str, key: Key, gathered: Gathered, wanted: Wanted, left_out: Mapping[str, int], now: datetime, actor: str
) -> Invoice:  # fmt: skip
    total = Decimal(0)
    for amount in gathered.sums.values():
        total = EXACT.add(total, amount)
    return Invoice(
        id=invoice_id,
        **key._asdict(),
        format=wanted.format,
        file=wanted.file[:255],
        lines=gathered.lines,
        total=plain(total),
        by_category={str(name): plain(amount) for name, amount in sorted(gathered.sums.items())},
        left_out=left_out,
        state=State.CURRENT,
        imported_at=now,
        imported_by=actor,
    )


def _key(invoice: Invoice) -> Key:
    return Key(invoice.provider, invoice.account, invoice.month, invoice.currency)


def _found(invoice: Invoice | None, invoice_id: str) -> Invoice:
    if invoice is None:
        raise UnknownInvoiceError(f"There is no invoice {invoice_id}.", hint="See storekeeper invoice list.")
    return invoice
