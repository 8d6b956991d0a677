"""What was reported adds up, whatever it is asked by."""

import csv
import io

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

pytestmark = pytest.mark.slow
USAGE = "/api/user/storage/usage"


def by_name(groups, field="requests"):
    return {one["name"]: one[field] for one in groups}


@pytest.fixture
def traffic(report):
    """Ten reads of ann, five uploads of bob, three failures; four reads of ann the day before."""
    report(10)
    report(5, operation="PutObject", owner="bob", bucket="logs", bytesIn=500, bytesOut=0, latencyMs=50)
    report(2, status=404, owner="bob", bytesOut=0)
    report(1, status=503, error="SlowDown", owner="", bytesOut=0)
    report(4, minutes_ago=26 * 60)


def test_usage_adds_up_by_everything(traffic, ask):
    found = ask(USAGE, range="24h")
    totals = found["totals"]
    assert (totals["requests"], totals["errors"], totals["throttles"]) == (18, 3, 1)
    assert (totals["bytesIn"], totals["bytesOut"]) == (2500, 10_000)
    assert totals["errorRate"] == pytest.approx(3 / 18)
    assert totals["meanMs"] == pytest.approx((13 * 20 + 5 * 50) / 18, abs=0.01)
    assert found["previous"]["requests"] == 4
    assert (found["since"], found["previousSince"], found["resolutionSeconds"]) == (
        "2026-11-19T12:00:00Z", "2026-11-18T12:00:00Z", 3600,
    )  # fmt: skip
    assert by_name(found["byBucket"]) == {"photos": 13, "logs": 5}
    assert by_name(found["byOwner"]) == {"ann": 10, "bob": 7, "": 1}
    assert by_name(found["byOwner"], "previousRequests") == {"ann": 4, "bob": 0, "": 0}
    assert by_name(found["byOperation"]) == {"GetObject": 13, "PutObject": 5}
    assert by_name(found["byStatus"]) == {"2xx": 15, "4xx": 2, "5xx": 1}
    assert sum(point["requests"] for point in found["series"]) == 18
    assert sum(point["requests"] for point in found["bucketSeries"]) == 18
    assert found["provenance"] == "measured"


def test_what_moved_the_most_comes_first(traffic, ask):
    movers = ask(USAGE, range="24h")["topMovers"]
    assert (movers[0]["dimension"], movers[0]["name"], movers[0]["change"]) == ("bucket", "photos", 9)
    assert {(one["dimension"], one["name"]): one["change"] for one in movers}["owner", "ann"] == 6


def test_the_same_at_every_resolution(report, ask):
    report(7)
    report(2, owner="bob", weight=3)
    for span in ("1h", "6h", "24h", "7d", "30d", "365d"):
        found = ask(USAGE, range=span)
        assert found["totals"]["requests"] == 13, span
        assert by_name(found["byOwner"]) == {"ann": 7, "bob": 6}, span
        assert ask(USAGE, range=span, owner="bob")["totals"]["requests"] == 6, span
        of_operation = ask(USAGE, range=span, operation="GetObject")
        assert of_operation["totals"]["requests"] == 13, span
        assert by_name(of_operation["byOwner"]) == {"ann": 7, "bob": 6}, span
        performance = ask("/api/user/storage/performance", range=span)
        assert performance["totals"]["p95Ms"] == pytest.approx(20), span


def test_a_sample_says_how_far_off_it_may_be(report, ask):
    report(100, weight=10)
    found = ask(USAGE, range="1h")
    assert (found["provenance"], found["totals"]["requests"]) == ("sampled", 1000)
    assert found["totals"]["relativeError"] == pytest.approx(0.0949, abs=1e-3)


def test_filters_narrow_everything(traffic, ask):
    found = ask(USAGE, range="24h", bucket="logs")
    assert found["totals"]["requests"] == 5
    assert by_name(found["byOwner"]) == {"bob": 5}
    found = ask(USAGE, range="24h", owner="bob")
    assert found["totals"]["requests"] == 7
    assert by_name(found["byOwner"]) == {"bob": 7}
    assert by_name(found["byBucket"]) == {"logs": 5, "photos": 2}


def test_without_operations_there_are_no_figures_to_invent(world, ask):
    found = ask(USAGE, range="30d")
    assert (found["totals"]["requests"], found["totals"]["meanMs"], found["series"]) == (0, None, [])
    found = ask("/api/user/storage/performance")
    assert (found["totals"]["p95Ms"], found["byOperation"]) == (None, [])
    assert sum(map(sum, found["heatMap"]["counts"])) == 0


