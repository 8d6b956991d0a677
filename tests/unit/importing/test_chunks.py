"""The same file gives the same chunks, whatever it holds and however it comes."""

import gzip
import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from storekeeper.kernel.errors import BadInputError
from storekeeper.metering.importing import FORMATS
from storekeeper.metering.importing.chunking import RECORDS, chunks
from storekeeper.metering.importing.model import Asked, OperationsFormat
from storekeeper.metering.importing.splitting import MAX_LINE, TOO_LONG, plain
from storekeeper.metering.model import BodyError
from thoroughness import examples

OPERATIONS = [name for name, form in FORMATS.items() if isinstance(form, OperationsFormat)]
REPORTS = [name for name in FORMATS if name not in OPERATIONS]
ASKED = Asked(bucket="photos", names={"photos": "photos"})
LINE = b"1795176000,GetObject,200\n"
HEADER = b"time,operation,status\n"


def test_a_file_that_repeats_itself_is_counted_whole(read):
    found = read("csv", HEADER + LINE * (2 * RECORDS + 5))
    assert [chunk.rows.num_rows for chunk in found.chunks] == [RECORDS, RECORDS, 5]
    assert len(set(found.identities)) == 3


def test_gzip_and_line_ends_change_nothing(read):
    body = HEADER + LINE * 12
    plainly = read("csv", body).identities
    assert read("csv", body, zipped=True).identities == plainly
    assert read("csv", body[:-1]).identities == plainly


def test_another_content_is_another_chunk(read):
    assert (
        read("csv", HEADER + LINE).identities != read("csv", HEADER + LINE.replace(b"200", b"201")).identities
    )


def test_a_line_that_is_too_long_is_refused_and_the_next_one_read(read):
    good = b'{"time":1795176000,"operation":"G","status":200}\n'
    found = read("ndjson", b'{"key":"' + b"x" * 3 * MAX_LINE + b'"}\n' + good)
    assert found.refused == {1: TOO_LONG}
    assert [row["index"] for row in found.rows] == [2]


def test_a_gzip_file_that_breaks_off_says_so(read):
    body = gzip.compress(HEADER + LINE * 1000)
    with pytest.raises(BodyError, match="decompressed"):
        list(chunks(FORMATS["csv"], plain(io.BytesIO(body[:-9])), ASKED))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=8,
)


def _bodies(name):
    import json
    from pathlib import Path

    samples = Path(__file__).parent / "samples"
    whole = b"\n".join(path.read_bytes() for path in sorted(samples.iterdir()))
    cut = st.builds(
        lambda start, length, junk: whole[start : start + length] + junk,
        st.integers(0, len(whole)),
        st.integers(0, 3000),
        st.binary(max_size=20),
    )
    return (
        cut
        | st.binary(max_size=400)
        | st.lists(JSON, max_size=4).map(lambda values: "\n".join(map(json.dumps, values)).encode())
    )


@pytest.mark.slow
@pytest.mark.parametrize("name", OPERATIONS)
@settings(max_examples=examples(150), deadline=None)
@given(data=st.data())
def test_no_body_breaks_a_reader(name, data):
    body = data.draw(_bodies(name))
    try:
        found = list(chunks(FORMATS[name], plain(io.BytesIO(body)), ASKED))
    except BadInputError:
        return
    for chunk in found:
        taken = chunk.rows.num_rows + len(chunk.refused) + sum(chunk.skipped.values())
        assert taken == chunk.records


@pytest.mark.slow
@pytest.mark.parametrize("name", REPORTS)
@settings(max_examples=examples(150), deadline=None)
@given(data=st.data())
def test_no_document_breaks_a_report(name, data):
    try:
        FORMATS[name].parse(data.draw(_bodies(name)), ASKED)
    except BadInputError:
        return


FIELD = st.one_of(
    st.none(), st.integers(), st.floats(), st.text(max_size=30), st.booleans(),
    st.sampled_from(["-1", "1e400", "9" * 30, "inf", "nan", "2026-11-20T12:00:00Z", "0001-01-01T00:00:00+23:59"]),
    st.lists(st.integers(), max_size=2),
)  # fmt: skip


@settings(max_examples=examples(300), deadline=None)
@given(
    st.dictionaries(
        st.sampled_from(
            ["time", "operation", "status", "bytesIn", "latencyMs", "weight", "key", "id", "bucket"]
        ),
        FIELD,
    )
)
def test_no_value_breaks_a_row(values):
    from storekeeper.metering.importing import mapping
    from storekeeper.metering.importing.chunking import _chunk
    from storekeeper.metering.importing.model import Record

    form = OperationsFormat(name="t", about="", records=lambda *_: iter(()), row=mapping.row_of_columns)
    record = Record(1, b"", {"time": 1795176000, "operation": "G", "status": 200} | values)
    chunk = _chunk(form, [record], ASKED, identity="", alone=False)
    assert chunk.rows.num_rows + len(chunk.refused) + sum(chunk.skipped.values()) == 1


class Endless(io.RawIOBase):
    """Lines without end; tells how much was read."""

    read_bytes = 0

    def readable(self):
        return True

    def readinto(self, buffer):
        lines = (LINE * (len(buffer) // len(LINE) + 1))[: len(buffer)]
        buffer[:] = HEADER + lines[: len(lines) - len(HEADER)] if not self.read_bytes else lines
        self.read_bytes += len(buffer)
        return len(buffer)


def test_no_more_is_read_than_a_chunk_needs():
    source = Endless()
    found = chunks(FORMATS["csv"], plain(source), ASKED)
    for number in range(1, 4):
        assert next(found).records == RECORDS
        assert source.read_bytes <= number * RECORDS * len(LINE) + (1 << 20)
