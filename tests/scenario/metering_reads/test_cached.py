"""Reads are kept until what they read changes, and callers who have an answer already are told so."""

import contextlib
import csv
import io
import random
from datetime import timedelta

import msgspec
import pytest
from litestar.testing import TestClient

from storekeeper.access import Scope
from storekeeper.app import Storekeeper
from storekeeper.buckets.model import BucketChange
from storekeeper.kernel.clock import SystemClock
from storekeeper.metering.analytics import MeteringAnalytics
from storekeeper.metering.service.reading import UsageReader
from storekeeper.settings import load, with_keys

pytestmark = pytest.mark.slow
USAGE = "/api/user/storage/usage"
PERFORMANCE = "/api/user/storage/performance"
ACTIVITY = "/api/user/storage/activity"
DASHBOARD = "/api/dashboard"
HISTORY = "/api/dashboard/metrics-history"
READS = [USAGE, PERFORMANCE, "/api/admin/metrics/performance", ACTIVITY, DASHBOARD, HISTORY]


class Reader:
    """A program that keeps what it got, as its tag allows."""

    def __init__(self, client):
        self.client = client
        self.known = {}  # (tag, body) by address

    def status(self, path, **query):
        """That of the answer; what came is in `body`."""
        key = (path, tuple(sorted(query.items())))
        tag, body = self.known.get(key, ("", None))
        answer = self.client.get(path, params=query, headers={"If-None-Match": tag} if tag else {})
        if answer.status_code == 304:
            assert (answer.content, answer.headers["etag"]) == (b"", tag)
            self.body = body
        else:
            self.body = answer.json()
            self.known[key] = (answer.headers["etag"], self.body)
            assert answer.headers["etag"] != tag or self.body == body, "one tag for two bodies"
        assert answer.headers["cache-control"] == "private, no-cache"
        return answer.status_code

    def requests(self, path=USAGE, **query):
        return self.status(path, **query), self.body["totals"]["requests"]


@pytest.fixture
def reader(client):
    return Reader(client)


@pytest.fixture
def queries(world):
    """`queries()`: how many the analytics engine was asked since the last time."""
    asked, table = [], world.engine.table

    def count(*given, **values):
        asked.append(given)
        return table(*given, **values)

    world.engine.table = count

    def since():
        found = len(asked)
        asked.clear()
        return found

    return since


@pytest.mark.parametrize("path", READS)
def test_the_same_again_is_304_and_asks_no_engine(report, reader, queries, path):
    report(3)
    assert reader.status(path) == 200
    assert queries() > 0
    assert reader.status(path) == 304
    assert queries() == 0
    report(2)
    assert reader.status(path) == 200
    assert queries() > 0


def test_what_arrives_shows_at_once(report, reader):
    report(3)
    assert [reader.requests(), reader.requests()] == [(200, 3), (304, 3)]
    report(4)
    assert [reader.requests(), reader.requests()] == [(200, 7), (304, 7)]


def test_another_buckets_operations_change_nothing(report, reader, queries):
    report(3)
    for _ in range(2):
        reader.requests(bucket="photos"), reader.requests(bucket="logs"), reader.requests()
    queries()
    report(5, bucket="logs")
    assert reader.requests(bucket="photos") == (304, 3)
    assert queries() == 0
    assert reader.requests(bucket="logs") == (200, 5)
    assert reader.requests() == (200, 8)


@pytest.mark.parametrize("bucket", ["", "photos"])
def test_the_range_before_is_read_again_only_for_what_comes_late(report, reader, queries, bucket):
    def previous():
        assert reader.status(USAGE, bucket=bucket) == 200
        return {one["name"]: one["previousRequests"] for one in reader.body["byOwner"]}

    report(3, owner="ann", minutes_ago=30 * 60)
    report(4, owner="ann")
    queries()
    assert previous() == {"ann": 3}
    every = queries()
    for _ in range(2):
        report(4, owner="ann")
        assert previous() == {"ann": 3}
        assert queries() == every - 1
    report(2, owner="ben", minutes_ago=31 * 60)  # by a client that was cut off for long
    assert previous() == {"ann": 3, "ben": 2}
    assert queries() == every
    report(2, owner="ben", bucket="logs", minutes_ago=31 * 60)
    report(1, owner="ann")
    assert previous() == {"ann": 3, "ben": 2 if bucket else 4}
    assert queries() == every - bool(bucket)


@pytest.mark.parametrize("seed", range(4))
def test_what_is_kept_of_ranges_that_are_over_tells_the_same_as_all_read_anew(world, report, seed):
    """Whatever comes, however late, and whenever it is asked for."""
    dice = random.Random(seed)
    fresh = UsageReader(MeteringAnalytics(world.engine), world.buckets, world.clock)
    asked = [
        (timedelta(hours=hours), bucket) for hours in (1, 24, 7 * 24, 20 * 24) for bucket in ("", "photos")
    ]
    for _ in range(12):
        for _ in range(dice.randrange(3)):
            report(
                dice.randrange(1, 5), minutes_ago=dice.choice([0, 5, 11, 40, 90, 1500, 2800, 9700, 15_000, 35_000]),
                owner=dice.choice(["ann", "ben"]), bucket=dice.choice(["photos", "logs"]), status=dice.choice([200, 503]),
            )  # fmt: skip
        world.clock.advance(dice.choice([0, 20, 130, 3500]))
        for span, bucket in dice.sample(asked, 4):
            told = world.metering.reader.usage(span, bucket=bucket).value
            assert msgspec.structs.replace(told, until=told.since) == msgspec.structs.replace(
                fresh.usage(span, bucket=bucket), until=told.since
            )


