"""Quotas, their use, violations and leases in the control database."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

import sqlalchemy as sa

from storekeeper.infra.db import Connection, Timestamp, metadata
from storekeeper.quotas.model import Measure, Quota, Raise, State, Use

quota_table = sa.Table(
    "quota",
    metadata,
    sa.Column("id", sa.String(36), primary_key=True),
    sa.Column("owner", sa.String(256), nullable=False),  # empty for everybody
    sa.Column("bucket_id", sa.String(36), nullable=False),  # empty for all
    sa.Column("bucket", sa.String(63), nullable=False),
    sa.Column("measure", sa.String(16), nullable=False),
    sa.Column("limit", sa.BigInteger, nullable=False),
    sa.Column("warn_percent", sa.Integer, nullable=False),
    sa.Column("hard", sa.Boolean, nullable=False),
    sa.Column("raised_limit", sa.BigInteger),
    sa.Column("raised_until", Timestamp),
    sa.Column("raise_reason", sa.Text, nullable=False),
    sa.Column("raised_by", sa.String(320), nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("created_at", Timestamp, nullable=False),
    sa.Column("updated_at", Timestamp, nullable=False),
    sa.Column("updated_by", sa.String(320), nullable=False),
    sa.Index("uq_quota_of", "owner", "bucket_id", "measure", unique=True),
    sa.Index("ix_quota_bucket", "bucket_id", "owner"),
)
use_table = sa.Table(
    "quota_use",
    metadata,
    sa.Column("quota_id", sa.String(36), sa.ForeignKey("quota.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("used", sa.BigInteger, nullable=False),
    sa.Column("held", sa.BigInteger, nullable=False),
    sa.Column("added", sa.BigInteger, nullable=False),
    sa.Column("written", sa.BigInteger, nullable=False),
    sa.Column("recent", sa.BigInteger, nullable=False),
    sa.Column("share", sa.Float, nullable=False),  # of the limit at `computed_at`, to sort by
    sa.Column("state", sa.String(16), nullable=False),
    sa.Column("since", Timestamp),
    sa.Column("snapshot_at", Timestamp),
    sa.Column("computed_at", Timestamp),
)
_q, _u = quota_table.c, use_table.c
_USE = tuple(column.name for column in _u if column.name not in ("quota_id", "share"))
_SORTS: Mapping[str, sa.ColumnElement[Any]] = {
    "share": _u.share, "owner": _q.owner, "bucket": _q.bucket, "measure": _q.measure, "used": _u.used,
}  # fmt: skip
SORTS = tuple(_SORTS)


class Known(NamedTuple):
    """A quota with its bucket's id and its use."""

    quota: Quota
    bucket_id: str
    use: Use

    @property
    def key(self) -> tuple[str, str]:
        return self.quota.owner, self.bucket_id


class Wanted(NamedTuple):
    """Which quotas are listed; what is empty does not filter."""

    owner: str = ""
    bucket: str = ""
    measure: Measure | None = None
    state: State | None = None
    text: str = ""  # anywhere in the owner or the bucket
    sort: str = "-share"
    skip: int = 0
    limit: int = 100


def insert(connection: Connection, quota: Quota, bucket_id: str) -> None:
    """Raises sqlalchemy's IntegrityError where there is one for the same; see `find_same`."""
    connection.execute(quota_table.insert().values(**_columns(quota), bucket_id=bucket_id))
    connection.execute(use_table.insert().values(quota_id=quota.id, share=0.0, **_use_columns(Use())))


def update(connection: Connection, quota: Quota) -> None:
    connection.execute(quota_table.update().where(_q.id == quota.id).values(**_columns(quota)))


def delete(connection: Connection, quota_ids: Sequence[str]) -> None:
    connection.execute(use_table.delete().where(_u.quota_id.in_(quota_ids)))
    connection.execute(quota_table.delete().where(_q.id.in_(quota_ids)))


def get(connection: Connection, quota_id: str) -> Known | None:
    found = _known(connection, _all().where(_q.id == quota_id))
    return found[0] if found else None


def find_same(connection: Connection, owner: str, bucket_id: str, measure: Measure) -> Known | None:
    found = _known(
        connection, _all().where(_q.owner == owner, _q.bucket_id == bucket_id, _q.measure == measure)
    )
    return found[0] if found else None


