"""Invoices come in as a whole or not at all, take the place of those before, and stand beside what was calculated."""

import csv
import gzip
import io
from decimal import Decimal

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from storekeeper.costs.invoices.model import (
    InvoiceFormatError,
    InvoiceLinesError,
    State,
    UnknownInvoiceError,
)
from storekeeper.costs.invoices.service import Wanted
from storekeeper.kernel.errors import NotFoundError
from storekeeper.metering.model import BodyError

pytestmark = pytest.mark.slow

FOCUS = {
    "ProviderName": "AWS", "BillingAccountId": "123456789012", "BillingPeriodStart": "2026-10-01T00:00:00Z",
    "ChargePeriodStart": "2026-10-03T00:00:00Z", "ChargePeriodEnd": "2026-10-04T00:00:00Z", "ServiceCategory": "Storage",
    "ServiceName": "Amazon Simple Storage Service", "ChargeDescription": "$0.023 per GB - first 50 TB / month of storage used",
    "ResourceId": "arn:aws:s3:::photos", "BilledCost": "0.0123", "BillingCurrency": "USD", "ConsumedQuantity": "12.5",
    "ConsumedUnit": "GB-Mo", "ChargeCategory": "Usage", "ChargeClass": "", "RegionId": "us-east-1", "x_UsageType": "TimedStorage-ByteHrs",
}  # fmt: skip
REQUESTS = {
    "x_UsageType": "Requests-Tier1",
    "ChargeDescription": "$0.005 per 1,000 PUT requests",
    "BilledCost": "5.00E-7",
}
EC2 = {"ServiceName": "Amazon Elastic Compute Cloud", "BilledCost": "99.9"}


def csv_of(*changes, base=FOCUS):
    text = io.StringIO()
    writer = csv.DictWriter(text, base)
    writer.writeheader()
    writer.writerows({**base, **change} for change in changes)
    return text.getvalue().encode()


@pytest.fixture(scope="module")
def take(made_world):
    def take(body, form="focus", mapping=(), **given):
        wanted = Wanted(format=form, file="bill.csv", mapping=mapping, given=given)
        return made_world.invoices.take(io.BytesIO(body), wanted, actor="ann@example.com")

    return take


@pytest.fixture
def of_account(request):
    """An account that no other test has."""
    return {"BillingAccountId": request.node.name}


def audited(world, action):
    return world.audit.page(action=action, limit=1).items[0]


def stored(world):
    return world.invoices._analytics.stored()


def test_lines_of_object_storage_are_taken_and_others_counted(take, made_world, of_account):
    found = take(csv_of(of_account, of_account | REQUESTS, of_account | EC2, of_account | EC2))
    assert (found.lines, found.taken, found.left_out) == (4, 2, {"Amazon Elastic Compute Cloud": 2})
    ((one),) = found.invoices
    assert one.outcome == "added"
    assert (one.invoice.provider, one.invoice.month, one.invoice.currency) == ("aws", "2026-10", "USD")
    assert one.invoice.total == "0.0123005"
    lines = made_world.invoices.lines(one.invoice.id).items
    assert [(line.kind, Decimal(line.amount), line.day.isoformat()) for line in lines] == [
        ("requests", Decimal("0.0000005"), "2026-10-03"),
        ("storage", Decimal("0.0123"), "2026-10-03"),
    ]
    record = audited(made_world, "invoice.import")
    assert (record.actor, record.target, record.details["total"]) == (
        "ann@example.com",
        one.invoice.id,
        "0.0123005",
    )


def test_the_same_lines_again_change_nothing_in_whatever_order_and_form(take, made_world, of_account):
    rows = [of_account | {"BilledCost": f"0.0{number}"} for number in range(1, 9)]
    (first,) = take(csv_of(*rows)).invoices
    lines, trail = stored(made_world), audited(made_world, "invoice.import")
    table = pa.Table.from_pylist([{**FOCUS, **row, "BilledCost": float(row["BilledCost"])} for row in rows])
    sink = io.BytesIO()
    pq.write_table(table, sink)
    for body in (csv_of(*rows), csv_of(*reversed(rows)), gzip.compress(csv_of(*rows)), sink.getvalue()):
        (again,) = take(body).invoices
        assert (again.outcome, again.invoice) == ("unchanged", first.invoice)
    assert (stored(made_world), audited(made_world, "invoice.import")) == (lines, trail)


