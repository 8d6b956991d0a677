"""All that a workload costs under the sheets of one provider and region, summed up."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from storekeeper.costs.model import AccountFacts, Basis, Charge, Kind, Provenance, Sheet
from storekeeper.costs.model.outlook import Unpriced
from storekeeper.costs.rules.price import price


class Bill(NamedTuple):
    """Nano-units by kind, and what has no price; `knows_bytes` says that only requests are among that, of `requests` in all."""

    parts: Mapping[Kind, int]
    unpriced: tuple[Unpriced, ...]
    knows_bytes: bool
    requests: int
    estimated: tuple[str, ...]
    unset: bool
    currency: str
    sheets: tuple[str, ...]

    @property
    def total(self) -> int:
        return sum(self.parts.values())


def bill(facts: AccountFacts, sheets: Sequence[Sheet]) -> Bill:
    """The charges of a month by kind."""
    charges = price(facts, sheets)
    parts: dict[Kind, int] = defaultdict(int)
    for charge in charges:
        if charge.amount is not None:
            parts[charge.kind] += charge.amount
    lacking = _lacking(charges)
    return Bill(
        parts={kind: parts[kind] for kind in Kind if kind in parts},
        unpriced=tuple(one for one, _ in lacking),
        knows_bytes=all(basis is Basis.REQUESTS for _, basis in lacking),
        requests=sum(charge.quantity for charge in charges if charge.basis is Basis.REQUESTS),
        estimated=tuple(dict.fromkeys(note for charge in charges for note in _doubts(charge))),
        unset=any(charge.unset for charge in charges),
        currency=next((charge.currency for charge in charges if charge.currency), ""),
        sheets=tuple(sorted({charge.sheet for charge in charges if charge.sheet})),
    )


def more(after: Sequence[Unpriced], before: Sequence[Unpriced]) -> tuple[Unpriced, ...]:
    """What has no price after, and was not there before."""
    known = {(one.what, one.reason): one.quantity for one in before}
    found = [(one, one.quantity - known.get((one.what, one.reason), 0)) for one in after]
    return tuple(
        Unpriced(what=one.what, quantity=left, per=one.per, unit=one.unit, reason=one.reason)
        for one, left in found
        if left > 0
    )


def _lacking(charges: Iterable[Charge]) -> list[tuple[Unpriced, Basis]]:
    """What has no price in the month: what is stored later may still make free what had none before."""
    quantities: dict[tuple[str, str, int, str, Basis], int] = defaultdict(int)
    for charge in charges:
        if charge.amount is None:
            quantities[_subject(charge), charge.reason, charge.per, charge.unit, charge.basis] += (
                charge.quantity
            )
    return [
        (Unpriced(what=what, quantity=quantity, per=per, unit=unit, reason=reason), basis)
        for (what, reason, per, unit, basis), quantity in sorted(quantities.items())
        if quantity
    ]


def _subject(charge: Charge) -> str:
    return charge.operation if charge.basis is Basis.REQUESTS else charge.basis.value


def _doubts(charge: Charge) -> tuple[str, ...]:
    if charge.provenance is Provenance.MEASURED:
        return charge.estimated
    return (*charge.estimated, f"some quantities are {charge.provenance.value}")
