"""Which columns of FOCUS 1.2 are written, and what each holds.

Source: https://focus.finops.org/focus-specification/v1-2/ (read 2026-11-21). The 21 mandatory columns are all there, then those
that the specification asks for where a provider knows them. Columns of our own begin with `x_`, as it wants.
"""

from collections.abc import Mapping
from enum import StrEnum


class Holds(StrEnum):
    """What is in a column. Times are UTC, to the second; decimals are exact."""

    TEXT = "text"
    TIME = "time"
    MONEY = "money"
    QUANTITY = "quantity"
    PRICE = "price"


MANDATORY: Mapping[str, Holds] = {
    "BilledCost": Holds.MONEY,
    "BillingAccountId": Holds.TEXT,
    "BillingAccountName": Holds.TEXT,
    "BillingCurrency": Holds.TEXT,
    "BillingPeriodEnd": Holds.TIME,
    "BillingPeriodStart": Holds.TIME,
    "ChargeCategory": Holds.TEXT,
    "ChargeClass": Holds.TEXT,
    "ChargeDescription": Holds.TEXT,
    "ChargePeriodEnd": Holds.TIME,
    "ChargePeriodStart": Holds.TIME,
    "ContractedCost": Holds.MONEY,
    "EffectiveCost": Holds.MONEY,
    "InvoiceIssuerName": Holds.TEXT,
    "ListCost": Holds.MONEY,
    "PricingQuantity": Holds.QUANTITY,
    "PricingUnit": Holds.TEXT,
    "ProviderName": Holds.TEXT,
    "PublisherName": Holds.TEXT,
    "ServiceCategory": Holds.TEXT,
    "ServiceName": Holds.TEXT,
}
_OF_ALL: Mapping[str, Holds] = {
    "ChargeFrequency": Holds.TEXT,
    "RegionId": Holds.TEXT,
    "RegionName": Holds.TEXT,
    "ResourceId": Holds.TEXT,
    "ResourceName": Holds.TEXT,
    "ResourceType": Holds.TEXT,
    "ServiceSubcategory": Holds.TEXT,
    "Tags": Holds.TEXT,
}
_PRICED: Mapping[str, Holds] = {
    "ConsumedQuantity": Holds.QUANTITY,
    "ConsumedUnit": Holds.TEXT,
    "ListUnitPrice": Holds.PRICE,
    "PricingCategory": Holds.TEXT,
    "SkuId": Holds.TEXT,
    "SkuMeter": Holds.TEXT,
    "SkuPriceId": Holds.TEXT,
}
_OURS = {"x_Kind": Holds.TEXT, "x_Provenance": Holds.TEXT}
_OURS_PRICED = {
    "x_StorageClass": Holds.TEXT,
    "x_Operation": Holds.TEXT,
    "x_PriceSheet": Holds.TEXT,
    "x_PriceIsSet": Holds.TEXT,
    "x_Estimated": Holds.TEXT,
}

# One row for each charge of a day and bucket; and one for each owner's share of a kind of charge in a month, which has no unit price.
CHARGES: Mapping[str, Holds] = (
    dict(sorted({**MANDATORY, **_OF_ALL, **_PRICED}.items())) | _OURS | _OURS_PRICED
)
SHARES: Mapping[str, Holds] = dict(sorted({**MANDATORY, **_OF_ALL}.items())) | _OURS
