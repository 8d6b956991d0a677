"""The statements of quotas for the analytics engine: use by owner, by bucket, and by both, each in one pass."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from storekeeper.infra.analytics import Analytics, written

# Operations that bring bytes: parts count when they are sent, copies bring none over the wire.
_PUTS = "('PutObject', 'PostObject', 'UploadPart')"
# Operations after which there is one object more, or another in its place.
_MAKES = "('PutObject', 'PostObject', 'CompleteMultipartUpload', 'CopyObject')"
_MOST_NAMED = 500  # owners; beyond that all are summed up and those that are wanted are picked
_HOUR_MS = 3_600_000

# What the newest snapshots hold, by bucket and owner.
_HELD = """
    SELECT transform(scan_id, {scans:Array(String)}, {buckets:Array(String)}, '') AS bucket, owner,
        toFloat64(bytes) AS held_bytes, toFloat64(objects) AS held_objects,
        0. AS written_bytes, 0. AS written_objects, 0. AS removed_bytes, 0. AS removed_objects,
        0. AS recent_bytes, 0. AS recent_objects
    FROM inventory_share WHERE scan_id IN {scans:Array(String)} {named}"""

# What was written from the first full hour after each snapshot began on: sums by hour.
_BY_HOUR = """
    SELECT toString(bucket_id) AS bucket, owner, 0., 0., if(operation IN {puts}, bytes_in, 0.),
        if(operation IN {makes}, requests, 0.), 0., 0., 0., 0.
    FROM usage_hour
    WHERE time >= toDateTime({first_hour:String}, 'UTC') AND status_class = 2
        AND (operation IN {puts} OR operation IN {makes}) {named}
        AND toInt64(toUnixTimestamp(time)) * 1000
            >= transform(toString(bucket_id), {buckets:Array(String)}, {hours:Array(Int64)}, {never:Int64})"""

# What was written before that hour, and in the last minutes. Only single operations know the sizes of copies and deletes;
# deletes count from the end of the snapshot on, so that what it has not seen is not taken away.
_SINGLE = """
    SELECT bucket, owner, 0., 0.,
        sumIf(weight * size, at < hour OR operation = 'CopyObject') - sumIf(weight * size, operation = 'DeleteObject' AND at < hour),
        sumIf(weight, operation IN {makes} AND at < hour),
        sumIf(weight * size, operation = 'DeleteObject' AND at >= seen),
        sumIf(weight, operation = 'DeleteObject' AND at >= seen AND size > 0),
        sumIf(weight * size, operation != 'DeleteObject' AND at >= {recent:Int64}),
        sumIf(weight, operation IN {makes} AND at >= {recent:Int64})
    FROM
    (
        SELECT toString(bucket_id) AS bucket, owner, operation, weight, toUnixTimestamp64Milli(time) AS at,
            if(operation IN {puts}, bytes_in, if(operation IN ('CopyObject', 'DeleteObject'), object_size, 0)) AS size,
            transform(bucket, {buckets:Array(String)}, {starts:Array(Int64)}, {never:Int64}) AS start,
            transform(bucket, {buckets:Array(String)}, {hours:Array(Int64)}, {never:Int64}) AS hour,
            transform(bucket, {buckets:Array(String)}, {ends:Array(Int64)}, {never:Int64}) AS seen
        FROM operation
        WHERE bucket_id IN {buckets:Array(String)} AND time >= fromUnixTimestamp64Milli({first:Int64}, 'UTC')
            AND status BETWEEN 200 AND 299 {named}
            AND (operation IN {puts} OR operation IN {makes} OR operation = 'DeleteObject')
            AND at >= start AND (at < hour OR at >= {recent:Int64} OR operation IN ('CopyObject', 'DeleteObject'))
    )
    GROUP BY bucket, owner"""

# All of it by owner, by bucket, and for the pairs that are asked for.
STORED = f"""
SELECT if(grouping(both) = 0, both.1, owner) AS of_owner, if(grouping(both) = 0, both.2, bucket) AS in_bucket,
    sum(held_bytes) AS held_bytes, sum(held_objects) AS held_objects,
    sum(written_bytes) AS written_bytes, sum(written_objects) AS written_objects,
    sum(removed_bytes) AS removed_bytes, sum(removed_objects) AS removed_objects,
    sum(recent_bytes) AS recent_bytes, sum(recent_objects) AS recent_objects
