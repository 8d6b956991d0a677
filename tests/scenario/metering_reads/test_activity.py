"""Single operations: filtered, paged, watched, and taken away as a file."""

import csv
import io
import json
from datetime import timedelta

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

pytestmark = pytest.mark.slow
ACTIVITY = "/api/user/storage/activity"
EXPORT = "/api/operations/export"


def test_the_newest_come_first(report, ask):
    report(minutes_ago=90, requestId="old")
    report(minutes_ago=1, requestId="new")
    report(minutes_ago=30, requestId="middle", bucket="logs", key="secret/plan.txt")
    items = ask(ACTIVITY)["items"]
    assert [one["requestId"] for one in items] == ["new", "middle", "old"]
    assert (items[0]["key"], items[1]["key"], items[1]["prefix"]) == ("a/b.jpg", None, "secret/")
    assert [one["requestId"] for one in ask(ACTIVITY, range="1h")["items"]] == ["new", "middle"]


FILTERS = (
    ({"status": "errors"}, {"lost", "broken"}),
    ({"status": "4xx"}, {"lost"}),
    ({"status": "503"}, {"broken"}),
    ({"q": "REPORTS"}, {"lost"}),
    ({"operation": "PutObject"}, {"put"}),
    ({"owner": "bob"}, {"put"}),
    ({"bucket": "logs"}, {"broken"}),
    ({"q": "nowhere"}, set()),
)


def test_filters(report, ask):
    report(requestId="fine")
    report(requestId="lost", status=404, key="2026/Reports/x.pdf")
    report(requestId="broken", status=503, bucket="logs")
    report(requestId="put", operation="PutObject", owner="bob")
    found = [(query, {one["requestId"] for one in ask(ACTIVITY, **query)["items"]}) for query, _ in FILTERS]
    assert found == list(FILTERS)


def test_pages_tell_each_operation_once_also_those_of_one_moment(report, ask):
    report(3, owner="bob")
    for number in range(12):
        report(minutes_ago=5 if number < 9 else 200, requestId=f"r{number:02}")
    for query in ({}, {"owner": "ann"}, {"owner": "ann", "status": "2xx"}):
        seen, cursor = [], ""
        for _ in range(10):
            page = ask(ACTIVITY, limit=4, cursor=cursor, **query)
            seen += [one["requestId"] for one in page["items"]]
            cursor = page["nextCursor"]
            if not cursor:
                break
        assert sorted(filter(None, seen)) == [f"r{number:02}" for number in range(12)], query
        assert len(seen) == (12 if query else 15), query


def test_pages_of_what_was_quiet_for_hours_are_whole_and_in_order(report, ask):
    """Where the newest are is found in sums by the hour; pages begin within hours."""
    for hours in range(3, 30, 2):
        for number in range(2):
            minutes = 60 * hours + 7 * number
            report(minutes_ago=minutes, requestId=f"r{hours:02}{number}", bucket="logs", more=hours % 6 != 5)
    for query in ({}, {"bucket": "logs"}, {"status": "2xx"}, {"q": "a"}):
        seen, cursor = [], ""
        for _ in range(10):
            page = ask(ACTIVITY, limit=3, cursor=cursor, range="7d", **query)
            seen += [one["requestId"] for one in page["items"]]
            cursor = page["nextCursor"]
            if not cursor:
                break
        assert seen == [f"r{hours:02}{number}" for hours in range(3, 30, 2) for number in range(2)], query


@pytest.mark.parametrize("query", [{}, {"bucket": "photos"}, {"owner": "ann"}])
def test_few_of_long_ranges_are_all_told_also_those_of_a_range_s_first_and_last_step(
    world, report, ask, query
):
    """Sums know whole steps alone, and may be gone where operations are still kept."""
    world.clock.advance(14 * 3600)  # past midnight
    for hours in (720, 300, 288, 6, 0):
        report(minutes_ago=max(hours * 60 - 0.1, 0.1), requestId=f"{hours} h")
    for table in ("traffic_hour", "usage_minute"):
        world.engine.command(f"ALTER TABLE {table} DELETE WHERE true")
    found = {
        span: [one["requestId"] for one in ask(ACTIVITY, range=span, **query)["items"]]
        for span in ("6h", "30d")
    }
    assert found == {"6h": ["0 h", "6 h"], "30d": ["0 h", "6 h", "288 h", "300 h", "720 h"]}


