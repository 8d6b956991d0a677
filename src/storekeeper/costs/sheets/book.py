"""All price sheets: those of the package, and files of one's own that override or extend them."""

import functools
import hashlib
from collections.abc import Iterable, Iterator
from datetime import date
from importlib import resources
from importlib.resources.abc import Traversable
from itertools import groupby, pairwise
from pathlib import Path

import msgspec

from storekeeper.costs.model import Sheet
from storekeeper.costs.rules.periods import in_force
from storekeeper.costs.sheets.lines import line_of, locate
from storekeeper.costs.sheets.reading import PriceSheetError, Problem, read_sheet

_ANY = "*"
_KEPT = 1024  # sheets, some twenty kilobytes each; to read one takes three milliseconds


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """A sheet, and the file that it comes from."""

    sheet: Sheet
    file: str
    text: str
    own: bool  # of the user, not of the package

    @property
    def digest(self) -> str:
        """SHA-256 of the text, in hexadecimal: it changes with the sheet."""
        return hashlib.sha256(self.text.encode()).hexdigest()


class Book:
    """Sheets to choose from, and what was wrong with the files that are left out."""

    def __init__(self, entries: Iterable[Entry], problems: Iterable[Problem] = ()) -> None:
        self.entries = tuple(sorted(entries, key=_order))
        self.problems = tuple(problems)

    def series(self, provider: str, region: str) -> list[Sheet]:
        """The sheets of all periods for a provider and region; one that is for all its regions stands in for others."""
        named = [one.sheet for one in self.entries if _serves(one.sheet, provider)]
        exact = [sheet for sheet in named if sheet.region == region]
        return exact or [sheet for sheet in named if sheet.region == _ANY]

    def choose(self, provider: str, region: str, day: date) -> Sheet | None:
        """The one that holds on that day."""
        return in_force(self.series(provider, region), day)

    def digests(self) -> tuple[str, ...]:
        """Of all sheets: the same where prices are."""
        return tuple(one.digest for one in self.entries)

    def find(self, sheet_id: str) -> Entry | None:
        return next((one for one in self.entries if one.sheet.id == sheet_id), None)


@functools.cache
def package_entries() -> tuple[Entry, ...]:
    """The sheets that come with Storekeeper. Raises PriceSheetError: a test sees to it that they are right."""
    return tuple(_strict(resources.files(__package__)))


def load(directory: Path | None = None) -> Book:
    """The package's sheets, overridden by `*.toml` of a directory: same provider, region and beginning replaces, others add.

    A file that is wrong is left out, and told of in `problems`; the others count.
    """
    return book_of(*own_entries(directory)) if directory else book_of(())


def own_entries(directory: Path) -> tuple[list[Entry], list[Problem]]:
    """The sheets of a directory that can be read, and what is wrong with the others. There need be no such directory."""
    return _read_all(directory, own=True) if directory.is_dir() else ([], [])


def book_of(own: Iterable[Entry], problems: Iterable[Problem] = ()) -> Book:
    """The package's sheets with one's own; these are left out where they contradict each other."""
    own = list(own)
    entries = {one.sheet.id: one for one in package_entries()}
    overlapping = list(overlaps(own))
    refused = {problem.file for problem in overlapping}
    entries |= {one.sheet.id: one for one in own if one.file not in refused}
    return Book(entries.values(), [*problems, *overlapping])


def load_strictly(directory: Path) -> list[Entry]:
    """The sheets of a directory. Raises PriceSheetError with what is wrong in any file, and between files."""
    return _strict(directory)


def _strict(directory: Traversable) -> list[Entry]:
    entries, problems = _read_all(directory, own=False)
    problems += overlaps(entries)
    if problems:
        raise PriceSheetError(problems)
    return entries


def _read_all(directory: Traversable, *, own: bool) -> tuple[list[Entry], list[Problem]]:
    entries, problems = [], []
    for file in sorted(directory.iterdir(), key=lambda file: file.name):
        if not file.name.endswith(".toml"):
            continue
        try:
            entries.append(_entry(file.name, file.read_bytes().decode(), own=own))
        except PriceSheetError as error:
            problems += error.problems
        except (OSError, UnicodeDecodeError) as error:
            problems.append(Problem(file=file.name, line=1, message=f"can not be read: {error}"))
    return entries, problems


@functools.lru_cache(_KEPT)
def _entry(file: str, text: str, *, own: bool) -> Entry:
    """Raises PriceSheetError."""
    return Entry(sheet=read_sheet(text, file), file=file, text=text, own=own)


def overlaps(entries: Iterable[Entry]) -> Iterator[Problem]:
    """Periods of one provider and region that are there twice, reach into each other, or are in different currencies."""
    for _, series in groupby(sorted(entries, key=_order), key=lambda one: _order(one)[:2]):
        for before, after in pairwise(series):
            yield from _between(before, after)


def _between(before: Entry, after: Entry) -> Iterator[Problem]:
    first, second = before.sheet, after.sheet
    if first.effective_from == second.effective_from:
        since = f"holds from {first.effective_from}" if first.effective_from else "has no effective_from"
        yield _problem(
            after, "effective_from", f"{before.file} {since} for the same provider and region, too"
        )
    elif first.effective_until and second.effective_from and second.effective_from < first.effective_until:
        message = f"overlaps with {before.file}, which holds until {first.effective_until}"
        yield _problem(after, "effective_from", message)
    if first.currency != second.currency:
        yield _problem(after, "currency", f"{second.currency}, but {before.file} is in {first.currency}")


def _problem(entry: Entry, key: str, message: str) -> Problem:
    return Problem(file=entry.file, line=line_of((key,), locate(entry.text)), message=message)


def _serves(sheet: Sheet, provider: str) -> bool:
    return provider == sheet.provider or provider in sheet.also_for


def _order(entry: Entry) -> tuple[str, str, date]:
    sheet = entry.sheet
    return sheet.provider, sheet.region, sheet.effective_from or date.min
