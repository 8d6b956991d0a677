"""A price sheet made ready to be looked into: classes by name, and what has to be assumed."""

from typing import NamedTuple

from storekeeper.costs.model import (
    ALL_OPERATIONS,
    OperationClass,
    RequestPrice,
    Rounding,
    Sheet,
    StorageClass,
    Trust,
)


class Resolved(NamedTuple):
    """The storage class that prices are taken from (None: the sheet does not know it), and what is assumed.

    `unnamed` is said where no storage class was reported; `assumed` is that and what the sheet itself assumes of storage.
    """

    storage_class: StorageClass | None
    unnamed: tuple[str, ...]
    assumed: tuple[str, ...]


class Tariff:
    """Lookups of one sheet. It holds nothing else and never changes."""

    def __init__(self, sheet: Sheet) -> None:
        self.sheet = sheet
        self.whole_units = sheet.rounding is Rounding.WHOLE_UNIT
        self._storage = {one.name: one for one in sheet.storage_class}
        self._operations = {name: one for one in sheet.operation_class for name in one.operations}
        self._requests = {
            (one.name, price.operation_class): price for one in sheet.storage_class for price in one.requests
        }
        self._resolved: dict[str, Resolved] = {}

    def storage_class(self, name: str) -> StorageClass:
        """Raises KeyError where there is none."""
        return self._storage[name]

    def resolve(self, reported: str) -> Resolved:
        """What a reported storage class is billed as. One that was not reported is taken to be the default one."""
        found = self._resolved.get(reported)
        if found is None:
            found = self._resolved[reported] = self._look_up(reported)
        return found

    def operation_class(self, operation: str) -> OperationClass | None:
        return self._operations.get(operation) or self._operations.get(ALL_OPERATIONS)

    def is_class_blind(self, operation: str) -> bool:
        return operation in self.sheet.class_blind

    def request_price(self, storage_class: str, operation_class: str) -> RequestPrice | None:
        return self._requests.get((storage_class, operation_class))

    def trust(self, *narrower: Trust | None) -> Trust:
        """That of the innermost part which says so."""
        return next((trust for trust in narrower if trust), self.sheet.trust)

    def trust_in_names(self, operation_class: str) -> Trust:
        """How far it is certain which operations are in a class."""
        return self.trust(*(one.trust for one in self.sheet.operation_class if one.name == operation_class))

    def _look_up(self, reported: str) -> Resolved:
        default = self.sheet.default_storage_class
        found = self._storage.get(reported or default)
        unsure = not reported and len(self._storage) > 1
        unnamed = (f"the storage class was not recorded and is taken to be {default}",) if unsure else ()
        assumption = (found.assumption,) if found and found.assumption else ()
        return Resolved(found, unnamed, unnamed + assumption)
