"""Of which generation an owner's links are, in the control database. An owner without a row has the first one, 0."""

from datetime import datetime

import sqlalchemy as sa

from storekeeper.infra.db import Connection, Timestamp, metadata

embed_generation = sa.Table(
    "embed_generation",
    metadata,
    sa.Column("owner", sa.String(256), primary_key=True),
    sa.Column("generation", sa.Integer, nullable=False),
    sa.Column("revoked_at", Timestamp, nullable=False),
)
_columns = embed_generation.c


def generation(connection: Connection, owner: str) -> int:
    """That of links which hold now."""
    query = sa.select(_columns.generation).where(_columns.owner == owner)
    return connection.execute(query).scalar() or 0


def advance(connection: Connection, owner: str, now: datetime) -> None:
    """Begin the next generation."""
    change = embed_generation.update().where(_columns.owner == owner)
    change = change.values(generation=_columns.generation + 1, revoked_at=now)
    if connection.execute(change).rowcount == 0:
        connection.execute(embed_generation.insert().values(owner=owner, generation=1, revoked_at=now))
