"""Policies, plans and runs in the control database."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

import msgspec
import sqlalchemy as sa

from storekeeper.cleanup.model import (
    Choice,
    CleanupRun,
    Group,
    Origin,
    Plan,
    PlanState,
    Policy,
    RunState,
    Saving,
    Totals,
)
from storekeeper.infra.db import Connection, Timestamp, metadata


def _counts(*names: str) -> list[sa.Column[Any]]:
    return [sa.Column(name, sa.BigInteger, nullable=False) for name in names]


def _texts(*names: str) -> list[sa.Column[Any]]:
    return [sa.Column(name, sa.Text, nullable=False) for name in names]


def _moments(*names: str, known: bool = False) -> list[sa.Column[Any]]:
    return [sa.Column(name, Timestamp, nullable=not known) for name in names]


def _origin() -> list[sa.Column[Any]]:
    """Of a plan, and of the run that carries it out."""
    return [
        sa.Column("policy", sa.String(63), nullable=False),
        sa.Column("bucket_id", sa.String(36), nullable=False),
        sa.Column("bucket", sa.String(63), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("origin", sa.String(16), nullable=False),
        sa.Column("actor", sa.String(320), nullable=False),
    ]


policy_table = sa.Table(
    "cleanup_policy",
    metadata,
    sa.Column("id", sa.String(36), primary_key=True),
    sa.Column("name", sa.String(63), nullable=False, unique=True),
    sa.Column("bucket_id", sa.String(36), nullable=False, index=True),
    sa.Column("bucket", sa.String(63), nullable=False),
    *_texts("choice"),  # JSON
    *_counts("most_objects", "most_bytes"),
    sa.Column("per_second", sa.Integer, nullable=False),
    sa.Column("cron", sa.String(64), nullable=False),
    sa.Column("enabled", sa.Boolean, nullable=False),
    sa.Column("confirmed", sa.Boolean, nullable=False),
    sa.Column("revision", sa.Integer, nullable=False),
    *_texts("reason"),
    *_moments("created_at", "updated_at", known=True),
    sa.Column("updated_by", sa.String(320), nullable=False),
    *_moments("scheduled_at"),  # when the schedule last made a plan
)
plan_table = sa.Table(
    "cleanup_plan",
    metadata,
    sa.Column("id", sa.String(36), primary_key=True),
    sa.Column("policy_id", sa.String(36), nullable=False, index=True),
    *_origin(),
    *_counts("listed", "objects", "bytes", "left_objects", "left_bytes"),
    *_texts("choice", "by_prefix", "by_age", "saving"),  # JSON
    *_texts("asks", "error"),
    *_moments("started_at", known=True),
    *_moments("ready_at", "expires_at", "confirmed_at"),
    sa.Column("confirmed_by", sa.String(320), nullable=False),
    sa.Column("run_id", sa.String(36), nullable=False),
)
run_table = sa.Table(
    "cleanup_run",
    metadata,
    sa.Column("id", sa.String(36), primary_key=True),
    sa.Column("plan_id", sa.String(36), nullable=False, index=True),
    *_origin(),
    *_counts("planned", "planned_bytes", *Totals.__struct_fields__),
    *_moments("started_at", "finished_at"),
    *_texts("error"),
    sa.Column("restoring", sa.Boolean, nullable=False),
    sa.Index("ix_cleanup_run_policy", "policy"),
)
_POLICY = tuple(name for name in Policy.__struct_fields__ if name not in Choice.__struct_fields__)
_PLAN_JSON: Mapping[str, Any] = {
    "choice": Choice, "by_prefix": tuple[Group, ...], "by_age": tuple[Group, ...], "saving": Saving | None,
}  # fmt: skip


class Known(NamedTuple):
    """A policy, its bucket's id, and when its schedule last made a plan."""

    policy: Policy
    bucket_id: str
    scheduled_at: datetime | None


class Of(NamedTuple):
    """What a plan belongs to."""

    policy_id: str
    bucket_id: str


def insert_policy(connection: Connection, policy: Policy, bucket_id: str) -> None:
    """Raises sqlalchemy's IntegrityError where the name is taken; see `find_policy`."""
    connection.execute(policy_table.insert().values(**_policy_columns(policy), bucket_id=bucket_id))


def update_policy(connection: Connection, policy: Policy) -> None:
    table = policy_table
    connection.execute(table.update().where(table.c.id == policy.id).values(**_policy_columns(policy)))


def note_schedule(connection: Connection, policy_id: str, at: datetime) -> None:
    table = policy_table
    connection.execute(table.update().where(table.c.id == policy_id).values(scheduled_at=at))


def delete_policy(connection: Connection, policy_id: str) -> None:
    connection.execute(policy_table.delete().where(policy_table.c.id == policy_id))


def find_policy(connection: Connection, name: str) -> Known | None:
    return _one_policy(connection, policy_table.select().where(policy_table.c.name == name))


