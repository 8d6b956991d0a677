"""Schedules, quotes, retention, progress and histograms."""

from datetime import UTC, datetime, timedelta

import pytest

from storekeeper.buckets.model import Bucket
from storekeeper.inventory.model import Scan, ScanState
from storekeeper.inventory.rules import histogram, quoting, retention
from storekeeper.inventory.rules.progress import most_objects, progress
from storekeeper.inventory.rules.schedule import is_due, is_stale

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def bucket(cron):
    return Bucket(
        id="b", name="b", url="memory://b", endpoint="", region="", provider="memory", access_key_id="",
        scan_cron=cron, created_at=NOON, updated_at=NOON,
    )  # fmt: skip


def scan(name="s", *, ended=NOON, bucket_id="b", **figures):
    return Scan(
        id=name,
        bucket_id=bucket_id,
        state=ScanState.COMPLETE,
        started_at=ended - HOUR,
        finished_at=ended,
        **figures,
    )


@pytest.mark.parametrize(
    ("cron", "last", "now", "due"),
    [
        ("", None, NOON + 100 * DAY, False),
        ("0 3 * * *", None, NOON + 14 * HOUR, False),
        ("0 3 * * *", None, NOON + 15 * HOUR, True),
        ("0 3 * * *", NOON + 15 * HOUR, NOON + 16 * HOUR, False),
        ("0 3 * * *", NOON + 15 * HOUR, NOON + 39 * HOUR, True),
        ("*/5 * * * *", NOON, NOON + timedelta(minutes=4, seconds=59), False),
        ("*/5 * * * *", NOON, NOON + timedelta(minutes=5), True),
    ],
)
def test_a_scan_is_due_when_its_moment_came_since_the_last_one(cron, last, now, due):
    assert is_due(bucket(cron), last, now) is due


def test_a_snapshot_is_stale_after_two_missed_moments():
    assert not is_stale(bucket("0 * * * *"), NOON, NOON + timedelta(minutes=119))
    assert is_stale(bucket("0 * * * *"), NOON, NOON + 2 * HOUR)
    assert not is_stale(bucket(""), NOON, NOON + 7 * DAY)
    assert is_stale(bucket(""), NOON, NOON + 8 * DAY)


@pytest.mark.parametrize(
    ("provider", "name"),
    [
        ("aws", "A"),
        ("r2", "A"),
        ("gcs", "A"),
        ("wasabi", "free"),
        ("minio", "free"),
        ("b2", "unclassified"),
        ("x", "unclassified"),
    ],
)
def test_billing_class_of_a_listing(provider, name):
    assert quoting.list_class(provider) == name


def test_quotes():
    before = quoting.from_previous(scan(objects=2500, pages=3, requests=9), "r2")
    assert (before.objects, before.pages, before.requests, before.seconds_estimate) == (
        2500,
        3,
        {"A": 9},
        3600,
    )
    sample = quoting.from_sample(999, truncated=False, seconds=0.5, provider="aws")
    assert (sample.objects, sample.pages, sample.requests, sample.basis) == (999, 1, {"A": 3}, "sample")
    assert quoting.from_sample(1000, truncated=True, seconds=0.5, provider="aws").objects is None


def test_details_stay_for_the_newest_and_one_a_day_of_thirty():
    scans = [
        scan("newest"),
        scan("same-day", ended=NOON - 2 * HOUR),
        scan("day-before", ended=NOON - DAY),
        scan("too-old", ended=NOON - 31 * DAY),
        scan("only-one-of-another", ended=NOON - 90 * DAY, bucket_id="c"),
    ]
    assert retention.with_details(scans, NOON) == {"newest", "day-before", "only-one-of-another"}


def test_progress_against_the_previous_snapshot():
    assert progress(500, since_start=400, seconds=4, expected=1000) == (100, 5, 0.5)
    assert progress(500, since_start=400, seconds=4, expected=None) == (100, None, None)
    assert progress(1001, since_start=400, seconds=4, expected=1000) == (100, None, None)
    assert progress(0, since_start=0, seconds=0, expected=1000) == (None, None, 0)
    assert most_objects(10) < most_objects(None)


def test_histograms_have_every_bar_and_no_gap():
    for bins in (histogram.age_bins({2: (3, 7)}), histogram.size_bins({2: (3, 7)})):
        assert bins[0].start == 0
        assert bins[-1].end is None
        assert [one.end for one in bins[:-1]] == [one.start for one in bins[1:]]
        assert [(one.objects, one.bytes) for one in bins if one.objects] == [(3, 7)]
        assert (bins[2].objects, bins[2].bytes) == (3, 7)
    assert [one.name for one in histogram.age_bins({})][::3] == [
        "under 7 days",
        "90–180 days",
        "over 2 years",
    ]
    assert [one.name for one in histogram.size_bins({})][:3] == ["empty", "under 10 kB", "10 kB–100 kB"]
