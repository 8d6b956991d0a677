"""Sums by owner and bucket: those of buckets that stand next to each other are one list, in which each has its place.

There may be half a million such sums. To find each by its owner and bucket takes twice as long as to find the list by its owner, for so
few lists stay near the processor.
"""

from collections.abc import Sequence
from typing import Any

# Buckets of a list: who has something in one of them has a number for each of them while sums are made.
MOST = 64

# Numbers are added up faster than names; of buckets that are not watched any more it is 0.
NUMBER = "transform(bucket_id, {buckets:Array(String)}, {numbers:Array(UInt32)}, toUInt32(0))"


class Shelves:
    """Of these buckets, which rows know by a number, `bucket`."""

    def __init__(self, buckets: Sequence[str]) -> None:
        shelves = max(-(-len(buckets) // MOST), 1)
        self._width = max(-(-len(buckets) // shelves), 1)
        self.numbers = {bucket: number for number, bucket in enumerate(buckets, 1)}
        self.parameters: dict[str, Any] = {
            "buckets": list(buckets),
            "numbers": list(self.numbers.values()),
            "names": [*buckets, *[""] * (shelves * self._width - len(buckets))],
        }

    @property
    def shelf(self) -> str:
        """Which list a row is of."""
        return f"intDiv(bucket - 1, {self._width})"

    @property
    def names(self) -> str:
        """Of the buckets of a `shelf`."""
        return f"arraySlice({{names:Array(String)}}, shelf * {self._width} + 1, {self._width})"

    def sums(self, term: str) -> str:
        """Of a `shelf`, in the order of its names."""
        return f"sumResample(0, {self._width}, 1)({term}, (bucket - 1) % {self._width})"
