"""What templates get: gaps, whole steps, and figures with their source."""

from datetime import UTC, datetime, timedelta

import pytest

from storekeeper.metering import views
from storekeeper.metering.figures import BucketPoint, Figures, Group, Point, Usage

SINCE = datetime(2026, 11, 20, 8, tzinfo=UTC)
HOUR = timedelta(hours=1)


def usage(*hours, since=SINCE, until=SINCE + HOUR * 4.5, **fields):
    """Requests in the given hours after `since`."""
    known = {
        "since": since, "until": until, "previous_since": since - HOUR * 4, "resolution_seconds": 3600,
        "totals": Figures(requests=10.0, errors=2.0, error_rate=0.2), "previous": Figures(requests=5.0),
        "series": [Point(time=since + HOUR * hour, requests=float(hour + 1)) for hour in hours],
        "bucket_series": [], "by_bucket": [], "by_owner": [], "by_operation": [], "by_status": [],
        "top_movers": [], "provenance": "measured",
    }  # fmt: skip
    return Usage(**(known | fields))


def test_the_step_under_way_is_left_out():
    assert [time.hour for time in views.axis(usage(0, 4))] == [8, 9, 10, 11]
    assert [bool(point) for point in views.padded(usage(0, 4))] == [True, False, False, False]


def test_but_not_where_there_is_nothing_else():
    assert len(views.axis(usage(4))) == 5


def test_a_chart_stacks_buckets_with_the_largest_first():
    points = [
        BucketPoint(time=SINCE, bucket="small", requests=1, bytes_in=9, bytes_out=0),
        BucketPoint(time=SINCE + HOUR, bucket="large", requests=5, bytes_in=1, bytes_out=0),
    ]
    chart = views.over_time(usage(0, 1, bucket_series=points), "requests")
    assert [(one["name"], one["values"]) for one in chart["series"]] == [
        ("large", [0, 5, 0, 0]), ("small", [1, 0, 0, 0]),
    ]  # fmt: skip
    assert views.over_time(usage(0, 1, bucket_series=points), "uploaded")["unit"] == "bytes"


def test_cards_tell_the_change_and_its_source():
    cards = {card["label"]: card for card in views.usage_cards(usage(0), "day")}
    requests = cards["Requests"]
    assert (requests["value"], requests["change"], requests["change_ratio"]) == (10, 5, 1.0)
    assert (requests["range"], requests["provenance"]) == (
        "against the day before",
        "measured · last day",
    )
    assert (cards["Uploaded"]["change"], cards["Uploaded"]["note"]) == (None, "none before")
    assert cards["Error rate"]["value"] == 0.2


def test_a_sample_says_its_error():
    assert views.provenance("sampled", Figures(relative_error=0.0123)) == "sampled ± 1.2 %"


@pytest.mark.parametrize(
    ("kind", "name", "href"),
    [
        ("owner", "ann@example.com", "/usage/owners/ann%40example.com?range=7d"),
        ("owner", "a/b", "/usage?range=7d&owner=a%2Fb"),
        ("owner", "", ""),
        ("bucket", "photos", "/buckets/photos"),
        ("bucket", "(removed)", ""),
        ("status", "2xx", ""),
    ],
)
def test_rows_lead_on(kind, name, href):
    group = Group(name=name, requests=2.0)
    [row] = views.group_rows([group], Figures(requests=4.0), kind=kind, query={"range": "7d", "show": "x"})
    assert (row["href"], row["share"]) == (href, 0.5)
    assert row["name"]
