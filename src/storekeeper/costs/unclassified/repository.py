"""What no price is known for, in the control database: remembered for its month, so that it is told of once."""

from collections.abc import Iterable
from typing import Any, NamedTuple

import sqlalchemy as sa

from storekeeper.costs.unclassified.model import Kind, Unclassified
from storekeeper.infra.db import Connection, Timestamp, metadata

unclassified_table = sa.Table(
    "cost_unclassified",
    metadata,
    sa.Column("bucket_id", sa.String(36), primary_key=True),
    sa.Column("month", sa.String(7), primary_key=True),
    sa.Column("kind", sa.String(16), primary_key=True),
    sa.Column("name", sa.String(64), primary_key=True),
    sa.Column("bucket", sa.String(63), nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("lasts", sa.Boolean, nullable=False),  # false once a price is known
    sa.Column("first_seen_at", Timestamp, nullable=False),
)
_u = unclassified_table.c


class Key(NamedTuple):
    bucket_id: str
    month: str
    kind: Kind
    name: str


def known(connection: Connection, month: str) -> set[Key]:
    """All that were seen in a month, also those whose price is known by now."""
    query = sa.select(_u.bucket_id, _u.month, _u.kind, _u.name).where(_u.month == month)
    return {Key(row[0], row[1], Kind(row[2]), row[3]) for row in connection.execute(query)}


def insert(connection: Connection, bucket_id: str, found: Iterable[Unclassified]) -> None:
    rows = [
        {name: getattr(one, name) for name in ("month", "kind", "name", "bucket", "reason", "first_seen_at")}
        | {"bucket_id": bucket_id, "lasts": True}
        for one in found
    ]
    if rows:
        connection.execute(unclassified_table.insert(), rows)


def settle(connection: Connection, month: str, lasting: Iterable[Key]) -> None:
    """These have no price; for all others of the month, and for months before it, one is known or nobody asks any more."""
    connection.execute(unclassified_table.update().where(_u.month <= month).values(lasts=False))
    for key in lasting:
        this = sa.and_(*(unclassified_table.c[name] == value for name, value in key._asdict().items()))
        connection.execute(unclassified_table.update().where(this).values(lasts=True))


def lasting(connection: Connection) -> list[Unclassified]:
    query = unclassified_table.select().where(_u.lasts).order_by(_u.bucket, _u.kind, _u.name)
    return [_one(row) for row in connection.execute(query).mappings()]


def forget_bucket(connection: Connection, bucket_id: str) -> None:
    connection.execute(unclassified_table.delete().where(_u.bucket_id == bucket_id))


def forget_before(connection: Connection, month: str) -> None:
    connection.execute(unclassified_table.delete().where(_u.month < month))


def _one(row: Any) -> Unclassified:
    return Unclassified(
        bucket=row["bucket"], month=row["month"], kind=Kind(row["kind"]), name=row["name"], reason=row["reason"],
        first_seen_at=row["first_seen_at"],
    )  # fmt: skip
