"""What storage costs."""

from collections.abc import Sequence
from decimal import Decimal
from http import HTTPStatus
from typing import Annotated, NoReturn

import typer

from storekeeper.cli import cost_options
from storekeeper.cli.cost_choices import By, Calculate, Compare, Explain, Limit, Reopen, Savings, check
from storekeeper.cli.failing import fail
from storekeeper.cli.options import Json, OnlyBucket
from storekeeper.cli.prices import remarks
from storekeeper.cli.remote import server
from storekeeper.cli.screen import NOTHING, emit, many, note, pairs, say, table
from storekeeper.kernel.clock import SystemClock
from storekeeper_client import ApiError, Client
from storekeeper_client.costs import Charge, Costs, OwnCosts, Part, PriceSheet, money
from storekeeper_client.model import Run

app = typer.Typer(add_completion=False)
PAUSE = 0.5  # seconds between two looks at a calculation
_ENDED = ("succeeded", "cancelled", "dead")
_PAGE = 1000
_LARGEST_FIRST = 20  # lines of a breakdown for people; --json has all


@app.callback()
def priced() -> None:
    """What storage costs."""


@app.command()
def cost(
    month: Annotated[
        str, typer.Option(metavar="MONTH", help="Such as 2026-11; else the present one.", show_default=False)
    ] = "",
    bucket: OnlyBucket = "",
    owner: Annotated[
        str | None, typer.Option(metavar="OWNER", help="Only this owner's share.", show_default=False)
    ] = None,
    by: Annotated[By | None, typer.Option(help="Tell apart by this.", show_default=False)] = None,
    explain: Explain = False,
    limit: Limit = 100,
    calculate: Calculate = False,
    reopen: Reopen = "",
    compare: Compare = False,
    savings: Savings = False,
    as_json: Json = False,
) -> None:
    """Show what a month costs up to now, and what it will cost.

    With --calculate, exit status 1 when costs could not be worked out. Ctrl-C stops waiting, not the calculation.

    For example:
    $ storekeeper cost
    $ storekeeper cost --month 2026-11 --by operation
    $ storekeeper cost --owner ann --by kind
    $ storekeeper cost --bucket photos --explain
    $ storekeeper cost --month 2026-10 --reopen "a price was wrong" --calculate
    $ storekeeper cost --compare
    $ storekeeper cost --savings
    """
    only_part = bool(bucket or by or explain or owner is not None)
    cost_options.check(compare=compare, savings=savings, month=month, only_part=only_part)
    check(month, bucket, owner, by, explain=explain, reopen=reopen)
    with server() as client:
        _first(client, month, reopen, calculate=calculate)
        if compare:
            cost_options.compare(client, month, as_json=as_json)
        elif savings:
            cost_options.save(client, as_json=as_json)
        elif explain:
            _explain(client, month, bucket, limit, as_json=as_json)
        elif owner is not None:
            _own(client.own_costs(owner=owner, month=month), by, as_json=as_json)
        else:
            _whole(client.costs(month=month, bucket=bucket), by, as_json=as_json)


def _first(client: Client, month: str, reopen: str, *, calculate: bool) -> None:
    if reopen:
        client.reopen_month(month, reopen)
    if calculate:
        _calculate(client)


def _calculate(client: Client) -> None:
    """Start it, or join the one that is under way."""
    try:
        run = client.run(client.calculate_costs())
    except ApiError as error:
        if error.status != HTTPStatus.CONFLICT or not error.problem.run_id:
            raise
        run = client.run(error.problem.run_id)
    told = ""
    while run.status not in _ENDED:
        if run.error and run.error != told:
            told = run.error
            note(f"It will be tried again after this: {told}")
        SystemClock().sleep(PAUSE)
        run = client.run(run.id)
    if run.status != "succeeded":
        _not_worked_out(run)


def _not_worked_out(run: Run) -> NoReturn:
    fail(
        f"Costs were not worked out: {run.error or 'it was cancelled'}.".replace("..", "."),
        hint=f"See how it went: storekeeper job show {run.id}",
    )


def _whole(found: Costs, by: By | None, *, as_json: bool) -> None:
    parts = _parts(found, by or By.BUCKET)
    if as_json:
        emit(found if by is None else {"items": found.trend if by is By.DAY else parts})
        return
    if not found.trend:
        say(f"Nothing is known of {found.month}{f' and {found.bucket}' if found.bucket else ''} yet.")
        say("Scan a bucket, or report operations, then: storekeeper cost --calculate")
        return
    _summary(found)
    if by is By.DAY:
        _days(found)
    else:
        _table(parts, by or By.BUCKET, found.month_to_date, found.currency)


def _parts(found: Costs, by: By) -> Sequence[Part]:
    return {
        By.BUCKET: found.by_bucket,
        By.OWNER: found.by_owner,
        By.CLASS: found.by_storage_class,
        By.OPERATION: found.by_operation,
        By.KIND: found.by_kind,
        By.DAY: (),
    }[by]


