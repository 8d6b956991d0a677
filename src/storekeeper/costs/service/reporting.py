"""Sums of charges as what is told of them. Everything is exact: parts are added as whole nano-units."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, NamedTuple

from storekeeper.costs.model import NANO, Charge, Kind
from storekeeper.costs.model.report import ChargeLine, DayCosts, Part, Projection, SheetUsed
from storekeeper.costs.rules import explain
from storekeeper.costs.rules.outlook.projection import project
from storekeeper.costs.rules.periods import is_stale
from storekeeper.costs.sheets import Entry

Row = Mapping[str, Any]
GROUPS = ("storage", "requests", "egress", "other")
_GROUP_OF = {
    Kind.STORAGE: "storage",
    Kind.PADDING: "storage",
    Kind.EARLY_DELETION: "storage",
    Kind.MINIMUM: "storage",
    Kind.MONITORING: "storage",
    Kind.REQUESTS: "requests",
    Kind.EGRESS: "egress",
}
DEFAULT_CURRENCY = "USD"


class Month(NamedTuple):
    """Its first day, and that of the next."""

    since: date
    until: date

    @classmethod
    def of(cls, day: date) -> "Month":
        """That a day is in."""
        since = day.replace(day=1)
        return cls(since, (since + timedelta(days=31)).replace(day=1))

    @property
    def name(self) -> str:
        return self.since.strftime("%Y-%m")


def in_currency(currency: str, rows: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Those of the currency, and those of unknown price."""
    return [row for row in rows if row["currency"] in (currency, "") or row["amount"] is None]


def money(nano: int) -> str:
    """Nano-units as a decimal string with at least two places: 5000000 is `0.005`."""
    sign, (whole, rest) = "-" if nano < 0 else "", divmod(abs(nano), NANO)
    return f"{sign}{whole}.{f'{rest:09d}'.rstrip('0').ljust(2, '0')}"


def group_of(kind: str) -> str:
    """Which of GROUPS a kind of charge is told under."""
    return _GROUP_OF.get(Kind(kind), "other")


def total(rows: Iterable[Row]) -> int:
    return sum(row["amount"] or 0 for row in rows)


def by_group(rows: Iterable[Row]) -> dict[str, int]:
    """Nano-units of each of GROUPS."""
    sums = dict.fromkeys(GROUPS, 0)
    for row in rows:
        sums[group_of(row["kind"])] += row["amount"] or 0
    return sums


def parts(rows: Iterable[Row], key: str, names: Mapping[str, str] | None = None) -> list[Part]:
    """By what `key` says, the most expensive first; what only has charges of unknown price is among them."""
    sums: dict[str, int] = defaultdict(int)
    estimated: dict[str, bool] = defaultdict(bool)
    unknown: dict[str, int] = defaultdict(int)
    for row in rows:
        name = row[key]
        sums[name] += row["amount"] or 0
        estimated[name] |= bool(row.get("is_estimated"))
        unknown[name] += row.get("unknown", 0)
    whole = sum(sums.values())
    ordered = sorted(sums, key=lambda name: (-sums[name], name))
    return [
        Part(
            name=(names or {}).get(name, name),
            amount=money(sums[name]),
            share=sums[name] / whole if whole else 0.0,
            estimated=estimated[name],
            unknown=unknown[name],
        )
        for name in ordered
        if sums[name] or unknown[name]
    ]


def trend(rows: Iterable[Row]) -> list[DayCosts]:
    """A line for each day that is known."""
    days: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        days[row["name"]].append(row)
    return [
        DayCosts(
            day=date.fromisoformat(day),
            amount=money(total(of_day)),
            **{name: money(amount) for name, amount in by_group(of_day).items()},
        )
        for day, of_day in sorted(days.items())
    ]


def projection(rows: Iterable[Row], today: date, elapsed: float) -> Projection | None:
    """Of the month of `today`, from the sums of its days and of days before; None where no day is known."""
    amounts: dict[date, int] = defaultdict(int)
    for row in rows:
        amounts[date.fromisoformat(row["name"])] += row["amount"] or 0
    if not amounts:
        return None
    found = project(amounts, today, elapsed)
    return Projection(
        amount=money(found.total),
        low=money(found.low),
        high=money(found.high),
        coverage=found.coverage,
        method=found.method,
        learnt_from_days=found.days,
    )


def sheet_used(entry: Entry, today: date) -> SheetUsed:
    sheet = entry.sheet
    return SheetUsed(
        id=sheet.id,
        title=sheet.title,
        source=sheet.source,
        read=sheet.read,
        age_days=(today - sheet.read).days,
        stale=is_stale(sheet, today),
        trust=sheet.trust,
        unset=sheet.unset,
        own=entry.own,
    )


def line(charge: Charge, names: Mapping[str, str]) -> ChargeLine:
    return ChargeLine(
        day=charge.day,
        bucket=names.get(charge.bucket, charge.bucket),
        storage_class=charge.billed_as or charge.storage_class,
        operation=charge.operation,
        operation_class=charge.operation_class,
        kind=charge.kind,
        amount=None if charge.amount is None else money(charge.amount),
        currency=charge.currency,
        unit_price=None if charge.unit_price is None else f"{charge.unit_price:f}",
        quantity=f"{Decimal(charge.quantity) / charge.per:f}",
        unit=charge.unit,
        provenance=charge.provenance,
        sheet=charge.sheet,
        trust=charge.trust,
        estimated=charge.estimated,
        sentence=explain.explain(charge),
    )


def currencies(rows: Iterable[Row]) -> Sequence[str]:
    """The one that most is paid in first."""
    sums: dict[str, int] = defaultdict(int)
    for row in rows:
        if row["currency"]:
            sums[row["currency"]] += row["amount"] or 0
    return sorted(sums, key=lambda name: (-sums[name], name))
