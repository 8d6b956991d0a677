"""Pure decisions about imports: what a chunk is known by, whose records are whose, how figures compare."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec

from storekeeper.kernel.errors import BadInputError
from storekeeper.metering.importing.mapping import FIELDS
from storekeeper.metering.importing.model import Amounts, Comparison

_MEASURED = ("requests", "errors", "bytes_in", "bytes_out")
_FIGURES = (*_MEASURED, "objects", "bytes")


def parse_mapping(given: Iterable[str]) -> Mapping[str, str]:
    """`FIELD=COLUMN` by field. Raises BadInputError."""
    mapping: dict[str, str] = {}
    for one in given:
        field, equals, column = one.partition("=")
        if not equals or field.strip() not in FIELDS or not column:
            raise BadInputError(
                f"{one!r} is not FIELD=COLUMN.", hint=f"Fields are {', '.join(sorted(FIELDS))}."
            )
        mapping[field.strip()] = column
    return mapping


class Origin(msgspec.Struct, frozen=True, kw_only=True):
    """Where chunks come from: the same content from elsewhere is another chunk."""

    bucket_id: str
    form: str
    mapping: Mapping[str, str]

    def batch_id(self, *, first: str, records: int, identity: str) -> str:
        """What a chunk is known by. Begins with what its first record is known by, and how many there are."""
        return f"{self.beginning(first)}{records}.{self._hashed(identity)}"

    def beginning(self, first: str) -> str:
        """With what ids of all chunks begin that begin with this record."""
        return self._hashed(first)[:32] + "."

    def _hashed(self, content: str) -> str:
        digest = hashlib.sha256()
        fields = (f"{field}={self.mapping[field]}" for field in sorted(self.mapping))
        for part in (self.bucket_id, self.form, *fields, content):
            digest.update(f"{len(part)}:{part}".encode())
        return digest.hexdigest()


def records_in(batch_id: str) -> int:
    """How many records the chunk of that id has."""
    return int(batch_id.split(".")[1])


def comparisons(
    reported: Iterable[Mapping[str, Any]], measured: Iterable[Mapping[str, Any]], names: Mapping[str, str]
) -> Sequence[Comparison]:
    """Newest day first. Of one source that reports a day in several resolutions, the one that tells of the most counts."""
    known = {(row["day"], row["bucket_id"]): row for row in measured}
    best: dict[tuple[Any, ...], Mapping[str, Any]] = {}
    for row in reported:
        key = (row["day"], row["bucket_id"], row["source"])
        best[key] = _fuller(best[key], row) if key in best else row
    return [
        _comparison(row, known.get((day, bucket_id), {}), names.get(bucket_id, "(removed)"))
        for (day, bucket_id, _), row in best.items()
    ]


def _fuller(left: Mapping[str, Any], right: Mapping[str, Any]) -> Mapping[str, Any]:
    """The fuller of two, with what only the other one knows."""
    first, second = (left, right) if (left["requests"] or 0) >= (right["requests"] or 0) else (right, left)
    return {name: second[name] if first[name] is None else first[name] for name in first}


def _comparison(row: Mapping[str, Any], found: Mapping[str, Any], bucket: str) -> Comparison:
    measured = {name: float(found.get(name) or 0) for name in _MEASURED}
    differences = {name: measured[name] - row[name] if row[name] is not None else None for name in _MEASURED}
    return Comparison(
        day=datetime.fromtimestamp(row["day"], UTC),
        bucket=bucket,
        source=row["source"],
        resolution_seconds=row["resolution"],
        reported=Amounts(**{name: row[name] for name in _FIGURES}),
        measured=Amounts(**measured),
        difference=Amounts(**differences),
    )