FROM
(
    SELECT *, {{both}} AS both FROM ({_HELD} UNION ALL {_BY_HOUR} UNION ALL {_SINGLE})
)
GROUP BY GROUPING SETS ((owner), (bucket), (both))"""
_BOTH_OF = """if((owner, bucket) IN arrayZip({owners:Array(String)}, {in_buckets:Array(String)}), (owner, bucket), ('', ''))"""

# What was done in a month: requests and bytes that were read out.
_MONTH = """
SELECT {owner} AS of_owner, {bucket} AS in_bucket, sum(requests) AS operations, sum(bytes_out) AS egress
FROM {table}
WHERE {table}.time >= toDateTime({{month:String}}, 'UTC') AND {table}.time < toDateTime({{until:String}}, 'UTC') {rows} {named}
GROUP BY of_owner, in_bucket"""

# By owner, by bucket, by both: the sums that have no more rows than needed. Those of few owners are found in the order of owners.
_OF_ALL, _OF_EACH = "AND unit = 'month' AND bucket_id = ''", "AND unit = 'month' AND bucket_id != ''"
_MONTHS = (
    (True, False, "owner_sum", _OF_ALL),
    (False, True, "traffic_day", ""),
    (True, True, "owner_sum", _OF_EACH),
)
_OF_FEW = "usage_day"
Row = dict[str, Any]
Key = tuple[str, str]  # owner and bucket's id; one of them is empty for all


class Start(NamedTuple):
    """From when on the operations of a bucket are added, to which snapshot."""

    bucket_id: str
    scan_id: str  # empty for a bucket that was never scanned
    began: datetime
    ended: datetime


class QuotaAnalytics:
    """Reads what is used."""

    def __init__(self, engine: Analytics) -> None:
        self._engine = engine

    def stored(self, starts: Sequence[Start], keys: Collection[Key], *, recent: datetime) -> dict[Key, Row]:
        """Rows {held_…, written_…, removed_…, recent_… bytes and objects} of the keys for which there is anything."""
        if not starts or not keys:
            return {}
        pairs = [key for key in keys if all(key)]
        values: dict[str, Any] = {
            "scans": [one.scan_id for one in starts],
            "buckets": [one.bucket_id for one in starts],
            "starts": [_ms(one.began) for one in starts],
            "hours": [_next_hour(one.began) for one in starts],
            "ends": [_ms(one.ended) for one in starts],
            "never": 2**62,
            "first": min(_ms(one.began) for one in starts),
            "first_hour": written(min(one.began for one in starts)),
            "recent": _ms(recent),
            "owners": [owner for owner, _ in pairs],
            "in_buckets": [bucket for _, bucket in pairs],
        }
        return self._ask(_filled(STORED, pairs=bool(pairs)), keys, **values)

    def done(self, month: datetime, keys: Collection[Key]) -> dict[Key, Row]:
        """Rows {operations, egress} of the calendar month (UTC) that begins then."""
        until = (month + timedelta(days=32)).replace(day=1)
        found: dict[Key, Row] = {}
        for owner, bucket, table, rows in _MONTHS:
            wanted = [key for key in keys if (bool(key[0]), bool(key[1])) == (owner, bucket)]
            columns = {
                "owner": "owner" if owner else "''",
                "bucket": "toString(bucket_id)" if bucket else "''",
            }
            few = owner and bucket and len({name for name, _ in wanted}) <= _MOST_NAMED
            source = {"table": _OF_FEW, "rows": ""} if few else {"table": table, "rows": rows}
            sql = _MONTH.format(named="{named}", **source, **columns)
            if wanted:
                found |= self._ask(sql, wanted, month=written(month), until=written(until))
        return found

    def _ask(self, sql: str, keys: Collection[Key], **values: Any) -> dict[Key, Row]:
        owners = {owner for owner, _ in keys}
        named = ""
        if "" not in owners and len(owners) <= _MOST_NAMED:
            named, values["named"] = "AND owner IN {named:Array(String)}", sorted(owners)
        sql = sql.replace("{named}", named)
        wanted = set(keys)
        rows = self._engine.table(sql, **values).to_pylist()
        found = {(row["of_owner"], row["in_bucket"]): row for row in rows}
        return {key: row for key, row in found.items() if key in wanted}


def _filled(sql: str, *, pairs: bool) -> str:
    """Only names of ours; values stay parameters."""
    names: Iterable[tuple[str, str]] = (
        ("{puts}", _PUTS),
        ("{makes}", _MAKES),
        ("{both}", _BOTH_OF if pairs else "('', '')"),
    )
    for mark, text in names:
        sql = sql.replace(mark, text)
    return sql


def _ms(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)


def _next_hour(moment: datetime) -> int:
    return -(-_ms(moment) // _HOUR_MS) * _HOUR_MS
