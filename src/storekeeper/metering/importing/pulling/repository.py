"""Sources of scheduled imports in the control database."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from storekeeper.infra.db import Connection, Timestamp, metadata
from storekeeper.metering.importing.pulling.model import ImportSource

import_source = sa.Table(
    "import_source",
    metadata,
    sa.Column("id", sa.String(36), primary_key=True),
    sa.Column("name", sa.String(63), nullable=False, unique=True),
    sa.Column("format", sa.String(32), nullable=False),
    sa.Column("bucket_id", sa.ForeignKey("bucket.id", ondelete="CASCADE"), nullable=False),
    sa.Column("cron", sa.String(64), nullable=False),
    sa.Column("paused", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("settings", sa.Text, nullable=False),
    sa.Column("secret", sa.Text, nullable=False),  # sealed
    sa.Column("cursor", sa.Text, nullable=False),  # how far it came; its puller's own words
    sa.Column("last_run_at", Timestamp),
    sa.Column("last_result", sa.Text, nullable=False),
    sa.Column("last_error", sa.Text, nullable=False),
    sa.Column("created_at", Timestamp, nullable=False),
    sa.Column("updated_at", Timestamp, nullable=False),
)


def insert(connection: Connection, source: ImportSource, *, bucket_id: str, sealed: str) -> None:
    connection.execute(
        import_source.insert().values(
            id=source.id, name=source.name, format=source.format, bucket_id=bucket_id, cron=source.cron,
            paused=source.paused, settings=json.dumps(source.settings), secret=sealed, cursor="", last_run_at=None, last_result="{}",
            last_error="", created_at=source.created_at, updated_at=source.updated_at,
        )
    )  # fmt: skip


def update(connection: Connection, source: ImportSource, *, sealed: str | None) -> None:
    """`sealed` is None where the secret stays."""
    values: dict[str, Any] = {
        "cron": source.cron,
        "paused": source.paused,
        "settings": json.dumps(source.settings),
        "updated_at": source.updated_at,
    }
    if sealed is not None:
        values["secret"] = sealed
    connection.execute(import_source.update().where(import_source.c.id == source.id).values(**values))


def save_run(
    connection: Connection,
    source_id: str,
    *,
    at: datetime,
    result: Mapping[str, int],
    error: str,
    cursor: str | None,
) -> None:
    """How a pull ended; the cursor stays where it is None."""
    values: dict[str, Any] = {"last_run_at": at, "last_result": json.dumps(result), "last_error": error}
    if cursor is not None:
        values["cursor"] = cursor
    connection.execute(import_source.update().where(import_source.c.id == source_id).values(**values))


def delete(connection: Connection, source_id: str) -> None:
    connection.execute(import_source.delete().where(import_source.c.id == source_id))


def find(connection: Connection, name: str, buckets: Mapping[str, str]) -> ImportSource | None:
    """`buckets` are names by id."""
    query = import_source.select().where(import_source.c.name == name)
    row = connection.execute(query).mappings().first()
    return _source(row, buckets) if row else None


def find_all(connection: Connection, buckets: Mapping[str, str]) -> list[ImportSource]:
    rows = connection.execute(import_source.select().order_by(import_source.c.name)).mappings()
    return [_source(row, buckets) for row in rows]


def secret_and_cursor(connection: Connection, source_id: str) -> tuple[str, str]:
    """The sealed secret, and how far the source came."""
    columns = (import_source.c.secret, import_source.c.cursor)
    row = connection.execute(sa.select(*columns).where(import_source.c.id == source_id)).one()
    return row[0], row[1]


def _source(row: Any, buckets: Mapping[str, str]) -> ImportSource:
    return ImportSource(
        id=row["id"],
        name=row["name"],
        format=row["format"],
        bucket=buckets.get(row["bucket_id"], ""),
        cron=row["cron"],
        paused=row["paused"],
        settings=json.loads(row["settings"]),
        has_secret=bool(row["secret"]),
        last_run_at=row["last_run_at"],
        last_result=json.loads(row["last_result"]),
        last_error=row["last_error"],
        created_at=row["created_at"],
        updated_at=row["updated_at"],
    )
