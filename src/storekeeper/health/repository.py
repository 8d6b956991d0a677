"""Settings, statuses and breakers in the control database."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec
import sqlalchemy as sa

from storekeeper.health.model import (
    BreakerTransition,
    BreakerView,
    HealthChange,
    NetworkFigures,
    OperationHealth,
    Status,
    StatusChange,
)
from storekeeper.health.sightings import Sighting
from storekeeper.infra.db import Connection, Timestamp, metadata
from storekeeper_client.breaker import Figures, Mode, State

GENERAL = ""  # the bucket id of the settings that hold for all

config_table = sa.Table(
    "health_config",
    metadata,
    sa.Column("bucket_id", sa.String(36), primary_key=True),
    sa.Column("settings", sa.Text, nullable=False),
    sa.Column("updated_at", Timestamp, nullable=False),
    sa.Column("updated_by", sa.String(320), nullable=False),
)
status_table = sa.Table(
    "health_status",
    metadata,
    sa.Column("bucket_id", sa.String(36), primary_key=True),
    sa.Column("status", sa.String(16), nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("since", Timestamp),
    sa.Column("checked_at", Timestamp),
    sa.Column("operations", sa.Text, nullable=False),
    sa.Column("network", sa.Text, nullable=False),
    sa.Column("sightings", sa.Text, nullable=False),
)
change_table = sa.Table(
    "health_status_change",
    metadata,
    sa.Column("id", sa.String(36), primary_key=True),
    sa.Column("bucket_id", sa.String(36), nullable=False),
    sa.Column("at", Timestamp, nullable=False),
    sa.Column("before", sa.String(16), nullable=False),
    sa.Column("after", sa.String(16), nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Index("ix_health_status_change_bucket_at", "bucket_id", "at"),
)
breaker_table = sa.Table(
    "breaker",
    metadata,
    sa.Column("bucket_id", sa.String(36), primary_key=True),
    sa.Column("state", sa.String(16), nullable=False),
    sa.Column("mode", sa.String(16), nullable=False),
    sa.Column("epoch", sa.BigInteger, nullable=False),
    sa.Column("until", Timestamp),
    sa.Column("k", sa.Integer, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("changed_at", Timestamp, nullable=False),
    sa.Column("actor", sa.String(320), nullable=False),
    sa.Column("automatic", sa.Boolean, nullable=False),
)
transition_table = sa.Table(
    "breaker_transition",
    metadata,
    sa.Column("id", sa.String(36), primary_key=True),
    sa.Column("bucket_id", sa.String(36), nullable=False),
    sa.Column("at", Timestamp, nullable=False),
    sa.Column("before", sa.String(16), nullable=False),
    sa.Column("after", sa.String(16), nullable=False),
    sa.Column("mode", sa.String(16), nullable=False),
    sa.Column("epoch", sa.BigInteger, nullable=False),
    sa.Column("until", Timestamp),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("actor", sa.String(320), nullable=False),
    sa.Column("figures", sa.Text, nullable=False),
    sa.Index("ix_breaker_transition_bucket_at", "bucket_id", "at"),
)
_TABLES = (config_table, status_table, change_table, breaker_table, transition_table)


class StoredStatus(msgspec.Struct, frozen=True, kw_only=True):
    """What is kept of a bucket's status."""

    bucket_id: str
    status: Status = Status.UNKNOWN
    reason: str = "No check yet."
    since: datetime | None = None
    checked_at: datetime | None = None
    operations: Sequence[OperationHealth] = ()
    network: NetworkFigures = NetworkFigures()
    sightings: Sequence[Sighting] = ()


def configs(connection: Connection) -> dict[str, HealthChange]:
    """By bucket id what was set; `GENERAL` is for all."""
    rows = connection.execute(sa.select(config_table.c.bucket_id, config_table.c.settings))
    return {row[0]: msgspec.json.decode(row[1], type=HealthChange) for row in rows}


def save_config(
    connection: Connection, bucket_id: str, settings: HealthChange, *, at: datetime, by: str
) -> None:
    values = {"settings": msgspec.json.encode(settings).decode(), "updated_at": at, "updated_by": by}
    _save(connection, config_table, bucket_id, values)


def statuses(connection: Connection) -> dict[str, StoredStatus]:
    """By bucket id."""
    found = {}
    for row in connection.execute(status_table.select()).mappings():
        found[row["bucket_id"]] = StoredStatus(
            bucket_id=row["bucket_id"], status=Status(row["status"]), reason=row["reason"], since=row["since"],
            checked_at=row["checked_at"],
            operations=msgspec.json.decode(row["operations"], type=tuple[OperationHealth, ...]),
            network=msgspec.json.decode(row["network"], type=NetworkFigures),
            sightings=msgspec.json.decode(row["sightings"], type=tuple[Sighting, ...]),
        )  # fmt: skip
    return found


def save_status(connection: Connection, status: StoredStatus) -> None:
    """Insert or overwrite."""
    values = {
        "status": status.status, "reason": status.reason, "since": status.since, "checked_at": status.checked_at,
        "operations": msgspec.json.encode(status.operations).decode(),
        "network": msgspec.json.encode(status.network).decode(),
        "sightings": msgspec.json.encode(status.sightings).decode(),
    }  # fmt: skip
    _save(connection, status_table, status.bucket_id, values)


