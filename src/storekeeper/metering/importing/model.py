"""Nouns of importing: a record is one line or item of a file, a row is the operation in it, a chunk is what is taken at once."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import IO, Any, NamedTuple

import msgspec
import pyarrow as pa

from storekeeper.metering.model import Rejection


class Row(NamedTuple):
    """One operation, in the order of `metering.model.SENT`; `time` in milliseconds since 1970."""

    time: int
    bucket: str  # registered name
    operation: str
    status: int
    id: str = ""
    owner: str = ""
    key: str = ""
    error: str = ""
    bytes_in: int = 0
    bytes_out: int = 0
    object_size: int = 0
    latency_ms: float = 0.0
    weight: float = 1.0
    client_ip: str = ""
    request_id: str = ""
    storage_class: str = ""


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """What was asked beside the file itself."""

    bucket: str = ""  # registered name that all records belong to; empty: each record names its own
    names: Mapping[str, str] = {}  # bucket names that may stand in a record, to registered names
    any_name: bool = False  # the bucket has no name at its provider: whatever a record says is meant
    mapping: Mapping[str, str] = {}  # field of an operation to column of the file
    resolution: int = 0  # seconds of a window, for documents that do not tell; 0 is to find out

    def registered(self, name: str) -> str:
        """The registered name for the one in a record; empty when the record is another bucket's."""
        if self.any_name or name in ("", "-"):
            return self.bucket
        return self.names.get(name, "")


class MalformedError(Exception):
    """A record can not be read; the message says why, the field first."""


class Skip(str):
    """Why a record is passed over although nothing is wrong with it."""

    __slots__ = ()


OTHER_BUCKET = Skip("of another bucket")
PART_OF_ANOTHER = Skip("part of another request")


class Record(NamedTuple):
    """One line or item. `content` is what it is recognized by, `fault` why it has no value."""

    line: int
    content: bytes
    value: Any = None
    fault: str = ""


class Chunk(msgspec.Struct, frozen=True, kw_only=True):
    """What is taken in at once, and never twice."""

    identity: str  # what is made of its content
    first: str  # what is made of its first record's
    rows: pa.Table  # of schema SENT with `index`, the line
    refused: Sequence[Rejection]
    skipped: Mapping[str, int]  # by reason
    records: int


class OperationsFormat(msgspec.Struct, frozen=True, kw_only=True):
    """A kind of file that holds operations one by one."""

    name: str
    about: str
    records: Callable[[IO[bytes], Asked], Iterator[Record]]
    row: Callable[[Any, Asked], Row | Skip]  # raises MalformedError
    mapped: bool = False  # takes a mapping of fields to columns
    grows: bool = False  # no two records are alike, so that the beginning of a longer file is known again
    names_buckets: bool = False  # records name their bucket, so that none needs to be asked for
    identity: Callable[[Any], str] | None = None  # of a record that comes alone


class Reported(msgspec.Struct, frozen=True, kw_only=True):
    """What a provider says of one window. None is not reported; a part adds up with others to a total."""

    bucket: str  # registered name
    time: datetime  # start of the window
    resolution: int  # seconds
    operation: str = ""  # or metric
    status: str = ""
    detail: str = ""  # storage class, filter, or user: what else tells rows apart
    is_total: bool = False
    requests: float | None = None
    errors: float | None = None
    bytes_in: float | None = None
    bytes_out: float | None = None
    objects: float | None = None
    bytes: float | None = None


class ReportFormat(msgspec.Struct, frozen=True, kw_only=True):
    """A kind of document in which a provider reports sums."""

    name: str
    about: str
    parse: Callable[[bytes, Asked], tuple[Sequence[Reported], Mapping[str, int]]]  # raises BodyError


Format = OperationsFormat | ReportFormat


class LineRejection(msgspec.Struct, frozen=True, rename="camel"):
    """A line, or item, that was not taken."""

    line: int
    reason: str


class ImportReply(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What became of a file. The first thousand rejections are listed, `rejectedCount` counts all."""

    format: str
    bucket: str
    records: int
    accepted: int
    duplicates: int
    skipped: Mapping[str, int]
    rejected: Sequence[LineRejection]
    rejected_count: int


class Amounts(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Sums of a day; None where nothing is known. `objects` and `bytes` are the most that were stored."""

    requests: float | None = None
    errors: float | None = None
    bytes_in: float | None = None
    bytes_out: float | None = None
    objects: float | None = None
    bytes: float | None = None


class Comparison(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """One day of one bucket as a provider reports it and as it was measured; `difference` is measured minus reported."""

    day: datetime
    bucket: str
    source: str  # format
    resolution_seconds: int
    reported: Amounts
    measured: Amounts
    difference: Amounts


class Comparisons(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    since: datetime
    until: datetime
    items: Sequence[Comparison]
