"""A price sheet from the text of its file: parsed, converted and checked, with the line of whatever is wrong."""

import re
import tomllib
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

import msgspec

from storekeeper.costs.model import Price, Sheet, Size
from storekeeper.costs.sheets.checking import findings
from storekeeper.costs.sheets.currencies import CURRENCIES
from storekeeper.costs.sheets.lines import Path, line_of, locate
from storekeeper.kernel.errors import BadInputError
from storekeeper.kernel.units import parse_bytes

_PRICE = re.compile(r"(-?)(\d{1,12}(?:\.\d{1,18})?)(?:\s+([A-Za-z]+))?")
_AT = re.compile(r" - at `\$(.*)`$")
_STEP = re.compile(r"\.([\w-]+)|\[(\d+)\]")
_UNKNOWN_KEY = re.compile(r"Object contains unknown field `(.+?)`")
_MISSING_KEY = re.compile(r"Object missing required field `(.+?)`")
_SYNTAX = re.compile(r"(.*) \(at (?:line (\d+), column \d+|end of document)\)", re.DOTALL)


class Problem(msgspec.Struct, frozen=True, kw_only=True):
    """What is wrong on a line of a file."""

    file: str
    line: int
    message: str

    def __str__(self) -> str:
        return f"{self.file}, line {self.line}: {self.message}"


class PriceSheetError(BadInputError):
    """A price sheet contradicts itself or the format; `problems` names each file, line and reason. Nothing of it is used."""

    slug, title = "price-sheet", "Wrong price sheet"

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__(
            "; ".join(str(problem) for problem in problems),
            hint="Correct the lines and try again; the sheets of the package show the format.",
            problems=[msgspec.to_builtins(problem) for problem in problems],
        )
        self.problems = problems


def read_sheet(text: str, file: str) -> Sheet:
    """The sheet that a text is. Raises PriceSheetError, with every problem that can be told at once."""
    try:
        raw = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise PriceSheetError([_syntax(str(error), text, file)]) from None
    lines = locate(text)
    problems = [
        Problem(file=file, line=line_of(path, lines), message=message) for path, message in _currencies(raw)
    ]
    try:
        sheet = msgspec.convert(raw, Sheet, dec_hook=_convert)
    except msgspec.ValidationError as error:
        raise PriceSheetError([*problems, _schema(str(error), lines, file)]) from None
    problems += [
        Problem(file=file, line=line_of(path, lines), message=message) for path, message in findings(sheet)
    ]
    if problems:
        raise PriceSheetError(sorted(problems, key=lambda problem: problem.line))
    return sheet


def _convert(kind: type, written: Any) -> Any:
    return _price(written) if kind is Price else _size(written)


def _price(written: Any) -> Price:
    found = _PRICE.fullmatch(written) if isinstance(written, str) else None
    if found is None:
        raise ValueError(f'not a price: {written!r} (write a decimal number in quotes, such as "0.015")')
    if found[1]:
        raise ValueError(f"a price is not negative: {written}")
    return Price(Decimal(found[2]))


def _size(written: Any) -> Size:
    if not isinstance(written, str):
        raise ValueError(f'not a size: {written!r} (write a number and its unit in quotes, such as "10 GB")')  # noqa: TRY004 - msgspec adds the place to this one
    return Size(parse_bytes(written))


def _currencies(raw: Mapping[str, Any]) -> Iterator[tuple[Path, str]]:
    """The sheet has one currency, that of ISO 4217, and no price names another one."""
    currency = raw.get("currency")
    if isinstance(currency, str) and currency not in CURRENCIES:
        yield ("currency",), f"not a currency: {currency!r} (write its code in ISO 4217, such as USD)"
    for path, value in _prices(raw, ()):
        found = _PRICE.fullmatch(value)
        if found and found[3] and found[3] != currency:
            yield path, f"a price in {found[3]} on a sheet in {currency}"


def _prices(value: Any, path: Path) -> Iterator[tuple[Path, str]]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _prices(inner, (*path, key))
    elif isinstance(value, list):
        for at, inner in enumerate(value):
            yield from _prices(inner, (*path, at))
    elif isinstance(value, str) and path[-1] == "price":
        yield path, value


def _schema(error: str, lines: Mapping[Path, int], file: str) -> Problem:
    """What msgspec says, in the words of a file: keys instead of fields, a line instead of a path."""
    found = _AT.search(error)
    message = _AT.sub("", error)
    path: Path = tuple(name or int(index) for name, index in _STEP.findall(found[1] if found else ""))
    if unknown := _UNKNOWN_KEY.fullmatch(message):
        path, message = (*path, unknown[1]), f"unknown key {unknown[1]!r}"
    elif missing := _MISSING_KEY.fullmatch(message):
        where = f" of {'.'.join(str(step) for step in path if isinstance(step, str))}" if path else ""
        message = f"the key {missing[1]!r}{where} is missing"
    elif path:
        message = f"{path[-1]}: {message}"
    return Problem(file=file, line=line_of(path, lines), message=message)


def _syntax(error: str, text: str, file: str) -> Problem:
    found = _SYNTAX.fullmatch(error)
    line = int(found[2]) if found and found[2] else len(text.splitlines()) or 1
    return Problem(file=file, line=line, message=f"not TOML: {found[1] if found else error}")
