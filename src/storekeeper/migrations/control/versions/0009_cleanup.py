"""Clean-up: policies, plans, runs.

Revision ID: 0009
Revises: 0008
"""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    _policies()
    _plans()
    _runs()


def _policies() -> None:
    op.create_table(
        "cleanup_policy",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("name", sa.String(length=63), nullable=False),
        sa.Column("bucket_id", sa.String(length=36), nullable=False),
        sa.Column("bucket", sa.String(length=63), nullable=False),
        sa.Column("choice", sa.Text(), nullable=False),
        sa.Column("most_objects", sa.BigInteger(), nullable=False),
        sa.Column("most_bytes", sa.BigInteger(), nullable=False),
        sa.Column("per_second", sa.Integer(), nullable=False),
        sa.Column("cron", sa.String(length=64), nullable=False),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("confirmed", sa.Boolean(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_by", sa.String(length=320), nullable=False),
        sa.Column("scheduled_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cleanup_policy")),
        sa.UniqueConstraint("name", name=op.f("uq_cleanup_policy_name")),
    )
    op.create_index(op.f("ix_cleanup_policy_bucket_id"), "cleanup_policy", ["bucket_id"])


def _plans() -> None:
    op.create_table(
        "cleanup_plan",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("policy_id", sa.String(length=36), nullable=False),
        sa.Column("policy", sa.String(length=63), nullable=False),
        sa.Column("bucket_id", sa.String(length=36), nullable=False),
        sa.Column("bucket", sa.String(length=63), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("origin", sa.String(length=16), nullable=False),
        sa.Column("actor", sa.String(length=320), nullable=False),
        sa.Column("choice", sa.Text(), nullable=False),
        sa.Column("listed", sa.BigInteger(), nullable=False),
        sa.Column("objects", sa.BigInteger(), nullable=False),
        sa.Column("bytes", sa.BigInteger(), nullable=False),
        sa.Column("left_objects", sa.BigInteger(), nullable=False),
        sa.Column("left_bytes", sa.BigInteger(), nullable=False),
        sa.Column("by_prefix", sa.Text(), nullable=False),
        sa.Column("by_age", sa.Text(), nullable=False),
        sa.Column("saving", sa.Text(), nullable=False),
        sa.Column("asks", sa.Text(), nullable=False),
        sa.Column("started_at", sa.BigInteger(), nullable=False),
        sa.Column("ready_at", sa.BigInteger(), nullable=True),
        sa.Column("expires_at", sa.BigInteger(), nullable=True),
        sa.Column("confirmed_by", sa.String(length=320), nullable=False),
        sa.Column("confirmed_at", sa.BigInteger(), nullable=True),
        sa.Column("run_id", sa.String(length=36), nullable=False),
        sa.Column("error", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cleanup_plan")),
    )
    op.create_index(op.f("ix_cleanup_plan_policy_id"), "cleanup_plan", ["policy_id"])


def _runs() -> None:
    op.create_table(
        "cleanup_run",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("plan_id", sa.String(length=36), nullable=False),
        sa.Column("policy", sa.String(length=63), nullable=False),
        sa.Column("bucket_id", sa.String(length=36), nullable=False),
        sa.Column("bucket", sa.String(length=63), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("origin", sa.String(length=16), nullable=False),
        sa.Column("actor", sa.String(length=320), nullable=False),
        *(
            sa.Column(name, sa.BigInteger(), nullable=False)
            for name in (
                "planned", "planned_bytes", "deleted", "deleted_bytes", "spared", "gone", "failed", "restored",
                "restorable",
            )
        ),
        sa.Column("started_at", sa.BigInteger(), nullable=True),
        sa.Column("finished_at", sa.BigInteger(), nullable=True),
        sa.Column("error", sa.Text(), nullable=False),
        sa.Column("restoring", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cleanup_run")),
    )  # fmt: skip
    op.create_index(op.f("ix_cleanup_run_plan_id"), "cleanup_run", ["plan_id"])
    op.create_index(op.f("ix_cleanup_run_policy"), "cleanup_run", ["policy"])
