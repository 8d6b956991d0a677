"""What chunks are known by, and how figures compare."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storekeeper.kernel.errors import BadInputError
from storekeeper.metering.importing import rules

DAY = int(datetime(2026, 11, 20, tzinfo=UTC).timestamp())
NOTHING = dict.fromkeys(("requests", "errors", "bytes_in", "bytes_out", "objects", "bytes"))


def reported(**values):
    row = {"day": DAY, "bucket_id": "b1", "source": "ceph-usage", "resolution": 3600}
    return row | NOTHING | values


def test_reported_beside_measured():
    (found,) = rules.comparisons(
        [reported(requests=10.0, bytes_out=500.0)],
        [
            {
                "day": DAY,
                "bucket_id": "b1",
                "requests": 8.0,
                "errors": 1.0,
                "bytes_in": 0.0,
                "bytes_out": 500.0,
            }
        ],
        {"b1": "photos"},
    )
    assert (found.bucket, found.day) == ("photos", datetime(2026, 11, 20, tzinfo=UTC))
    assert (found.difference.requests, found.difference.bytes_out, found.difference.errors) == (-2, 0, None)


def test_a_day_in_several_resolutions_counts_once():
    rows = [
        reported(requests=9.0),
        reported(requests=10.0, resolution=86_400),
        reported(resolution=60, bytes=7.0),
    ]
    (found,) = rules.comparisons(rows, [], {})
    assert (found.reported.requests, found.reported.bytes, found.resolution_seconds) == (10, 7, 86_400)
    assert (found.measured.requests, found.bucket) == (0, "(removed)")


TEXT = st.text(max_size=8)
PART = st.tuples(TEXT, TEXT, st.dictionaries(TEXT, TEXT, max_size=2), TEXT)


@given(PART, PART)
def test_only_the_same_chunk_has_the_same_id(left, right):
    ids = [
        rules.Origin(bucket_id=bucket, form=form, mapping=mapping).batch_id(
            first="f", records=3, identity=identity
        )
        for bucket, form, mapping, identity in (left, right)
    ]
    assert (ids[0] == ids[1]) == (left == right) or _ambiguous(left, right)
    assert {rules.records_in(one) for one in ids} == {3}


def _ambiguous(left, right):
    """`=` in names of fields does not occur: fields are known ones."""
    return any("=" in field for part in (left, right) for field in part[2])


def test_a_mapping():
    assert rules.parse_mapping(["time=at", "key=a=b"]) == {"time": "at", "key": "a=b"}
    for wrong in ("time", "time=", "colour=x"):
        with pytest.raises(BadInputError, match="FIELD=COLUMN"):
            rules.parse_mapping([wrong])
