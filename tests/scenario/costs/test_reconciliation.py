"""A month as it was calculated, as the provider reports it, and as it was invoiced: side by side, never added up."""

import io
import json
from decimal import Decimal

import pytest

from storekeeper.costs.invoices.reconciler import lines
from storekeeper.costs.invoices.service import Wanted
from storekeeper.metering.importing.service import Wanted as Asked

pytestmark = pytest.mark.slow

REPORTED = {
    "data": {"viewer": {"accounts": [{
        "r2OperationsAdaptiveGroups": [
            {"dimensions": {"bucketName": "photos", "date": "2026-11-10", "actionType": "PutObject", "actionStatus": "success"}, "sum": {"requests": 7000, "responseBytes": 0}},
            {"dimensions": {"bucketName": "photos", "date": "2026-11-10", "actionType": "GetObject", "actionStatus": "success"}, "sum": {"requests": 1000, "responseBytes": 0}},
        ],
        "r2StorageAdaptiveGroups": [
            {"dimensions": {"bucketName": "photos", "date": "2026-11-10", "storageClass": "Standard"}, "max": {"payloadSize": 4_000_078, "metadataSize": 0, "objectCount": 3}},
        ],
    }]}}
}  # fmt: skip


def take(world, body, form="focus", **given):
    wanted = Wanted(format=form, file="bill.csv", given=given)
    return world.invoices.take(io.BytesIO(body), wanted, actor="ann@example.com")


def causes(item):
    return {one.cause.value: one.detail for one in item.causes}


def part(item, by, name):
    (found,) = [one for one in item.parts if (one.by, one.name) == (by, name)]
    return found


@pytest.fixture(scope="module")
def charged(made_world):
    """Two buckets at the prices of Amazon S3, of one of which the provider reports too; three weeks later."""
    world = made_world
    world.price_as("aws-s3-us-east-1")
    for name in ("photos", "videos"):
        store, _ = world.memory(name=name)
        store.put("a", b"x" * 4_000_078)
        world.scan(name)
    world.report_operations(7, weight=1000, operation="PutObject")
    world.report_operations(1, weight=1000)
    world.metering.imports.take(
        "r2-analytics", io.BytesIO(json.dumps(REPORTED).encode()), Asked(bucket="photos")
    )
    world.pass_hours(20)
    world.costs.calculate()
    world.calculated = Decimal(world.costs.report("2026-11").month_to_date)
    return world


@pytest.fixture(scope="module")
def own_bill(charged):
    """The calculated month as an invoice."""
    return b"".join(charged.focus.export("2026-11").csv())


def test_without_an_invoice_nothing_is_invoiced(charged):
    (item,) = charged.reconciler.reconcile("2026-11").items
    assert (item.provider, item.currency) == ("memory", "USD")
    assert Decimal(item.calculated) == charged.calculated
    assert (item.invoiced, item.difference, item.difference_percent, item.invoice_total) == (
        None,
        None,
        None,
        None,
    )
    assert "month-under-way" in causes(item)
    assert "photos (2 of 11 days known)" in causes(item)["missing-days"]


def test_what_the_provider_reports_is_priced_by_the_same_engine(charged):
    """Requests that are reported as they were measured cost the same; the day's most is held all day."""
    (item,) = charged.reconciler.reconcile("2026-11").items
    assert item.reported_by == ["r2-analytics"]
    requests = part(item, "kind", "requests")
    assert requests.reported == requests.calculated == "0.0354"
    stored = Decimal(4_000_078 * 24) / 720 / 2**30 * Decimal("0.023")
    assert abs(Decimal(part(item, "kind", "storage").reported) - stored) < Decimal("1e-8")
    assert part(item, "bucket", "videos").reported is None
    assert Decimal(item.reported) != charged.calculated


def test_a_bill_that_says_the_same_leaves_no_difference(charged, own_bill):
    """Through our own FOCUS and back, to the last digit."""
    imported = take(charged, own_bill)
    (item,) = charged.reconciler.reconcile("2026-11").items
    assert item.invoices == [one.invoice.id for one in imported.invoices]
    assert (Decimal(item.invoiced), item.difference, item.difference_percent) == (
        charged.calculated,
        "0.00",
        0.0,
    )
    assert {(one.by, one.difference) for one in item.parts} == {("kind", "0.00"), ("bucket", "0.00")}
    assert not {"not-watched", "unassigned", "not-invoiced", "apart"} & causes(item).keys()
    for one in imported.invoices:
        charged.invoices.remove(one.invoice.id, actor="ann@example.com")


def test_a_bill_that_differs_is_told_by_kind_and_bucket_with_what_it_may_come_of(charged):
    body = (
        b"date,resource,amount,category,description\n"
        b"2026-11,photos,0.04,Usage,PUT requests\n"
        b"2026-11,%b,1.00,Usage,storage used\n"
        b"2026-11,attic,0.50,Usage,storage used\n"
        b"2026-11,,0.06,Usage,data transfer out\n"
        b"2026-11,,-0.10,Credit,for patience\n"
        b"2026-11,,0.30,Tax,VAT\n"
    ) % charged.buckets.get("photos").url.encode()
    take(charged, body, "csv", provider="memory", account="a-1", currency="USD")
    take(charged, body, "csv", provider="memory", account="a-1", currency="EUR")
    euros, item = charged.reconciler.reconcile("2026-11").items
    assert (euros.currency, euros.calculated, euros.invoiced) == ("EUR", None, "1.60")
    assert (item.accounts, item.invoiced, item.invoice_total) == (["a-1"], "1.60", "1.80")
    assert Decimal(item.difference) == charged.calculated - Decimal("1.60")
    assert item.difference_percent == round(float(Decimal(item.difference) / Decimal("1.6") * 100), 2)
    assert {one.category: one.amount for one in item.apart} == {"credit": "-0.10", "tax": "0.30"}
    assert (part(item, "bucket", "photos").invoiced, part(item, "bucket", "attic").invoiced) == (
        "1.04",
        "0.50",
    )
    assert (part(item, "bucket", "").invoiced, part(item, "bucket", "attic").calculated) == ("0.06", None)
    assert part(item, "kind", "egress").invoiced == "0.06"
    for by in ("kind", "bucket"):
        for side in ("calculated", "reported", "invoiced", "difference"):
            parts = [Decimal(getattr(one, side) or 0) for one in item.parts if one.by == by]
            assert sum(parts) == Decimal(getattr(item, side)), (by, side)
    told = causes(item)
    assert "attic (0.50 USD)" in told["not-watched"]
    assert "videos" in told["not-invoiced"]
    assert told["unassigned"].startswith("0.06 USD")
    assert "credit -0.10 USD; tax 0.30 USD" in told["apart"]
    assert {"sampled", "estimated"} <= told.keys()


def test_the_table_is_the_same_as_the_tree(charged):
    found = charged.reconciler.reconcile("2026-11")
    table = lines(found)
    for item in found.items:
        mine = [one for one in table if one.currency == item.currency]
        assert [(one.by, one.name) for one in mine] == [
            ("total", ""),
            *((one.by, one.name) for one in item.parts),
        ]
        assert mine[0].invoiced == item.invoiced


def test_a_month_of_which_nothing_is_known_has_nothing(charged):
    assert charged.reconciler.reconcile("2025-03").items == []
