"""The dashboard's figures of money and quotas."""

from collections.abc import Sequence
from typing import Any

import msgspec

from storekeeper.costs import CostService
from storekeeper.costs.budgets.model import Budget
from storekeeper.costs.model.report import DayCosts, OwnCosts
from storekeeper.inventory.model import Holdings
from storekeeper.quotas import QuotaService
from storekeeper_client.costs import money


class Costs(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Those of the present month up to now; decimal strings in the currency. Of one owner, only their share is known."""

    currency: str
    monthly_total: str
    daily_average: str | None
    storage_charges: str
    request_charges: str
    egress_charges: str
    projected: str | None
    trend: Sequence[DayCosts] | None


class Storage(Holdings, frozen=True, kw_only=True, rename="camel"):
    """With the quota of stored bytes of exactly this owner, bucket or both; null where there is none."""

    quota: int | None
    usage_percent: float | None


def costs_of(costs: CostService, bucket: str, owner: str) -> Costs:
    if owner:
        own = costs.own(owner)
        return Costs(
            currency=own.currency,
            monthly_total=own.month_to_date,
            daily_average=None,
            storage_charges=own.storage_charges,
            request_charges=own.request_charges,
            egress_charges=own.egress_charges,
            projected=None,
            trend=None,
        )
    month = costs.present(bucket)
    return Costs(
        currency=month.currency,
        monthly_total=month.month_to_date,
        daily_average=month.daily_average,
        storage_charges=month.storage_charges,
        request_charges=month.request_charges,
        egress_charges=month.egress_charges,
        projected=month.projection.amount if month.projection else None,
        trend=month.trend,
    )


def with_quota(quotas: QuotaService, holdings: Holdings, bucket: str, owner: str) -> Storage:
    found = quotas.storage(owner=owner, bucket=bucket)
    return Storage(
        **msgspec.structs.asdict(holdings),
        quota=found.effective_limit if found else None,
        usage_percent=round(found.share * 100, 2) if found else None,
    )


def own_cost_cards(own: OwnCosts) -> list[dict[str, Any]]:
    """An owner's share of the present month; nothing where no charge is known."""
    if not own.by_kind:
        return []
    told = money(own.month_to_date, own.currency)
    return [
        {
            "label": "Costs this month",
            "money": {"exact": own.month_to_date, "currency": own.currency, "text": told},
            "note": "up to now",
            "title": own.rule,
            "provenance": "calculated",
        }
    ]


def budget_cards(budget: Budget | None, href: str = "") -> list[dict[str, Any]]:
    """How much of a budget is spent; nothing without one, or before it begins."""
    if budget is None or budget.use is None:
        return []
    use, words = budget.use, {"ok": "", "at-risk": "at risk: ", "exceeded": "exceeded: "}
    spent, amount = money(use.spent, budget.currency), money(budget.amount, budget.currency)
    ahead = f", {money(use.projected, budget.currency)} expected" if use.projected else ""
    return [
        {
            "label": "Budget spent",
            "value": use.share,
            "unit": "percent",
            "href": href,
            "note": f"{words[use.state]}{spent} of {amount}{ahead}",
            "provenance": "calculated, this month",
        }
    ]
