"""Bodies of requests turned into columns, in pieces: a large batch never becomes as many Python objects."""

import gzip
import io
import re
import zlib
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import IO, Any, cast

import msgspec
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.json as pa_json

from storekeeper.metering import rules
from storekeeper.metering.model import REQUIRED, SENT, BodyError, Operation, Rejection, TooLargeError

PIECE = 1 << 20  # bytes of text that are decoded at once
MAX_LINE = 64 << 10
MAX_BODY = 512 << 20  # after decompression
MAX_ITEMS = 1_000_000
FEW = 64 << 10  # bytes of text up to which single operations are quicker than columns
NO_TIME = "time: neither RFC 3339 nor milliseconds since 1970"
_ARROW, _ARRAY = "application/vnd.apache.arrow.stream", "application/json"
_LINES = ("application/x-ndjson", "application/ndjson", "application/jsonl", "text/plain", "")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

_decode_lines = msgspec.json.Decoder(Operation).decode_lines
_decode_array = msgspec.json.Decoder(list[Operation]).decode
_time_is_text = re.compile(rb'"time"\s*:\s*"').search
_DEFAULTS = Operation(time=0, bucket="-", operation="-", status=100)
_FIELDS = [(field.name, field.encode_name) for field in msgspec.structs.fields(Operation)]

Piece = tuple[pa.Table, list[Rejection]]  # rows with a column `index`, and what was refused


def decode(body: IO[bytes], *, media_type: str, encoding: str) -> Iterator[Piece]:
    """Tables of schema SENT plus `index`, the place of each row in the batch.

    Raises BodyError for what can not be read at all, TooLargeError beyond the limits.
    """
    plain = _decompressed(body, encoding)
    if media_type == _ARROW:
        return _from_arrow(plain)
    if media_type == _ARRAY:
        return _from_array(plain)
    if media_type in _LINES:
        return _from_lines(plain)
    raise BodyError(
        f"{media_type!r} is no form of a batch.",
        hint="Send application/x-ndjson, application/json or application/vnd.apache.arrow.stream.",
    )


def decode_few(body: IO[bytes], *, media_type: str, encoding: str) -> list[Operation] | None:
    """The operations of a small body of text with which nothing is wrong; None for any other, which `decode` tells.

    Raises BodyError.
    """
    if media_type not in (_ARRAY, *_LINES):
        return None
    plain = (_decompressed(body, encoding) if encoding else body).read(FEW + 1)
    if len(plain) > FEW or b"\\u0000" in plain:
        return None
    try:
        return _decode_array(plain) if media_type == _ARRAY else _decode_lines(plain)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return None


def milliseconds(value: str | int) -> int | None:
    """Since 1970; None for text that is no time with a zone."""
    if type(value) is int:
        return value
    try:
        return (_moment(value) - _EPOCH) // timedelta(milliseconds=1)
    except (ValueError, OverflowError):
        return None


class _Limited(io.RawIOBase):
    """Refuses to hand out more than the limit: a zip bomb ends here."""

    def __init__(self, source: Any, limit: int) -> None:
        self._source = source
        self._left = limit

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        try:
            chunk = self._source.read(len(buffer))
        except (OSError, EOFError, zlib.error, pa.ArrowException) as error:
            raise BodyError(f"The body can not be decompressed: {error}") from None
        self._left -= len(chunk)
        if self._left < 0:
            raise TooLargeError(
                f"The batch is larger than {MAX_BODY >> 20} MiB.", hint="Send smaller batches."
            )
        buffer[: len(chunk)] = chunk
        return len(chunk)


def _decompressed(body: IO[bytes], encoding: str) -> io.BufferedReader:
    source: Any = body
    if encoding == "gzip":
        source = gzip.GzipFile(fileobj=body, mode="rb")
    elif encoding == "zstd":
        source = pa.CompressedInputStream(pa.PythonFile(cast("io.IOBase", body), mode="r"), "zstd")
    elif encoding not in ("", "identity"):
        raise BodyError(f"Content-Encoding {encoding!r} is not known.", hint="Use gzip, zstd or none.")
    return io.BufferedReader(_Limited(source, MAX_BODY), buffer_size=PIECE)


def _from_lines(plain: io.BufferedReader) -> Iterator[Piece]:
    index, rest = 0, b""
    while chunk := plain.read(PIECE):
        whole, newline, rest = (rest + chunk).rpartition(b"\n")
        if len(rest) > MAX_LINE:
            number = index + whole.count(b"\n") + 1
            raise TooLargeError(f"Line {number} is longer than {MAX_LINE >> 10} KiB.")
        if newline:
            rows, refused = _lines(whole, index)
            yield rows, refused
            index = _counted(index, rows.num_rows + len(refused))
    if rest.strip():
        yield _lines(rest, index)


def _lines(text: bytes, index: int) -> Piece:
    rows = _parsed(text)
    if rows is not None:
        return _numbered(rows, index), []
    lines = [line for line in text.split(b"\n") if line.strip()]
    try:
        return _columns(_decode_lines(b"\n".join(lines)), range(index, index + len(lines)), [])
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return _one_by_one(lines, _read_line, index)


