"""Alerts in the control database."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from storekeeper.health.alerting.model import Alert, AlertKind, AlertStatus, Severity
from storekeeper.infra.db import Connection, Timestamp, metadata

alert_table = sa.Table(
    "health_alert",
    metadata,
    sa.Column("id", sa.String(36), primary_key=True),
    sa.Column("bucket_id", sa.String(36), nullable=False),
    sa.Column("bucket", sa.String(63), nullable=False),
    sa.Column("kind", sa.String(32), nullable=False),
    sa.Column("severity", sa.String(16), nullable=False),
    sa.Column("status", sa.String(16), nullable=False),
    sa.Column("summary", sa.Text, nullable=False),
    sa.Column("opened_at", Timestamp, nullable=False),
    sa.Column("ended_at", Timestamp),
    sa.Column("resolved_at", Timestamp),
    sa.Column("resolved_by", sa.String(320), nullable=False),
    sa.Column("notes", sa.Text, nullable=False),
    sa.Index(
        "uq_health_alert_active",
        "bucket_id",
        "kind",
        unique=True,
        sqlite_where=sa.text("ended_at IS NULL"),
        postgresql_where=sa.text("ended_at IS NULL"),
    ),
)
_a = alert_table.c


def insert(connection: Connection, alert: Alert, *, bucket_id: str) -> None:
    """Raises sqlalchemy's IntegrityError while the condition of another alert of its kind holds; see `active`."""
    names = set(_a.keys()) - {"bucket_id"}
    values = {name: getattr(alert, name) for name in names}
    connection.execute(alert_table.insert().values(**values, bucket_id=bucket_id))


def active(connection: Connection) -> dict[str, dict[AlertKind, Alert]]:
    """By id of the bucket, the alerts whose condition has not ended."""
    found: dict[str, dict[AlertKind, Alert]] = {}
    for row in connection.execute(alert_table.select().where(_a.ended_at.is_(None))).mappings():
        found.setdefault(row["bucket_id"], {})[AlertKind(row["kind"])] = _alert(row)
    return found


def end(connection: Connection, alert_id: str, at: datetime) -> None:
    """The condition has ended."""
    connection.execute(alert_table.update().where(_a.id == alert_id).values(ended_at=at))


def resolve(connection: Connection, alert_id: str, *, at: datetime, by: str, notes: str) -> bool:
    """False where it was resolved already."""
    still_open = alert_table.update().where(_a.id == alert_id, _a.status == AlertStatus.OPEN)
    values = {"status": AlertStatus.RESOLVED, "resolved_at": at, "resolved_by": by, "notes": notes}
    return connection.execute(still_open.values(values)).rowcount > 0


def get(connection: Connection, alert_id: str) -> Alert | None:
    row = connection.execute(alert_table.select().where(_a.id == alert_id)).mappings().first()
    return _alert(row) if row else None


def find(
    connection: Connection, *, status: AlertStatus | None, bucket: str, before: str, limit: int
) -> list[Alert]:
    """Newest first; `before` is the id of the last alert of the previous page."""
    query = alert_table.select().order_by(_a.id.desc()).limit(limit)
    if status:
        query = query.where(_a.status == status)
    if bucket:
        query = query.where(_a.bucket == bucket)
    if before:
        query = query.where(_a.id < before)
    return [_alert(row) for row in connection.execute(query).mappings()]


def forget_buckets(connection: Connection, bucket_ids: Collection[str]) -> None:
    connection.execute(alert_table.delete().where(_a.bucket_id.in_(bucket_ids)))


def forget_before(connection: Connection, moment: datetime) -> int:
    """Delete what is resolved, and whose condition ended, earlier; how many."""
    old = sa.and_(_a.status == AlertStatus.RESOLVED, _a.ended_at < moment)
    return connection.execute(alert_table.delete().where(old)).rowcount


def _alert(row: Any) -> Alert:
    values = {name: value for name, value in row.items() if name != "bucket_id"}
    return Alert(
        **values
        | {
            "kind": AlertKind(row["kind"]),
            "severity": Severity(row["severity"]),
            "status": AlertStatus(row["status"]),
        }
    )