def test_other_lines_take_the_place_of_those_before_which_stay_in_the_history(take, made_world, of_account):
    (first,) = take(csv_of(of_account)).invoices
    (second,) = take(csv_of(of_account, of_account)).invoices
    assert second.outcome == "replaced"
    assert made_world.invoices.get(first.invoice.id).state is State.REPLACED
    assert audited(made_world, "invoice.import").details["replaced"] == first.invoice.id
    current = [one.id for one in made_world.invoices.page(month="2026-10").items]
    everything = [one.id for one in made_world.invoices.page(month="2026-10", history=True).items]
    assert second.invoice.id in current
    assert first.invoice.id not in current
    assert first.invoice.id in everything
    assert len(made_world.invoices.lines(first.invoice.id).items) == 1


def test_accounts_months_and_currencies_are_invoices_of_their_own(take, of_account):
    other = {"BillingPeriodStart": "2026-09-01T00:00:00Z", "ChargePeriodStart": "2026-09-30T00:00:00Z"}
    found = take(csv_of(of_account, of_account | {"BillingCurrency": "EUR"}, of_account | other, of_account | {"ProviderName": "Cloudflare"}))  # fmt: skip
    keys = [(one.invoice.provider, one.invoice.month, one.invoice.currency) for one in found.invoices]
    assert keys == [("aws", "2026-09", "USD"), ("aws", "2026-10", "EUR"), ("aws", "2026-10", "USD"), ("r2", "2026-10", "USD")]  # fmt: skip


def test_credits_taxes_and_corrections_are_kept_apart(take, of_account):
    kinds = [
        ("Usage", ""),
        ("Credit", ""),
        ("Tax", ""),
        ("Usage", "Correction"),
        ("Adjustment", ""),
        ("Purchase", ""),
    ]
    rows = [
        of_account | {"ChargeCategory": one, "ChargeClass": two, "BilledCost": "-1.5"} for one, two in kinds
    ]
    (found,) = take(csv_of(*rows)).invoices
    assert dict(found.invoice.by_category) == dict.fromkeys(("usage", "credit", "tax", "correction", "adjustment", "purchase"), "-1.50")  # fmt: skip
    assert found.invoice.total == "-9.00"


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"BilledCost": "1,5"}, "amount: '1,5' is not a number"),
        ({"BilledCost": ""}, "amount: ''"),
        ({"BilledCost": "NaN"}, "amount: 'NaN'"),
        ({"BilledCost": f"0.{'1' * 31}"}, "amount: more than 30 decimal places"),
        ({"BillingCurrency": "usd"}, "currency: 'usd'"),
        ({"ChargePeriodStart": "3.10.2026"}, "date: '3.10.2026'"),
        ({"ChargePeriodEnd": "2026-10-01"}, "end: '2026-10-01' is before"),
        ({"ChargeCategory": "Gift"}, "category: 'Gift' is not known"),
        ({"ConsumedQuantity": "many"}, "quantity: 'many'"),
    ],
)
def test_a_line_that_can_not_be_read_is_told_and_nothing_is_imported(take, made_world, change, reason):
    before = stored(made_world)
    with pytest.raises(InvoiceLinesError) as caught:
        take(csv_of({}, EC2, change, {}))
    (told,) = caught.value.extra["errors"]
    assert told["key"] == "line 4"
    assert told["message"].startswith(reason)
    assert stored(made_world) == before


def test_many_bad_lines_are_counted_and_the_first_are_listed(take):
    with pytest.raises(InvoiceLinesError, match="150 of 151 lines can not be read") as caught:
        take(csv_of({}, *[{"BilledCost": "x"}] * 150))
    assert len(caught.value.extra["errors"]) == 100


@pytest.mark.parametrize(
    ("body", "error", "words"),
    [
        (b"", BodyError, "empty"),
        (gzip.compress(b"a,b\n" * 1000, mtime=0)[:30], BodyError, "decompressed"),
        (b"PAR1 and no more", InvoiceFormatError, "not Parquet"),
        (b"a,b\n1,2\n", InvoiceFormatError, "no column for account \\(BillingAccountId\\)"),
        (csv_of() + b"only,three,fields\n", InvoiceFormatError, "not CSV throughout"),
        (csv_of(EC2), InvoiceFormatError, "None of 1 lines is of object storage: they are of Amazon Elastic"),
        (b"a,a\n1,2\n", InvoiceFormatError, "one twice"),
    ],
)
def test_a_file_of_another_kind_is_refused(take, body, error, words):
    with pytest.raises(error, match=words):
        take(body)


