"""One owner's storage: what they have, what they do. For themselves, and in frames of the application that they use."""

from functools import partial
from typing import Annotated, Any

from litestar import Request, Response
from litestar.di import NamedDependency
from litestar.params import FromQuery, QueryParameter

from storekeeper.costs import BudgetService, CostService
from storekeeper.dashboard.spending import budget_cards, own_cost_cards
from storekeeper.infra.web import EMBEDDABLE, Access, Role, get, render, span_of
from storekeeper.inventory import InventoryService
from storekeeper.inventory.model import Holdings
from storekeeper.kernel.errors import NotAllowedError
from storekeeper.metering import EmbedLinks, MeteringService, views

PageRequest = Request[Any, Any, Any]
Span = Annotated[str, QueryParameter(name="range")]
OPERATIONS = 10


@get("/me/storage", access=Access.OWN, include_in_schema=False)
def own_storage_page(
    request: PageRequest,
    metering: NamedDependency[MeteringService],
    inventory: NamedDependency[InventoryService],
    costs: NamedDependency[CostService],
    budgets: NamedDependency[BudgetService],
    span: Span = "30d",
    owner: FromQuery[str] = "",
) -> Response[Any]:
    """The owner is the caller's email address; who may read everything may name another."""
    principal = request.scope["user"]
    if principal.role is Role.USER and owner not in ("", principal.email):
        raise NotAllowedError("This is another owner's.")
    whose = owner or principal.email
    doings = _Doings(metering, whose, span)
    own = costs.own(whose)  # not beside them: two cores are busy with what has begun
    found = _found(doings, inventory, whose, span)
    cards = [
        *found["cards"],
        *own_cost_cards(own),
        *budget_cards(budgets.of_owner(whose).budget),
    ]
    return render(request, "dashboard/own_storage.html", title="Your storage", **found | {"cards": cards})


@get("/embed/storage", access=Access.PUBLIC, include_in_schema=False)
def embedded_storage_page(
    request: PageRequest,
    metering: NamedDependency[MeteringService],
    inventory: NamedDependency[InventoryService],
    embed_links: NamedDependency[EmbedLinks],
    owner: FromQuery[str] = "",
    expires: FromQuery[int] = 0,
    generation: FromQuery[int] = 0,
    signature: FromQuery[str] = "",
    span: Span = "30d",
) -> Response[Any]:
    """By a signed link only; other sites may show it in a frame."""
    request.scope[EMBEDDABLE] = True  # type: ignore[literal-required] # the envelope reads it
    embed_links.check(owner, expires, generation, signature)
    found = _found(_Doings(metering, owner, span), inventory, owner, span)
    return render(request, "dashboard/embedded_storage.html", title="Storage", **found)


class _Doings:
    """What the owner did. Both reads begin at once, the longer one first."""

    def __init__(self, metering: MeteringService, owner: str, span: str) -> None:
        reader, begin = metering.reader, metering.fresh.soon
        self.usage = begin(partial(reader.usage, span_of(span), owner=owner))
        self.recent = begin(partial(reader.recent, span_of(span), owner=owner, limit=OPERATIONS))


def _found(doings: _Doings, inventory: InventoryService, owner: str, span: str) -> dict[str, Any]:
    holdings = inventory.holdings(owner=owner)
    usage = doings.usage.result().value
    label = next((one["label"].lower() for one in views.RANGES if one["value"] == span), span)
    return {
        "owner": owner,
        "ranges": views.RANGES,
        "range": span,
        "cards": [*_stored(holdings), *views.usage_cards(usage, label)[:3]],
        "chart": views.over_time(usage, "requests") if usage.totals.requests else None,
        "holdings": holdings,
        "operations": views.activity_rows(doings.recent.result().value),
    }


def _stored(holdings: Holdings) -> list[dict[str, Any]]:
    age = {
        "provenance": "measured",
        "at": min((one.scanned_at for one in holdings.by_bucket if one.scanned_at), default=None),
    }
    many = len(holdings.by_bucket)
    place = f"in {many} bucket{'' if many == 1 else 's'}" if many else "no scan has found anything"
    return [
        {"label": "Stored", "value": holdings.used if many else None, "unit": "bytes", "note": place, **age},
        {
            "label": "Objects",
            "value": holdings.objects if many else None,
            "unit": "count",
            "note": place,
            **age,
        },
    ]


ROUTES = [own_storage_page, embedded_storage_page]
