"""Pure decisions about operations: which are acceptable, and when to refuse more."""

import math
import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import msgspec
import pyarrow as pa
import pyarrow.compute as pc

from storekeeper.metering.model import OPERATION_NAME, Rejection

OLDEST = timedelta(days=31)
AHEAD = timedelta(minutes=5)
_TEXT_LIMITS = {
    "operation": 64, "id": 128, "owner": 256, "key": 1024, "error": 128, "clientIp": 64, "requestId": 128,
    "storageClass": 64,
}  # fmt: skip
_EMPTY: Any = ""
_find_nul = re.compile(b"\0").search
_is_operation = re.compile(OPERATION_NAME).search
UNKNOWN_BUCKET = "bucket: not registered here"
FORBIDDEN_BUCKET = "bucket: not allowed for this key"
_MIN_WEIGHT, _MAX_WEIGHT = 1e-6, 1_000_000.0
_MAX_LATENCY = 86_400_000.0


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """Bytes. Beyond `soft` senders are slowed down, beyond `hard` or with less disk free than `reserve` refused."""

    soft: int = 256 << 20
    hard: int = 1 << 30
    reserve: int = 500 << 20


def room(spooled: int, free: int, limits: Limits) -> str:
    """`ok`, `busy` or `full`."""
    if spooled >= limits.hard or free <= limits.reserve:
        return "full"
    return "busy" if spooled >= limits.soft else "ok"


def resolution(span: timedelta) -> tuple[str, timedelta]:
    """The sums to read for a range, so that there are at most about 400 points."""
    if span <= timedelta(hours=6):
        return "minute", timedelta(minutes=1)
    if span <= timedelta(days=14):
        return "hour", timedelta(hours=1)
    return "day", timedelta(days=1)


def relative_error(requests: float, samples: int) -> float:
    """The standard error of a weighted count, as a share of it: sqrt(n (1 - p)) / n for n samples kept with p = n / N."""
    if samples <= 0 or requests <= samples:
        return 0.0
    return math.sqrt((1 - samples / requests) / samples)


def accept(
    rows: pa.Table, *, buckets: Mapping[str, bool], now: datetime, oldest: timedelta = OLDEST
) -> tuple[pa.Table, list[Rejection]]:
    """Rows that may be stored, and why the others may not.

    `buckets` maps the names of registered buckets to whether this sender may report on them.
    """
    verdicts = [
        (_outside(rows["time"], now, oldest), too_old(oldest)),
        (_unknown(rows["bucket"], buckets), UNKNOWN_BUCKET),
        (_not_in(rows["bucket"], [name for name, may in buckets.items() if not may]), FORBIDDEN_BUCKET),
        *_unfit(rows),
    ]
    return _sort_out(rows, [(bad, reason) for bad, reason in verdicts if pc.any(bad).as_py()])


def are_fit(rows: pa.Table) -> bool:
    """Whether every row is acceptable whenever it came and whatever its bucket."""
    return not any(pc.any(bad).as_py() for bad, _ in _unfit(rows))


def too_old(oldest: timedelta) -> str:
    return f"time: more than {oldest.days} days old or 5 minutes ahead"


def first_of_each(rows: pa.Table) -> tuple[pa.Table, int]:
    """Without rows whose `id` came before in the batch; and how many those were. An empty id is never the same."""
    ids: Any = rows["id"].combine_chunks()
    if not pc.any(pc.not_equal(ids, _EMPTY)).as_py():
        return rows, 0
    places = pa.table({"id": ids, "place": pa.array(range(len(ids)), pa.int64())})
    first = places.group_by("id").aggregate([("place", "min")])["place_min"]
    keep = pc.or_(pc.equal(ids, _EMPTY), pc.is_in(places["place"].combine_chunks(), first.combine_chunks()))
    kept = rows.filter(keep)
    return kept, rows.num_rows - kept.num_rows


def _sort_out(rows: pa.Table, found: list[tuple[Any, str]]) -> tuple[pa.Table, list[Rejection]]:
    refused: dict[int, str] = {}
    for bad, reason in found:
        for place in rows["index"].filter(bad).to_pylist():
            refused.setdefault(int(place or 0), reason)
    if not refused:
        return rows, []
    bad_places = pa.array(list(refused), pa.int64())
    kept = rows.filter(pc.invert(pc.is_in(rows["index"], bad_places)))
    return kept, [Rejection(place, refused[place]) for place in sorted(refused)]


def _unfit(rows: pa.Table) -> list[tuple[Any, str]]:
    verdicts = [
        (_not_between(rows["status"], 100, 599), "status: not between 100 and 599"),
        (_not_between(rows["weight"], _MIN_WEIGHT, _MAX_WEIGHT), "weight: not above 0 and at most 1,000,000"),
        (_not_between(rows["latencyMs"], 0, _MAX_LATENCY), "latencyMs: not between 0 and a day"),
    ]
    verdicts += [
        (_not_between(rows[name], 0, 2**63 - 1), f"{name}: negative or missing")
        for name in ("bytesIn", "bytesOut", "objectSize")
    ]
    verdicts += [
        (_bad_text(rows[name], most), f"{name}: missing, too long, or with a NUL character")
        for name, most in _TEXT_LIMITS.items()
        if not _is_clean(rows[name], most)
    ]
    return [*verdicts, (_bad_names(rows["operation"]), "operation: has characters that no operation has")]


def _outside(times: Any, now: datetime, oldest: timedelta) -> Any:
    kind = times.type
    early: Any = pa.scalar(now - oldest, kind)
    late: Any = pa.scalar(now + AHEAD, kind)
    return _or_null(pc.or_(pc.less(times, early), pc.greater(times, late)))


def _unknown(names: Any, buckets: Mapping[str, bool]) -> Any:
    return _or_null(pc.invert(pc.is_in(names, pa.array(list(buckets), pa.string()))))


def _not_in(names: Any, forbidden: list[str]) -> Any:
    return pc.is_in(names, pa.array(forbidden, pa.string()))


def _not_between(values: Any, least: Any, most: Any) -> Any:
    return _or_null(pc.invert(pc.and_(pc.greater_equal(values, least), pc.less_equal(values, most))))


def _bad_text(values: Any, most: Any) -> Any:
    return _or_null(pc.or_(pc.greater(pc.utf8_length(values), most), pc.match_substring(values, "\0")))


def _is_clean(values: Any, most: int) -> bool:
    """Whether `_bad_text` would find nothing, told from lengths in bytes and one look at them all."""
    if values.null_count or (pc.max(pc.binary_length(values)).as_py() or 0) > most:
        return False
    return not any(_find_nul(chunk.buffers()[2] or b"") for chunk in values.chunks)


def _bad_names(operations: Any) -> Any:
    bad = [name for name in pc.unique(operations).to_pylist() if not _is_operation(name or "")]
    return pc.is_in(operations, pa.array(bad, pa.string()))


def _or_null(bad: Any) -> Any:
    return pc.fill_null(bad, True)
