"""A month as a file of FOCUS 1.2, held against the rules of the specification.

The rules are those of the columns' own pages (https://focus.finops.org/focus-specification/v1-2/, read 2026-11-21): which columns
have to be there, which may be empty, which values are allowed, how times, numbers, units and tags are written. The foundation's
validator is not run: it brings pandas, DuckDB and the rules of another release.
"""

import csv
import io
import json
import re
from decimal import Decimal

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from storekeeper.costs import FocusService
from storekeeper.costs.focus import Split
from storekeeper.infra.web import tables
from storekeeper.kernel.errors import UnavailableError

pytestmark = pytest.mark.slow

MANDATORY = [
    "BilledCost",
    "BillingAccountId",
    "BillingAccountName",
    "BillingCurrency",
    "BillingPeriodEnd",
    "BillingPeriodStart",
    "ChargeCategory",
    "ChargeClass",
    "ChargeDescription",
    "ChargePeriodEnd",
    "ChargePeriodStart",
    "ContractedCost",
    "EffectiveCost",
    "InvoiceIssuerName",
    "ListCost",
    "PricingQuantity",
    "PricingUnit",
    "ProviderName",
    "PublisherName",
    "ServiceCategory",
    "ServiceName",
]
NEVER_NULL = {*MANDATORY} - {
    "BillingAccountName",
    "ChargeClass",
    "ChargeDescription",
    "PricingQuantity",
    "PricingUnit",
}
OF_USAGE = {"PricingQuantity", "PricingUnit", "ConsumedQuantity", "ConsumedUnit", "ListUnitPrice", "SkuId", "SkuPriceId", "PricingCategory"}  # fmt: skip
ALLOWED = {
    "ChargeCategory": {"Usage", "Purchase", "Tax", "Credit", "Adjustment"},
    "ChargeClass": {"", "Correction"},
    "ChargeFrequency": {"One-Time", "Recurring", "Usage-Based"},
    "PricingCategory": {"", "Standard", "Dynamic", "Committed", "Other"},
    "ServiceCategory": {"Storage"},
    "ServiceSubcategory": {"Backup Storage", "Block Storage", "File Storage", "Object Storage", "Storage Platforms", "Other (Storage)"},
}  # fmt: skip
TIMES = ("BillingPeriodEnd", "BillingPeriodStart", "ChargePeriodEnd", "ChargePeriodStart")
MONEY = ("BilledCost", "ContractedCost", "EffectiveCost", "ListCost")
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
NUMBER = re.compile(r"[+-]?\d+(\.\d+)?(E[+-]?\d+)?")
SIZE = r"[KMGTPE]?i?B"
UNIT = re.compile(
    rf"(\d+ )?({SIZE}|Requests|Units|({SIZE}|Object)-(Years|Months|Days|Hours|Minutes|Seconds))"
)
COLUMN = re.compile(r"(x_)?([A-Z][a-z0-9]*)+")


@pytest.fixture(scope="module")
def charged(made_world):
    """Two buckets of two owners and nobody, used on two days, and a storage class without a price."""
    world = made_world
    world.price_as("aws-s3-us-east-1")
    for name in ("photos", "videos"):
        store, _ = world.memory(name=name, owner_pattern="users/{owner}/")
        store.put("users/ann/a", b"x" * 3_000_000)
        store.put("users/bob/b", b"x" * 1_000_001)
        store.put("shared", b"x" * 77)
        world.scan(name)
    world.report_operations(20, weight=50, owner="ann", bytesOut=2_000_000)
    world.report_operations(7, weight=1000, owner="bob", operation="PutObject")
    world.report_operations(5, storageClass="MYSTERY", owner="ann")
    world.pass_hours(20)
    world.costs.calculate()
    return world


@pytest.fixture(scope="module")
def focus(charged):
    return charged.focus


@pytest.fixture(scope="module", params=[Split.NONE, Split.OWNER], ids=["charges", "shares"])
def rows(request, focus):
    text = b"".join(focus.export("2026-11", request.param).csv()).decode()
    found = list(csv.DictReader(io.StringIO(text)))
    assert len(found) > 4
    return found


def test_every_mandatory_column_is_there_and_our_own_are_named_as_such(rows):
    names = list(rows[0])
    assert set(MANDATORY) <= set(names)
    assert all(COLUMN.fullmatch(name) for name in names)
    assert len(names) == len(set(names))


def test_what_may_not_be_empty_is_not(rows):
    for row in rows:
        assert {name for name in NEVER_NULL if not row[name]} == set()
        assert {name for name in OF_USAGE & row.keys() if not row[name]} == set()


