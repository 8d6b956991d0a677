"""Requests: their class by exact name, whether their status is billed, and bytes read out of a storage class."""

from collections.abc import Iterator
from decimal import Decimal

from storekeeper.costs.model import Basis, Billed, Kind, OperationClass, RequestFact
from storekeeper.costs.rules.contributions import Contribution, Key, contribution, unclassified
from storekeeper.costs.rules.meter import Meter, Step, worst
from storekeeper.costs.rules.tariff import Tariff


def requested(tariff: Tariff, fact: RequestFact) -> Iterator[Contribution]:
    """The billed requests of a day, with those beside them that are not billed for their status."""
    billed, unbilled, unsure = _by_status(tariff, fact)
    if not billed and not unbilled:
        return
    found = tariff.operation_class(fact.operation)
    if found is None:
        reason = f"the price sheet does not know the operation {fact.operation}"
        yield unclassified(fact, Basis.REQUESTS, billed, reason, unbilled=unbilled)
    elif found.free:
        key = Key(Kind.REQUESTS, "", found.name)
        yield contribution(fact, key, Basis.REQUESTS, billed, unbilled=unbilled)
    else:
        yield _priced(tariff, fact, found, billed, unbilled, unsure)


def retrieved(tariff: Tariff, fact: RequestFact) -> Iterator[Contribution]:
    """Bytes read, where the storage class charges for it."""
    billed, unnamed, _ = tariff.resolve(fact.storage_class)
    if not fact.bytes_retrieved:
        return
    if billed is None:
        reason = f"the price sheet has no storage class {fact.storage_class}"
        yield unclassified(fact, Basis.BYTES_RETRIEVED, fact.bytes_retrieved, reason)
    elif billed.retrieval:
        key = Key(Kind.RETRIEVAL, billed.name)
        yield contribution(fact, key, Basis.BYTES_RETRIEVED, fact.bytes_retrieved, assumed=unnamed)


def meter(tariff: Tariff, storage_class: str, operation_class: str) -> Meter:
    """Requests of one operation class and storage class over a month; without a storage class, free ones."""
    of_names = tariff.trust_in_names(operation_class)
    price = tariff.request_price(storage_class, operation_class)
    if price is None:
        return Meter("requests", 1, (Step(None, Decimal(0), of_names),))
    trust = worst(of_names, tariff.trust(price.trust, tariff.storage_class(storage_class).trust))
    unit = "requests" if price.per == 1 else f"{price.per:,} requests"
    return Meter(unit, price.per, (Step(None, price.price, trust),), price.free, tariff.whole_units)


def retrieval_meter(tariff: Tariff, storage_class: str) -> Meter:
    """Bytes read out of one storage class over a month."""
    billed = tariff.storage_class(storage_class)
    retrieval = billed.retrieval
    if retrieval is None:
        raise ValueError(f"{storage_class} charges nothing for reading")
    step = Step(None, retrieval.price, tariff.trust(retrieval.trust, billed.trust))
    return Meter(retrieval.unit.value, retrieval.unit.bytes, (step,), whole_units=tariff.whole_units)


def _priced(
    tariff: Tariff,
    fact: RequestFact,
    found: OperationClass,
    billed: int,
    unbilled: int,
    unsure: tuple[str, ...],
) -> Contribution:
    blind = tariff.is_class_blind(fact.operation)
    reported = tariff.sheet.default_storage_class if blind else fact.storage_class
    storage_class, unnamed, _ = tariff.resolve(reported)
    if storage_class is None or not tariff.request_price(storage_class.name, found.name):
        of = storage_class.title if storage_class else f"the storage class {fact.storage_class}"
        reason = f"the price sheet has no price of class {found.name} for {of}"
        return unclassified(fact, Basis.REQUESTS, billed, reason, unbilled=unbilled)
    key = Key(Kind.REQUESTS, storage_class.name, found.name)
    return contribution(fact, key, Basis.REQUESTS, billed, unbilled=unbilled, assumed=unnamed + unsure)


def _by_status(tariff: Tariff, fact: RequestFact) -> tuple[int, int, tuple[str, ...]]:
    """How many are billed, how many are not, and what had to be assumed of them."""
    statuses = tariff.sheet.statuses
    billed, unbilled, unsure = fact.succeeded, 0, []
    for count, rule, name in (
        (fact.refused, statuses.refused, "401 and 403"),
        (fact.client_errors, statuses.client_error, "other 4xx"),
        (fact.server_errors, statuses.server_error, "5xx"),
    ):
        if rule is Billed.FREE:
            unbilled += count
        else:
            billed += count
        if count and rule is Billed.UNKNOWN:
            unsure.append(f"whether answers {name} are billed is not known; they are taken to be")
    return billed, unbilled, tuple(unsure)