def test_of_what_is_over_nothing_is_read_again(world, report, reader):
    """Only from the hour on in which something may still come."""
    report(3, minutes_ago=5 * 24 * 60)
    asked, table = [], world.engine.table

    def note(sql, **values):
        asked.append(values.get("before"))
        return table(sql, **values)

    world.engine.table = note
    for requests in (3, 4, 5):
        assert reader.requests(range="7d") == (200, requests)
        report(1, minutes_ago=1)
    assert [one for one in asked if one] == [
        "2026-11-06 12:00:00", "2026-11-20 12:00:00", "2026-11-20 12:00:00"
    ]  # fmt: skip


def test_what_another_node_stored_shows_when_the_answer_is_too_old(world, report, reader):
    report(3)
    assert reader.requests(range="7d") == (200, 3)
    stored = world.engine.table("SELECT * FROM operation LIMIT 1")
    world.metering._analytics.insert(stored, token="by another node")
    world.clock.advance(299)
    assert reader.requests(range="7d") == (304, 3)
    world.clock.advance(1)
    assert reader.requests(range="7d") == (200, 4)


def test_the_next_step_of_time_is_another_question(world, report, reader):
    report(3, minutes_ago=59)
    assert reader.requests(range="1h") == (200, 3)
    world.clock.advance(30)
    assert reader.requests(range="1h") == (304, 3)
    world.clock.advance(90)
    assert reader.requests(range="1h") == (200, 0)


def test_reads_within_a_step_share_what_was_read(world, report, client, queries):
    report(3)
    first = client.get(USAGE, params={"range": "7d"}).json()
    world.clock.advance(200)
    queries()
    assert client.get(USAGE, params={"range": "7d"}).json() == first
    assert queries() == 0
    assert first["until"] == "2026-11-20T12:30:00Z"


def test_a_heat_map_gets_its_columns_in_time(world, report, reader):
    report(3)
    assert reader.status(PERFORMANCE, range="24h") == 200
    world.clock.advance(60)
    assert reader.status(PERFORMANCE, range="24h") == 304
    before = len(reader.body["heatMap"]["times"])
    world.clock.advance(15 * 60)
    reader.status(PERFORMANCE, range="24h")
    assert len(reader.body["heatMap"]["times"]) == before + 1


def test_a_bucket_that_was_removed_is_so_at_once(world, report, reader):
    report(3)
    assert reader.status(USAGE) == 200
    assert reader.status(USAGE, bucket="photos") == 200
    world.buckets.remove("photos", actor="test")
    assert reader.status(USAGE) == 200
    assert [one["name"] for one in reader.body["byBucket"]] == ["(removed)"]
    answer = reader.client.get(USAGE, params={"bucket": "photos"}, headers={"If-None-Match": "*"})
    assert answer.status_code == 404


def test_keys_that_may_not_be_shown_any_more_are_not(world, report, reader):
    report(1)
    reader.status(ACTIVITY)
    assert reader.body["items"][0]["key"] == "a/b.jpg"
    world.buckets.edit("photos", BucketChange(store_keys=False), actor="test")
    assert reader.status(ACTIVITY) == 200
    assert reader.body["items"][0]["key"] is None


def test_a_scan_shows_at_once_on_the_dashboard(world, report, reader):
    report(1)
    assert [reader.status(DASHBOARD), reader.status(HISTORY)] == [200, 200]
    world.stores["photos"].put("a.jpg", b"x" * 10)
    assert world.scan("photos") == "succeeded"
    assert [reader.status(DASHBOARD), reader.body["metrics"]["totalStorage"]] == [200, 10]
    assert [reader.status(HISTORY), len(reader.body["items"])] == [200, 1]
    assert [reader.status(DASHBOARD), reader.status(HISTORY)] == [304, 304]


def test_questions_that_differ_have_answers_of_their_own(report, client):
    report(3)
    report(2, owner="bob", operation="PutObject")
    found = [
        client.get(USAGE, params=query).json()["totals"]["requests"]
        for query in ({}, {"owner": "bob"}, {"operation": "GetObject"}, {"bucket": "logs"}, {"range": "1m"})
    ]
    assert found == [5, 2, 3, 0, 0]
    items = [
        len(client.get(ACTIVITY, params=query).json()["items"])
        for query in ({}, {"limit": 2}, {"status": "errors"}, {"q": "a/"}, {"q": "z/"})
    ]
    assert items == [5, 2, 0, 5, 0]


