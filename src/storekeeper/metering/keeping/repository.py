"""Which days of operations lie in which archive, in the control database."""

from datetime import date, datetime
from typing import Any

import sqlalchemy as sa

from storekeeper.infra.db import Connection, Timestamp, metadata
from storekeeper.metering.keeping.model import Archive, ArchiveState

archive_table = sa.Table(
    "operation_archive",
    metadata,
    sa.Column("id", sa.String(36), primary_key=True),
    sa.Column("day", sa.String(10), nullable=False),
    sa.Column("bucket_id", sa.String(36), nullable=False),
    sa.Column("prefix", sa.Text, nullable=False),
    sa.Column("files", sa.Integer, nullable=False),
    sa.Column("operations", sa.BigInteger, nullable=False),
    sa.Column("bytes", sa.BigInteger, nullable=False),
    sa.Column("state", sa.String(16), nullable=False),
    sa.Column("created_at", Timestamp, nullable=False),
    sa.Column("restored_until", Timestamp),
    sa.Index("ix_operation_archive_day", "day"),
)
_archive = archive_table.c


def save(connection: Connection, archive: Archive) -> None:
    """Insert or overwrite."""
    values = {
        "id": archive.id, "day": archive.day.isoformat(), "bucket_id": archive.bucket_id, "prefix": archive.prefix,
        "files": archive.files, "operations": archive.operations, "bytes": archive.bytes, "state": archive.state,
        "created_at": archive.created_at, "restored_until": archive.restored_until,
    }  # fmt: skip
    if (
        connection.execute(archive_table.update().where(_archive.id == archive.id).values(values)).rowcount
        == 0
    ):
        connection.execute(archive_table.insert().values(values))


def of_day(connection: Connection, day: date) -> list[Archive]:
    """Oldest first; several when operations of the day came in after it had been archived."""
    query = archive_table.select().where(_archive.day == day.isoformat()).order_by(_archive.id)
    return [_as_archive(row) for row in connection.execute(query).mappings()]


def page(connection: Connection, *, before: str = "", limit: int = 100) -> list[Archive]:
    """Newest first; `before` is the id of the last one of the previous page."""
    query = archive_table.select().order_by(_archive.id.desc()).limit(limit)
    if before:
        query = query.where(_archive.id < before)
    return [_as_archive(row) for row in connection.execute(query).mappings()]


def restored(connection: Connection) -> dict[date, datetime]:
    """Days that are here as guests, and until when."""
    query = sa.select(_archive.day, _archive.restored_until).where(_archive.state == ArchiveState.RESTORED)
    return {date.fromisoformat(day): until for day, until in connection.execute(query)}


def forget(connection: Connection, archive_id: str) -> None:
    connection.execute(archive_table.delete().where(_archive.id == archive_id))


def _as_archive(row: Any) -> Archive:
    return Archive(
        id=row["id"], day=date.fromisoformat(row["day"]), bucket_id=row["bucket_id"], prefix=row["prefix"],
        files=row["files"], operations=row["operations"], bytes=row["bytes"], state=ArchiveState(row["state"]),
        created_at=row["created_at"], restored_until=row["restored_until"],
    )  # fmt: skip
