"""Formats of invoices: which column holds what. A format is data; the first column of several that a file has is taken.

FOCUS: https://focus.finops.org/focus-specification/v1-2/ (1.0 and 1.1 have the same columns, or fewer). AWS: the tables COST_AND_USAGE_REPORT
(CUR 2.0) and legacy CUR of https://docs.aws.amazon.com/cur/latest/userguide/ (read 2026-11-21).
"""

from collections.abc import Mapping, Sequence

import msgspec

from storekeeper.costs.invoices.model import InvoiceFormatError

Columns = Mapping[str, Sequence[str]]
# Of a line: what it is called here, and what it is about.
FIELDS = {
    "date": "day or month that the line is about",
    "end": "end of the period, exclusive; else it is a day or a month long",
    "month": "month that is billed; else that of the date",
    "amount": "what is billed",
    "currency": "three letters",
    "account": "who pays",
    "provider": "whose invoice it is",
    "service": "what it is for; lines of other services than object storage are left out",
    "description": "in words",
    "resource": "the bucket, by name, URL or ARN",
    "quantity": "how much was used",
    "unit": "of the quantity",
    "category": "usage, purchase, credit, refund, adjustment, tax or correction",
    "region": "where",
}


class Layout(msgspec.Struct, frozen=True, kw_only=True):
    """`hints` are columns whose words tell what a line is for, before its description does."""

    name: str
    title: str
    columns: Columns
    required: Sequence[str]
    hints: Sequence[str] = ()
    subcategory: str = ""
    correction: str = ""
    provider: str = ""
    mapped: bool = False


FOCUS = Layout(
    name="focus",
    title="FOCUS 1.0 to 1.2",
    columns={
        "provider": ["ProviderName"],
        "account": ["BillingAccountId"],
        "month": ["BillingPeriodStart"],
        "date": ["ChargePeriodStart"],
        "end": ["ChargePeriodEnd"],
        "service": ["ServiceName"],
        "description": ["ChargeDescription"],
        "resource": ["ResourceId", "ResourceName"],
        "amount": ["BilledCost"],
        "currency": ["BillingCurrency"],
        "quantity": ["ConsumedQuantity", "PricingQuantity"],
        "unit": ["ConsumedUnit", "PricingUnit"],
        "category": ["ChargeCategory"],
        "region": ["RegionId", "RegionName"],
    },
    required=["provider", "account", "month", "date", "service", "amount", "currency", "category"],
    hints=["x_Kind", "SkuMeter", "x_UsageType", "x_SkuMeterName", "x_Operation"],
    subcategory="ServiceSubcategory",
    correction="ChargeClass",
)
AWS_CUR = Layout(
    name="aws-cur",
    title="AWS cost and usage report",
    columns={
        "account": ["bill_payer_account_id", "bill/PayerAccountId"],
        "month": ["bill_billing_period_start_date", "bill/BillingPeriodStartDate"],
        "date": ["line_item_usage_start_date", "lineItem/UsageStartDate"],
        "end": ["line_item_usage_end_date", "lineItem/UsageEndDate"],
        "service": ["line_item_product_code", "lineItem/ProductCode"],
        "description": ["line_item_line_item_description", "lineItem/LineItemDescription"],
        "resource": ["line_item_resource_id", "lineItem/ResourceId"],
        "amount": ["line_item_unblended_cost", "lineItem/UnblendedCost"],
        "currency": ["line_item_currency_code", "lineItem/CurrencyCode"],
        "quantity": ["line_item_usage_amount", "lineItem/UsageAmount"],
        "unit": ["pricing_unit", "pricing/unit"],
        "category": ["line_item_line_item_type", "lineItem/LineItemType"],
        "region": ["product_region_code", "product/regionCode"],
    },
    required=["account", "month", "date", "service", "amount", "currency", "category"],
    hints=["line_item_usage_type", "lineItem/UsageType", "line_item_operation", "lineItem/Operation"],
    provider="AWS",
)
CSV = Layout(
    name="csv",
    title="CSV of any origin",
    columns={name: [name] for name in FIELDS},
    required=["date", "amount"],
    mapped=True,
)
LAYOUTS: Mapping[str, Layout] = {one.name: one for one in (FOCUS, AWS_CUR, CSV)}


def mapped(layout: Layout, pairs: Sequence[str]) -> Layout:
    """With columns as `FIELD=COLUMN` says. Raises InvoiceFormatError."""
    if pairs and not layout.mapped:
        raise InvoiceFormatError(f"{layout.name} has columns of its own; it takes no mapping.")
    columns = dict(layout.columns)
    for pair in pairs:
        field, equals, column = pair.partition("=")
        if not equals or field not in FIELDS or not column.strip():
            raise InvoiceFormatError(
                f"{pair!r} is no mapping.", hint=f"Write FIELD=COLUMN; fields are {', '.join(FIELDS)}."
            )
        columns[field] = [column.strip()]
    return msgspec.structs.replace(layout, columns=columns)


def bound(
    layout: Layout, header: Sequence[str], given: Mapping[str, str], asked: Sequence[str]
) -> dict[str, str]:
    """Column by field, of those that the file has; `given` holds for all lines, `asked` was mapped.

    Raises InvoiceFormatError for those that are missing.
    """
    known = set(header)
    found = {
        field: column
        for field, names in layout.columns.items()
        if (column := next((name for name in names if name in known), ""))
    }
    wanted = {*layout.required, *(pair.partition("=")[0] for pair in asked)}
    if lacking := sorted(field for field in wanted if field not in found and not given.get(field)):
        told = ", ".join(f"{field} ({' or '.join(layout.columns.get(field, [field]))})" for field in lacking)
        raise InvoiceFormatError(
            f"The file has no column for {told}. Its columns are {', '.join(header)[:300]}.",
            hint="Say which column holds it by a mapping, FIELD=COLUMN, or give the value for all lines."
            if layout.mapped
            else f"Is it {layout.name}? The other formats are {', '.join(name for name in LAYOUTS if name != layout.name)}.",
        )
    return found