def _summary(found: Costs) -> None:
    def told(amount: str) -> str:
        return money(amount, found.currency)

    ahead = found.projection
    known = Decimal(found.previous_month)
    before = f"the month before: {told(found.previous_month) if known else 'no costs known'}"
    unset = [sheet.title for sheet in found.sheets if sheet.unset]
    pairs(
        [
            ("Month (UTC)", f"{found.month}{f', only {found.bucket}' if found.bucket else ''}"),
            ("Up to now", f"{told(found.month_to_date)} ({before})"),
            ("Projection", f"{told(ahead.amount)}, {told(ahead.low)} to {told(ahead.high)} in {ahead.coverage * 100:.0f} % of cases" if ahead else ""),
            ("Daily average", f"{told(found.daily_average)} over {many(len(found.trend), 'known day')}"),
            ("Storage", told(found.storage_charges)),
            ("Requests", told(found.request_charges)),
            ("Egress", told(found.egress_charges)),
            ("Other", told(found.other_charges) if Decimal(found.other_charges) else ""),
            ("Unknown price", f"{', '.join(found.unclassified)}: in no sum, and not free" if found.unclassified else ""),
            ("No price set", f"{', '.join(unset)}: counts as zero until you enter a price" if unset else ""),
            ("Estimated", "in part; --explain says what" if found.estimated else ""),
            ("Closed", f"{found.closed_at:%Y-%m-%d}; it stays as it is" if found.closed_at else ""),
            ("Prices", "; ".join(_sheet(one) for one in found.sheets)),
        ]
    )  # fmt: skip
    say("")


def _table(parts: Sequence[Part], by: By, whole: str, currency: str) -> None:
    """Its lines add up to the whole."""
    shown = [one for place, one in enumerate(parts) if place < _LARGEST_FIRST or one.unknown]
    rest = Decimal(whole) - sum(Decimal(one.amount) for one in shown)
    others = len(parts) - len(shown)
    left = (
        f"({many(others, 'other')})"
        if others
        else f"(without {'an operation' if by is By.OPERATION else 'any'})"
    )
    table(
        [by.value.capitalize(), ">Share", ">Cost", ""],
        [
            *((one.name or "(none)", _share(one), _cost(one, currency), _doubts(one)) for one in shown),
            *([(left, NOTHING, money(rest, currency), "")] if rest else []),
            ("Total", "", money(whole, currency), ""),
        ],
    )


def _share(part: Part) -> str:
    return NOTHING if _is_unknown(part) else f"{part.share:.1%}".replace("%", " %")


def _cost(part: Part, currency: str) -> str:
    return "unknown" if _is_unknown(part) else money(part.amount, currency)


def _doubts(part: Part) -> str:
    said = ["estimated"] if part.estimated else []
    if part.unknown and not _is_unknown(part):
        said.append("and unknown prices")
    return ", ".join(said)


def _is_unknown(part: Part) -> bool:
    return bool(part.unknown) and not Decimal(part.amount)


def _days(found: Costs) -> None:
    rows = [
        (str(day.day), *(money(amount, found.currency) for amount in (day.storage, day.requests, day.egress, day.other, day.amount)))
        for day in found.trend
    ]  # fmt: skip
    sums = (found.storage_charges, found.request_charges, found.egress_charges, found.other_charges)
    total = ("Total", *(money(amount, found.currency) for amount in (*sums, found.month_to_date)))
    table(["Day (UTC)", ">Storage", ">Requests", ">Egress", ">Other", ">Total"], [*rows, total])


def _own(found: OwnCosts, by: By | None, *, as_json: bool) -> None:
    parts = found.by_kind if by is By.KIND else found.by_bucket
    if as_json:
        emit(found if by is None else {"items": parts})
        return
    pairs(
        [
            ("Owner", found.owner or "(nobody)"),
            ("Month (UTC)", found.month),
            ("Share up to now", money(found.month_to_date, found.currency)),
        ]
    )
    say("")
    if parts:
        _table(parts, by or By.BUCKET, found.month_to_date, found.currency)
    else:
        say("No charge is known for this owner.")


def _explain(client: Client, month: str, bucket: str, limit: int, *, as_json: bool) -> None:
    found, cursor, more = _charges(client, month, bucket, limit)
    if as_json:
        emit({"items": found, "nextCursor": cursor})
        return
    table(
        ["Day (UTC)", "Bucket", "For", ">Cost", "How it comes about"],
        [
            (str(one.day), one.bucket, _what(one), "unknown" if one.amount is None else money(one.amount, one.currency), one.sentence)
            for one in found
        ],
        empty="No charge is known. Work them out: storekeeper cost --calculate",
    )  # fmt: skip
    if more:
        note(f"The first {many(len(found), 'charge')}; --limit shows more.")


def _charges(client: Client, month: str, bucket: str, limit: int) -> tuple[list[Charge], str | None, bool]:
    found: list[Charge] = []
    cursor: str | None = ""
    while cursor is not None and len(found) < limit:
        page = client.charges(month=month, bucket=bucket, cursor=cursor, limit=min(_PAGE, limit - len(found)))
        found += page.items
        cursor = page.next_cursor
    return found, cursor, cursor is not None


def _what(charge: Charge) -> str:
    return " ".join(part for part in (charge.kind, charge.operation, charge.storage_class) if part)


def _sheet(sheet: PriceSheet) -> str:
    said = remarks(sheet)
    return f"{sheet.title}, read {sheet.read}, {sheet.trust}{f' ({said})' if said else ''}"
