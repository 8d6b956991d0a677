"""Alembic's part: brings a control database to this release's schema."""

from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config


def upgrade(engine: sa.Engine, scripts: Path) -> None:
    """Apply every revision below `scripts` that was not applied yet."""
    with engine.connect() as connection:
        config = Config()
        config.set_main_option("script_location", str(scripts).replace("%", "%%"))
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
