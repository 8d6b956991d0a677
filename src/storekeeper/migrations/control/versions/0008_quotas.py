"""Quotas: limits, their use, violations, leases.

Revision ID: 0008
Revises: 0007
"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    _quotas()
    _violations()
    _leases()


def _quotas() -> None:
    op.create_table(
        "quota",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("owner", sa.String(length=256), nullable=False),
        sa.Column("bucket_id", sa.String(length=36), nullable=False),
        sa.Column("bucket", sa.String(length=63), nullable=False),
        sa.Column("measure", sa.String(length=16), nullable=False),
        sa.Column("limit", sa.BigInteger(), nullable=False),
        sa.Column("warn_percent", sa.Integer(), nullable=False),
        sa.Column("hard", sa.Boolean(), nullable=False),
        sa.Column("raised_limit", sa.BigInteger(), nullable=True),
        sa.Column("raised_until", sa.BigInteger(), nullable=True),
        sa.Column("raise_reason", sa.Text(), nullable=False),
        sa.Column("raised_by", sa.String(length=320), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_by", sa.String(length=320), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_quota")),
    )
    op.create_index("uq_quota_of", "quota", ["owner", "bucket_id", "measure"], unique=True)
    op.create_index("ix_quota_bucket", "quota", ["bucket_id", "owner"])
    op.create_table(
        "quota_use",
        sa.Column("quota_id", sa.String(length=36), nullable=False),
        sa.Column("used", sa.BigInteger(), nullable=False),
        sa.Column("held", sa.BigInteger(), nullable=False),
        sa.Column("added", sa.BigInteger(), nullable=False),
        sa.Column("written", sa.BigInteger(), nullable=False),
        sa.Column("recent", sa.BigInteger(), nullable=False),
        sa.Column("share", sa.Float(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=True),
        sa.Column("snapshot_at", sa.BigInteger(), nullable=True),
        sa.Column("computed_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["quota_id"], ["quota.id"], name=op.f("fk_quota_use_quota_id_quota"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("quota_id", name=op.f("pk_quota_use")),
    )


def _violations() -> None:
    op.create_table(
        "quota_violation",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("quota_id", sa.String(length=36), nullable=False),
        sa.Column("owner", sa.String(length=256), nullable=False),
        sa.Column("bucket", sa.String(length=63), nullable=False),
        sa.Column("measure", sa.String(length=16), nullable=False),
        sa.Column("level", sa.String(length=16), nullable=False),
        sa.Column("used", sa.BigInteger(), nullable=False),
        sa.Column("limit", sa.BigInteger(), nullable=False),
        sa.Column("hard", sa.Boolean(), nullable=False),
        sa.Column("summary", sa.Text(), nullable=False),
        sa.Column("opened_at", sa.BigInteger(), nullable=False),
        sa.Column("closed_at", sa.BigInteger(), nullable=True),
        sa.Column("closed_by", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_quota_violation")),
    )
    op.create_index(
        "uq_quota_violation_open",
        "quota_violation",
        ["quota_id", "level"],
        unique=True,
        sqlite_where=sa.text("closed_at IS NULL"),
        postgresql_where=sa.text("closed_at IS NULL"),
    )


def _leases() -> None:
    op.create_table(
        "quota_lease",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("owner", sa.String(length=256), nullable=False),
        sa.Column("bucket_id", sa.String(length=36), nullable=False),
        sa.Column("bytes", sa.BigInteger(), nullable=False),
        sa.Column("writes", sa.BigInteger(), nullable=False),
        sa.Column("spent_bytes", sa.BigInteger(), nullable=False),
        sa.Column("spent_writes", sa.BigInteger(), nullable=False),
        sa.Column("actor", sa.String(length=320), nullable=False),
        sa.Column("granted_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("settled_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_quota_lease")),
    )
    op.create_index("ix_quota_lease_owner", "quota_lease", ["owner", "bucket_id", "granted_at"])
    op.create_index("ix_quota_lease_bucket", "quota_lease", ["bucket_id", "granted_at"])
