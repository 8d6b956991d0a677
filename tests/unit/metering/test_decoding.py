import gzip
import io
import json

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from storekeeper.metering import decoding
from storekeeper.metering.model import SENT, BodyError, TooLargeError
from thoroughness import examples

NDJSON, JSON, ARROW = "application/x-ndjson", "application/json", "application/vnd.apache.arrow.stream"
GOOD = {"time": "2026-11-20T12:00:00Z", "bucket": "photos", "operation": "GetObject", "status": 200}


def decode(body, media_type=NDJSON, encoding=""):
    pieces = list(decoding.decode(io.BytesIO(body), media_type=media_type, encoding=encoding))
    rows = pa.concat_tables([rows for rows, _ in pieces]) if pieces else None
    refused = sorted((one.index, one.reason) for _, some in pieces for one in some)
    return rows, refused


def lines(*items):
    return b"\n".join(item if isinstance(item, bytes) else json.dumps(item).encode() for item in items)


def test_every_form_gives_the_same_rows():
    items = [GOOD | {"owner": f"o{n}", "bytesOut": n, "latencyMs": n / 2, "weight": 10} for n in range(5)]
    from_lines, _ = decode(lines(*items))
    from_array, _ = decode(json.dumps(items).encode(), JSON)
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, SENT) as writer:
        writer.write_table(from_lines.drop_columns(["index"]))
    from_arrow, _ = decode(sink.getvalue().to_pybytes(), ARROW)
    zipped, _ = decode(gzip.compress(lines(*items)), NDJSON, "gzip")
    squeezed, _ = decode(pa.compress(lines(*items), "zstd", asbytes=True), NDJSON, "zstd")
    for other in (from_array, from_arrow, zipped, squeezed):
        assert other.to_pylist() == from_lines.to_pylist()
    assert from_lines["index"].to_pylist() == list(range(5))


def test_times_are_text_or_milliseconds_also_mixed():
    rows, refused = decode(
        lines(GOOD, GOOD | {"time": 1795176000000}, GOOD | {"time": "2026-11-20T13:30:00+01:30"})
    )
    assert [str(time) for time in rows["time"].to_pylist()] == ["2026-11-20 12:00:00+00:00"] * 3
    assert refused == []


@pytest.mark.parametrize(
    ("item", "reason"),
    [
        (b"nonsense", "item"),
        (b"\xff\xfe", "item"),
        (b"[]", "item"),
        ({**GOOD, "status": "200"}, "status"),
        ({**GOOD, "status": 99}, "status"),
        ({**GOOD, "bytesIn": -1}, "bytesIn"),
        ({**GOOD, "bytesIn": 2**63}, "bytesIn"),
        ({**GOOD, "bytesIn": 1.5}, "bytesIn"),
        ({**GOOD, "weight": 0}, "weight"),
        ({**GOOD, "owner": "x" * 257}, "owner"),
        ({**GOOD, "operation": "Get Object"}, "operation"),
        ({**GOOD, "time": "yesterday"}, "time"),
        ({**GOOD, "time": "2026-11-20T12:00:00"}, "time"),
        ({**GOOD, "time": 10**30}, "time"),
        ({key: value for key, value in GOOD.items() if key != "bucket"}, "bucket"),
    ],
)
def test_a_bad_item_is_refused_by_its_place_and_the_rest_is_taken(item, reason):
    rows, refused = decode(lines(GOOD, item, GOOD))
    assert rows["index"].to_pylist() == [0, 2]
    assert [place for place, _ in refused] == [1]
    assert reason in refused[0][1]


@pytest.mark.parametrize(
    ("body", "media_type", "encoding"),
    [
        (b"{}", JSON, ""),
        (b"[", JSON, ""),
        (b"x", "text/html", ""),
        (b"x", NDJSON, "br"),
        (b"not gzip", NDJSON, "gzip"),
        (gzip.compress(lines(*[GOOD] * 1000))[:200], NDJSON, "gzip"),
        (b"not zstd", NDJSON, "zstd"),
        (b"not arrow at all", ARROW, ""),
    ],
)
def test_a_body_that_is_not_what_it_says_is_refused_whole(body, media_type, encoding):
    with pytest.raises(BodyError):
        decode(body, media_type, encoding)


def test_an_arrow_stream_without_a_required_column_is_refused():
    sink = pa.BufferOutputStream()
    table = pa.table({"time": pa.array([0], pa.int64()), "bucket": ["b"]})
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    with pytest.raises(BodyError, match="operation, status"):
        decode(sink.getvalue().to_pybytes(), ARROW)


def test_a_long_line_ends_before_it_is_in_memory():
    class Endless(io.RawIOBase):
        given = 0

        def readable(self):
            return True

        def readinto(self, buffer):
            self.given += len(buffer)
            buffer[:] = b"x" * len(buffer)
            return len(buffer)

    endless = Endless()
    with pytest.raises(TooLargeError, match="Line 1"):
        list(decoding.decode(endless, media_type=NDJSON, encoding=""))
    assert endless.given < 8 << 20


def test_a_zip_bomb_ends_at_the_limit(monkeypatch):
    monkeypatch.setattr(decoding, "MAX_BODY", 4 << 20)
    bomb = gzip.compress(b"\n" * (decoding.MAX_BODY + 10), 9)
    with pytest.raises(TooLargeError):
        decode(bomb, NDJSON, "gzip")


@settings(max_examples=examples(60), deadline=None)
@given(
    st.lists(
        st.one_of(st.just(lines(GOOD)), st.binary(max_size=60).filter(lambda b: b"\n" not in b and b.strip()))
    )
)
def test_every_line_is_either_taken_or_refused(items):
    rows, refused = decode(b"\n".join(items))
    taken = rows["index"].to_pylist() if rows else []
    assert sorted(taken + [place for place, _ in refused]) == list(range(len(items)))
    assert len(taken) >= sum(item == lines(GOOD) for item in items)