def test_a_removed_bucket_still_counts(world, traffic, ask):
    world.buckets.remove("logs", actor="test")
    found = ask(USAGE, range="24h")
    assert by_name(found["byBucket"]) == {"photos": 13, "(removed)": 5}


def test_performance_by_operation_and_over_time(report, ask):
    report(90, latencyMs=10)
    report(10, latencyMs=900, status=500)
    report(5, operation="PutObject", latencyMs=70)
    found = ask("/api/admin/metrics/performance", range="1h")
    assert found["totals"]["p50Ms"] == pytest.approx(10)
    assert found["totals"]["p99Ms"] == pytest.approx(900, rel=0.01)
    assert by_name(found["byOperation"], "p50Ms") == {
        "GetObject": pytest.approx(10),
        "PutObject": pytest.approx(70),
    }
    [point] = found["series"]
    assert (point["requests"], point["errors"], point["time"]) == (105, 10, "2026-11-20T12:25:00Z")
    heat = found["heatMap"]
    row = heat["counts"][heat["times"].index("2026-11-20T12:25:00Z")]
    assert {edge: count for edge, count in zip(heat["edgesMs"], row, strict=True) if count} == {
        10: 90,
        50: 5,
        500: 10,
    }
    assert ask("/api/admin/metrics/performance", range="7d")["heatMap"] is None
    assert found["heatMapLimitSeconds"] == 86_400


def test_every_read_is_also_a_table(traffic, client):
    for path in (USAGE, "/api/user/storage/performance", "/api/user/storage/activity"):
        answer = client.get(path, params={"range": "24h", "format": "csv"})
        assert answer.headers["content-type"].startswith("text/csv"), path
        assert answer.headers["content-disposition"].endswith('.csv"'), path
        rows = list(csv.DictReader(io.StringIO(answer.text)))
        parquet = {"Accept": "application/vnd.apache.parquet"}
        answer = client.get(path, params={"range": "24h"}, headers=parquet)
        table = pq.read_table(io.BytesIO(answer.content))
        assert table.num_rows == len(rows) > 0, path
        assert set(table.column_names) == set(rows[0]), path
        answer = client.get(path, params={"range": "24h", "format": "arrow"})
        assert pa.ipc.open_stream(answer.content).read_all().equals(table), path


def test_tables_of_nothing_have_their_columns(world, client):
    lines = client.get(USAGE, params={"format": "csv", "table": "byOwner"}).text.splitlines()
    assert len(lines) == 1
    assert "previousRequests" in lines[0].split(",")
    table = pq.read_table(io.BytesIO(client.get(USAGE, params={"format": "parquet"}).content))
    assert (table.num_rows, "time" in table.column_names) == (0, True)


def test_a_part_is_named(traffic, client):
    rows = csv.DictReader(io.StringIO(client.get(USAGE, params={"format": "csv", "table": "topMovers"}).text))
    assert {row["dimension"] for row in rows} == {"bucket", "owner", "operation"}


def test_bad_questions_are_refused(world, client):
    for path in (USAGE, "/api/user/storage/performance", "/api/admin/metrics/performance"):
        for query in ("range=soon", "range=400d", "range=1s", "format=xml", "table=nothing", "format=ndjson"):
            answer = client.get(f"{path}?{query}")
            told = (answer.status_code, answer.json()["type"])
            assert told == (400, "/problems/bad-input"), (path, query)


def test_an_unknown_bucket_is_404(world, client):
    assert client.get(f"{USAGE}?bucket=nowhere").json()["type"] == "/problems/unknown-bucket"


def test_a_user_sees_their_own_only(report, client):
    report(3, owner="user@example.com")
    report(5, owner="ann")
    client.headers["Authorization"] = "Bearer user"
    for path in (USAGE, "/api/user/storage/performance"):
        assert client.get(path).json()["totals"]["requests"] == 3
        assert client.get(path, params={"owner": "ann"}).status_code == 403
    items = client.get("/api/user/storage/activity").json()["items"]
    assert {one["owner"] for one in items} == {"user@example.com"}
    for path in ("/api/admin/metrics/performance", "/api/operations/export"):
        assert client.get(path).status_code == 403
