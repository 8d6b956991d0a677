"""What could be paid instead: `cost --compare` and `cost --savings`."""

from collections.abc import Iterable, Sequence
from decimal import Decimal

import typer

from storekeeper.cli.screen import NOTHING, emit, pairs, say, table
from storekeeper_client import Client
from storekeeper_client.cost_options import AccountComparison, Alternative, Saving, pays, percent, signed
from storekeeper_client.costs import money


def check(*, compare: bool, savings: bool, month: str, only_part: bool) -> None:
    """Raises typer.BadParameter when the options do not go together."""
    if compare and savings:
        raise typer.BadParameter("--compare and --savings exclude each other")
    if only_part and (compare or savings):
        raise typer.BadParameter(
            "--compare and --savings tell of everything: --bucket, --owner, --by and --explain are not for them"
        )
    if savings and month:
        raise typer.BadParameter("--savings is as the present month goes; --month is not for it")


def compare(client: Client, month: str, *, as_json: bool) -> None:
    """What a month would cost at every provider and in every storage class."""
    found = client.compare_costs(month=month)
    if as_json:
        emit(found)
        return
    if not found.accounts:
        say(f"Nothing is known of {found.month} that could be compared.")
        say("Scan a bucket, or report operations, then: storekeeper cost --calculate --compare")
        return
    pairs([("Month (UTC)", found.month), ("Estimated", found.completed)])
    for account in found.accounts:
        say("")
        _account(account)


def save(client: Client, *, as_json: bool) -> None:
    """Where money could be saved."""
    found = client.savings()
    if as_json:
        emit(found)
        return
    if not found.items:
        say("Nothing to save is known.")
        say("Newer scans may find something, and operations that applications report.")
        return
    for one in found.items:
        _saving(one)
        say("")
    say(f"Amounts are as the month goes: {found.completed}.")


def _account(account: AccountComparison) -> None:
    if not account.buckets:
        say(f"Account {account.account}: no whole day (UTC) of it is known yet. Look again tomorrow.")
        return
    present = next((one for one in account.items if one.present), None)
    others = [one for one in account.items if not one.present]
    region = "" if account.region == "*" else account.region
    pairs(
        [
            ("Account", account.account),
            ("Region", region),
            ("Buckets", ", ".join(account.buckets)),
            ("Costs now", _now(present)),
        ]
    )
    say("")
    table(
        ["Provider", "Class", ">A month there", ">Difference", "", ">Moving, once", "Moving pays"],
        [_row(one, present) for one in others if one.comparable],
        empty="Nothing can be compared with what it costs now.",
    )
    apart = [one for one in others if not one.comparable]
    if apart:
        say("")
        say("Can not be compared:")
        table(
            ["Provider", "Class", ">Known of a month", "Why"],
            [(one.title, one.storage_class, _total(one), one.reason) for one in apart],
        )
    _lacking([one for one in account.items if one.unpriced])


def _now(present: Alternative | None) -> str:
    if present is None:
        return "there is no price sheet for it: storekeeper prices"
    return f"{_total(present)} a month" if not present.unset else "no price is set: storekeeper prices"


def _row(one: Alternative, present: Alternative | None) -> Sequence[str]:
    difference, share = NOTHING, ""
    if one.difference is not None and present is not None:
        difference, share = signed(one.difference, one.currency), percent(one.difference, present.total)
    return (
        one.title, one.storage_class, _total(one), difference, share, _moving(one, present),
        pays(one.break_even_months, one.reason),
    )  # fmt: skip


def _total(one: Alternative) -> str:
    if one.unset:
        return "no price set"
    return _known(one.total, one.currency, one.unpriced)


def _moving(one: Alternative, present: Alternative | None) -> str:
    """Reading out of where nobody entered a price is not free."""
    if one.migration is None:
        return NOTHING
    unpriced = [*one.migration.unpriced, *(["reading it out"] if present is None or present.unset else [])]
    return _known(one.migration.total, one.currency, unpriced)


def _known(amount: str, currency: str, unpriced: Sequence[str]) -> str:
    """An amount that leaves something out says so; one that leaves out all is none."""
    if unpriced and not Decimal(amount):
        return "unknown"
    return f"{money(amount, currency)}{' + unknown' if unpriced else ''}"


def _lacking(found: Iterable[Alternative]) -> None:
    """What of it no price is known for."""
    places: dict[str, list[str]] = {}
    for one in found:
        for reason in one.unpriced:
            places.setdefault(reason, []).append(f"{one.title} {one.storage_class or '(now)'}")
    if places:
        say("")
        say("No price is known for this, so it is in no amount, and not free:")
        for reason, names in places.items():
            say(f"  {reason}: {'; '.join(dict.fromkeys(names))}")


def _saving(one: Saving) -> None:
    amount = "can not be known" if one.amount is None else f"{money(one.amount, one.currency)} a month"
    pairs(
        [
            ("Bucket", one.bucket),
            ("Saves", amount),
            ("What", one.kind),
            ("Confidence", one.confidence),
            ("Why", one.why),
        ]
    )
    for line in one.how.splitlines():
        say(f"  {line}")  # as it is, to be copied: a table would break it into lines
