"""Budgets, their terms, and how they stood last, in the control database."""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any, NamedTuple

import sqlalchemy as sa

from storekeeper.costs.budgets.model import Standing
from storekeeper.costs.model.outlook import BudgetState, Scope
from storekeeper.infra.db import Connection, Timestamp, metadata

budget_table = sa.Table(
    "budget",
    metadata,
    sa.Column("id", sa.String(36), primary_key=True),
    sa.Column("scope", sa.String(16), nullable=False),
    sa.Column("subject", sa.String(256), nullable=False),  # the owner, the bucket's id, or empty
    sa.Column("name", sa.String(256), nullable=False),
    sa.Column("created_at", Timestamp, nullable=False),
    sa.Index("uq_budget_of", "scope", "subject", unique=True),
)
term_table = sa.Table(
    "budget_term",
    metadata,
    sa.Column("budget_id", sa.String(36), sa.ForeignKey("budget.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("month", sa.String(7), primary_key=True),  # from which on it holds
    sa.Column("amount", sa.BigInteger, nullable=False),  # nano-units
    sa.Column("currency", sa.String(3), nullable=False),
    sa.Column("warn_percent", sa.Integer, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("updated_at", Timestamp, nullable=False),
    sa.Column("updated_by", sa.String(320), nullable=False),
)
standing_table = sa.Table(
    "budget_standing",
    metadata,
    sa.Column("budget_id", sa.String(36), sa.ForeignKey("budget.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("month", sa.String(7), nullable=False),
    sa.Column("state", sa.String(16), nullable=False),
    sa.Column("amount", sa.BigInteger, nullable=False),  # nano-units
    sa.Column("since", Timestamp, nullable=False),
)
_b, _t, _s = budget_table.c, term_table.c, standing_table.c


class TermRow(NamedTuple):
    """A term, its amount in nano-units."""

    month: str
    amount: int
    currency: str
    warn_percent: int
    reason: str
    updated_at: datetime
    updated_by: str


class Known(NamedTuple):
    """A budget with its terms, the latest first."""

    id: str
    scope: Scope
    subject: str
    name: str
    created_at: datetime
    terms: tuple[TermRow, ...]
    standing: Standing | None


def insert(connection: Connection, known: Known) -> None:
    """Raises sqlalchemy's IntegrityError where there is one for the same; see `find_same`."""
    connection.execute(
        budget_table.insert().values(
            id=known.id, scope=known.scope, subject=known.subject, name=known.name, created_at=known.created_at
        )
    )  # fmt: skip
    for term in known.terms:
        put_term(connection, known.id, term)


def put_term(connection: Connection, budget_id: str, term: TermRow) -> None:
    """Another one of the same month takes its place."""
    connection.execute(term_table.delete().where(_t.budget_id == budget_id, _t.month == term.month))
    connection.execute(term_table.insert().values(budget_id=budget_id, **term._asdict()))


def delete(connection: Connection, budget_ids: list[str]) -> None:
    for table in (standing_table, term_table):
        connection.execute(table.delete().where(table.c.budget_id.in_(budget_ids)))
    connection.execute(budget_table.delete().where(_b.id.in_(budget_ids)))


def get(connection: Connection, budget_id: str) -> Known | None:
    found = _known(connection, _b.id == budget_id)
    return found[0] if found else None


def find_same(connection: Connection, scope: Scope, subject: str) -> Known | None:
    found = _known(connection, sa.and_(_b.scope == scope, _b.subject == subject))
    return found[0] if found else None


def every(connection: Connection) -> list[Known]:
    return _known(connection, sa.true())


def count(connection: Connection) -> int:
    return int(connection.execute(sa.select(sa.func.count()).select_from(budget_table)).scalar_one())


def save_standing(connection: Connection, budget_id: str, standing: Standing) -> None:
    connection.execute(standing_table.delete().where(_s.budget_id == budget_id))
    connection.execute(
        standing_table.insert().values(
            budget_id=budget_id, month=standing.month.strftime("%Y-%m"), state=standing.state,
            amount=standing.amount, since=standing.since,
        )
    )  # fmt: skip


def standing_states(connection: Connection, month: str) -> list[tuple[str, str, BudgetState]]:
    """(scope, name, state) of the budgets that do not stand well in a month."""
    query = (
        sa.select(_b.scope, _b.name, _s.state)
        .join_from(budget_table, standing_table)
        .where(_s.month == month, _s.state != BudgetState.OK)
        .order_by(_b.scope, _b.name)
    )
    return [(scope, name, BudgetState(state)) for scope, name, state in connection.execute(query)]


def _known(connection: Connection, condition: sa.ColumnElement[bool]) -> list[Known]:
    rows = connection.execute(budget_table.select().where(condition).order_by(_b.id)).mappings().all()
    ids = [row["id"] for row in rows]
    terms: dict[str, list[TermRow]] = {}
    for row in _of(connection, term_table, ids, _t.month.desc()):
        term = TermRow(**{name: value for name, value in row.items() if name != "budget_id"})
        terms.setdefault(row["budget_id"], []).append(term)
    standings = {
        row["budget_id"]: _standing(row) for row in _of(connection, standing_table, ids, _s.budget_id)
    }
    return [
        Known(
            row["id"], Scope(row["scope"]), row["subject"], row["name"], row["created_at"],
            tuple(terms.get(row["id"], ())), standings.get(row["id"]),
        )
        for row in rows
    ]  # fmt: skip


def _of(connection: Connection, table: sa.Table, ids: list[str], order: Any) -> Iterable[Any]:
    """All rows where many are wanted: their number is bounded, that of bound values is, too."""
    query = table.select().order_by(order)
    return connection.execute(query.where(table.c.budget_id.in_(ids)) if len(ids) < 100 else query).mappings()


def _standing(row: Any) -> Standing:
    year, _, month = row["month"].partition("-")
    return Standing(
        month=date(int(year), int(month), 1),
        state=BudgetState(row["state"]),
        amount=row["amount"],
        since=row["since"],
    )