def _parsed(text: bytes) -> pa.Table | None:
    """Many lines at once, outside of Python; None when anything at all is unusual about them."""
    if len(text) < FEW:
        return None
    as_text = bool(_time_is_text(text, 0, MAX_LINE))
    schema = SENT.set(0, pa.field("time", pa.string() if as_text else pa.int64()))
    try:
        rows = pa_json.read_json(
            io.BytesIO(text),
            read_options=pa_json.ReadOptions(use_threads=False, block_size=len(text) + 1),
            parse_options=pa_json.ParseOptions(explicit_schema=schema, unexpected_field_behavior="ignore"),
        )
        rows.validate(full=True)
        times = pc.cast(rows["time"], pa.timestamp("us", tz="UTC")) if as_text else rows["time"]
        rows = rows.set_column(0, SENT.field(0), pc.cast(times, SENT.field(0).type, safe=False))
    except (pa.ArrowException, UnicodeDecodeError):
        return None
    whole = rows.num_rows == text.count(b"\n") + 1 and not any(rows[name].null_count for name in REQUIRED)
    if not whole:
        return None
    rows = pa.table([_filled(rows[name], field) for field, name in _FIELDS], schema=SENT)
    return rows if rules.are_fit(rows) else None


def _filled(column: Any, field: str) -> Any:
    if not column.null_count:
        return column
    default = pa.scalar(getattr(_DEFAULTS, field), column.type)
    return (
        pa.repeat(default, len(column)) if column.null_count == len(column) else pc.fill_null(column, default)
    )


def _one_by_one(items: list[Any], read: Callable[[Any], Operation], index: int) -> Piece:
    """The slow way, taken for a piece in which something is wrong."""
    good, places, refused = [], [], []
    for place, item in enumerate(items, index):
        try:
            good.append(read(item))
            places.append(place)
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            refused.append(Rejection(place, reason_of(error)))
    return _columns(good, places, refused)


def _read_line(line: bytes) -> Operation:
    """Null stands for what is not there, as in a column."""
    item = msgspec.json.decode(line)
    if isinstance(item, dict):
        item = {name: value for name, value in item.items() if value is not None}
    return msgspec.convert(item, Operation)


def reason_of(error: Exception) -> str:
    """In words that name the field first, so that equal mistakes count together."""
    text = str(error)
    message, _, path = text.partition(" - at `$.")
    return f"{path.rstrip('`')}: {message}" if path else f"item: {message}"


def _from_array(plain: io.BufferedReader) -> Iterator[Piece]:
    body = plain.read()
    try:
        items = msgspec.json.decode(body, type=list[msgspec.Raw])
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise BodyError(f"The body is not a JSON array: {error}") from None
    _counted(0, len(items))
    for start in range(0, len(items), 10_000):
        yield _one_by_one(items[start : start + 10_000], _read_line, start)


def _columns(items: list[Operation], places: Any, refused: list[Rejection]) -> Piece:
    times, bad = _times([item.time for item in items])
    columns: dict[str, Any] = {
        name: [getattr(item, field) for item in items] for field, name in _FIELDS if field != "time"
    }
    table = pa.table(
        [times, *(pa.array(columns[name], SENT.field(name).type) for name in SENT.names[1:])], schema=SENT
    ).append_column("index", pa.array(places, pa.int64()))
    if bad:
        refused = refused + [Rejection(places[place], reason) for place, reason in bad.items()]
        table = table.filter(pc.is_valid(table["time"]))
    return table, refused


def _times(values: list[str | int]) -> tuple["pa.Array[Any]", dict[int, str]]:
    """The column, null where a value is no time, with the reason by place."""
    kind = SENT.field("time").type
    try:
        if all(type(value) is int for value in values):
            return pa.array(values, pa.int64()).cast(kind), {}
        if all(type(value) is str for value in values):
            return pc.cast(
                pc.cast(pa.array(values, pa.string()), pa.timestamp("us", tz="UTC")), kind, safe=False
            ), {}
    except (pa.ArrowException, OverflowError):
        pass
    bad: dict[int, str] = {}
    moments: list[datetime | None] = []
    for place, value in enumerate(values):
        try:
            moments.append(_moment(value))
        except (ValueError, OverflowError, OSError):
            moments.append(None)
            bad[place] = NO_TIME
    return pa.array(moments, kind), bad


def _moment(value: str | int) -> datetime:
    if isinstance(value, int):
        return datetime.fromtimestamp(value / 1000, UTC)
    moment = datetime.fromisoformat(value)
    if moment.tzinfo is None:
        raise ValueError
    return moment.astimezone(UTC)


def _from_arrow(plain: io.BufferedReader) -> Iterator[Piece]:
    index = 0
    try:
        with pa.ipc.open_stream(plain) as stream:
            missing = set(REQUIRED) - set(stream.schema.names)
            if missing:
                raise BodyError(f"The Arrow stream lacks the columns {', '.join(sorted(missing))}.")
            for batch in stream:
                if batch.num_rows:
                    yield _conformed(pa.Table.from_batches([batch]), index), []
                    index = _counted(index, batch.num_rows)
    except pa.ArrowException as error:
        raise BodyError(f"The body is not an Arrow stream of operations: {error}") from None


def _conformed(table: pa.Table, index: int) -> pa.Table:
    """Columns in our order and types; those that are missing get their default."""
    columns = []
    for field, (name, _) in zip(SENT, _FIELDS, strict=True):
        if field.name in table.column_names:
            columns.append(pc.cast(table[field.name], field.type, safe=field.name != "time"))
        else:
            columns.append(pa.repeat(pa.scalar(getattr(_DEFAULTS, name), field.type), table.num_rows))
    return _numbered(pa.table(columns, schema=SENT), index)


def _numbered(rows: pa.Table, index: int) -> pa.Table:
    ones: Any = pa.repeat(pa.scalar(1, pa.int64()), rows.num_rows)
    return rows.append_column("index", pc.add(pc.cumulative_sum(ones), index - 1))


def _counted(before: int, more: int) -> int:
    if before + more > MAX_ITEMS:
        raise TooLargeError(
            f"The batch has more than {MAX_ITEMS:,} operations.", hint="Send smaller batches."
        )
    return before + more
