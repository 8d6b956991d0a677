"""Scans and what is left of their listing, in the control database."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from storekeeper.infra.db import Connection, Timestamp, metadata
from storekeeper.inventory.model import Extras, Point, Scan, ScanState, Shard, Uploads, Versions

scan_table = sa.Table(
    "scan",
    metadata,
    sa.Column("id", sa.String(36), primary_key=True),
    sa.Column("bucket_id", sa.String(36), nullable=False),
    sa.Column("state", sa.String(16), nullable=False),
    sa.Column("started_at", Timestamp, nullable=False),
    sa.Column("finished_at", Timestamp),
    sa.Column("objects", sa.BigInteger, nullable=False),
    sa.Column("bytes", sa.BigInteger, nullable=False),
    sa.Column("pages", sa.BigInteger, nullable=False),
    sa.Column("requests", sa.BigInteger, nullable=False),
    sa.Column("retries", sa.BigInteger, nullable=False),
    sa.Column("shards_done", sa.Integer, nullable=False),
    sa.Column("shards_total", sa.Integer, nullable=False),
    sa.Column("batches", sa.Integer, nullable=False),
    sa.Column("upload_count", sa.BigInteger),
    sa.Column("upload_bytes", sa.BigInteger),
    sa.Column("uploads_unknown", sa.Text, nullable=False),
    sa.Column("noncurrent", sa.BigInteger),
    sa.Column("noncurrent_bytes", sa.BigInteger),
    sa.Column("delete_markers", sa.BigInteger),
    sa.Column("versions_unknown", sa.Text, nullable=False),
    sa.Column("detailed", sa.Boolean, nullable=False),
    sa.Column("error", sa.Text, nullable=False),
    sa.Index("ix_scan_bucket_finished", "bucket_id", "state", "finished_at"),
)

# Keys are bytes here: PostgreSQL's text can not hold every key that S3 allows.
shard_table = sa.Table(
    "scan_shard",
    metadata,
    sa.Column("scan_id", sa.String(36), sa.ForeignKey("scan.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("prefix", sa.LargeBinary, nullable=False),
    sa.Column("after", sa.LargeBinary, nullable=False),
    sa.Column("until", sa.LargeBinary, nullable=False),
)

_scan = scan_table.c
_MICROSECOND = timedelta(microseconds=1)
_complete = _scan.state == ScanState.COMPLETE


def save(connection: Connection, scan: Scan) -> None:
    """Insert or overwrite."""
    values = _values(scan)
    if connection.execute(scan_table.update().where(_scan.id == scan.id).values(values)).rowcount == 0:
        connection.execute(scan_table.insert().values(values))


def get(connection: Connection, scan_id: str) -> Scan | None:
    row = connection.execute(scan_table.select().where(_scan.id == scan_id)).mappings().first()
    return _as_scan(row) if row else None


def save_shards(connection: Connection, scan_id: str, shards: Iterable[Shard]) -> None:
    """Overwrite these shards; those that are done need no row."""
    shards = list(shards)
    table = shard_table.c
    if shards:
        number: sa.BindParameter[int] = sa.bindparam("this_number")
        connection.execute(
            shard_table.delete().where(table.scan_id == scan_id, table.number == number),
            [{"this_number": shard.number} for shard in shards],
        )
    rows = [
        {
            "scan_id": scan_id,
            "number": shard.number,
            "prefix": _bytes(shard.prefix),
            "after": _bytes(shard.after),
            "until": _bytes(shard.until),
        }
        for shard in shards
        if not shard.done
    ]
    if rows:
        connection.execute(shard_table.insert(), rows)


def open_shards(connection: Connection, scan_id: str) -> list[Shard]:
    """What of the key space is still to be listed."""
    query = shard_table.select().where(shard_table.c.scan_id == scan_id).order_by(shard_table.c.number)
    return [
        Shard(number=row.number, prefix=_text(row.prefix), after=_text(row.after), until=_text(row.until))
        for row in connection.execute(query)
    ]


def forget_shards(connection: Connection, scan_id: str) -> None:
    connection.execute(shard_table.delete().where(shard_table.c.scan_id == scan_id))


def find(connection: Connection, bucket_id: str, *, before: str = "", limit: int = 50) -> list[Scan]:
    """Scans of a bucket, newest first; `before` is the id of the last one of the previous page."""
    query = scan_table.select().where(_scan.bucket_id == bucket_id).order_by(_scan.id.desc()).limit(limit)
    if before:
        query = query.where(_scan.id < before)
    return [_as_scan(row) for row in connection.execute(query).mappings()]


def find_in_state(connection: Connection, state: ScanState) -> list[Scan]:
    query = scan_table.select().where(_scan.state == state).order_by(_scan.id)
    return [_as_scan(row) for row in connection.execute(query).mappings()]


def newest_complete(
    connection: Connection, *, bucket_id: str = "", before: datetime | None = None
) -> dict[str, Scan]:
    """By bucket id the last complete scan, or the last that ended before a moment."""
    newest = sa.select(_scan.bucket_id, sa.func.max(_scan.finished_at).label("at")).where(_complete)
    if bucket_id:
        newest = newest.where(_scan.bucket_id == bucket_id)
    if before:
        newest = newest.where(_scan.finished_at < before)
    chosen = newest.group_by(_scan.bucket_id).subquery()
    query = scan_table.select().join(
        chosen, sa.and_(_scan.bucket_id == chosen.c.bucket_id, _scan.finished_at == chosen.c.at)
    )
    rows = connection.execute(query.where(_complete)).mappings()
    return {row["bucket_id"]: _as_scan(row) for row in rows}


def newest(connection: Connection) -> dict[str, Scan]:
    """By bucket id the last scan, however it stands."""
    ids = sa.select(sa.func.max(_scan.id)).group_by(_scan.bucket_id)
    rows = connection.execute(scan_table.select().where(_scan.id.in_(ids))).mappings()
    return {row["bucket_id"]: _as_scan(row) for row in rows}


def history(
    connection: Connection, since: datetime, until: datetime, *, most: int, bucket_id: str = ""
) -> dict[str, list[Point]]:
    """Complete scans in that time by bucket id, oldest first; where there are more than `most`, the last one in each equal span."""
    wanted = sa.and_(_complete, _scan.finished_at >= since, _scan.finished_at <= until)
    if bucket_id:
        wanted = sa.and_(wanted, _scan.bucket_id == bucket_id)
    counted = sa.select(_scan.bucket_id).where(wanted).group_by(_scan.bucket_id)
    many = connection.execute(counted.having(sa.func.count() > most)).scalars().all()
    query = sa.select(_scan.bucket_id, _scan.finished_at, _scan.objects, _scan.bytes).where(wanted)
    if many:
        span = sa.cast(_scan.finished_at, sa.BigInteger) // int((until - since) / most / _MICROSECOND)
        of_many = _scan.bucket_id.in_(many)
        last = sa.select(sa.func.max(_scan.id)).where(wanted, of_many).group_by(_scan.bucket_id, span)
        query = query.where(sa.or_(~of_many, _scan.id.in_(last)))
    found: dict[str, list[Point]] = defaultdict(list)
    for id_, finished_at, objects, size in connection.execute(query.order_by(_scan.finished_at)):
        found[id_].append(Point(scanned_at=finished_at, objects=objects, bytes=size))
    return found


def complete_between(connection: Connection, since: datetime, until: datetime) -> list[Scan]:
    """Complete scans of all buckets in that time whose details are kept, and each bucket's newest before it, oldest first."""
    within = sa.and_(_complete, _scan.detailed, _scan.finished_at >= since, _scan.finished_at < until)
    query = scan_table.select().where(within).order_by(_scan.finished_at)
    found = [_as_scan(row) for row in connection.execute(query).mappings()]
    return [*newest_complete(connection, before=since).values(), *found]


