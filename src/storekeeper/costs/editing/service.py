"""Reads, previews, saves and removes one's own price sheets; files that people change by hand are the same files."""

import threading
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC
from pathlib import Path

from storekeeper.audit import AuditTrail
from storekeeper.costs.editing.model import (
    Difference,
    NewSheet,
    Preview,
    SavedSheet,
    SheetChangedError,
    SheetNameError,
    SheetText,
    UnknownSheetError,
)
from storekeeper.costs.model import Charge
from storekeeper.costs.model.report import SheetProblem
from storekeeper.costs.service import CostService
from storekeeper.costs.service.reporting import money
from storekeeper.costs.sheets import Book, files, load, read_sheet
from storekeeper.costs.sheets.files import SheetFile
from storekeeper.infra.db import Database
from storekeeper.kernel.clock import Clock
from storekeeper.kernel.errors import ConflictError, UnavailableError


class SheetEditor:
    """Safe to share between threads. What a file was when it was read has to be what it still is when it is written."""

    def __init__(
        self, database: Database, costs: CostService, audit: AuditTrail, clock: Clock, *, data_dir: Path
    ) -> None:
        self._db, self._costs, self._audit, self._clock = database, costs, audit, clock
        self._folder = data_dir / "prices"
        self._writing = threading.Lock()

    def read(self, file: str, *, shipped: bool = False) -> SheetText:
        """One's own file, else that of the package; `shipped` asks for the latter. Raises UnknownSheetError."""
        found = None if shipped else files.find(self._folder, file)
        found = found or files.find_shipped(file)
        if found is None:
            raise UnknownSheetError(
                f"There is no price sheet in {file[:80]!r}.", hint="`storekeeper prices` shows them."
            )
        problems = files.wrong(self._folder, file, found.text) if found.own else []
        told = [SheetProblem(file=one.file, line=one.line, message=one.message) for one in problems]
        return SheetText(
            file=file, own=found.own, text=found.text, digest=found.digest, problems=told
        )  # fmt: skip

    def preview(self, file: str, text: str) -> Preview:
        """What the present month would cost. Raises SheetNameError, PriceSheetError."""
        _check_name(file)
        after = files.with_file(self._folder, file, text)
        return self._compared(load(self._folder), after)

    def save(self, file: str, new: NewSheet, *, actor: str) -> SavedSheet:
        """Write the file, and have open months worked out by it.

        Raises SheetNameError, PriceSheetError with the lines, SheetChangedError when it is not what `new` was made from.
        """
        _check_name(file)
        files.with_file(self._folder, file, new.text)
        sheet, digest = read_sheet(new.text, file), files.digest_of(new.text)
        with self._writing, _faults():
            laid = files.lay(self._folder, file, new.text)
            try:
                before = self._unchanged(file, new.digest)
                details = {"before": before.digest if before else "", "after": digest, "sheet": sheet.id}
                # The record is first: a change that is in no log would be worse than a record of one that a crash prevented.
                self._record("price-sheet.save", file, details, actor)
                files.publish(laid, file)
            finally:
                laid.unlink(missing_ok=True)
        return SavedSheet(
            file=file, digest=digest, id=sheet.id, title=sheet.title, run_id=self._work_out(actor)
        )  # fmt: skip

    def remove(self, file: str, digest: str, *, actor: str) -> str:
        """What comes with Storekeeper for the same counts again. The id of the run that works open months out by that.

        Raises UnknownSheetError, SheetChangedError.
        """
        with self._writing, _faults():
            if files.find(self._folder, file) is None:
                raise UnknownSheetError(
                    f"There is no price sheet of your own in {file[:80]!r}.",
                    hint="Those that come with Storekeeper stay; write one of your own to override them.",
                )
            before = self._unchanged(file, digest)
            self._record(
                "price-sheet.delete", file, {"before": before.digest if before else "", "after": ""}, actor
            )
            files.remove(self._folder, file)
        return self._work_out(actor)

    def _unchanged(self, file: str, digest: str) -> SheetFile | None:
        found = files.find(self._folder, file)
        if (found.digest if found else "") == digest:
            return found
        words = f"{file} was changed since it was read." if found else f"{file} is gone since it was read."
        if found and not digest:
            words = f"There is a file {file}, which was not read."
        raise SheetChangedError(
            words,
            hint="Read it again, and make the change in what it is now.",
            digest=found.digest if found else "",
        )

    def _record(self, action: str, file: str, details: Mapping[str, str | int], actor: str) -> None:
        with self._db.write() as connection:
            self._audit.record(connection, actor=actor, action=action, target=file, details=details)

    def _work_out(self, actor: str) -> str:
        """Begin it; a run that is under way takes up what changes while it runs."""
        try:
            return self._costs.start(actor=actor).id
        except ConflictError as error:
            return str(error.extra.get("runId", ""))

    def _compared(self, before: Book, after: Book) -> Preview:
        old, new = self._costs.priced(before, after)
        sums = [_sums(old), _sums(new)]
        codes = sorted({*sums[0], *sums[1]})
        return Preview(
            month=self._clock.now().astimezone(UTC).strftime("%Y-%m"),
            items=[
                Difference(
                    currency=code, before=money(sums[0].get(code, 0)), after=money(sums[1].get(code, 0))
                )
                for code in codes
            ],
            unknown_before=_unknown(old),
            unknown_after=_unknown(new),
            changes=sums[0] != sums[1] or _unknown(old) != _unknown(new),
        )


def _check_name(file: str) -> None:
    if not files.is_name(file):
        raise SheetNameError(
            f"{file[:80]!r} is not a name for a price sheet.",
            hint="Write letters, digits, dots, hyphens and underscores, ending in .toml, such as cellar.toml.",
        )


def _sums(charges: Iterable[Charge]) -> dict[str, int]:
    sums: dict[str, int] = defaultdict(int)
    for charge in charges:
        if charge.amount is not None:
            sums[charge.currency] += charge.amount
    return dict(sums)


def _unknown(charges: Iterable[Charge]) -> int:
    return sum(charge.amount is None for charge in charges)


@contextmanager
def _faults() -> Iterator[None]:
    """What the disk refuses, in words."""
    try:
        yield
    except OSError as error:
        raise UnavailableError(
            f"The folder of price sheets can not be written: {error.strerror}.",
            hint="Check free disk space and the permissions of `prices` in the data directory.",
        ) from error
