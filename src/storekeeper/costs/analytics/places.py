"""A bucket, storage class and operation together as one number, in Python and in SQL: rows find their rates by it faster than by names."""

from collections.abc import Mapping
from typing import Any

from storekeeper.costs.analytics.weights import Source, Weights


class Places:
    """Of all that has weights in one source."""

    def __init__(self, source: Source, weights: Weights) -> None:
        known = weights.wholes(source)
        self._buckets = weights.shelves.numbers
        self._classes = {name: number for number, name in enumerate(sorted({place[1] for place in known}))}
        self._operations = {name: number for number, name in enumerate(sorted({place[2] for place in known}))}
        self._has_operations = "operation" in source.place
        # One more than there are: others may come up while this is at work, and have no rate.
        self._many_classes, self._many_operations = len(self._classes) + 1, len(self._operations) + 1

    def number(self, row: Mapping[str, Any]) -> int:
        """Of a row with weights."""
        of_class = self._buckets[row["bucket_id"]] * self._many_classes + self._classes[row["storage_class"]]
        return of_class * self._many_operations + self._operations[row["operation"]]

    @property
    def most(self) -> int:
        """More than any number is."""
        return (len(self._buckets) + 1) * self._many_classes * self._many_operations

    @property
    def sql(self) -> str:
        storage_class = _numbered("storage_class", "classes", len(self._classes))
        operation = (
            _numbered("operation", "operations", len(self._operations)) if self._has_operations else "0"
        )
        return f"toUInt32((bucket * {self._many_classes} + {storage_class}) * {self._many_operations} + {operation})"

    @property
    def parameters(self) -> dict[str, Any]:
        return {
            "classes": list(self._classes),
            "numbers_of_classes": list(self._classes.values()),
            "operations": list(self._operations),
            "numbers_of_operations": list(self._operations.values()),
        }


def _numbered(column: str, names: str, other: int) -> str:
    """`other` where it is none of them."""
    return f"transform({column}, {{{names}:Array(String)}}, {{numbers_of_{names}:Array(UInt32)}}, toUInt32({other}))"