def last_started(connection: Connection) -> dict[str, datetime]:
    """By bucket id when its last scan was begun, however it ended."""
    query = sa.select(_scan.bucket_id, sa.func.max(_scan.started_at)).group_by(_scan.bucket_id)
    return {row[0]: row[1] for row in connection.execute(query)}


def drop_details(connection: Connection, keep: set[str]) -> list[str]:
    """Mark all but these scans as without details; returns the ids that had them."""
    detailed = connection.execute(sa.select(_scan.id).where(_scan.detailed)).scalars()
    dropped = [scan_id for scan_id in detailed if scan_id not in keep]
    for scan_id in dropped:
        connection.execute(scan_table.update().where(_scan.id == scan_id).values(detailed=False))
    return dropped


def forget_before(
    connection: Connection, moment: datetime, keep: set[str], *, state: ScanState = ScanState.COMPLETE
) -> int:
    """Delete scans of that state that ended before then; returns how many."""
    old = connection.execute(
        sa.select(_scan.id).where(_scan.state == state, _scan.finished_at < moment)
    ).scalars()
    ids = [scan_id for scan_id in old if scan_id not in keep]
    for scan_id in ids:
        connection.execute(scan_table.delete().where(_scan.id == scan_id))
    return len(ids)


def forget_bucket(connection: Connection, bucket_id: str) -> None:
    connection.execute(scan_table.delete().where(_scan.bucket_id == bucket_id))


def _values(scan: Scan) -> dict[str, Any]:
    uploads, versions = scan.extras.uploads, scan.extras.versions
    plain = (
        "id", "bucket_id", "state", "started_at", "finished_at", "objects", "bytes", "pages", "requests", "retries",
        "shards_done", "shards_total", "batches", "detailed", "error",
    )  # fmt: skip
    return {name: getattr(scan, name) for name in plain} | {
        "upload_count": uploads.count,
        "upload_bytes": uploads.bytes,
        "uploads_unknown": uploads.unknown,
        "noncurrent": versions.noncurrent,
        "noncurrent_bytes": versions.noncurrent_bytes,
        "delete_markers": versions.delete_markers,
        "versions_unknown": versions.unknown,
    }


def _as_scan(row: sa.RowMapping) -> Scan:
    values: dict[str, Any] = {str(name): value for name, value in row.items()}
    uploads = Uploads(
        count=values.pop("upload_count"),
        bytes=values.pop("upload_bytes"),
        unknown=values.pop("uploads_unknown"),
    )
    versions = Versions(
        noncurrent=values.pop("noncurrent"),
        noncurrent_bytes=values.pop("noncurrent_bytes"),
        delete_markers=values.pop("delete_markers"),
        unknown=values.pop("versions_unknown"),
    )
    state = ScanState(values.pop("state"))
    return Scan(**values, state=state, extras=Extras(uploads=uploads, versions=versions))


def _bytes(key: str) -> bytes:
    return key.encode("utf-8", "surrogatepass")


def _text(stored: bytes) -> str:
    return stored.decode("utf-8", "surrogatepass")
