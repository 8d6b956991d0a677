"""Buckets and their sealed credentials in the control database."""

from typing import Any

import msgspec
import sqlalchemy as sa

from storekeeper.buckets.model import Bucket
from storekeeper.infra.db import Connection, Timestamp, metadata

bucket_table = sa.Table(
    "bucket",
    metadata,
    sa.Column("id", sa.String(36), primary_key=True),
    sa.Column("name", sa.String(63), nullable=False, unique=True),
    sa.Column("url", sa.Text, nullable=False),
    sa.Column("endpoint", sa.Text, nullable=False),
    sa.Column("region", sa.String(64), nullable=False),
    sa.Column("provider", sa.String(32), nullable=False),
    sa.Column("access_key_id", sa.String(256), nullable=False),
    sa.Column("secret_access_key", sa.Text, nullable=False),  # sealed
    sa.Column("session_token", sa.Text, nullable=False),  # sealed
    sa.Column("owner_pattern", sa.Text, nullable=False),
    sa.Column("store_keys", sa.Boolean, nullable=False),
    sa.Column("scan_cron", sa.String(64), nullable=False),
    sa.Column("max_concurrency", sa.Integer, nullable=False),
    sa.Column("max_requests_per_second", sa.Float, nullable=False),
    sa.Column("created_at", Timestamp, nullable=False),
    sa.Column("updated_at", Timestamp, nullable=False),
)
SECRETS = ("secret_access_key", "session_token")
_PUBLIC = [column for column in bucket_table.c if column.name not in SECRETS]


def insert(connection: Connection, bucket: Bucket, sealed: dict[str, str]) -> None:
    connection.execute(bucket_table.insert().values(**msgspec.structs.asdict(bucket), **sealed))


def update(connection: Connection, bucket: Bucket, sealed: dict[str, str]) -> None:
    """`sealed` holds only the secrets that change."""
    values: dict[str, Any] = msgspec.structs.asdict(bucket) | sealed
    connection.execute(bucket_table.update().where(bucket_table.c.id == bucket.id).values(**values))


def delete(connection: Connection, bucket_id: str) -> None:
    connection.execute(bucket_table.delete().where(bucket_table.c.id == bucket_id))


def find(connection: Connection, name: str) -> Bucket | None:
    row = connection.execute(sa.select(*_PUBLIC).where(bucket_table.c.name == name)).mappings().first()
    return Bucket(**row) if row else None


def get(connection: Connection, bucket_id: str) -> Bucket | None:
    row = connection.execute(sa.select(*_PUBLIC).where(bucket_table.c.id == bucket_id)).mappings().first()
    return Bucket(**row) if row else None


def find_all(connection: Connection) -> list[Bucket]:
    rows = connection.execute(sa.select(*_PUBLIC).order_by(bucket_table.c.name)).mappings()
    return [Bucket(**row) for row in rows]


def sealed_secrets(connection: Connection, bucket_id: str) -> dict[str, str]:
    columns = [bucket_table.c[name] for name in SECRETS]
    row = connection.execute(sa.select(*columns).where(bucket_table.c.id == bucket_id)).mappings().one()
    return dict(row)
