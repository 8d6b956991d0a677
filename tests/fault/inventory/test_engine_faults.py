"""An analytics engine that refuses, loses or doubles: the scan waits, or starts again, and is never wrong."""

import pytest

from storekeeper.inventory.model import NeverScannedError
from storekeeper.kernel.errors import UnavailableError

pytestmark = pytest.mark.slow


@pytest.fixture
def full(world):
    """3,000 objects of two bytes in a bucket of which every thousand rows are written."""
    store, _ = world.memory(max_concurrency=2)
    for number in range(3000):
        store.place(f"d{number % 3}/{number:05}", b"ab")
    world.inventory._runner._batch_rows = 1000
    return world


def failing(world, monkeypatch, *, after):
    """The engine takes that many inserts and then no more, as with a full disk."""
    taken, insert = [], world.engine.insert

    def refuse(table, rows, **options):
        if len(taken) >= after:
            raise UnavailableError("The analytics engine refused: Cannot reserve 1.00 MiB, not enough space")
        taken.append(rows.num_rows)
        insert(table, rows, **options)

    monkeypatch.setattr(world.engine, "insert", refuse)
    return taken


@pytest.mark.parametrize("after", [0, 1, 2])
def test_inserts_are_refused_for_a_while(full, monkeypatch, after):
    with monkeypatch.context() as patch:
        taken = failing(full, patch, after=after)
        view = full.scan()
        assert view.status == "retrying"
        assert "not enough space" in view.error
        with pytest.raises(NeverScannedError):
            full.inventory.snapshot("photos").inventory()
        assert full.engine.row("SELECT count() AS n FROM inventory_object")["n"] == sum(taken)
        requests = view.requests
    view = full.attempt(view.id)
    assert (view.status, view.objects, view.bytes) == ("succeeded", 3000, 6000)
    assert full.inventory.snapshot("photos").inventory().objects == 3000
    assert view.requests > requests


def test_an_insert_that_was_taken_but_seemed_to_fail_counts_once(full, monkeypatch):
    with monkeypatch.context() as patch:
        insert = full.engine.insert

        def lose_answer(table, rows, **options):
            insert(table, rows, **options)
            raise UnavailableError("The analytics engine refused: timeout")

        patch.setattr(full.engine, "insert", lose_answer)
        view = full.scan()
        assert view.status == "retrying"
        assert full.engine.row("SELECT count() AS n FROM inventory_object")["n"] >= 1000
    view = full.attempt(view.id)
    assert (view.status, view.objects) == ("succeeded", 3000)
    assert full.engine.row("SELECT count() AS n FROM inventory_object")["n"] == 3000


def test_rows_that_got_lost_are_noticed_and_the_scan_starts_again(full, monkeypatch):
    """As after a power cut that took the last part of the engine but not the control database."""
    with monkeypatch.context() as patch:
        stored = full.inventory._analytics.stored_totals
        patch.setattr(
            full.inventory._analytics, "stored_totals", lambda scan: tuple(n - 1 for n in stored(scan))
        )
        view = full.scan()
        assert view.status in ("retrying", "dead")
        assert "3000 objects of 6000 bytes were listed" in view.error
        assert full.engine.row("SELECT count() AS n FROM inventory_object")["n"] == 0
    view = full.attempt(view.id)
    assert (view.status, view.objects, view.bytes) == ("succeeded", 3000, 6000)


def test_a_crash_while_summing_up_is_done_again_without_listing(full, monkeypatch):
    with monkeypatch.context() as patch:
        fill, calls = full.engine.fill, []

        def refuse(sql, **options):
            calls.append(sql)
            if "inventory_prefix" in sql:
                raise UnavailableError("The analytics engine refused: memory limit exceeded")
            fill(sql, **options)

        patch.setattr(full.engine, "fill", refuse)
        view = full.scan()
        assert view.status == "retrying"
        pages = view.pages
    view = full.attempt(view.id)
    assert (view.status, view.pages) == ("succeeded", pages)
    found = full.inventory.snapshot("photos").inventory()
    assert sum(group.objects for group in found.by_storage_class) == 3000
    assert sum(group.objects for group in found.by_prefix) == 3000