def test_values_are_those_that_are_allowed(rows):
    for row in rows:
        for name, allowed in ALLOWED.items():
            assert row.get(name, "") in allowed or name not in row, (name, row.get(name))
        assert re.fullmatch("[A-Z]{3}", row["BillingCurrency"])
        tags = json.loads(row["Tags"])
        assert all(isinstance(value, str | bool) for value in tags.values())


def test_times_are_utc_and_periods_lie_in_the_month(rows):
    for row in rows:
        assert all(TIME.fullmatch(row[name]) for name in TIMES)
        assert row["BillingPeriodStart"] == "2026-11-01T00:00:00Z"
        assert row["BillingPeriodEnd"] == "2026-12-01T00:00:00Z"
        assert row["BillingPeriodStart"] <= row["ChargePeriodStart"] < row["ChargePeriodEnd"] <= row["BillingPeriodEnd"]  # fmt: skip


def test_numbers_and_units_are_written_as_the_specification_wants(rows):
    numbers = [*MONEY, "PricingQuantity", "ConsumedQuantity", "ListUnitPrice"]
    for row in rows:
        assert all(NUMBER.fullmatch(row[name]) for name in numbers if name in row)
        assert UNIT.fullmatch(row["PricingUnit"]), row["PricingUnit"]
        assert Decimal(row.get("ListUnitPrice", 0)) >= 0


def test_the_list_price_times_the_quantity_is_the_list_cost(focus):
    """To a billionth for what is cut into whole billionths, and another for what is shared among buckets."""
    for row in focus.export("2026-11").rows:
        assert abs(row["ListUnitPrice"] * row["PricingQuantity"] - row["ListCost"]) <= Decimal("2e-9"), row


def test_the_sum_is_the_month_to_the_last_digit(rows, charged):
    report = charged.costs.report("2026-11")
    whole = Decimal(report.month_to_date)
    assert whole > 0
    assert sum(Decimal(row["BilledCost"]) for row in rows) == whole
    by_bucket = {part.name: Decimal(part.amount) for part in report.by_bucket}
    for name, amount in by_bucket.items():
        assert sum(Decimal(row["BilledCost"]) for row in rows if row["ResourceName"] == name) == amount


def test_owners_are_tags_and_their_shares_are_those_of_the_report(focus, charged):
    shares = {part.name: Decimal(part.amount) for part in charged.costs.report("2026-11").by_owner}
    told = dict.fromkeys(shares, Decimal(0))
    for row in focus.export("2026-11", Split.OWNER).rows:
        told[json.loads(row["Tags"]).get("storekeeper/owner", "")] += row["BilledCost"]
    assert told == shares
    assert shares["bob"] > 0


def test_what_has_no_price_is_no_row_of_nothing_but_counted(focus):
    found = focus.export("2026-11")
    assert found.unpriced == 1
    assert [row for row in found.rows if row["x_StorageClass"] == "MYSTERY"] == []


def test_parquet_holds_the_same_exactly(focus, charged):
    answer = tables.stream(focus.export("2026-11").tables(), form="parquet", name="focus")
    table = pq.read_table(io.BytesIO(b"".join(answer.iterator)))
    assert table.schema.field("BilledCost").type == pa.decimal128(38, 9)
    assert table.schema.field("ChargePeriodStart").type == pa.timestamp("ms", tz="UTC")
    assert sum(table["BilledCost"].to_pylist()) == Decimal(charged.costs.report("2026-11").month_to_date)
    assert table.to_pylist() == list(focus.export("2026-11").rows)


def test_a_month_without_charges_has_its_columns(focus):
    assert b"".join(focus.export("2025-01").csv()).decode().startswith("BilledCost,")
    assert [piece.num_rows for piece in focus.export("2025-01", Split.OWNER).tables()] == [0]


@pytest.mark.parametrize("split", list(Split))
def test_a_file_is_the_same_in_however_small_pieces_it_is_read(focus, charged, split):
    pieces = FocusService(charged.engine, charged.buckets, charged.costs, at_once=1)
    assert list(pieces.export("2026-11", split).rows) == list(focus.export("2026-11", split).rows)


@pytest.mark.parametrize("split", list(Split))
def test_a_file_breaks_off_where_the_month_is_worked_out_anew_meanwhile(charged, split):
    pieces = FocusService(charged.engine, charged.buckets, charged.costs, at_once=1)
    rows = pieces.export("2026-11", split).rows
    next(rows)
    charged.price_as(
        "aws-s3-us-east-1", **{'price = "0.005"': 'price = "0.010"', 'price = "0.023"': 'price = "0.046"'}
    )
    charged.costs.calculate()
    with pytest.raises(UnavailableError, match="2026-11"):
        list(rows)
    charged.price_as("aws-s3-us-east-1")
    charged.costs.calculate()
    assert list(pieces.export("2026-11", split).rows)
