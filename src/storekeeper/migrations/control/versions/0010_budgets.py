"""Budgets with their terms and standing, and operations that no price is known for.

Revision ID: 0010
Revises: 0009
"""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    _budgets()
    _unclassified()


def _budgets() -> None:
    op.create_table(
        "budget",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("scope", sa.String(length=16), nullable=False),
        sa.Column("subject", sa.String(length=256), nullable=False),
        sa.Column("name", sa.String(length=256), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_budget")),
    )
    op.create_index("uq_budget_of", "budget", ["scope", "subject"], unique=True)
    op.create_table(
        "budget_term",
        sa.Column("budget_id", sa.String(length=36), nullable=False),
        sa.Column("month", sa.String(length=7), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("warn_percent", sa.Integer(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_by", sa.String(length=320), nullable=False),
        sa.ForeignKeyConstraint(
            ["budget_id"], ["budget.id"], name=op.f("fk_budget_term_budget_id_budget"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("budget_id", "month", name=op.f("pk_budget_term")),
    )
    op.create_table(
        "budget_standing",
        sa.Column("budget_id", sa.String(length=36), nullable=False),
        sa.Column("month", sa.String(length=7), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["budget_id"], ["budget.id"], name=op.f("fk_budget_standing_budget_id_budget"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("budget_id", name=op.f("pk_budget_standing")),
    )


def _unclassified() -> None:
    op.create_table(
        "cost_unclassified",
        sa.Column("bucket_id", sa.String(length=36), nullable=False),
        sa.Column("month", sa.String(length=7), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("bucket", sa.String(length=63), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("lasts", sa.Boolean(), nullable=False),
        sa.Column("first_seen_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("bucket_id", "month", "kind", "name", name=op.f("pk_cost_unclassified")),
    )