def test_further_pages_have_tags_too(report, reader):
    report(5)
    reader.status(ACTIVITY, limit=2)
    cursor = reader.body["nextCursor"]
    assert [reader.status(ACTIVITY, limit=2, cursor=cursor) for _ in range(2)] == [200, 304]


def test_each_format_and_table_has_a_tag_of_its_own(report, client):
    report(3)
    asked = [{"format": form} for form in ("json", "csv", "parquet", "arrow")]
    asked += [{"format": "csv", "table": "byOwner"}]
    tags = [client.get(USAGE, params=query).headers["etag"] for query in asked]
    assert len(set(tags)) == len(asked)
    for query, tag in zip(asked, tags, strict=True):
        answers = [
            client.get(USAGE, params=query, headers={"If-None-Match": one}).status_code for one in tags
        ]
        assert answers == [304 if one == tag else 200 for one in tags]
    answer = client.get(USAGE, params={"format": "csv"}, headers={"If-None-Match": '"other"'})
    assert len(list(csv.DictReader(io.StringIO(answer.text)))) == 1


def test_compressed_and_plain_are_told_apart(report, client):
    report(3)
    tags = []
    for coding in ("gzip", "identity"):
        answer = client.get(USAGE, headers={"Accept-Encoding": coding})
        assert answer.headers.get("content-encoding", "identity") == coding
        tags.append(answer.headers["etag"])
    assert tags[0] != tags[1]
    answer = client.get(USAGE, headers={"Accept-Encoding": "gzip", "If-None-Match": ", ".join(tags)})
    assert (answer.status_code, answer.headers["etag"]) == (304, tags[0])


def test_a_tag_opens_nothing(report, client):
    report(3, owner="user@example.com")
    tag = client.get(USAGE).headers["etag"]
    client.headers["Authorization"] = "Bearer user"
    assert client.get(USAGE, headers={"If-None-Match": tag}).status_code == 200
    assert client.get(USAGE, params={"owner": "ann"}, headers={"If-None-Match": "*"}).status_code == 403
    del client.headers["Authorization"]
    assert client.get(USAGE, headers={"If-None-Match": "*"}).status_code == 401


def test_what_is_live_is_never_kept(world, report, client):
    report(1)
    events = "/api/user/storage/activity/events"
    before = client.get(events).text.count('"operation"')
    stored = world.engine.table("SELECT * FROM operation LIMIT 1")
    world.metering._analytics.insert(stored, token="by another node")
    assert (before, client.get(events).text.count('"operation"')) == (1, 2)


def test_a_failure_is_not_kept(world, report, client):
    report(3)
    table = world.engine.table

    def fail(*_given, **_values):
        raise OSError("the engine is away")

    world.engine.table = fail
    assert client.get(USAGE).status_code == 500
    world.engine.table = table
    assert client.get(USAGE).json()["totals"]["requests"] == 3


def test_what_was_stored_before_a_failure_shows_at_once(world, report, reader):
    report(3)
    assert reader.requests() == (200, 3)
    insert = world.engine._insert

    def lose_the_answer(*given, **values):
        insert(*given, **values)
        raise OSError("the engine's answer was lost")

    world.engine._insert = lose_the_answer
    with pytest.raises(OSError, match="lost"):
        report(2)
    assert reader.requests() == (200, 5)


def test_without_time_nothing_is_kept(world, report, reader, queries):
    world.metering.cache._seconds = 0
    report(3)
    assert reader.requests() == (200, 3)
    queries()
    assert reader.requests() == (304, 3)  # the clock stands still, so the answer is the same
    assert queries() > 0
    world.clock.advance(1)
    assert reader.requests() == (200, 3)


def test_the_settings_reach_clients(tmp_path):
    environment = {
        "STOREKEEPER_SUCCESS_SAMPLING_RATE": "0.1",
        "STOREKEEPER_ERROR_SAMPLING_RATE": "0.5",
        "STOREKEEPER_BATCH_SIZE": "200",
        "STOREKEEPER_FLUSH_INTERVAL": "12.5",
        "STOREKEEPER_CACHE_TTL": "60",
    }
    chosen = load(environment, data_dir=tmp_path / "data")
    with contextlib.closing(Storekeeper(with_keys(chosen), SystemClock())) as server:
        _, key = server.access.keys.create("app", [Scope.INGEST], owner=chosen.admin_email, actor="test")
        with TestClient(server.application, base_url="https://storekeeper.test") as client:
            answer = client.get("/api/operations/settings", headers={"Authorization": f"Bearer {key}"})
        assert (server.metering.cache._seconds, server.metering._over._seconds) == (60, 60)
    assert answer.json() == {
        "successSamplingRate": 0.1,
        "errorSamplingRate": 0.5,
        "batchSize": 200,
        "flushIntervalSeconds": 12.5,
    }


def test_the_server_advises_clients(client):
    answer = client.get("/api/operations/settings", headers={"Authorization": "Bearer ingest"})
    assert answer.json() == {
        "successSamplingRate": 1.0,
        "errorSamplingRate": 1.0,
        "batchSize": 50,
        "flushIntervalSeconds": 30.0,
    }
    assert client.get("/api/operations/settings").status_code == 403
