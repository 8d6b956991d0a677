"""What each fact adds to the meters of its account."""

from typing import NamedTuple

from storekeeper.costs.model import (
    Basis,
    DeletionFact,
    Kind,
    Provenance,
    RequestFact,
    StorageFact,
)

Fact = StorageFact | RequestFact | DeletionFact


class Key(NamedTuple):
    """Which meter runs. All that has the same key shares tiers, allowance and rounding; a reason says why there is no meter."""

    kind: Kind
    storage_class: str = ""
    operation_class: str = ""
    reason: str = ""


class Line(NamedTuple):
    """Whose charge it becomes; figures of different provenance never share a line."""

    bucket: str
    storage_class: str
    operation: str
    kind: Kind
    basis: Basis
    provenance: Provenance


class Contribution(NamedTuple):
    """A quantity on a meter; `unbilled` requests stand beside it."""

    key: Key
    line: Line
    quantity: int
    unbilled: int
    estimated: tuple[str, ...]


def contribution(
    fact: Fact,
    key: Key,
    basis: Basis,
    quantity: int,
    *,
    kind: Kind | None = None,
    unbilled: int = 0,
    assumed: tuple[str, ...] = (),
) -> Contribution:
    """A quantity of a fact. It is charged under the meter's kind unless another one is named."""
    operation = fact.operation if isinstance(fact, RequestFact) else ""
    line = Line(fact.bucket, fact.storage_class, operation, kind or key.kind, basis, fact.provenance)
    estimated = (fact.estimated, *assumed) if fact.estimated else assumed
    return Contribution(key, line, quantity, unbilled, estimated)


def unclassified(fact: Fact, basis: Basis, quantity: int, reason: str, *, unbilled: int = 0) -> Contribution:
    """A quantity that the sheet has no price for."""
    key = Key(Kind.UNCLASSIFIED, reason=reason)
    return contribution(fact, key, basis, quantity, unbilled=unbilled)
