"""Notes of requests become operations where the program does not wait for it."""

import msgspec
import pytest

from storekeeper_client.metering import Meter, Operation
from storekeeper_client.metering.batch import Packer
from storekeeper_client.metering.note import Note
from storekeeper_client.metering.owner import owner_finder


@pytest.fixture
def make_note(clock):
    """`make_note(status=404)` for a GetObject of now."""

    def make(**fields):
        known = {
            "time": clock.now(), "bucket": "media", "name": "GetObject", "status": 200, "owner": "",
            "key": "users/ann/cat.jpg", "error": "", "sent": 0, "received": 10, "length": 10,
            "content_range": None, "seconds": 0.25, "request_id": "R", "storage_class": None,
        }  # fmt: skip
        return Note(**known | fields)

    return make


def test_a_note_is_an_operation_in_short(make_note, clock):
    note = make_note(owner="bob", sent=3, storage_class="GLACIER", error="TimeoutError")
    assert note.operation() == Operation(
        time=clock.now(), bucket="media", operation="GetObject", status=200, owner="bob", key="users/ann/cat.jpg",
        error="TimeoutError", bytes_in=3, bytes_out=10, object_size=10, latency_ms=250.0, request_id="R",
        storage_class="GLACIER",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("fields", "size"),
    [
        ({}, 10),
        ({"name": "HeadObject"}, 10),
        ({"name": "PutObject", "sent": 7}, 7),
        ({"name": "ListObjectsV2"}, None),
        ({"status": 404}, None),
        ({"content_range": "bytes 0-9/100"}, 100),
        ({"content_range": "bytes 0-9/*"}, None),
        ({"length": None}, None),
    ],
)
def test_the_size_of_the_object_is_told_where_it_is_known(make_note, fields, size):
    assert make_note(**fields).operation().object_size == size


def test_a_batch_of_both_finds_owners_and_leaves_out_what_makes_no_sense(make_note, make_operation):
    records = [make_note(), make_note(content_range=5), make_operation(key="k"), make_note(seconds=None)]
    batch = Packer(owner_finder("users/{owner}/"), compress=False).pack(records)
    told = [msgspec.json.decode(line, type=Operation) for line in batch.body.splitlines()]
    assert [(operation.key, operation.owner) for operation in told] == [
        ("users/ann/cat.jpg", "ann"),
        ("k", ""),
    ]


def test_notes_are_sampled_like_operations(make_note):
    with Meter(
        "http://127.0.0.1:9", "t", success_rate=0, error_rate=1, background=False, exit_timeout=0
    ) as meter:
        meter.submit(make_note())
        meter.submit(make_note(status=503))
        stats = meter.stats()
    assert (stats.recorded, stats.sampled_out, stats.queued) == (2, 1, 1)
