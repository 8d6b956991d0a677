"""What goes on in the demo's buckets, through a real S3 server."""

from random import Random

import pytest

from storekeeper.cli.local.demo.files import on_disk
from storekeeper.cli.local.demo.life import Life
from storekeeper.kernel.clock import ManualClock, SystemClock
from storekeeper.objectstore import NO_RETRY, open_store, parse_location
from storekeeper.objectstore.faulty import FOREVER, Faults, FaultyProxy


@pytest.fixture
def sources(tmp_path):
    paths = [tmp_path / name for name in ("a b.txt", "c+d.bin", "ü.py")]
    for path in paths:
        path.write_bytes(b"content of " + path.name.encode())
    return paths


def test_what_is_told_is_what_happens(rclone_s3, sources, tmp_path):
    (tmp_path / "served").mkdir()
    location = (server := rclone_s3(tmp_path / "served")).bucket()
    folder = tmp_path / "served" / location.bucket
    store = server.open(location)
    alive = Life(store, sources, Random(7))

    there, removed = alive.round(ManualClock().now())
    assert (on_disk(folder).objects, removed) == (there, 0)

    later, removed = alive.round(ManualClock().now())
    assert removed > 0
    assert on_disk(folder).objects == later
    store.close()


def test_a_storage_in_trouble_is_survived_and_counted(rclone_s3, sources, tmp_path):
    (tmp_path / "served").mkdir()
    location = (server := rclone_s3(tmp_path / "served")).bucket()
    with FaultyProxy(server.endpoint) as proxy:
        behind = parse_location(f"s3://{location.bucket}", endpoint=proxy.endpoint)
        store = open_store(behind, server.credentials, clock=SystemClock(), retry=NO_RETRY)
        alive = Life(store, sources, Random(7))
        there, _ = alive.round(ManualClock().now())

        for only in ({"PUT"}, {"DELETE"}):
            proxy.faults = Faults(errors=FOREVER, methods=frozenset(only))
            alive.round(ManualClock().now())
        proxy.faults = Faults()
        assert alive.failures == 2

        there, removed = alive.round(ManualClock().now())
        assert (removed > 0, alive.failures) == (True, 2)
        assert on_disk(tmp_path / "served" / location.bucket).objects <= there
        store.close()