def get_policy(connection: Connection, policy_id: str) -> Known | None:
    return _one_policy(connection, policy_table.select().where(policy_table.c.id == policy_id))


def policies(connection: Connection, bucket: str = "") -> list[Known]:
    """By name."""
    query = policy_table.select().order_by(policy_table.c.name)
    if bucket:
        query = query.where(policy_table.c.bucket == bucket)
    return [_policy(row) for row in connection.execute(query).mappings()]


def insert_plan(connection: Connection, plan: Plan, of: Of) -> None:
    connection.execute(plan_table.insert().values(**_plan_columns(plan), **of._asdict()))


def update_plan(connection: Connection, plan: Plan, *, only_in: PlanState) -> bool:
    """Whether it was still in that state; else nothing is changed."""
    table = plan_table
    where = sa.and_(table.c.id == plan.id, table.c.state == only_in)
    return connection.execute(table.update().where(where).values(**_plan_columns(plan))).rowcount == 1


def get_plan(connection: Connection, plan_id: str) -> tuple[Plan, Of] | None:
    row = connection.execute(plan_table.select().where(plan_table.c.id == plan_id)).mappings().first()
    return (_plan(row), Of(row["policy_id"], row["bucket_id"])) if row else None


def plans(
    connection: Connection,
    *,
    policy: str = "",
    policy_id: str = "",
    state: PlanState | None = None,
    before: str = "",
    limit: int = 50,
) -> list[Plan]:
    """Newest first."""
    table = plan_table.c
    given: list[tuple[Any, sa.ColumnElement[bool]]] = [
        (policy, table.policy == policy), (policy_id, table.policy_id == policy_id), (state, table.state == state),
        (before, table.id < before),
    ]  # fmt: skip
    conditions = [condition for value, condition in given if value]
    query = plan_table.select().where(*conditions).order_by(table.id.desc()).limit(limit)
    return [_plan(row) for row in connection.execute(query).mappings()]


def plans_before(connection: Connection, moment: datetime, states: Sequence[PlanState]) -> list[str]:
    """Ids of plans in one of the states that were begun before."""
    table = plan_table.c
    query = sa.select(table.id).where(table.started_at < moment, table.state.in_(states))
    return list(connection.execute(query).scalars())


def delete_plan(connection: Connection, plan_id: str) -> None:
    """With the run that carried it out."""
    connection.execute(run_table.delete().where(run_table.c.plan_id == plan_id))
    connection.execute(plan_table.delete().where(plan_table.c.id == plan_id))


def save_run(connection: Connection, run: CleanupRun, bucket_id: str) -> None:
    """Insert or replace."""
    values = msgspec.structs.asdict(run)
    if not connection.execute(run_table.update().where(run_table.c.id == run.id).values(values)).rowcount:
        connection.execute(run_table.insert().values(**values, bucket_id=bucket_id))


def get_run(connection: Connection, run_id: str) -> CleanupRun | None:
    row = connection.execute(run_table.select().where(run_table.c.id == run_id)).mappings().first()
    return _run(row) if row else None


def runs(connection: Connection, *, policy: str = "", before: str = "", limit: int = 50) -> list[CleanupRun]:
    """Newest first."""
    table = run_table.c
    query = run_table.select().order_by(table.id.desc()).limit(limit)
    if policy:
        query = query.where(table.policy == policy)
    if before:
        query = query.where(table.id < before)
    return [_run(row) for row in connection.execute(query).mappings()]


def _one_policy(connection: Connection, query: sa.Select[Any]) -> Known | None:
    row = connection.execute(query).mappings().first()
    return _policy(row) if row else None


def _policy_columns(policy: Policy) -> dict[str, Any]:
    choice = {name: getattr(policy, name) for name in Choice.__struct_fields__}
    return {name: getattr(policy, name) for name in _POLICY} | {"choice": _json(Choice(**choice))}


def _policy(row: Any) -> Known:
    choice = msgspec.json.decode(row["choice"], type=Choice)
    policy = Policy(**{name: row[name] for name in _POLICY}, **msgspec.structs.asdict(choice))
    return Known(policy, row["bucket_id"], row["scheduled_at"])


def _plan_columns(plan: Plan) -> dict[str, Any]:
    return msgspec.structs.asdict(plan) | {name: _json(getattr(plan, name)) for name in _PLAN_JSON}


def _plan(row: Any) -> Plan:
    values = {name: row[name] for name in Plan.__struct_fields__}
    values |= {name: msgspec.json.decode(row[name], type=kind) for name, kind in _PLAN_JSON.items()}
    values |= {"state": PlanState(row["state"]), "origin": Origin(row["origin"])}
    return Plan(**values)


def _run(row: Any) -> CleanupRun:
    values = {name: row[name] for name in CleanupRun.__struct_fields__}
    return CleanupRun(**values | {"state": RunState(row["state"]), "origin": Origin(row["origin"])})


def _json(value: Any) -> str:
    return msgspec.json.encode(value).decode()
