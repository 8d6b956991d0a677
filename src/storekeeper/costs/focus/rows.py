"""Charges as rows of FOCUS. Nothing is rounded that is not: costs are whole billionths, as they were worked out."""

import json
from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from decimal import ROUND_HALF_EVEN, Context, Decimal
from typing import Any, NamedTuple

from storekeeper.buckets.model import Bucket
from storekeeper.costs.focus.providers import named
from storekeeper.costs.model import NANO, Charge
from storekeeper.costs.rules.explain import explain

Row = dict[str, Any]
PLACES = 18  # of a quantity, most of which are quotients
TAG = "storekeeper/"
_EXACT = Context(prec=60, rounding=ROUND_HALF_EVEN)
_LAST_PLACE = Decimal(1).scaleb(-PLACES)
_PLURALS = {"hour": "Hours", "month": "Months", "objects": "Object", "requests": "Requests"}


class Place(NamedTuple):
    """Where a charge belongs: the account that pays, and the bucket, None when it is not watched any more."""

    account: str
    bucket_id: str
    bucket: Bucket | None


class Share(NamedTuple):
    """What one owner's part in a kind of charge of a bucket comes to in a month, in nano-units."""

    owner: str
    kind: str
    currency: str
    amount: int


def of_charge(charge: Charge, place: Place) -> Row:
    """A row of `columns.CHARGES` for a charge with a known amount."""
    quantity = _EXACT.divide(Decimal(charge.quantity), Decimal(charge.per)).quantize(_LAST_PLACE)
    billed, listed, unit = money(charge.amount or 0), money(charge.gross), unit_of(charge.unit)
    sku = "/".join(
        part
        for part in (charge.kind, charge.billed_as or charge.storage_class, charge.operation_class)
        if part
    )
    return {
        **_anywhere(place, charge.day.replace(day=1), charge.currency, {}),
        "BilledCost": billed,
        "ChargeDescription": explain(charge),
        "ChargePeriodEnd": _start(charge.day + timedelta(days=1)),
        "ChargePeriodStart": _start(charge.day),
        "ConsumedQuantity": quantity,
        "ConsumedUnit": unit,
        "ContractedCost": listed,
        "EffectiveCost": billed,
        "ListCost": listed,
        "ListUnitPrice": charge.unit_price or Decimal(0),
        "PricingCategory": "Standard",
        "PricingQuantity": quantity,
        "PricingUnit": unit,
        "SkuId": sku,
        "SkuMeter": charge.kind.value,
        "SkuPriceId": f"{charge.sheet}#{sku}",
        "x_Kind": charge.kind.value,
        "x_StorageClass": charge.storage_class or None,
        "x_Operation": charge.operation or None,
        "x_PriceSheet": charge.sheet,
        "x_PriceIsSet": "false" if charge.unset else "true",
        "x_Provenance": charge.provenance.value,
        "x_Estimated": "; ".join(charge.estimated) or None,
    }


def of_share(share: Share, place: Place, month: date) -> Row:
    """A row of `columns.SHARES`. A share is counted as one: it has no unit price of its own."""
    billed = money(share.amount)
    whose = share.owner or "nobody"
    return {
        **_anywhere(place, month, share.currency, {"owner": share.owner} if share.owner else {}),
        "BilledCost": billed,
        "ChargeDescription": f"Share of {whose} in what {_name(place)} costs for {share.kind} in {month:%Y-%m}.",
        "ChargePeriodEnd": _start(_next(month)),
        "ChargePeriodStart": _start(month),
        "ContractedCost": billed,
        "EffectiveCost": billed,
        "ListCost": billed,
        "PricingQuantity": Decimal(1),
        "PricingUnit": "Units",
        "x_Kind": share.kind,
        "x_Provenance": "calculated",
    }


def unit_of(unit: str) -> str:
    """In the specification's unit format: `GB-month` is `GB-Months`, `1,000 requests` is `1000 Requests`."""
    count, _, what = unit.rpartition(" ")
    base, _, period = what.partition("-")
    words = [_PLURALS.get(base, base), *([_PLURALS.get(period, period)] if period else [])]
    return " ".join(filter(None, (count.replace(",", ""), "-".join(words))))


def money(nano: int) -> Decimal:
    return _EXACT.divide(Decimal(nano), Decimal(NANO))


def _anywhere(place: Place, month: date, currency: str, tags: Mapping[str, str]) -> Row:
    bucket = place.bucket
    called = named(bucket.provider if bucket else place.account.partition(":")[0])
    told = {f"{TAG}{key}": value for key, value in ({"bucket": _name(place)} | dict(tags)).items()}
    region = (bucket.region or None) if bucket else None
    return {
        "BillingAccountId": place.account,
        "BillingAccountName": None,
        "BillingCurrency": currency,
        "BillingPeriodEnd": _start(_next(month)),
        "BillingPeriodStart": _start(month),
        "ChargeCategory": "Usage",
        "ChargeClass": None,
        "ChargeFrequency": "Usage-Based",
        "InvoiceIssuerName": called.provider,
        "ProviderName": called.provider,
        "PublisherName": called.provider,
        "RegionId": region,
        "RegionName": region,
        "ResourceId": bucket.url if bucket else place.bucket_id,
        "ResourceName": _name(place),
        "ResourceType": "Bucket",
        "ServiceCategory": "Storage",
        "ServiceName": called.service,
        "ServiceSubcategory": "Object Storage",
        "Tags": json.dumps(told, ensure_ascii=False, sort_keys=True),
    }


def _name(place: Place) -> str:
    return place.bucket.name if place.bucket else place.bucket_id


def _start(day: date) -> datetime:
    return datetime.combine(day, time.min, UTC)


def _next(month: date) -> date:
    return (month + timedelta(days=31)).replace(day=1)
