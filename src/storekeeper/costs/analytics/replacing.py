"""Partitions that are replaced whole: readers see the old one or the new one, never something between."""

from typing import Self

from storekeeper.infra.analytics import Analytics

MADE = """
SELECT DISTINCT partition FROM system.parts
WHERE database = currentDatabase() AND table = {name:String} AND active LIMIT 10000"""


class Replacing:
    """Partitions of `table`, made anew in `<table>_next` within a `with` block; `done` lets them take the old ones' places."""

    def __init__(self, engine: Analytics, table: str, *partitions: str) -> None:
        self._engine, self._table, self._partitions = engine, table, partitions

    def __enter__(self) -> Self:
        self._engine.command(f"DROP TABLE IF EXISTS {self._table}_next")
        self._engine.command(f"CREATE TABLE {self._table}_next AS {self._table}")
        return self

    def done(self) -> None:
        made = {row["partition"] for row in self._engine.rows(MADE, name=f"{self._table}_next")}
        for partition in self._partitions:
            action, source = ("REPLACE", f"FROM {self._table}_next") if partition in made else ("DROP", "")
            self._engine.command(f"ALTER TABLE {self._table} {action} PARTITION '{partition}' {source}")

    def __exit__(self, *_error: object) -> None:
        self._engine.command(f"DROP TABLE IF EXISTS {self._table}_next")
