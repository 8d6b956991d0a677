"""Prices, a quota, a budget, a bill and a plan of clean-up of the demo: what its storage would cost, who is over, what may go."""

import csv
import io
from collections.abc import Iterable
from decimal import Decimal
from http import HTTPStatus
from pathlib import Path

from storekeeper.costs.sheets import package_entries
from storekeeper_client import ApiError, Client
from storekeeper_client.budgets import Budgets
from storekeeper_client.costs import Costs
from storekeeper_client.quotas import Quotas

_PRICED_AS, _HEAVY_OWNER = "aws", "ann"
_AGREED = "0.10"  # a month, of the currency of Amazon's prices: it lasts for the first minutes
_WARNED_AT = 0.85  # of the quota, at first
_UNREPORTED = Decimal("1.04")  # the bill has more requests than the applications report
_CREDIT, _TAX = Decimal("-0.001"), Decimal("0.19")
_NANO = Decimal("1e-9")


def enter_prices(data: Path) -> None:
    """A price sheet of one's own for the demo's endpoint: the prices of Amazon S3."""
    (entry,) = (one for one in package_entries() if one.sheet.provider == _PRICED_AS)
    text = entry.text
    for key, value in (("provider", "other"), ("region", "*"), ("title", f"Demo, as {entry.sheet.title}")):
        text = text.replace(f'{key} = "{getattr(entry.sheet, key)}"', f'{key} = "{value}"', 1)
    folder = data / "prices"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "demo.toml").write_text(text)


def limit_the_heaviest(client: Client, bucket: str) -> None:
    """A quota that the owner of most has nearly used up, and goes over while people add files."""
    held = {one.name: one.bytes for one in client.inventory(bucket).by_owner}
    Quotas(client).add(
        owner=_HEAVY_OWNER,
        measure="bytes",
        limit=round(held[_HEAVY_OWNER] / _WARNED_AT),
        reason="The demo's plan for one person.",
    )


def agree_on_a_budget(client: Client) -> None:
    """One for everything, which will not last when people go on like that."""
    Budgets(client).add(
        scope="everything", amount=_AGREED, currency="USD", reason="The demo's pocket money for a month."
    )


def plan_a_clean_up(client: Client, bucket: str, prefix: str) -> None:
    """Find what may go of what was left behind. Nothing goes before somebody confirms it."""
    client.add_cleanup_policy(
        name="leftovers",
        bucket=bucket,
        prefixes=[prefix],
        minAgeDays=90,
        reason="The demo's uploads that nobody finished.",
    )
    client.plan_cleanup("leftovers")


def work_out(client: Client) -> None:
    """Begin to work costs out, unless that is under way."""
    try:
        client.calculate_costs()
    except ApiError as error:
        if error.problem.status != HTTPStatus.CONFLICT:
            raise


def bill(client: Client, file: Path, buckets: Iterable[str]) -> None:
    """Import a bill of what is calculated so far in place of the last one; before anything is calculated there is nothing to bill."""
    found = [client.costs(bucket=name) for name in buckets]
    if any(Decimal(one.month_to_date) for one in found):
        file.write_text(bill_of(found))
        client.import_invoice(file, form="csv", provider="other", account="demo")
        for one in client.invoices(history=True, limit=2).items:
            if one.state == "replaced":
                client.remove_invoice(one.id)


def bill_of(found: Iterable[Costs]) -> str:
    """As CSV: what each bucket costs with a few requests more, a credit and a tax."""
    text, usage = io.StringIO(), Decimal(0)
    writer = csv.writer(text)
    writer.writerow(["date", "description", "resource", "amount", "currency", "category"])
    month, currency = "", ""
    for one in found:
        month, currency = one.month, one.currency
        for what, amount, more in (
            ("Storage used", one.storage_charges, 1),
            ("Requests", one.request_charges, _UNREPORTED),
            ("Data transfer out", one.egress_charges, 1),
        ):
            billed = (Decimal(amount) * more).quantize(_NANO)
            usage += billed
            writer.writerow([month, what, one.bucket, f"{billed:f}", currency, "usage"])
    for what, beside, category in (("Promotion", _CREDIT, "credit"), ("VAT", usage * _TAX, "tax")):
        writer.writerow([month, what, "", f"{beside.quantize(_NANO):f}", currency, category])
    return text.getvalue()
