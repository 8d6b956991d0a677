"""Ids of imported batches are kept for good, those of webhooks for as long as any other."""

from datetime import timedelta

import pytest

from storekeeper.infra.spool import Entry, Spool
from storekeeper.kernel.clock import ManualClock


@pytest.mark.parametrize(
    ("source", "known"), [("import:csv", True), ("webhook:minio-audit", False), ("key:import:", False)]
)
def test_what_was_imported_is_known_for_good(tmp_path, source, known):
    clock = ManualClock()
    spool = Spool(tmp_path / "spool.db", clock)
    entry = Entry(source=source, batch_id="b", items=1, reply=b"{}", body=b"body")
    spool.append(entry)
    spool.departed(spool.depart(max_items=1, max_bytes=1000))
    clock.advance(400 * 86_400)
    spool.forget(timedelta(days=7))
    assert spool.append(entry).duplicate is known
    spool.close()