@pytest.mark.parametrize("span", ["7d", "30d"])
def test_pages_of_an_owner_are_whole_among_what_others_did(report, ask, span):
    """In a long range sums by the minute tell since when there are enough; the present minute has none that count."""
    for number in range(36):
        owner, bucket = ("ann", "bob", "eve")[number % 3], ("photos", "logs")[number % 2]
        report(
            minutes_ago=0.1 + 9.3 * number, owner=owner, bucket=bucket, requestId=f"r{number:02}", more=True
        )
        report(minutes_ago=0.1 + 9.3 * number, owner="bob", bucket=bucket, more=number % 12 < 11)
    for query, step in (({}, 3), ({"bucket": "logs"}, 6), ({"status": "2xx"}, 3)):
        seen, cursor = [], ""
        for _ in range(10):
            page = ask(ACTIVITY, limit=2, cursor=cursor, owner="ann", range=span, **query)
            seen += [one["requestId"] for one in page["items"]]
            cursor = page["nextCursor"]
            if not cursor:
                break
        assert seen == [f"r{number:02}" for number in range(step - 3, 36, step)], query


def test_what_comes_meanwhile_moves_no_page(report, ask):
    for number in range(6):
        report(minutes_ago=10 + number, requestId=f"r{number}")
    first = ask(ACTIVITY, limit=3)
    report(2, minutes_ago=1, requestId="later")
    rest = ask(ACTIVITY, limit=3, cursor=first["nextCursor"])["items"]
    assert [one["requestId"] for one in [*first["items"], *rest]] == [f"r{n}" for n in range(6)]


def test_bad_questions_are_refused(world, client):
    queries = ("cursor=x", "cursor=1-", "cursor=-1-2", "cursor=99999999999999999-1", "status=600", "status=bad",
               "limit=many", "range=x", "format=ndjson")  # fmt: skip
    assert {query: client.get(f"{ACTIVITY}?{query}").status_code for query in queries} == dict.fromkeys(
        queries, 400
    )


def test_events_begin_with_what_there_is(report, client):
    report(2, requestId="here")
    events = client.get(f"{ACTIVITY}/events").text.split("\r\n\r\n")
    kind, data = events[0].splitlines()
    assert kind == "event: operations"
    assert [one["requestId"] for one in json.loads(data.removeprefix("data: "))] == ["here", "here"]
    assert client.get(f"{ACTIVITY}/events?seconds=-1").status_code == 400
    assert client.get(f"{ACTIVITY}/events?status=x").status_code == 400


@pytest.fixture
def operations(report):
    """Eleven, over three hours; one key looks like a formula."""
    for number in range(10):
        report(minutes_ago=20 * number + 1, requestId=f"r{number}", more=True)
    report(minutes_ago=250, requestId="last", key="=SUM(A1)/x.csv")


def export(client, form):
    answer = client.get(EXPORT, params={"range": "24h", "format": form})
    assert answer.status_code == 200, answer.text
    return answer.content


def test_an_export_is_whole_in_every_format(operations, client):
    lines = [json.loads(line) for line in export(client, "ndjson").splitlines()]
    assert [one["requestId"] for one in lines] == ["last", *(f"r{n}" for n in reversed(range(10)))]
    assert (lines[0]["key"], lines[0]["bucket"]) == ("=SUM(A1)/x.csv", "photos")
    parquet = pq.read_table(io.BytesIO(export(client, "parquet")))
    assert parquet["requestId"].to_pylist() == [one["requestId"] for one in lines]
    assert pa.ipc.open_stream(export(client, "arrow")).read_all().num_rows == 11
    rows = list(csv.DictReader(io.StringIO(export(client, "csv").decode())))
    assert len(rows) == 11
    assert rows[0]["key"] == "'=SUM(A1)/x.csv"
    assert client.get(EXPORT).headers["content-type"].startswith("application/x-ndjson")


def test_an_export_of_nothing_is_a_file_all_the_same(world, client):
    assert export(client, "ndjson") == b""
    assert len(export(client, "csv").splitlines()) == 1
    assert pq.read_table(io.BytesIO(export(client, "parquet"))).num_rows == 0


def test_an_export_keeps_names_back_where_the_bucket_does(report, client):
    report(bucket="logs", key="secret/plan.txt")
    [line] = export(client, "ndjson").splitlines()
    assert (json.loads(line)["prefix"], json.loads(line)["key"]) == ("secret/", "")


def test_an_export_is_refused_for_bad_questions(world, client):
    for query in ("range=x", "format=xml"):
        assert client.get(f"{EXPORT}?{query}").status_code == 400
    assert client.get(f"{EXPORT}?bucket=nowhere").status_code == 404


def test_time_goes_on(world, report, ask):
    report()
    world.clock.advance(timedelta(days=2).total_seconds())
    assert ask(ACTIVITY)["items"] == []
    assert len(ask(ACTIVITY, range="7d")["items"]) == 1
