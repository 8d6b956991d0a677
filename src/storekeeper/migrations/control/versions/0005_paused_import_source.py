"""Sources of imports can be paused.

Revision ID: 0005
Revises: 0004
"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.add_column(
        "import_source", sa.Column("paused", sa.Boolean(), nullable=False, server_default=sa.false())
    )
