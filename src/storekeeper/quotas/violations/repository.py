"""Violations in the control database."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Any, NamedTuple

import sqlalchemy as sa

from storekeeper.infra.db import Connection, Timestamp, metadata
from storekeeper.quotas.model import Measure, State, Violation

violation_table = sa.Table(
    "quota_violation",
    metadata,
    sa.Column("id", sa.String(36), primary_key=True),
    sa.Column("quota_id", sa.String(36), nullable=False),  # which may be gone
    sa.Column("owner", sa.String(256), nullable=False),
    sa.Column("bucket", sa.String(63), nullable=False),
    sa.Column("measure", sa.String(16), nullable=False),
    sa.Column("level", sa.String(16), nullable=False),
    sa.Column("used", sa.BigInteger, nullable=False),
    sa.Column("limit", sa.BigInteger, nullable=False),
    sa.Column("hard", sa.Boolean, nullable=False),
    sa.Column("summary", sa.Text, nullable=False),
    sa.Column("opened_at", Timestamp, nullable=False),
    sa.Column("closed_at", Timestamp),
    sa.Column("closed_by", sa.Text, nullable=False),
    sa.Index(
        "uq_quota_violation_open",
        "quota_id",
        "level",
        unique=True,
        sqlite_where=sa.text("closed_at IS NULL"),
        postgresql_where=sa.text("closed_at IS NULL"),
    ),
)
_v = violation_table.c
_AT_ONCE = 500  # ids in a statement


class Filter(NamedTuple):
    """Which violations are listed; what is empty does not filter."""

    is_open: bool | None = None
    level: State | None = None
    owner: str = ""
    bucket: str = ""
    quota_id: str = ""
    before: str = ""  # id of the last one of the previous page
    limit: int = 100


def insert(connection: Connection, violations: Iterable[Violation]) -> None:
    """Raises sqlalchemy's IntegrityError where one of a quota and level is open; see `open_levels`."""
    rows = [{name: getattr(one, name) for name in _v.keys()} for one in violations]  # noqa: SIM118 - not a dict
    if rows:
        connection.execute(violation_table.insert(), rows)


def open_levels(connection: Connection) -> dict[str, dict[State, str]]:
    """By the quota's id, the ids of the open violations by level."""
    query = sa.select(_v.quota_id, _v.level, _v.id).where(_v.closed_at.is_(None))
    found: dict[str, dict[State, str]] = {}
    for quota_id, level, violation_id in connection.execute(query):
        found.setdefault(quota_id, {})[State(level)] = violation_id
    return found


def close(connection: Connection, ids: Collection[str], at: datetime, why: str) -> None:
    if ids:
        this_id: sa.BindParameter[str] = sa.bindparam("this_id")
        connection.execute(
            violation_table.update().where(_v.id == this_id).values(closed_at=at, closed_by=why),
            [{"this_id": one} for one in ids],
        )


def still_open(
    connection: Connection, *, ids: Collection[str] = (), quota_ids: Collection[str] = ()
) -> list[Violation]:
    """Of these, or of these quotas, those that have not closed, the oldest first."""
    found: list[Violation] = []
    for column, given in ((_v.id, sorted(ids)), (_v.quota_id, sorted(quota_ids))):
        for first in range(0, len(given), _AT_ONCE):
            some = column.in_(given[first : first + _AT_ONCE])
            query = violation_table.select().where(some, _v.closed_at.is_(None)).order_by(_v.id)
            found += [_violation(row) for row in connection.execute(query).mappings()]
    return found


def find(connection: Connection, wanted: Filter) -> list[Violation]:
    """Newest first."""
    query = violation_table.select().order_by(_v.id.desc()).limit(wanted.limit)
    given: Sequence[tuple[Any, sa.ColumnElement[bool]]] = (
        (wanted.is_open is True, _v.closed_at.is_(None)),
        (wanted.is_open is False, _v.closed_at.is_not(None)),
        (wanted.level, _v.level == wanted.level),
        (wanted.owner, _v.owner == wanted.owner),
        (wanted.bucket, _v.bucket == wanted.bucket),
        (wanted.quota_id, _v.quota_id == wanted.quota_id),
        (wanted.before, _v.id < wanted.before),
    )
    query = query.where(*(condition for value, condition in given if value))
    return [_violation(row) for row in connection.execute(query).mappings()]


def counts(connection: Connection) -> dict[State, int]:
    """How many are open, by level."""
    query = sa.select(_v.level, sa.func.count()).where(_v.closed_at.is_(None)).group_by(_v.level)
    return {State(level): number for level, number in connection.execute(query)}


def forget_before(connection: Connection, moment: datetime) -> int:
    """Delete what closed earlier; how many."""
    return connection.execute(violation_table.delete().where(_v.closed_at < moment)).rowcount


def _violation(row: Any) -> Violation:
    return Violation(**dict(row) | {"measure": Measure(row["measure"]), "level": State(row["level"])})
