"""The append-only table of audit records; triggers refuse to change or remove a row."""

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

_SQLITE = "CREATE TRIGGER audit_record_no_{verb} BEFORE {verb} ON audit_record BEGIN SELECT RAISE(ABORT, 'audit records are append-only'); END"
_POSTGRES = (
    """CREATE FUNCTION audit_record_frozen() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN RAISE EXCEPTION 'audit records are append-only'; END $$""",
    """CREATE TRIGGER audit_record_frozen BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_record
    FOR EACH STATEMENT EXECUTE FUNCTION audit_record_frozen()""",
)
APPEND_ONLY = {
    "sqlite": tuple(_SQLITE.format(verb=verb) for verb in ("UPDATE", "DELETE")),
    "postgresql": _POSTGRES,
}
for _dialect, _statements in APPEND_ONLY.items():
    for _statement in _statements:
        sa.event.listen(audit_record, "after_create", sa.DDL(_statement).execute_if(dialect=_dialect))  # type: ignore[no-untyped-call]


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
