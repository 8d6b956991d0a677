"""Small batches are taken row by row, large ones as columns: what is stored and what is refused must be the same."""

import io
from datetime import UTC, datetime, timedelta

import msgspec
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from storekeeper.buckets.model import Bucket
from storekeeper.metering import decoding, rules
from storekeeper.metering.service.columns import to_columns
from storekeeper.metering.service.few import packed, take_few, unpacked

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
ADDRESS_KEY = b"a key"


def bucket(name, **options):
    return Bucket(
        id=f"id-of-{name}", name=name, url="", endpoint="", region="", provider="", access_key_id="", created_at=NOW,
        updated_at=NOW, **options,
    )  # fmt: skip


BUCKETS = {
    one.name: one
    for one in (
        bucket("plain"),
        bucket("owned", owner_pattern="users/{owner}/"),
        bucket("secretive", owner_pattern="{owner}/", store_keys=False),
        bucket("forbidden"),
    )
}
times = st.datetimes(
    (NOW - timedelta(days=33)).replace(tzinfo=None), (NOW + timedelta(minutes=9)).replace(tzinfo=None)
)
keys = st.lists(
    st.sampled_from(["users", "ann", "a b", "ü.JPG", "x.tar.gz", "1.5", "\n", ".hidden", ""])
).map("/".join)
items = st.fixed_dictionaries(
    {
        "time": times.map(lambda time: time.isoformat() + "Z")
        | times.map(lambda time: int(time.timestamp() * 1000)),
        "bucket": st.sampled_from([*BUCKETS, "unknown"]),
        "operation": st.sampled_from(["GetObject", "REST.GET.OBJECT"]),
        "status": st.integers(100, 599),
    },
    optional={
        "id": st.sampled_from(["", "one", "two"]),
        "owner": st.sampled_from(["", "bob"]),
        "key": keys,
        "error": st.sampled_from(["", "SlowDown"]),
        "bytesIn": st.integers(0, 2**63 - 1),
        "latencyMs": st.floats(0, 86_400_000),
        "weight": st.floats(1e-6, 1_000_000),
        "clientIp": st.sampled_from(["", "10.0.0.1", "::1"]),
        "requestId": st.text("abc"),
    },
)


def as_columns(body):
    stored, refused = [], []
    may = {name: name != "forbidden" for name in BUCKETS}
    for rows, some in decoding.decode(io.BytesIO(body), media_type="", encoding=""):
        kept, more = rules.accept(rows, buckets=may, now=NOW)
        refused += [*some, *more]
        stored.append(to_columns(kept, BUCKETS, address_key=ADDRESS_KEY, source="key:1"))
    table, twice = rules.first_of_each(pa.concat_tables(stored))
    return table, refused, twice


@given(st.lists(items, min_size=1, max_size=12))
def test_both_ways_lead_to_the_same(batch):
    body = b"\n".join(msgspec.json.encode(item) for item in batch)
    operations = decoding.decode_few(io.BytesIO(body), media_type="application/x-ndjson", encoding="")
    rows, refused, twice = take_few(
        operations, BUCKETS, lambda name: name != "forbidden", now=NOW, address_key=ADDRESS_KEY
    )
    stored, refused_too, twice_too = as_columns(body)
    assert refused == refused_too
    assert twice == twice_too
    if rows:
        found = unpacked(packed(rows, "key:1"), len(rows))
        assert found.schema == stored.schema
        assert found.to_pylist() == stored.to_pylist()


@pytest.mark.parametrize("count", [1, 50, 3276, 3277])
def test_bodies_are_put_together_as_they_are(count):
    """Also where the array that they were packed as has a longer head."""
    one = [("time", NOW.isoformat()), ("bucket", "plain"), ("operation", "GetObject"), ("status", 200)]
    operation = msgspec.convert(dict(one), decoding.Operation)
    rows, _, _ = take_few([operation], BUCKETS, lambda _: True, now=NOW, address_key=b"")
    together = unpacked(packed(rows * count, "key:1") + packed(rows, "key:2"), count + 1)
    assert together["source"].to_pylist() == ["key:1"] * count + ["key:2"]


@pytest.mark.parametrize("count", [0, 1, 3])
def test_a_body_of_another_length_is_not_read(count):
    one = [("time", NOW.isoformat()), ("bucket", "plain"), ("operation", "GetObject"), ("status", 200)]
    operation = msgspec.convert(dict(one), decoding.Operation)
    rows, _, _ = take_few([operation], BUCKETS, lambda _: True, now=NOW, address_key=b"")
    with pytest.raises(msgspec.MsgspecError):
        unpacked(packed(rows * 2, "key:1"), count)


GOOD = b'{"time":"2026-11-20T12:00:00Z","bucket":"plain","operation":"GetObject","status":200'


@pytest.mark.parametrize(
    "line",
    [
        b"}x",
        b',"owner":5}',
        b',"key":"a\\u0000"}',
        b',"latencyMs":-1}',
        b'}\n{"time":1}',
        b',"owner":null}',
        b'} {"a":1}',
    ],
)
def test_anything_unusual_is_left_to_the_columns(line):
    assert decoding.decode_few(io.BytesIO(GOOD + line), media_type="", encoding="") is None


LARGE = decoding.FEW // len(GOOD) + 10


def large(*odd):
    """More lines than are taken one by one, the odd ones first."""
    lines = [*(GOOD + one for one in odd), *(GOOD + b',"owner":"o%d"}' % n for n in range(LARGE))]
    return b"\n".join(lines)


def test_many_lines_are_parsed_at_once_and_mean_the_same():
    quick, none = next(decoding.decode(io.BytesIO(large() + b"\n"), media_type="", encoding=""))
    slow, refused = next(decoding.decode(io.BytesIO(large(b"}x") + b"\n"), media_type="", encoding=""))
    assert none == []
    assert [one.index for one in refused] == [0]
    assert quick.drop_columns("index").to_pylist() == slow.drop_columns("index").to_pylist()
    assert quick["index"].to_pylist() == list(range(LARGE))


@pytest.mark.parametrize(
    ("odd", "reason"),
    [
        (b',"status":99}', "item"),
        (b',"latencyMs":NaN}', "item"),
        (b',"bytesIn":-1}', "bytesIn"),
        (b',"key":"a\\u0000b"}', "key"),
        (b',"owner":"\xff"}', "item"),
        (b',"bucket":null}', "item"),
        (b'} {"time":1}', "item"),
        (b',"operation":"a b"}', "item"),
    ],
)
def test_in_many_lines_the_bad_one_is_found(odd, reason):
    stored, refused, _ = as_columns(large(odd))
    assert [one.index for one in refused] == [0]
    assert stored.num_rows == LARGE
    assert refused[0].reason.partition(":")[0] in (reason, "status", "operation", "bucket")


def test_null_is_what_is_not_there_in_one_line_and_in_many():
    for body in (GOOD + b',"owner":null,"weight":null}', large(b',"owner":null,"weight":null}')):
        stored, refused, _ = as_columns(body)
        assert refused == []
        assert stored["owner"][0].as_py() == ""
        assert stored["weight"][0].as_py() == 1.0
