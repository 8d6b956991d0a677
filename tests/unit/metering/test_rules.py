from datetime import UTC, datetime, timedelta

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from storekeeper.metering import rules
from storekeeper.metering.model import SENT

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
GOOD = {
    "time": NOW, "bucket": "photos", "operation": "GetObject", "status": 200, "id": "", "owner": "", "key": "a/b.jpg",
    "error": "", "bytesIn": 0, "bytesOut": 5, "objectSize": 5, "latencyMs": 1.5, "weight": 1.0, "clientIp": "",
    "requestId": "", "storageClass": "",
}  # fmt: skip


def rows(*changes):
    table = pa.Table.from_pylist([GOOD | change for change in changes], schema=SENT)
    return table.append_column("index", pa.array(range(len(changes)), pa.int64()))


def accept(*changes, buckets=None):
    kept, refused = rules.accept(rows(*changes), buckets=buckets or {"photos": True, "other": False}, now=NOW)
    return kept["index"].to_pylist(), {one.index: one.reason for one in refused}


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"time": NOW - timedelta(days=31, seconds=1)}, "time"),
        ({"time": NOW + timedelta(minutes=5, seconds=1)}, "time"),
        ({"time": None}, "time"),
        ({"bucket": "nowhere"}, "bucket: not registered"),
        ({"bucket": "other"}, "bucket: not allowed"),
        ({"bucket": None}, "bucket"),
        ({"status": 99}, "status"),
        ({"status": None}, "status"),
        ({"weight": 0.0}, "weight"),
        ({"weight": float("nan")}, "weight"),
        ({"weight": float("inf")}, "weight"),
        ({"latencyMs": -1.0}, "latencyMs"),
        ({"bytesIn": -1}, "bytesIn"),
        ({"objectSize": None}, "objectSize"),
        ({"key": "a\0b"}, "key"),
        ({"owner": "x" * 257}, "owner"),
        ({"operation": None}, "operation"),
    ],
)
def test_what_may_not_be_stored_is_refused_with_its_field(change, field):
    kept, refused = accept({}, change, {})
    assert kept == [0, 2]
    assert list(refused) == [1]
    assert field in refused[1]


def test_the_edges_are_accepted():
    edges = [
        {"time": NOW - timedelta(days=31)},
        {"time": NOW + timedelta(minutes=5)},
        {"owner": "é" * 256},
        {"weight": 1e6},
    ]
    assert accept(*edges) == ([0, 1, 2, 3], {})


def test_one_item_is_refused_once():
    assert list(accept({"status": 1, "bytesIn": -1})[1]) == [0]


@given(st.lists(st.sampled_from(["", "a", "b", "c"]), max_size=30))
def test_an_id_counts_once_in_a_batch_and_no_id_always(ids):
    kept, same = rules.first_of_each(rows(*({"id": one} for one in ids)))
    expected = [n for n, one in enumerate(ids) if not one or one not in ids[:n]]
    assert kept["index"].to_pylist() == expected
    assert same == len(ids) - len(expected)


@pytest.mark.parametrize(
    ("spooled", "free", "state"),
    [(0, 10**12, "ok"), (300 << 20, 10**12, "busy"), (2 << 30, 10**12, "full"), (0, 100 << 20, "full")],
)
def test_there_is_room_until_there_is_not(spooled, free, state):
    assert rules.room(spooled, free, rules.Limits()) == state
