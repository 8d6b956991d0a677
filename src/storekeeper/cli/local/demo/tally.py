"""What the demo's applications know that they did, to hold against what their meters and the server counted."""

from collections.abc import Iterable

import msgspec

_COUNTED_BYTES = frozenset({"PutObject", "UploadPart", "GetObject"})  # others have bodies of XML


class Tally(msgspec.Struct, frozen=True):
    """Requests of one operation. Bytes are those of objects, sent or received."""

    requests: int = 0
    errors: int = 0
    bytes: int = 0

    def __add__(self, other: "Tally") -> "Tally":
        return Tally(self.requests + other.requests, self.errors + other.errors, self.bytes + other.bytes)


Tallies = dict[str, Tally]


def one(operation: str, size: int = 0) -> Tallies:
    """One request that went well."""
    return {operation: Tally(1, 0, size)}


def refused(operation: str) -> Tallies:
    """One request that did not."""
    return {operation: Tally(1, 1)}


def summed(tallies: Iterable[Tallies]) -> Tallies:
    """By operation."""
    total: Tallies = {}
    for each in tallies:
        for operation, tally in each.items():
            total[operation] = total.get(operation, Tally()) + tally
    return total


class Stored(msgspec.Struct, frozen=True, rename="camel"):
    """What the server says of one operation; figures are floats because sampled ones are estimates."""

    name: str
    requests: float
    errors: float
    bytes_in: float
    bytes_out: float

    def tally(self) -> Tally:
        size = self.bytes_in + self.bytes_out if self.name in _COUNTED_BYTES else 0
        return Tally(round(self.requests), round(self.errors), round(size))
