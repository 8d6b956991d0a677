"""Runs in the control database: what people see of background work, kept when it is over."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from storekeeper.infra.db import Connection, Timestamp, metadata
from storekeeper.infra.jobs.model import ACTIVE, Run, RunStatus

job_run = sa.Table(
    "job_run",
    metadata,
    sa.Column("id", sa.String(36), primary_key=True),
    sa.Column("job", sa.String(64), nullable=False),
    sa.Column("key", sa.String(128), nullable=False),
    sa.Column("status", sa.String(16), nullable=False),
    sa.Column("payload", sa.Text, nullable=False),
    sa.Column("progress", sa.Text, nullable=False),
    sa.Column("attempt", sa.Integer, nullable=False),
    sa.Column("error", sa.Text, nullable=False),
    sa.Column("created_at", Timestamp, nullable=False),
    sa.Column("started_at", Timestamp),
    sa.Column("finished_at", Timestamp),
    sa.Column("cancel_requested", sa.Boolean, nullable=False),
    sa.Index("ix_job_run_job_created", "job", "created_at"),
    sa.Index(
        "uq_job_run_active",
        "job",
        "key",
        unique=True,
        sqlite_where=sa.text("status IN ('queued', 'running', 'retrying')"),
        postgresql_where=sa.text("status IN ('queued', 'running', 'retrying')"),
    ),
)


def insert(connection: Connection, run: Run) -> None:
    """Raises sqlalchemy's IntegrityError when an active run of that job and key exists; see `find_active`."""
    connection.execute(
        job_run.insert().values(
            id=run.id, job=run.job, key=run.key, status=run.status, payload=json.dumps(run.payload),
            progress=json.dumps(run.progress), attempt=run.attempt, error=run.error, created_at=run.created_at,
            started_at=run.started_at, finished_at=run.finished_at, cancel_requested=run.cancel_requested,
        )
    )  # fmt: skip


def get(connection: Connection, run_id: str) -> Run | None:
    row = connection.execute(job_run.select().where(job_run.c.id == run_id)).mappings().first()
    return _run(row) if row else None


def find_active(connection: Connection, job: str, key: str) -> Run | None:
    query = job_run.select().where(job_run.c.job == job, job_run.c.key == key, job_run.c.status.in_(ACTIVE))
    row = connection.execute(query).mappings().first()
    return _run(row) if row else None


def find(
    connection: Connection,
    *,
    job: str = "",
    key: str = "",
    statuses: Sequence[RunStatus] = (),
    before: str = "",
    limit: int = 50,
) -> list[Run]:
    """Newest first; `before` is the id of the last run of the previous page."""
    query = job_run.select().order_by(job_run.c.id.desc()).limit(limit)
    if job:
        query = query.where(job_run.c.job == job)
    if key:
        query = query.where(job_run.c.key == key)
    if statuses:
        query = query.where(job_run.c.status.in_(statuses))
    if before:
        query = query.where(job_run.c.id < before)
    return [_run(row) for row in connection.execute(query).mappings()]


def begin_attempt(connection: Connection, run_id: str, now: datetime) -> None:
    connection.execute(
        job_run.update()
        .where(job_run.c.id == run_id)
        .values(
            status=RunStatus.RUNNING,
            attempt=job_run.c.attempt + 1,
            started_at=sa.func.coalesce(job_run.c.started_at, sa.literal(now, Timestamp)),
        )
    )


def finish(connection: Connection, run_id: str, status: RunStatus, error: str, now: datetime) -> None:
    connection.execute(
        job_run.update()
        .where(job_run.c.id == run_id, job_run.c.status.in_(ACTIVE))
        .values(status=status, error=error, finished_at=None if status in ACTIVE else now)
    )


def save_progress(connection: Connection, run_id: str, figures: Mapping[str, Any]) -> None:
    connection.execute(job_run.update().where(job_run.c.id == run_id).values(progress=json.dumps(figures)))


def request_cancel(connection: Connection, run_id: str) -> None:
    connection.execute(job_run.update().where(job_run.c.id == run_id).values(cancel_requested=True))


def revive(connection: Connection, run_id: str) -> None:
    """A dead or cancelled run goes back into the queue with a fresh count of attempts."""
    connection.execute(
        job_run.update()
        .where(job_run.c.id == run_id)
        .values(status=RunStatus.QUEUED, attempt=0, error="", finished_at=None, cancel_requested=False)
    )


def delete(
    connection: Connection, *, status: RunStatus | None = None, finished_before: datetime | None = None
) -> int:
    """Forget ended runs; returns how many."""
    query = job_run.delete().where(job_run.c.status.not_in(ACTIVE))
    if status:
        query = query.where(job_run.c.status == status)
    if finished_before:
        query = query.where(job_run.c.finished_at < finished_before)
    return connection.execute(query).rowcount


def delete_older_successes(connection: Connection, run: Run) -> None:
    """Forget what succeeded before this run of the same job and key."""
    connection.execute(
        job_run.delete().where(
            job_run.c.job == run.job,
            job_run.c.key == run.key,
            job_run.c.status == RunStatus.SUCCEEDED,
            job_run.c.id < run.id,
        )
    )


def counts(connection: Connection) -> dict[tuple[str, str], int]:
    """How many runs by (job, status)."""
    query = sa.select(job_run.c.job, job_run.c.status, sa.func.count()).group_by(
        job_run.c.job, job_run.c.status
    )
    return {(job, status): count for job, status, count in connection.execute(query)}


def _run(row: sa.RowMapping) -> Run:
    return Run(
        id=row["id"],
        job=row["job"],
        key=row["key"],
        status=RunStatus(row["status"]),
        payload=json.loads(row["payload"]),
        progress=json.loads(row["progress"]),
        attempt=row["attempt"],
        error=row["error"],
        created_at=row["created_at"],
        started_at=row["started_at"],
        finished_at=row["finished_at"],
        cancel_requested=row["cancel_requested"],
    )
