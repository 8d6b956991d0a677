"""Files of any program, by a mapping of fields to columns."""

import io
from datetime import UTC, datetime

import pyarrow as pa
import pytest
from pyarrow import parquet

from storekeeper.metering.model import BodyError

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


def test_csv_by_names_of_columns(read):
    found = read(
        "csv", b'\xef\xbb\xbftime,operation,status,key\n2026-11-20T12:00:00Z,GetObject,200,"a,\nb"\n'
    )
    assert [(row["time"], row["operation"], row["status"], row["key"]) for row in found.rows] == [
        (NOON, "GetObject", 200, "a,\nb")
    ]


def test_csv_by_a_mapping(read):
    body = b"when,what,code,ms\n1795176000,GET it,404,1.5\n1795176000000,X,200,\n"
    found = read(
        "csv", body, mapping={"time": "when", "operation": "what", "status": "code", "latencyMs": "ms"}
    )
    assert [(row["time"], row["operation"], row["latencyMs"]) for row in found.rows] == [
        (NOON, "GET-it", 1.5),
        (NOON, "X", 0),
    ]


def test_csv_lines_that_are_wrong_are_told(read):
    body = b"time,operation,status\n,GetObject,200\nx,GetObject,200\n1795176000,,200\n1795176000,G,9\n1795176000,G\n"
    assert read("csv", body).refused == {
        2: "time: missing",
        3: "time: neither RFC 3339 nor seconds or milliseconds since 1970",
        4: "operation: missing",
        5: "status: missing or not between 100 and 599",
        6: "line: 2 fields where the header has 3",
    }


@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_a_column_that_is_not_there_is_an_error(read, form):
    body = b"time,status\n1,200\n" if form == "csv" else parquet_of({"time": [1], "status": [200]})
    with pytest.raises(BodyError, match="'operation'"):
        read(form, body)


def test_other_buckets_are_passed_over(read):
    body = (
        b"time,operation,status,bucket\n1795176000,G,200,photos\n1795176000,G,200,other\n1795176000,G,200,\n"
    )
    found = read("csv", body)
    assert len(found.rows) == 2
    assert found.skipped == {"of another bucket": 1}


def test_json_by_paths(read):
    body = b'{"at":"2026-11-20T12:00:00Z","req":{"op":"GetObject","len":7},"status":200}\n{"a.b":1}\n[1]\n'
    found = read("ndjson", body, mapping={"time": "at", "operation": "req.op", "bytesIn": "req.len"})
    assert [(row["operation"], row["bytesIn"]) for row in found.rows] == [("GetObject", 7)]
    assert found.refused[2] == "time: missing"
    assert found.refused[3].startswith("line: Expected `object`")


def parquet_of(columns):
    sink = io.BytesIO()
    parquet.write_table(pa.table(columns), sink)
    return sink.getvalue()


def test_parquet(read):
    count = 25_000
    body = parquet_of(
        {
            "time": pa.array([NOON] * count, pa.timestamp("us", tz="UTC")),
            "op": ["GetObject"] * count,
            "status": pa.array([200] * (count - 1) + [None], pa.int16()),
            "size": list(range(count)),
        }
    )
    found = read("parquet", body, mapping={"operation": "op", "bytesOut": "size"})
    assert len(found.rows) == count - 1
    assert found.rows[-1]["bytesOut"] == count - 2
    assert list(found.refused) == [count]
    assert len(found.chunks) == 3


def test_a_file_that_is_no_parquet(read):
    with pytest.raises(BodyError, match="not Parquet"):
        read("parquet", b"PAR1 but not really PAR1")
