"""Lines of a file become lines of invoices: all of them, or none where one can not be read."""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from decimal import Context, Decimal
from typing import Any

from storekeeper.costs.invoices import layouts, rules
from storekeeper.costs.invoices.layouts import Layout
from storekeeper.costs.invoices.model import BadLine, Category, Key, Line
from storekeeper.costs.invoices.reading import Opened, Piece
from storekeeper.costs.invoices.rules import MalformedError

LISTED = 100  # lines that are told of
SERVICES = 50  # that are told apart among what is left out
MOST_TEXT = 1000
EXACT = Context(prec=100)
_BETWEEN = "\x1f"
_MODULUS = 1 << 256
_OTHER = "other services"


class Gathered:
    """What the lines of one invoice add up to. Its digest is of the lines in whatever order they come."""

    def __init__(self) -> None:
        self.lines, self._digest = 0, 0
        self.sums: dict[Category, Decimal] = defaultdict(Decimal)

    def add(self, line: Line) -> None:
        self.lines += 1
        self.sums[line.category] = EXACT.add(self.sums[line.category], line.amount)
        content = _BETWEEN.join(str(part) for part in _content(line)).encode("utf-8", "surrogatepass")
        self._digest = (self._digest + int.from_bytes(hashlib.sha256(content).digest())) % _MODULUS

    @property
    def digest(self) -> str:
        return f"{self._digest:064x}"


class Taking:
    """One file as it is read. `keys` has what was gathered so far, `bad` the first lines that can not be read."""

    def __init__(
        self, layout: Layout, opened: Opened, given: Mapping[str, str], asked: Sequence[str]
    ) -> None:
        self._layout, self._opened, self._given = layout, opened, given
        self._columns = layouts.bound(layout, opened.header, given, asked)
        header = set(opened.header)
        self._hints = [name for name in layout.hints if name in header]
        self._beside = [name for name in (layout.subcategory, layout.correction) if name in header]
        self.keys: dict[Key, Gathered] = {}
        self.lines = self.taken = self.bad_lines = 0
        self.bad: list[BadLine] = []
        self._left_out: Counter[str] = Counter()

    @property
    def left_out(self) -> dict[str, int]:
        """Lines by service, of at most SERVICES of them."""
        most = dict(self._left_out.most_common(SERVICES))
        rest = self._left_out.total() - sum(most.values())
        return most | ({_OTHER: most.get(_OTHER, 0) + rest} if rest else {})

    def parts(self) -> Iterator[dict[Key, list[Line]]]:
        """Lines by invoice, a piece of the file at a time. From the first line on that can not be read, none."""
        for piece in self._opened.pieces(sorted({*self._columns.values(), *self._hints, *self._beside})):
            found = self._part(piece)
            if found and not self.bad:
                yield found

    def _part(self, piece: Piece) -> dict[Key, list[Line]]:
        found: dict[Key, list[Line]] = defaultdict(list)
        for number, row in enumerate(piece.rows, piece.line):
            self.lines += 1
            try:
                taken = self._line(row)
            except MalformedError as error:
                self.bad_lines += 1
                if len(self.bad) < LISTED:
                    self.bad.append(BadLine(number, str(error)))
                continue
            if taken:
                key, line = taken
                found[key].append(line)
                self.keys.setdefault(key, Gathered()).add(line)
                self.taken += 1
        return found

    def _line(self, row: Mapping[str, str]) -> tuple[Key, Line] | None:
        """None for a line that is not of object storage."""
        hints = " ".join(row[name] for name in self._hints if row[name])
        service, description = self._value(row, "service"), self._value(row, "description")
        subcategory = row.get(self._layout.subcategory, "")
        if "service" in self._columns and not rules.is_object_storage(
            service, subcategory, f"{hints} {description}"
        ):
            self._left_out[service[:100] or "(no service)"] += 1
            return None
        start, end = rules.period(self._value(row, "date"), self._value(row, "end"))
        quantity, unit = self._value(row, "quantity"), self._value(row, "unit")
        key = Key(
            provider=rules.provider(self._value(row, "provider")),
            account=self._value(row, "account")[:200],
            month=rules.month(self._value(row, "month"), start),
            currency=rules.currency(self._value(row, "currency")),
        )
        correction = row.get(self._layout.correction, "") == "Correction"
        line = Line(
            day=start,
            until=end,
            resource=self._value(row, "resource")[:MOST_TEXT],
            service=service[:MOST_TEXT],
            description=description[:MOST_TEXT],
            category=rules.category(self._value(row, "category"), is_correction=correction),
            kind=rules.kind(hints, unit, description),
            amount=rules.decimal(self._value(row, "amount"), "amount"),
            quantity=rules.decimal(quantity, "quantity") if quantity else None,
            unit=unit[:100],
            region=self._value(row, "region")[:100],
        )
        return key, line

    def _value(self, row: Mapping[str, str], field: str) -> str:
        column = self._columns.get(field)
        return (row[column] if column else "") or self._given.get(field, "")


def _content(line: Line) -> Sequence[Any]:
    """What tells lines apart: an amount is the same however many zeros it ends in."""
    numbers = [
        None if number is None else f"{EXACT.normalize(number):f}" for number in (line.amount, line.quantity)
    ]
    return [*line[:6], *numbers, line.unit, line.region]
