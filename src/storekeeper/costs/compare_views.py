"""What the templates show of alternatives and savings: rows with exact money, and words for what is not known."""

import re
from collections.abc import Iterable, Sequence
from decimal import Decimal

from storekeeper.costs.model.compared import (
    AccountComparison,
    Alternative,
    MigrationCosts,
    PricedPart,
    SavingFound,
    SavingList,
)
from storekeeper.costs.views import View, figure, kind_name
from storekeeper_client.cost_options import pays, percent, signed

_COMMAND = re.compile(r"^(?:aws|gcloud|b2) ")
# Some tools take rules from a file only: `COMMAND, with {…} in FILE`.
_WITH_FILE = re.compile(r"^(?P<command>.*), with (?P<content>\{.*\}) in (?P<file>\S+)$")
_SURE = {"high": "good", "medium": "info", "low": "neutral"}
_SAVINGS = {
    "unfinished-uploads": "Unfinished uploads",
    "noncurrent-versions": "Older versions",
    "cold-data": "Cold data in a class for frequent use",
    "tiny-objects": "Small objects billed as larger ones",
    "chatty-listing": "Needless listings",
    "duplicates": "Duplicates",
}


def page(total: int, cursor: str, most: int) -> tuple[int, View | None]:
    """Where the page of at most `most` of `total` begins, and its links (see web/components/table.html); None where one has all."""
    asked = int(cursor) if cursor.isascii() and cursor.isdecimal() and len(cursor) < 10 else 0
    start = min(asked, max(total - 1, 0)) // most * most
    end = min(start + most, total)
    links = {
        "first": start + 1,
        "last": end,
        "total": total,
        "previous": str(start - most) if start else None,
        "next": str(end) if end < total else None,
    }
    return start, links if total > most else None


def accounts(found: Iterable[AccountComparison]) -> list[View]:
    """Each with its present costs, alternatives to them, and those that can not be compared."""
    return [_account(one) for one in found]


def savings(found: SavingList) -> list[View]:
    return [_saving(one) for one in found.items]


def saving_name(kind: str) -> str:
    return _SAVINGS.get(kind, kind)


def _account(one: AccountComparison) -> View:
    present = next((item for item in one.items if item.present), None)
    others = [item for item in one.items if not item.present]
    rows = [_row(item, present) for item in others if item.comparable]
    return {
        "name": one.account,
        "region": "" if one.region == "*" else one.region,
        "buckets": one.buckets,
        "cards": [_now(present), *_cheapest(rows)],
        "present": _row(present, None) if present else None,
        "rows": rows,
        "apart": [_row(item, present) for item in others if not item.comparable],
    }


def _now(present: Alternative | None) -> View:
    card: View = {"label": "What it costs now, a month", "note": "", "unset": True}
    if present is None or present.unset:
        return card
    lacking = f"plus what has no known price: {_things(present.unpriced)}" if present.unpriced else ""
    return card | {
        "money": figure(present.total, present.currency),
        "unset": False,
        "note": lacking or present.title,
        "title": "; ".join(present.unpriced),
    }


def _cheapest(rows: Sequence[View]) -> list[View]:
    """The first row, if it is told that it costs less."""
    row = next((row for row in rows if row["difference"]), None)
    if row is None or not row["difference"]["cheaper"] or not row["cost"]["money"]:
        return []
    told = row["difference"]
    note = " ".join(
        part for part in (f"{told['text']} a month", f"({told['percent']})" * bool(told["percent"])) if part
    )
    also = [f"pays {row['pays']}"] if row["is_paid_back"] else []
    also += ["plus unknown prices"] if row["cost"]["unpriced"] else []
    return [
        {
            "label": f"Cheapest: {row['title']} {row['storage_class']}",
            "money": row["cost"]["money"],
            "note": ", ".join([note, *also]),
            "title": "; ".join([row["reason"], *row["cost"]["unpriced"]]),
        }
    ]  # fmt: skip


def _row(one: Alternative, present: Alternative | None) -> View:
    return {
        "title": one.title,
        "storage_class": one.storage_class,
        "cost": {
            "money": None if _says_nothing(one) else figure(one.total, one.currency),
            "unset": one.unset,
            "unpriced": one.unpriced,
            "estimated": one.estimated,
        },
        "difference": _difference(one, present),
        "moving": _moving(one.migration, one.currency, present) if one.migration else None,
        "pays": pays(one.break_even_months, one.reason),
        "is_paid_back": one.break_even_months is not None,
        "reason": one.reason,
        "parts": _parts(one.parts, one.currency),
        "sheets": one.sheets,
    }


def _says_nothing(one: Alternative) -> bool:
    """Its zero is not a price."""
    return one.unset or (bool(one.unpriced) and not Decimal(one.total))


def _difference(one: Alternative, present: Alternative | None) -> View | None:
    if one.difference is None or present is None:
        return None
    return {
        "exact": one.difference,
        "currency": one.currency,
        "text": signed(one.difference, one.currency),
        "percent": percent(one.difference, present.total),
        "cheaper": Decimal(one.difference) < 0,
        "dearer": Decimal(one.difference) > 0,
    }


def _moving(one: MigrationCosts, currency: str, present: Alternative | None) -> View:
    """Reading out of where nobody entered a price is not free."""
    left, is_known = one.minimum_duration, present is not None and not present.unset
    unpriced = [*one.unpriced, *([] if is_known else ["reading it out: no price is set"])]
    return {
        "money": None if unpriced and not Decimal(one.total) else figure(one.total, currency),
        "unpriced": unpriced,
        "leaving": figure(one.leaving, currency) if is_known else None,
        "writing": figure(one.writing, currency),
        "minimum_duration": None if left is None else figure(left, currency),
    }


def _parts(parts: Iterable[PricedPart], currency: str) -> list[View]:
    return [{"name": kind_name(part.kind), "money": figure(part.amount, currency)} for part in parts]


def _things(unpriced: Iterable[str]) -> str:
    """Without their reasons."""
    return ", ".join(dict.fromkeys(one.partition(":")[0] for one in unpriced))


def _saving(one: SavingFound) -> View:
    first, _, note = one.how.partition("\n")
    with_file = _WITH_FILE.match(first)
    is_command = bool(_COMMAND.match(first))
    return {
        "kind": saving_name(one.kind),
        "bucket": one.bucket,
        "money": None if one.amount is None else figure(one.amount, one.currency),
        "confidence": one.confidence,
        "tone": _SURE.get(one.confidence, "neutral"),
        "why": one.why,
        "command": (with_file["command"] if with_file else first) if is_command else "",
        "file": {"name": with_file["file"], "content": with_file["content"]} if with_file and is_command else None,
        "advice": note if is_command else one.how,
    }  # fmt: skip