def applying(connection: Connection, owner: str, bucket_id: str, *, lock: bool) -> list[Known]:
    """Those that a write by the owner into the bucket counts against; `lock` keeps others out until the transaction ends.

    One order for everybody, so that two who lock never wait for each other; SQLite has one writer anyway.
    """
    of_owner = sa.and_(_q.owner == owner, _q.owner != "", _q.bucket_id.in_(["", bucket_id]))
    of_bucket = sa.and_(_q.owner == "", _q.bucket_id == bucket_id)
    query = _all().where(sa.or_(of_owner, of_bucket)).order_by(_q.id)
    return _known(connection, query.with_for_update(of=quota_table) if lock else query)


def of_owner(connection: Connection, owner: str) -> list[Known]:
    """Those of one owner, over all buckets and in single ones."""
    return _known(connection, _all().where(_q.owner == owner).order_by(_q.bucket, _q.measure))


def of_bucket(connection: Connection, bucket_id: str) -> list[Known]:
    return _known(connection, _all().where(_q.bucket_id == bucket_id))


def every(connection: Connection) -> list[Known]:
    return _known(connection, _all().order_by(_q.id))


def page(connection: Connection, wanted: Wanted) -> tuple[list[Known], int]:
    """(one page, how many there are in all)."""
    conditions = _conditions(wanted)
    source = quota_table.join(use_table)
    total = sa.select(sa.func.count()).select_from(source).where(*conditions)
    column = _SORTS[wanted.sort.removeprefix("-")]
    order = column.desc() if wanted.sort.startswith("-") else column.asc()
    query = _all().where(*conditions).order_by(order, _q.id).offset(wanted.skip).limit(wanted.limit)
    return _known(connection, query), connection.execute(total).scalar_one()


def save_uses(connection: Connection, uses: Iterable[tuple[str, Use, float]]) -> None:
    """(id of the quota, its use, its share of the limit); all in one statement."""
    rows = [
        {"this_id": quota_id, "share": share, **_use_columns(use)} for quota_id, use, share in uses
    ]  # fmt: skip
    if rows:
        this_id: sa.BindParameter[str] = sa.bindparam("this_id")
        values: dict[str, Any] = {name: sa.bindparam(name) for name in (*_USE, "share")}
        connection.execute(use_table.update().where(_u.quota_id == this_id).values(values), rows)


def touch_uses(connection: Connection, at: datetime) -> None:
    """All that were computed before were computed again; those that are not saved are as they were."""
    connection.execute(use_table.update().where(_u.computed_at.is_not(None)).values(computed_at=at))


def _all() -> sa.Select[Any]:
    return sa.select(*_q, *(use_table.c[name] for name in _USE)).join_from(quota_table, use_table)


def _conditions(wanted: Wanted) -> list[sa.ColumnElement[bool]]:
    given: list[tuple[Any, sa.ColumnElement[bool]]] = [
        (wanted.owner, _q.owner == wanted.owner),
        (wanted.bucket, _q.bucket == wanted.bucket),
        (wanted.measure, _q.measure == wanted.measure),
        (wanted.state, _u.state == wanted.state),
        (
            wanted.text,
            sa.or_(
                _q.owner.icontains(wanted.text, autoescape=True),
                _q.bucket.icontains(wanted.text, autoescape=True),
            ),
        ),
    ]
    return [condition for value, condition in given if value]


def _columns(quota: Quota) -> dict[str, Any]:
    names = ("id", "owner", "bucket", "measure", "limit", "warn_percent", "hard", "reason", "created_at",
             "updated_at", "updated_by")  # fmt: skip
    raised = quota.raised
    return {name: getattr(quota, name) for name in names} | {
        "raised_limit": raised.limit if raised else None,
        "raised_until": raised.until if raised else None,
        "raise_reason": raised.reason if raised else "",
        "raised_by": raised.raised_by if raised else "",
    }


def _use_columns(use: Use) -> dict[str, Any]:
    return {name: getattr(use, name) for name in _USE}


def _known(connection: Connection, query: sa.Select[Any]) -> list[Known]:
    return [_row(row) for row in connection.execute(query).mappings()]


def _row(row: Any) -> Known:
    raised = None
    if row["raised_until"] is not None:
        raised = Raise(
            limit=row["raised_limit"], until=row["raised_until"], reason=row["raise_reason"],
            raised_by=row["raised_by"],
        )  # fmt: skip
    quota = Quota(
        id=row["id"], owner=row["owner"], bucket=row["bucket"], measure=Measure(row["measure"]), limit=row["limit"],
        warn_percent=row["warn_percent"], hard=row["hard"], raised=raised, reason=row["reason"],
        created_at=row["created_at"], updated_at=row["updated_at"], updated_by=row["updated_by"],
    )  # fmt: skip
    use = Use(**{name: row[name] for name in _USE} | {"state": State(row["state"])})
    return Known(quota, row["bucket_id"], use)
