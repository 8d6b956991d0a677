"""The demo's bill is one that can be imported, and differs a little from what is calculated."""

import csv
import io
from decimal import Decimal

from storekeeper.cli.local.demo.billing import bill_of
from storekeeper.costs.invoices.layouts import FIELDS
from storekeeper.costs.invoices.rules import kind
from storekeeper_client.costs import Costs


def test_the_bill_has_a_few_requests_more_a_credit_and_a_tax():
    found = [
        Costs(month="2026-11", currency="USD", bucket=name, month_to_date="1.5", storage_charges="1.0", request_charges="0.25", egress_charges="0.25")
        for name in ("uploads", "packages")
    ]  # fmt: skip
    rows = list(csv.DictReader(io.StringIO(bill_of(found))))
    assert rows[0].keys() <= FIELDS.keys()
    sums = dict.fromkeys(("usage", "credit", "tax"), Decimal(0))
    for row in rows:
        sums[row["category"]] += Decimal(row["amount"])
    assert sums == {"usage": Decimal("3.02"), "credit": Decimal("-0.001"), "tax": Decimal("0.5738")}
    kinds = [kind("", "", row["description"]) for row in rows if row["resource"] == "uploads"]
    assert kinds == ["storage", "requests", "egress"]
