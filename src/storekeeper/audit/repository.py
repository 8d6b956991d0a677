"""The append-only table of audit records; triggers (see the migrations) refuse to change or remove a row."""

import json
from datetime import datetime

import sqlalchemy as sa

from storekeeper.audit.model import AuditRecord
from storekeeper.infra.db import Connection, Timestamp, metadata

audit_record = sa.Table(
    "audit_record",
    metadata,
    sa.Column("id", sa.String(36), primary_key=True),
    sa.Column("time", Timestamp, nullable=False, index=True),
    sa.Column("actor", sa.String(320), nullable=False),
    sa.Column("action", sa.String(64), nullable=False),
    sa.Column("target", sa.String(512), nullable=False),
    sa.Column("details", sa.Text, nullable=False),
)


def insert(connection: Connection, record: AuditRecord) -> None:
    connection.execute(
        audit_record.insert().values(
            id=record.id,
            time=record.time,
            actor=record.actor,
            action=record.action,
            target=record.target,
            details=json.dumps(record.details),
        )
    )


def find(
    connection: Connection,
    *,
    action: str = "",
    actor: str = "",
    since: datetime | None = None,
    until: datetime | None = None,
    before: str = "",
    limit: int = 100,
) -> list[AuditRecord]:
    """Newest first. `action` is an action or its noun (`bucket` finds `bucket.create`); `before` a record's id."""
    query = audit_record.select().order_by(audit_record.c.id.desc()).limit(limit)
    if action:
        query = query.where(
            sa.or_(
                audit_record.c.action == action,
                audit_record.c.action.startswith(action + ".", autoescape=True),
            )
        )
    if actor:
        query = query.where(audit_record.c.actor == actor)
    if since:
        query = query.where(audit_record.c.time >= since)
    if until:
        query = query.where(audit_record.c.time < until)
    if before:
        query = query.where(audit_record.c.id < before)
    return [
        AuditRecord(
            id=row["id"],
            time=row["time"],
            actor=row["actor"],
            action=row["action"],
            target=row["target"],
            details=json.loads(row["details"]),
        )
        for row in connection.execute(query).mappings()
    ]
