"""What the templates show: costs turned into cards, a chart, breakdowns that add up, and warnings. Money stays exact."""

from calendar import monthrange
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import quote, urlencode

from storekeeper.costs.model.report import ChargeLine, CostReport, Part
from storekeeper.costs.rules.periods import month_of
from storekeeper.kernel.money import plain
from storekeeper_client.costs import money

View = dict[str, Any]
Query = Mapping[str, str]
MONTHS = 13  # offered: the present one and a year before it
ROWS = 10  # of a breakdown; its CSV has all
GROUPS = (("storage", "Storage"), ("requests", "Requests"), ("egress", "Egress"), ("other", "Other"))
_TABS = (
    ("Costs", "/costs"),
    ("Charges", "/costs/charges"),
    ("Budgets", "/costs/budgets"),
    ("Compare", "/costs/compare"),
    ("Savings", "/costs/savings"),
    ("Invoices", "/costs/invoices"),
    ("Price sheets", "/costs/prices"),
)
_OF_NO_MONTH = ("/costs/savings", "/costs/prices")
_KINDS = {
    "storage": "Storage",
    "padding": "Padding of small objects",
    "early-deletion": "Early deletion",
    "minimum": "Minimum of the account",
    "monitoring": "Monitoring",
    "requests": "Requests",
    "retrieval": "Reading from infrequent classes",
    "egress": "Egress",
    "unclassified": "Unknown price",
}
_NAMELESS = {
    "bucket": "(no bucket)",
    "owner": "(nobody)",
    "class": "Without a class, such as requests",
    "operation": "Without an operation, such as storage",
}
_TRUST = {"verified": "good", "quoted": "neutral", "unverified": "warn"}


def tabs(path: str, query: Query) -> list[View]:
    """The pages beside this one, with the same month and bucket."""
    kept = {name: query[name] for name in ("month", "bucket") if query.get(name)}
    tail = f"?{urlencode(kept)}" if kept else ""
    return [
        {"label": label, "href": href if href in _OF_NO_MONTH else href + tail, "active": path == href}
        for label, href in _TABS
    ]


def months(today: date, chosen: str) -> list[View]:
    """The last months, the newest first, and the one that is looked at."""
    offered = [today.replace(day=1)]
    while len(offered) < MONTHS:
        offered.append(_month_before(offered[-1]))
    everything = sorted({*offered, first_day(chosen)}, reverse=True)
    return [{"value": f"{first:%Y-%m}", "label": spelled(first)} for first in everything]


def first_day(month: str) -> date:
    """Of `2026-11`."""
    year, _, number = month.partition("-")
    return date(int(year), int(number), 1)


def spelled(month: date) -> str:
    """For example `November 2026`."""
    return f"{month:%B %Y}"


def figure(amount: str | Decimal, currency: str) -> View:
    """An amount for reading, and exactly."""
    exact = amount if isinstance(amount, str) else plain(amount)
    return {"exact": exact, "currency": currency, "text": money(amount, currency)}


def cards(report: CostReport, today: date) -> list[View]:
    """The figures on top. Those of the parts have their share of the whole."""
    currency, whole = report.currency, Decimal(report.month_to_date)
    month, days = first_day(report.month), len(report.trend)
    before = spelled(_month_before(month))
    found: list[View] = [
        {
            "label": "Month to date" if month == today.replace(day=1) else spelled(month),
            "money": figure(report.month_to_date, currency),
            "note": f"{before}: {money(report.previous_month, currency) if Decimal(report.previous_month) else 'no costs known'}",
            "title": f"{report.previous_month} {currency}",
            "unset": any(sheet.unset for sheet in report.sheets) and not whole,
        }
    ]
    if projection := report.projection:
        low, high = money(projection.low, currency), money(projection.high, currency)
        found.append(
            {
                "label": "Projection of the month",
                "money": figure(projection.amount, currency),
                "note": f"{low} to {high} in {projection.coverage * 100:.0f} % of cases",
                "title": projection.method,
            }
        )
    found.append(
        {
            "label": "Daily average",
            "money": figure(report.daily_average, currency),
            "note": f"over {days} known day{'' if days == 1 else 's'}",
        }
    )
    sums = (report.storage_charges, report.request_charges, report.egress_charges, report.other_charges)
    found += [
        {"label": label, "money": figure(amount, currency), "note": _of_the_whole(amount, whole)}
        for (_, label), amount in zip(GROUPS, sums, strict=True)
        if label != "Other" or Decimal(amount)
    ]
    return found


def by_day(report: CostReport) -> View:
    """The whole month, stacked by what it is for; a gap where a day is not known. Numbers are for drawing only.

    Times are noon UTC, so that a day is the same day nearly everywhere.
    """
    known = {day.day: day for day in report.trend}
    first = month_of(report.month)
    days = [first.replace(day=number + 1) for number in range(monthrange(first.year, first.month)[1])]
    return {
        "kind": "area",
        "drawn": "bars",
        "unit": report.currency,
        "times": [f"{day.isoformat()}T12:00:00Z" for day in days],
        "series": [
            {
                "name": label,
                "values": [float(getattr(known[day], name)) if day in known else None for day in days],
            }
            for name, label in GROUPS
        ],
    }


