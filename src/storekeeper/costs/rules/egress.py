"""Bytes that leave: tiers, what the account has free, and what is free in proportion to what it stores."""

from collections.abc import Iterator

from storekeeper.costs.model import Basis, Egress, Kind, RequestFact
from storekeeper.costs.rules.contributions import Contribution, Key, contribution, unclassified
from storekeeper.costs.rules.meter import Meter, steps
from storekeeper.costs.rules.tariff import Tariff


def sent(tariff: Tariff, fact: RequestFact) -> Iterator[Contribution]:
    """Bytes out, all of the account on one meter."""
    if not fact.bytes_out:
        return
    if tariff.sheet.egress is None:
        reason = "the price sheet says nothing of bytes out"
        yield unclassified(fact, Basis.BYTES_OUT, fact.bytes_out, reason)
    else:
        yield contribution(fact, Key(Kind.EGRESS), Basis.BYTES_OUT, fact.bytes_out)


def meter(tariff: Tariff, egress: Egress, mean_stored: int) -> Meter:
    """Bytes out over a month in which `mean_stored` bytes were stored on average."""
    return Meter(
        unit=egress.unit.value,
        per=egress.unit.bytes,
        steps=steps(egress.tier, 1, tariff.trust(egress.trust)),
        allowance=egress.free + int(egress.free_times_stored * mean_stored),
        whole_units=tariff.whole_units,
    )