def add_change(connection: Connection, bucket_id: str, change: StatusChange) -> None:
    connection.execute(
        change_table.insert().values(
            id=change.id, bucket_id=bucket_id, at=change.at, before=change.before, after=change.after,
            reason=change.reason,
        )
    )  # fmt: skip


def changes(
    connection: Connection, names: dict[str, str], *, bucket_id: str, before: str, limit: int
) -> list[StatusChange]:
    """Newest first; `names` are those of buckets by id."""
    rows = _newest(connection, change_table, bucket_id=bucket_id, before=before, limit=limit)
    return [_change(row, names.get(row["bucket_id"], "")) for row in rows]


def changes_since(connection: Connection, since: datetime, bucket_ids: Sequence[str]) -> dict[str, list[Any]]:
    """By bucket id its changes since then in order of time, led by the last one before."""
    table, wanted = change_table.c, change_table.c.bucket_id.in_(bucket_ids)
    earlier = (
        sa.select(table.bucket_id, sa.func.max(table.at).label("at"))
        .where(wanted, table.at < since)
        .group_by(table.bucket_id)
        .subquery()
    )
    leading = change_table.select().join(
        earlier, sa.and_(table.bucket_id == earlier.c.bucket_id, table.at == earlier.c.at)
    )
    following = change_table.select().where(wanted, table.at >= since)
    rows = [row for query in (leading, following) for row in connection.execute(query).mappings()]
    found: dict[str, list[Any]] = {bucket_id: [] for bucket_id in bucket_ids}
    for row in sorted(rows, key=lambda row: (row["at"], row["id"])):
        found[row["bucket_id"]].append(_change(row, ""))
    return found


def breakers(connection: Connection, names: dict[str, str]) -> dict[str, BreakerView]:
    """By bucket id."""
    rows = connection.execute(breaker_table.select()).mappings()
    return {row["bucket_id"]: _view(row, names.get(row["bucket_id"], "")) for row in rows}


def save_breaker(connection: Connection, bucket_id: str, view: BreakerView) -> None:
    """Insert or overwrite."""
    names = ("state", "mode", "epoch", "until", "k", "reason", "changed_at", "actor", "automatic")
    _save(connection, breaker_table, bucket_id, {name: getattr(view, name) for name in names})


def add_transition(connection: Connection, bucket_id: str, transition: BreakerTransition) -> None:
    values = msgspec.structs.asdict(transition) | {
        "bucket_id": bucket_id,
        "figures": msgspec.json.encode(transition.figures).decode(),
    }
    connection.execute(
        transition_table.insert().values({name: values[name] for name in transition_table.c.keys()})  # noqa: SIM118 - columns
    )


def transitions(
    connection: Connection, names: dict[str, str], *, bucket_id: str, before: str, limit: int
) -> list[BreakerTransition]:
    """Newest first; `names` are those of buckets by id."""
    rows = _newest(connection, transition_table, bucket_id=bucket_id, before=before, limit=limit)
    return [_transition(row, names.get(row["bucket_id"], "")) for row in rows]


def forget_bucket(connection: Connection, bucket_id: str) -> None:
    for table in _TABLES:
        connection.execute(table.delete().where(table.c.bucket_id == bucket_id))


def forget_before(connection: Connection, moment: datetime) -> int:
    """Delete older changes and transitions, but of each bucket the last change, which still holds; how many."""
    table = change_table.c
    last = sa.select(sa.func.max(table.id)).group_by(table.bucket_id)
    gone = connection.execute(change_table.delete().where(table.at < moment, table.id.not_in(last))).rowcount
    older = transition_table.delete().where(transition_table.c.at < moment)
    return gone + connection.execute(older).rowcount


def _save(connection: Connection, table: sa.Table, bucket_id: str, values: dict[str, Any]) -> None:
    if connection.execute(table.update().where(table.c.bucket_id == bucket_id).values(values)).rowcount == 0:
        connection.execute(table.insert().values(bucket_id=bucket_id, **values))


def _newest(
    connection: Connection, table: sa.Table, *, bucket_id: str, before: str, limit: int
) -> Sequence[sa.RowMapping]:
    query = table.select().order_by(table.c.id.desc()).limit(limit)
    if bucket_id:
        query = query.where(table.c.bucket_id == bucket_id)
    if before:
        query = query.where(table.c.id < before)
    return connection.execute(query).mappings().all()


def _change(row: sa.RowMapping, bucket: str) -> StatusChange:
    return StatusChange(
        id=row["id"], at=row["at"], bucket=bucket, before=Status(row["before"]), after=Status(row["after"]),
        reason=row["reason"],
    )  # fmt: skip


def _view(row: sa.RowMapping, bucket: str) -> BreakerView:
    return BreakerView(
        bucket=bucket, state=State(row["state"]), mode=Mode(row["mode"]), epoch=row["epoch"], until=row["until"],
        k=row["k"], reason=row["reason"], changed_at=row["changed_at"], actor=row["actor"],
        automatic=row["automatic"],
    )  # fmt: skip


def _transition(row: sa.RowMapping, bucket: str) -> BreakerTransition:
    return BreakerTransition(
        id=row["id"], at=row["at"], bucket=bucket, before=State(row["before"]), after=State(row["after"]),
        mode=Mode(row["mode"]), epoch=row["epoch"], until=row["until"], reason=row["reason"], actor=row["actor"],
        figures=msgspec.json.decode(row["figures"], type=Figures),
    )  # fmt: skip