def test_formats_and_mappings_that_are_not_known_are_refused(take):
    with pytest.raises(NotFoundError, match="'xlsx' is no format"):
        take(csv_of({}), "xlsx")
    with pytest.raises(InvoiceFormatError, match="takes no mapping"):
        take(csv_of({}), mapping=["amount=Cost"])
    for pair in ("amount", "colour=Cost", "amount="):
        with pytest.raises(InvoiceFormatError, match="is no mapping"):
            take(b"Cost\n1\n", "csv", [pair])


def test_csv_of_any_origin_by_a_mapping(take, made_world):
    body = b"Period;x,What,Net,Space\n2026-10,Class A operations,1.10,media\n2026-10-05,Storage,2.20,media\n"
    mapping = ["date=Period;x", "description=What", "amount=Net", "resource=Space"]
    (found,) = take(body, "csv", mapping, provider="Cloudflare", account="acme", currency="USD").invoices
    assert (found.invoice.provider, found.invoice.account, found.invoice.total) == ("r2", "acme", "3.30")
    lines = made_world.invoices.lines(found.invoice.id).items
    assert [(one.kind, one.day.day, one.until.isoformat()) for one in lines] == [
        ("requests", 1, "2026-11-01"),
        ("storage", 5, "2026-10-06"),
    ]


@pytest.mark.parametrize("separator", ["_", "/"])
def test_aws_reports_of_both_kinds(take, separator):
    names = {
        "bill_payer_account_id": "bill/PayerAccountId", "bill_billing_period_start_date": "bill/BillingPeriodStartDate",
        "line_item_usage_start_date": "lineItem/UsageStartDate", "line_item_product_code": "lineItem/ProductCode",
        "line_item_unblended_cost": "lineItem/UnblendedCost", "line_item_currency_code": "lineItem/CurrencyCode",
        "line_item_line_item_type": "lineItem/LineItemType", "line_item_usage_type": "lineItem/UsageType",
    }  # fmt: skip
    values = [f"99{ord(separator)}", "2026-10-01T00:00:00Z", "2026-10-03T05:00:00Z", "AmazonS3", "0.25", "USD", "Refund", "USE1-Requests-Tier2"]  # fmt: skip
    header = [name if separator == "_" else names[name] for name in names]
    (found,) = take(csv_of({}, base=dict(zip(header, values, strict=True))), "aws-cur").invoices
    assert (found.invoice.provider, dict(found.invoice.by_category)) == ("aws", {"refund": "0.25"})


def test_a_removed_invoice_is_remembered_and_its_lines_are_not(take, made_world, of_account):
    (found,) = take(csv_of(of_account)).invoices
    made_world.invoices.remove(found.invoice.id, actor="bob@example.com")
    assert made_world.invoices.get(found.invoice.id).state is State.REMOVED
    assert made_world.invoices.lines(found.invoice.id).items == []
    assert audited(made_world, "invoice.remove").actor == "bob@example.com"
    assert take(csv_of(of_account)).invoices[0].outcome == "added"
    with pytest.raises(UnknownInvoiceError):
        made_world.invoices.remove("nothing", actor="x")


def test_what_a_crash_left_is_swept_by_the_next_import(take, made_world, of_account):

    (found,) = take(csv_of(of_account)).invoices
    rows = made_world.invoices.lines(found.invoice.id).items
    assert rows
    made_world.engine.command(
        "INSERT INTO invoice_line SELECT 'lost', * EXCEPT (invoice_id) FROM invoice_line WHERE invoice_id = {i:String}",
        i=found.invoice.id,
    )
    assert "lost" in stored(made_world)
    assert take(csv_of(of_account)).invoices[0].outcome == "unchanged"
    assert "lost" not in stored(made_world)
    assert found.invoice.id in stored(made_world)


def test_an_import_that_the_control_database_refuses_leaves_nothing(take, made_world, of_account):
    before = stored(made_world)
    with made_world.database.engine.begin() as connection:
        connection.exec_driver_sql(
            "CREATE TRIGGER full BEFORE INSERT ON invoice BEGIN SELECT RAISE(ABORT, 'no room'); END"
        )
    try:
        with pytest.raises(Exception, match="no room"):
            take(csv_of(of_account))
    finally:
        with made_world.database.engine.begin() as connection:
            connection.exec_driver_sql("DROP TRIGGER full")
    assert stored(made_world) == before
    assert take(csv_of(of_account)).invoices[0].outcome == "added"
