"""Webhooks, notifications and their attempts in the control database."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from storekeeper.infra.db import Connection, Timestamp, metadata
from storekeeper.notifications.model import (
    Attempt,
    Claim,
    Delivery,
    DeliveryStatus,
    Reply,
    Verdict,
    Webhook,
)

webhook_table = sa.Table(
    "webhook",
    metadata,
    sa.Column("id", sa.String(36), primary_key=True),
    sa.Column("name", sa.String(63), nullable=False, unique=True),
    sa.Column("url", sa.Text, nullable=False),
    sa.Column("sealed", sa.Text, nullable=False),  # a JSON list, the newest first
    sa.Column("secrets", sa.Integer, nullable=False),
    sa.Column("enabled", sa.Boolean, nullable=False),
    sa.Column("allow_private", sa.Boolean, nullable=False),
    sa.Column("disabled_reason", sa.Text, nullable=False),
    sa.Column("created_at", Timestamp, nullable=False),
    sa.Column("updated_at", Timestamp, nullable=False),
)
notification_table = sa.Table(
    "notification",
    metadata,
    sa.Column("id", sa.String(36), primary_key=True),
    sa.Column("target", sa.String(36), nullable=False),  # a webhook's id, which may be gone, or "log"
    sa.Column("target_name", sa.String(63), nullable=False),
    sa.Column("subject", sa.String(36), nullable=False),
    sa.Column("transition", sa.String(16), nullable=False),
    sa.Column("event", sa.String(32), nullable=False),
    sa.Column("body", sa.Text, nullable=False),
    sa.Column("status", sa.String(16), nullable=False),
    sa.Column("attempt", sa.Integer, nullable=False),  # the last that was claimed
    sa.Column("due_at", Timestamp),
    sa.Column("leased_until", Timestamp),
    sa.Column("error", sa.Text, nullable=False),
    sa.Column("created_at", Timestamp, nullable=False),
    sa.Column("finished_at", Timestamp),
    sa.Index("uq_notification_once", "target", "subject", "transition", unique=True),
    sa.Index("ix_notification_status_due", "status", "due_at"),
)
attempt_table = sa.Table(
    "notification_attempt",
    metadata,
    sa.Column("notification_id", sa.String(36), primary_key=True),
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("begun_at", Timestamp, nullable=False),
    sa.Column("ended_at", Timestamp),
    sa.Column("http_status", sa.Integer, nullable=False),
    sa.Column("milliseconds", sa.Integer, nullable=False),
    sa.Column("error", sa.Text, nullable=False),
)
_n = notification_table.c
_SEALED = (webhook_table.c.sealed,)


def insert_webhook(connection: Connection, webhook: Webhook, *, sealed: str) -> None:
    connection.execute(webhook_table.insert().values(**_columns(webhook), sealed=sealed))


def update_webhook(connection: Connection, webhook: Webhook, *, sealed: str | None) -> None:
    """`sealed` is None where the secrets stay."""
    values = _columns(webhook) | ({} if sealed is None else {"sealed": sealed})
    connection.execute(webhook_table.update().where(webhook_table.c.id == webhook.id).values(values))


def delete_webhook(connection: Connection, webhook_id: str) -> None:
    connection.execute(webhook_table.delete().where(webhook_table.c.id == webhook_id))


def find_webhook(connection: Connection, name: str) -> Webhook | None:
    row = connection.execute(webhook_table.select().where(webhook_table.c.name == name)).mappings().first()
    return _webhook(row) if row else None


def get_webhook(connection: Connection, webhook_id: str) -> Webhook | None:
    row = (
        connection.execute(webhook_table.select().where(webhook_table.c.id == webhook_id)).mappings().first()
    )
    return _webhook(row) if row else None


def webhooks(connection: Connection) -> list[Webhook]:
    """By name."""
    rows = connection.execute(webhook_table.select().order_by(webhook_table.c.name)).mappings()
    return [_webhook(row) for row in rows]


def sealed_secrets(connection: Connection, webhook_id: str) -> str:
    return str(connection.execute(sa.select(*_SEALED).where(webhook_table.c.id == webhook_id)).scalar_one())


def insert(
    connection: Connection, delivery: Delivery, *, target: str, transition: str, body: str, due_at: datetime
) -> None:
    connection.execute(
        notification_table.insert().values(
            id=delivery.id, target=target, target_name=delivery.target, subject=delivery.subject,
            transition=transition, event=delivery.event, body=body, status=delivery.status, attempt=0,
            due_at=due_at, leased_until=None, error="", created_at=delivery.created_at, finished_at=None,
        )
    )  # fmt: skip


def due_targets(connection: Connection, now: datetime) -> list[str]:
    """Those for which something may be claimed."""
    return list(connection.execute(sa.select(_n.target).where(_claimable(now)).distinct()).scalars())


def claim(
    connection: Connection, target: str, *, now: datetime, until: datetime, only: str = ""
) -> Claim | None:
    """What is due first, if anything is, with the next number; `only` a certain one."""
    query = notification_table.select().where(_claimable(now), _n.target == target)
    if only:
        query = query.where(_n.id == only)
    row = connection.execute(query.order_by(_n.due_at, _n.id).limit(1)).mappings().first()
    if row is None:
        return None
    number = row["attempt"] + 1
    unclaimed = notification_table.update().where(_n.id == row["id"], _n.attempt == row["attempt"])
    if connection.execute(unclaimed.values(attempt=number, leased_until=until)).rowcount == 0:
        return None  # somebody was faster
    connection.execute(
        attempt_table.insert().values(
            notification_id=row["id"], number=number, begun_at=now, ended_at=None,
            http_status=0, milliseconds=0, error="",
        )
    )  # fmt: skip
    return Claim(id=row["id"], target=target, event=row["event"], body=row["body"], attempt=number)


def settle(connection: Connection, claimed: Claim, reply: Reply, verdict: Verdict, now: datetime) -> bool:
    """Record the attempt, and what it makes of the notification; False where a later attempt decides that."""
    attempt = attempt_table.update().where(
        attempt_table.c.notification_id == claimed.id, attempt_table.c.number == claimed.attempt
    )
    connection.execute(
        attempt.values(
            ended_at=now, http_status=reply.status, milliseconds=reply.milliseconds, error=verdict.error
        )
    )
    finished = None if verdict.status is DeliveryStatus.PENDING else now
    values = {
        "status": verdict.status, "due_at": verdict.due_at, "leased_until": None, "error": verdict.error,
        "finished_at": finished,
    }  # fmt: skip
    own = notification_table.update().where(
        _n.id == claimed.id, _n.attempt == claimed.attempt, _n.status == DeliveryStatus.PENDING
    )
    return connection.execute(own.values(values)).rowcount > 0


def give_up(connection: Connection, target: str, error: str, now: datetime) -> int:
    """Fail what waits for a target; how many."""
    waiting = notification_table.update().where(_n.target == target, _n.status == DeliveryStatus.PENDING)
    values = {"status": DeliveryStatus.FAILED, "due_at": None, "leased_until": None, "finished_at": now}
    return connection.execute(waiting.values(values | {"error": error})).rowcount


def counts(connection: Connection) -> dict[str, int]:
    """Notifications by status."""
    query = sa.select(_n.status, sa.func.count()).group_by(_n.status)
    return {row[0]: row[1] for row in connection.execute(query)}


def get(connection: Connection, notification_id: str) -> Delivery | None:
    row = connection.execute(notification_table.select().where(_n.id == notification_id)).mappings().first()
    return _deliveries(connection, [row])[0] if row else None


def deliveries(connection: Connection, target: str, *, before: str = "", limit: int = 100) -> list[Delivery]:
    """Newest first."""
    query = notification_table.select().where(_n.target == target).order_by(_n.id.desc()).limit(limit)
    if before:
        query = query.where(_n.id < before)
    return _deliveries(connection, connection.execute(query).mappings().all())


def forget_before(connection: Connection, moment: datetime) -> int:
    """Delete what ended earlier, with its attempts; how many."""
    old = sa.select(_n.id).where(_n.finished_at < moment)
    connection.execute(attempt_table.delete().where(attempt_table.c.notification_id.in_(old)))
    return connection.execute(notification_table.delete().where(_n.finished_at < moment)).rowcount


def _claimable(now: datetime) -> sa.ColumnElement[bool]:
    free = sa.or_(_n.leased_until.is_(None), _n.leased_until <= now)
    return sa.and_(_n.status == DeliveryStatus.PENDING, _n.due_at <= now, free)


def _columns(webhook: Webhook) -> dict[str, Any]:
    """Without the sealed secrets."""
    names = set(webhook_table.c.keys()) - {"sealed"}
    return {name: getattr(webhook, name) for name in names}


def _webhook(row: Any) -> Webhook:
    return Webhook(**{name: value for name, value in row.items() if name != "sealed"})


def _deliveries(connection: Connection, rows: Sequence[Any]) -> list[Delivery]:
    found: dict[str, list[Attempt]] = {row["id"]: [] for row in rows}
    query = attempt_table.select().where(attempt_table.c.notification_id.in_(list(found)))
    for row in connection.execute(query.order_by(attempt_table.c.number)).mappings():
        found[row["notification_id"]].append(
            Attempt(
                number=row["number"], begun_at=row["begun_at"], ended_at=row["ended_at"],
                http_status=row["http_status"], milliseconds=row["milliseconds"], error=row["error"],
            )
        )  # fmt: skip
    return [
        Delivery(
            id=row["id"], target=row["target_name"], event=row["event"], subject=row["subject"],
            status=DeliveryStatus(row["status"]), error=row["error"], created_at=row["created_at"],
            next_attempt_at=row["due_at"], finished_at=row["finished_at"], attempts=found[row["id"]],
        )
        for row in rows
    ]  # fmt: skip
