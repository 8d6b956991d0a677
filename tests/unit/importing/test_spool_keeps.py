"""For how long the ids of batches are kept: a week, but what was imported for as long as it could count again."""

from datetime import timedelta

import pytest

from storekeeper.infra.spool import Entry, Spool
from storekeeper.kernel.clock import ManualClock

DAY = 86_400


def entry(source, batch_id="b"):
    return Entry(source=source, batch_id=batch_id, items=1, reply=b"{}", body=b"body")


@pytest.fixture
def clock():
    return ManualClock()


@pytest.fixture
def spool(tmp_path, clock):
    spool = Spool(tmp_path / "spool.db", clock)
    yield spool
    spool.close()


def leave(spool):
    while departure := spool.depart(max_items=100, max_bytes=10_000):
        spool.departed(departure)


@pytest.mark.parametrize(
    ("source", "known"), [("import:csv", True), ("webhook:minio-audit", False), ("key:import:", False)]
)
def test_other_sources_are_forgotten_by_themselves(spool, clock, source, known):
    spool.append(entry(source))
    leave(spool)
    clock.advance(8 * DAY)
    assert spool.forget(timedelta(days=7), but_of="import:") == (not known)
    assert spool.append(entry(source)).duplicate is known


def test_one_kind_of_sources_is_forgotten_alone(spool, clock):
    spool.append(entry("import:csv"))
    spool.append(entry("key:k"))
    leave(spool)
    clock.advance(8 * DAY)
    assert spool.forget(timedelta(days=7), of="import:") == 1
    assert spool.append(entry("key:k")).duplicate
    assert not spool.append(entry("import:csv")).duplicate


def test_what_is_remembered_is_known_from_then_on(spool, clock):
    for batch_id in ("seen again", "not"):
        spool.append(entry("import:csv", batch_id))
    leave(spool)
    clock.advance(5 * DAY)
    spool.remember("import:csv", "seen again")
    clock.advance(5 * DAY)
    assert spool.forget(timedelta(days=7), of="import:") == 1
    assert spool.known("import:csv", "") == ["seen again"]


def test_what_waits_is_neither_touched_nor_forgotten(spool, clock):
    spool.append(entry("import:csv"))
    came = spool.level().oldest
    clock.advance(5 * DAY)
    spool.remember("import:csv", "b")
    assert spool.level().oldest == came
    clock.advance(5 * DAY)
    assert spool.forget(timedelta(days=7)) == 0
