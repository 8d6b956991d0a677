"""The wire: exactly the fields of the contract, and one line for each operation."""

from datetime import UTC, datetime

import msgspec
import pytest

from storekeeper_client.metering import Operation
from storekeeper_client.metering.batch import Packer
from storekeeper_client.metering.owner import owner_finder

OPTIONAL = "id owner key error bytesIn bytesOut objectSize latencyMs weight clientIp requestId storageClass"


def test_the_fields_are_those_of_the_contract():
    assert {field.encode_name for field in msgspec.structs.fields(Operation)} == {
        *("time", "bucket", "operation", "status"),
        *OPTIONAL.split(),
    }


def test_what_is_not_known_is_left_out():
    operation = Operation(
        time=datetime(2026, 11, 20, 12, tzinfo=UTC), bucket="media", operation="GetObject", status=200
    )
    assert msgspec.json.decode(msgspec.json.encode(operation)) == {
        "time": "2026-11-20T12:00:00Z",
        "bucket": "media",
        "operation": "GetObject",
        "status": 200,
    }


def test_an_empty_object_has_a_size(make_operation):
    assert msgspec.json.decode(msgspec.json.encode(make_operation(object_size=0)))["objectSize"] == 0


@pytest.mark.parametrize(
    ("fields", "failed"),
    [({}, False), ({"status": 304}, False), ({"status": 404}, True), ({"error": "IncompleteRead"}, True)],
)
def test_failures_are_bad_statuses_and_named_errors(make_operation, fields, failed):
    assert make_operation(**fields).failed is failed


def packed(operations, *, pattern="", compress=True):
    return Packer(owner_finder(pattern), compress).pack(operations)


def test_a_batch_is_one_line_for_each_operation(make_operation):
    operations = [make_operation(key="line\nbreak"), make_operation(key="ü")]
    batch = packed(operations)
    assert (batch.count, batch.gzipped) == (2, False)
    assert [msgspec.json.decode(line, type=Operation) for line in batch.body.splitlines()] == operations


def test_a_large_batch_is_compressed_and_a_small_one_is_not(make_operation):
    small, large = [make_operation()], [make_operation()] * 20
    assert not packed(small).gzipped
    assert packed(large).gzipped
    assert len(packed(large).body) < len(packed(large, compress=False).body) / 5


def test_batches_have_different_keys(make_operation):
    assert packed([make_operation()]).id != packed([make_operation()]).id


def test_what_json_can_not_carry_is_left_out_of_the_batch(make_operation):
    bad = [make_operation(key="\ud800"), make_operation(status=object())]
    batch = packed([bad[0], make_operation(key="good"), *bad[1:]])
    assert batch.count == 1
    assert packed(bad) is None


def test_the_owner_is_found_in_the_key_unless_it_is_known(make_operation):
    named = make_operation(owner="bob", key="users/ann/cat.jpg")
    batch = packed(
        [named, make_operation(key="users/ann/cat.jpg"), make_operation(key="x")], pattern="users/{owner}/"
    )
    owners = [msgspec.json.decode(line).get("owner") for line in batch.body.splitlines()]
    assert owners == ["bob", "ann", None]
