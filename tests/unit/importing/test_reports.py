"""What providers report: each kind by a real sample."""

from datetime import UTC, datetime

import pytest

from storekeeper.metering.importing import FORMATS
from storekeeper.metering.importing.model import Asked
from storekeeper.metering.model import BodyError

ELEVEN = datetime(2026, 11, 20, 11, tzinfo=UTC)
MIDNIGHT = datetime(2026, 11, 20, tzinfo=UTC)


def test_cloudwatch(parsed):
    rows, skipped = parsed("cloudwatch", "cloudwatch.json")
    assert [(row.operation, row.time.hour, row.resolution, row.is_total) for row in rows] == [
        ("AllRequests", 11, 3600, True),
        ("AllRequests", 10, 3600, True),
        ("GetRequests", 11, 3600, False),
        ("GetRequests", 10, 3600, False),
        ("BytesDownloaded", 11, 3600, False),
        ("BucketSizeBytes", 0, 86_400, False),
    ]
    assert [row.requests for row in rows] == [120, 80, 100, 80, None, None]
    assert (rows[4].bytes_out, rows[5].bytes, rows[5].detail) == (5000, 123_456_789, "photos StandardStorage")
    assert skipped == {"of no metric that is kept": 1}


def test_cloudwatch_takes_the_period_that_was_asked_for(parsed):
    rows, _ = parsed("cloudwatch", "cloudwatch.json", resolution=300)
    assert {row.resolution for row in rows} == {300, 86_400}


def test_cloudwatch_statistics(parsed):
    rows, _ = parsed("cloudwatch", "cloudwatch_statistics.json")
    assert [(row.operation, row.resolution, row.objects) for row in rows] == [
        ("NumberOfObjects", 86_400, 1200),
        ("NumberOfObjects", 86_400, 1250),
    ]


def test_ceph_usage(parsed):
    rows, skipped = parsed("ceph-usage", "ceph_usage.json")
    assert [(row.operation, row.requests, row.errors, row.bytes_in, row.bytes_out) for row in rows] == [
        ("GetObject", 12, 2, 0, 48113),
        ("PutObject", 3, 0, 912, 0),
        ("rgw_new_thing", 1, 0, 0, 0),
    ]
    assert {(row.time, row.resolution, row.detail) for row in rows} == {(ELEVEN, 3600, "ann")}
    assert skipped == {"of another bucket": 2}


def test_r2_analytics(parsed):
    rows, skipped = parsed("r2-analytics", "r2_analytics.json", bucket="media")
    assert [(row.operation, row.status, row.requests, row.errors, row.bytes_out) for row in rows] == [
        ("GetObject", "success", 42, 0, 4020),
        ("GetObject", "userError", 3, 3, 0),
        ("storage", "", None, None, None),
    ]
    assert [(row.time, row.resolution) for row in rows] == [
        (ELEVEN, 3600),
        (ELEVEN, 3600),
        (MIDNIGHT, 86_400),
    ]
    assert (rows[2].objects, rows[2].bytes) == (31, 1_002_000)
    assert skipped == {"of another bucket": 1}


@pytest.mark.parametrize(
    ("form", "body", "says"),
    [
        (
            "r2-analytics",
            b'{"data":null,"errors":[{"message":"not authorized for that account"}]}',
            "not authorized",
        ),
        ("r2-analytics", b'{"data":{"viewer":null}}', "no data.viewer"),
        ("cloudwatch", b"{}", "neither MetricDataResults nor Datapoints"),
        ("ceph-usage", b'{"summary":[]}', "not an answer of Ceph"),
        ("ceph-usage", b"<html>", "not an answer of Ceph"),
    ],
)
def test_what_is_no_report_is_told(form, body, says):
    with pytest.raises(BodyError, match=says):
        FORMATS[form].parse(body, Asked(bucket="photos"))