def day_rows(report: CostReport) -> list[View]:
    """The table behind the chart, the newest day first."""
    return [
        {
            "day": day.day,
            "parts": [figure(getattr(day, name), report.currency) for name, _ in GROUPS],
            "whole": figure(day.amount, report.currency),
        }
        for day in reversed(report.trend)
    ]


def breakdowns(report: CostReport, query: Query, buckets: Collection[str]) -> list[View]:
    """Tables whose lines add up to the whole of the month. Names that are in `buckets` lead to their costs."""

    def costs_of(name: str) -> str:
        return f"/costs?{urlencode({'month': report.month, 'bucket': name})}" if name in buckets else ""

    asked: list[tuple[str, str, str, Sequence[Part], Callable[[str], str]]] = [
        ("bucket", "By bucket", "Bucket", report.by_bucket, costs_of),
        ("owner", "By owner", "Owner", report.by_owner, _owner_href),
        ("class", "By storage class", "Class", report.by_storage_class, _nowhere),
        ("operation", "By operation", "Operation", report.by_operation, _nowhere),
        ("kind", "By kind", "Kind", report.by_kind, _nowhere),
    ]
    whole = Decimal(report.month_to_date)
    return [
        {
            "id": by,
            "caption": caption,
            "label": label,
            "dots": by == "bucket",
            "rows": _rows(by, parts, whole, report.currency, href),
            "total": figure(report.month_to_date, report.currency),
            "csv": csv(query, report, f"by{'StorageClass' if by == 'class' else label}"),
        }
        for by, caption, label, parts, href in asked
    ]


def csv(query: Query, report: CostReport, table: str) -> str:
    """Where a part of the report is as CSV: of the month that is shown, also when the next one has begun."""
    asked = {"month": report.month, "bucket": query.get("bucket", ""), "currency": report.currency}
    kept = {name: value for name, value in asked.items() if value}
    return f"/api/admin/metrics/costs?{urlencode(kept | {'format': 'csv', 'table': table})}"


def charge_row(line: ChargeLine) -> View:
    return {
        "day": line.day,
        "bucket": line.bucket,
        "what": " · ".join(
            part for part in (kind_name(line.kind), line.operation, line.storage_class) if part
        ),
        "money": None if line.amount is None else figure(line.amount, line.currency),
        "sentence": line.sentence,
        "estimated": bool(line.estimated),
    }


def kind_name(kind: str) -> str:
    return _KINDS.get(kind, kind)


def tone_of_trust(trust: str) -> str:
    return _TRUST.get(trust, "warn")


def _rows(
    by: str, parts: Sequence[Part], whole: Decimal, currency: str, href: Callable[[str], str]
) -> list[View]:
    """The most expensive ones, those of unknown price, then the rest in at most two lines."""
    shown = [
        part
        for place, part in enumerate(parts)
        if place < ROWS or (part.unknown and not Decimal(part.amount))
    ]
    rows = [
        {
            "name": _name(by, part.name),
            "href": href(part.name) if part.name else "",
            "series": part.name if by == "bucket" else "",
            "money": figure(part.amount, currency),
            "share": _share(Decimal(part.amount), whole),
            "estimated": part.estimated,
            "unknown": bool(part.unknown),
            "is_unknown": bool(part.unknown) and not Decimal(part.amount),
        }
        for part in shown
    ]
    many = len(parts) - len(shown)
    others = _sum(parts) - _sum(shown)
    left = whole - _sum(parts)
    rest = [(f"{many} other{'' if many == 1 else 's'}", others)] if many else []
    if left:
        rest.append((_NAMELESS["operation"] if by == "operation" else "All others", left))
    return rows + [
        {"name": name, "is_rest": True, "money": figure(amount, currency), "share": _share(amount, whole)}
        for name, amount in rest
    ]


def _name(by: str, name: str) -> str:
    if by == "kind":
        return kind_name(name)
    return name or _NAMELESS[by]


def _month_before(first: date) -> date:
    return (first - timedelta(days=1)).replace(day=1)


def _sum(parts: Iterable[Part]) -> Decimal:
    return sum((Decimal(part.amount) for part in parts), Decimal(0))


def _share(amount: Decimal, whole: Decimal) -> float:
    """0…1, for a bar."""
    return float(min(max(amount / whole, Decimal(0)), Decimal(1))) if whole > 0 else 0.0


def _of_the_whole(amount: str, whole: Decimal) -> str:
    return f"{_share(Decimal(amount), whole):.1%}".replace("%", " %") + " of the whole" if whole > 0 else ""


def _owner_href(name: str) -> str:
    """A name with a slash does not fit into a path."""
    return f"/usage?{urlencode({'owner': name})}" if "/" in name else f"/usage/owners/{quote(name, safe='')}"


def _nowhere(_name: str) -> str:
    return ""
