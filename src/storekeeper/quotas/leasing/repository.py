"""Leases in the control database.

Those that ended are kept until a snapshot has seen what was written by them; old ones are folded into few.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import NamedTuple

import sqlalchemy as sa

from storekeeper.infra.db import Connection, Timestamp, metadata
from storekeeper.kernel.ids import new_id
from storekeeper.quotas.model import Lease

FOLDED = timedelta(minutes=5)  # leases of an owner in a bucket that began within it become one
lease_table = sa.Table(
    "quota_lease",
    metadata,
    sa.Column("id", sa.String(36), primary_key=True),
    sa.Column("owner", sa.String(256), nullable=False),
    sa.Column("bucket_id", sa.String(36), nullable=False),
    sa.Column("bytes", sa.BigInteger, nullable=False),
    sa.Column("writes", sa.BigInteger, nullable=False),
    sa.Column("spent_bytes", sa.BigInteger, nullable=False),
    sa.Column("spent_writes", sa.BigInteger, nullable=False),
    sa.Column("actor", sa.String(320), nullable=False),
    sa.Column("granted_at", Timestamp, nullable=False),
    sa.Column("expires_at", Timestamp, nullable=False),
    sa.Column("settled_at", Timestamp),
    sa.Index("ix_quota_lease_owner", "owner", "bucket_id", "granted_at"),
    sa.Index("ix_quota_lease_bucket", "bucket_id", "granted_at"),
)
_l = lease_table.c
_settled = _l.settled_at.is_not(None)
_BYTES = sa.func.sum(sa.case((_settled, _l.spent_bytes), else_=_l.bytes))
_WRITES = sa.func.sum(sa.case((_settled, _l.spent_writes), else_=_l.writes))
_ENDED = sa.func.coalesce(_l.settled_at, _l.expires_at)


class Leased(NamedTuple):
    """What leases count for: all of those that are kept, and those that were granted lately."""

    bytes: int = 0
    writes: int = 0
    recent_bytes: int = 0
    recent_writes: int = 0


def insert(connection: Connection, lease: Lease) -> None:
    values = {name: getattr(lease, name) for name in _l.keys()}  # noqa: SIM118 - not a dict
    connection.execute(lease_table.insert().values(values))


def settle(
    connection: Connection, lease_id: str, *, actor: str, spent_bytes: int, spent_writes: int, at: datetime
) -> bool:
    """Only the first word on a lease counts, by who has it; False for any other."""
    own = lease_table.update().where(_l.id == lease_id, _l.actor == actor, _l.settled_at.is_(None))
    values = {"spent_bytes": spent_bytes, "spent_writes": spent_writes, "settled_at": at}
    return connection.execute(own.values(values)).rowcount > 0


def leased(connection: Connection, owner: str, bucket_id: str, *, recent: datetime) -> Leased:
    """Of an owner, a bucket, or both; what is empty is any. `recent` ones were granted from then on."""
    conditions = [_l.owner == owner] if owner else []
    conditions += [_l.bucket_id == bucket_id] if bucket_id else []
    lately = _l.granted_at >= recent
    row = connection.execute(
        sa.select(
            _BYTES,
            _WRITES,
            sa.func.sum(sa.case((~lately, 0), (_settled, _l.spent_bytes), else_=_l.bytes)),
            sa.func.sum(sa.case((~lately, 0), (_settled, _l.spent_writes), else_=_l.writes)),
        ).where(*conditions)
    ).one()
    return Leased(*(int(value or 0) for value in row))


def forget_seen(connection: Connection, starts: Mapping[str, datetime]) -> None:
    """Delete what ended before its bucket's snapshot began: that has seen it. By the bucket's id."""
    for bucket_id, began in starts.items():
        connection.execute(lease_table.delete().where(_l.bucket_id == bucket_id, began > _ENDED))


def forget_bucket(connection: Connection, bucket_id: str) -> None:
    connection.execute(lease_table.delete().where(_l.bucket_id == bucket_id))


def forget_dead(connection: Connection, before: datetime) -> None:
    """Delete what expired earlier and was never settled: whoever had it was killed, and what it wrote is measured by now."""
    connection.execute(lease_table.delete().where(_l.settled_at.is_(None), _l.expires_at < before))


def fold(connection: Connection, before: datetime, now: datetime) -> int:
    """Make one settled lease of those of an owner in a bucket that began in the same minutes; how many there were."""
    step = int(FOLDED.total_seconds() * 1_000_000)
    part = sa.type_coerce(_l.granted_at, sa.BigInteger) // step
    old = sa.and_(_l.granted_at < before, before > _ENDED)
    groups = connection.execute(
        sa.select(_l.owner, _l.bucket_id, _BYTES, _WRITES, sa.func.max(_l.granted_at), sa.func.max(_ENDED))
        .where(old)
        .group_by(_l.owner, _l.bucket_id, part)
        .having(sa.func.count() > 1)
    ).all()
    folded = 0
    for owner, bucket_id, spent_bytes, spent_writes, granted_at, ended_at in groups:
        same = sa.and_(
            old, _l.owner == owner, _l.bucket_id == bucket_id, part == sa.literal(_part(granted_at, step))
        )
        folded += connection.execute(lease_table.delete().where(same)).rowcount
        size, writes = int(spent_bytes), int(spent_writes)
        insert(
            connection,
            Lease(
                id=new_id(now), owner=owner, bucket_id=bucket_id, bytes=size, writes=writes, spent_bytes=size,
                spent_writes=writes, actor="system", granted_at=granted_at, expires_at=ended_at, settled_at=ended_at,
            ),
        )  # fmt: skip
    return folded


def _part(moment: datetime, step: int) -> int:
    return (int(moment.replace(microsecond=0).timestamp()) * 1_000_000 + moment.microsecond) // step
