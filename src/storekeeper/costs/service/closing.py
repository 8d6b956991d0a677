"""Closed months: what they cost stays, with the versions of the price sheets that it was worked out by."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any

from storekeeper.audit import AuditTrail
from storekeeper.costs import repository
from storekeeper.costs.model.report import ClosedMonth, ClosedSheet, MonthOpenError
from storekeeper.costs.service.reporting import money
from storekeeper.costs.sheets import Book, Entry
from storekeeper.infra.db import Database
from storekeeper.kernel.clock import Clock

SYSTEM = "system"


class Closing:
    """Which months are closed; closing and opening again are audited."""

    def __init__(self, database: Database, audit: AuditTrail, clock: Clock) -> None:
        self._db, self._audit, self._clock = database, audit, clock

    def months(self) -> set[date]:
        """First days."""
        with self._db.read() as connection:
            return set(repository.months(connection))

    def closed_at(self, month: date) -> datetime | None:
        with self._db.read() as connection:
            return repository.closed_at(connection, month)

    def listed(self, book: Book) -> list[ClosedMonth]:
        """The newest first; a sheet is `changed` when its text is another one by now, or gone."""
        with self._db.read() as connection:
            closed = repository.closed_months(connection)
        digests = {entry.sheet.id: entry.digest for entry in book.entries}
        return [
            ClosedMonth(
                month=one.month,
                closed_at=one.closed_at,
                totals=one.totals,
                sheets=[
                    ClosedSheet(
                        id=sheet.id, digest=sheet.digest, changed=digests.get(sheet.id) != sheet.digest
                    )
                    for sheet in one.sheets
                ],
            )
            for one in closed
        ]

    def close(self, month: date, sheets: Iterable[Entry], rows: Iterable[Mapping[str, Any]]) -> None:
        """From now on it stays; `rows` have `currency` and `amount` in nano-units, which is None where no price is known."""
        totals: dict[str, int] = defaultdict(int)
        for row in rows:
            if row["amount"]:
                totals[row["currency"]] += row["amount"]
        closed = ClosedMonth(
            month=f"{month:%Y-%m}",
            closed_at=self._clock.now(),
            totals={currency: money(amount) for currency, amount in sorted(totals.items())},
            sheets=[ClosedSheet(id=entry.sheet.id, digest=entry.digest) for entry in sheets],
        )
        with self._db.write() as connection:
            repository.close(connection, month, closed)
            self._audit.record(
                connection,
                actor=SYSTEM,
                action="cost.month-closed",
                target=closed.month,
                details=dict(closed.totals) | {sheet.id: sheet.digest for sheet in closed.sheets},
            )

    def reopen(self, month: date, *, actor: str, reason: str) -> None:
        """The next calculation works it out by present sheets, and closes it again. Raises MonthOpenError."""
        with self._db.write() as connection:
            if not repository.reopen(connection, month):
                raise MonthOpenError(
                    f"{month:%Y-%m} is not closed.", hint="It is worked out anew with each calculation."
                )
            details = {"reason": reason}
            self._audit.record(
                connection,
                actor=actor,
                action="cost.month-reopened",
                target=f"{month:%Y-%m}",
                details=details,
            )
