"""Closed months in the control database."""

from collections.abc import Sequence
from datetime import date, datetime

import msgspec
import sqlalchemy as sa

from storekeeper.costs.model.report import ClosedMonth, ClosedSheet
from storekeeper.infra.db import Connection, Timestamp, metadata

closed_month = sa.Table(
    "closed_month",
    metadata,
    sa.Column("month", sa.Date, primary_key=True),  # its first day
    sa.Column("closed_at", Timestamp, nullable=False),
    sa.Column("totals", sa.JSON, nullable=False),  # by currency, as decimal strings
    sa.Column("sheets", sa.JSON, nullable=False),
)


def closed_months(connection: Connection) -> list[ClosedMonth]:
    """The newest first."""
    rows = connection.execute(
        sa.select(closed_month).order_by(closed_month.c.month.desc()).limit(1200)
    ).mappings()
    return [
        ClosedMonth(
            month=f"{row['month']:%Y-%m}",
            closed_at=row["closed_at"],
            totals=row["totals"],
            sheets=msgspec.convert(row["sheets"], list[ClosedSheet]),
        )
        for row in rows
    ]


def close(connection: Connection, month: date, closed: ClosedMonth) -> None:
    values = {
        "month": month,
        "closed_at": closed.closed_at,
        "totals": closed.totals,
        "sheets": msgspec.to_builtins(closed.sheets),
    }
    connection.execute(sa.insert(closed_month).values(**values))


def reopen(connection: Connection, month: date) -> bool:
    """Whether it was closed."""
    return bool(connection.execute(sa.delete(closed_month).where(closed_month.c.month == month)).rowcount)


def months(connection: Connection) -> Sequence[date]:
    return connection.execute(sa.select(closed_month.c.month)).scalars().all()


def closed_at(connection: Connection, month: date) -> datetime | None:
    return connection.execute(
        sa.select(closed_month.c.closed_at).where(closed_month.c.month == month)
    ).scalar_one_or_none()
