"""Partitions that are replaced whole: readers see the old one or the new one, never something between."""

from typing import Self

from storekeeper.infra.analytics import Analytics


class Replacing:
    """A partition of `table`, made anew in `<table>_next` within a `with` block; `done` lets it take the old one's place."""

    def __init__(self, engine: Analytics, table: str, partition: str) -> None:
        self._engine, self._table, self._partition = engine, table, partition

    def __enter__(self) -> Self:
        self._engine.command(f"DROP TABLE IF EXISTS {self._table}_next")
        self._engine.command(f"CREATE TABLE {self._table}_next AS {self._table}")
        return self

    def done(self) -> None:
        made = self._engine.row(f"SELECT count() AS made FROM {self._table}_next")["made"]
        action, source = ("REPLACE", f"FROM {self._table}_next") if made else ("DROP", "")
        self._engine.command(f"ALTER TABLE {self._table} {action} PARTITION '{self._partition}' {source}")

    def __exit__(self, *_error: object) -> None:
        self._engine.command(f"DROP TABLE IF EXISTS {self._table}_next")
