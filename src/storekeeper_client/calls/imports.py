"""The calls of the API for operations that others have recorded."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from storekeeper_client import imported, model, uploading
from storekeeper_client.model import Page

from .caller import Caller, at


class ImportCalls(Caller):
    """The calls, for `Client`."""

    def import_file(
        self,
        form: str,
        path: Path,
        *,
        bucket: str,
        mapping: Sequence[str] = (),
        resolution: int = 0,
        on_sent: Callable[[int], None] = uploading.nobody,
    ) -> imported.Import:
        """Send a file of operations; `mapping` is of `FIELD=COLUMN`, `on_sent` hears of each part's bytes."""
        query = {"bucket": bucket, "map": list(mapping), "resolution": resolution or None}
        return self._session.upload(
            at("/api/imports", form), lambda: uploading.pieces(path, on_sent), imported.Import,
            size=path.stat().st_size, query=query, timeout=uploading.TIMEOUT,
        )  # fmt: skip

    def compare_imports(self, *, bucket: str = "", span: str = "30d") -> imported.Comparisons:
        """What providers report beside what was measured, by day."""
        query = {"range": span, "bucket": bucket}
        return self.call("GET", "/api/user/storage/reported", imported.Comparisons, **query)

    def import_sources(self) -> list[imported.ImportSource]:
        return self._all("/api/import-sources", Page[imported.ImportSource])

    def import_source(self, name: str) -> imported.ImportSource:
        return self.call("GET", at("/api/import-sources", name), imported.ImportSource)

    def add_import_source(self, **fields: Any) -> imported.ImportSource:
        """Fields as in the API's JSON: `name`, `format`, `bucket`, `cron`, `settings`, `secret`."""
        return self.call("POST", "/api/import-sources", imported.ImportSource, body=fields)

    def edit_import_source(self, name: str, **fields: Any) -> imported.ImportSource:
        """`cron`, `paused`, `settings` (all of them), `secret`; only what is given changes."""
        return self.call("PATCH", at("/api/import-sources", name), imported.ImportSource, body=fields)

    def run_import_source(self, name: str) -> str:
        """The id of the run."""
        return self.call("POST", at("/api/import-sources", name, "run"), model.Started).run_id

    def remove_import_source(self, name: str) -> None:
        self.call("DELETE", at("/api/import-sources", name), type(None))
