"""Invoices in the control database: which of them hold, and what they were before."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec
import sqlalchemy as sa

from storekeeper.costs.invoices.model import Invoice, Key, State
from storekeeper.infra.db import Connection, Timestamp, metadata

_is_current = "state = 'current'"
invoice_table = sa.Table(
    "invoice",
    metadata,
    sa.Column("id", sa.String(36), primary_key=True),
    sa.Column("provider", sa.String(64), nullable=False),
    sa.Column("account", sa.String(200), nullable=False),
    sa.Column("month", sa.String(7), nullable=False),
    sa.Column("currency", sa.String(3), nullable=False),
    sa.Column("format", sa.String(16), nullable=False),
    sa.Column("file", sa.String(255), nullable=False),
    sa.Column("digest", sa.String(64), nullable=False),
    sa.Column("lines", sa.BigInteger, nullable=False),
    sa.Column("total", sa.Text, nullable=False),  # exact decimals as text
    sa.Column("by_category", sa.Text, nullable=False),  # JSON
    sa.Column("left_out", sa.Text, nullable=False),  # JSON
    sa.Column("state", sa.String(16), nullable=False),
    sa.Column("imported_at", Timestamp, nullable=False),
    sa.Column("imported_by", sa.String(320), nullable=False),
    sa.Column("ended_at", Timestamp),
    sa.Index(
        "uq_invoice_current", "provider", "account", "month", "currency", unique=True,
        sqlite_where=sa.text(_is_current), postgresql_where=sa.text(_is_current),
    ),
    sa.Index("ix_invoice_month", "month", "state"),
)  # fmt: skip
_i = invoice_table.c


def insert(connection: Connection, invoice: Invoice, digest: str) -> None:
    values = msgspec.structs.asdict(invoice) | {
        name: msgspec.json.encode(getattr(invoice, name)).decode() for name in ("by_category", "left_out")
    }
    connection.execute(invoice_table.insert().values(values | {"digest": digest}))


def current(connection: Connection, key: Key) -> tuple[Invoice, str] | None:
    """The one that holds, with its digest."""
    query = invoice_table.select().where(
        _i.state == State.CURRENT, *(_i[name] == value for name, value in key._asdict().items())
    )
    row = connection.execute(query).mappings().first()
    return (_invoice(row), row["digest"]) if row else None


def end(connection: Connection, invoice_id: str, state: State, at: datetime) -> None:
    connection.execute(invoice_table.update().where(_i.id == invoice_id).values(state=state, ended_at=at))


def get(connection: Connection, invoice_id: str) -> Invoice | None:
    row = connection.execute(invoice_table.select().where(_i.id == invoice_id)).mappings().first()
    return _invoice(row) if row else None


def of_month(connection: Connection, month: str) -> list[Invoice]:
    """Those that hold."""
    query = invoice_table.select().where(_i.month == month, _i.state == State.CURRENT)
    return [_invoice(row) for row in connection.execute(query.order_by(_i.provider, _i.account)).mappings()]


def page(connection: Connection, *, month: str, history: bool, before: str, limit: int) -> list[Invoice]:
    """Newest first; `history` has those that were replaced or removed, too."""
    conditions: list[sa.ColumnElement[bool]] = [_i.month == month] if month else []
    conditions += [] if history else [_i.state == State.CURRENT]
    conditions += [_i.id < before] if before else []
    query = invoice_table.select().where(*conditions).order_by(_i.id.desc()).limit(limit)
    return [_invoice(row) for row in connection.execute(query).mappings()]


def with_lines(connection: Connection) -> set[str]:
    """Ids of those whose lines are kept."""
    return set(connection.execute(sa.select(_i.id).where(_i.state != State.REMOVED)).scalars())


def _invoice(row: Mapping[str, Any] | sa.RowMapping) -> Invoice:
    values = {str(name): value for name, value in row.items() if name != "digest"}
    values |= {name: msgspec.json.decode(values[name]) for name in ("by_category", "left_out")}
    return Invoice(**values | {"state": State(values["state"])})
