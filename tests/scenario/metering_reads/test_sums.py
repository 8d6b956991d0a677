"""Every table of sums tells the same, also when a batch comes twice."""

from bisect import bisect_right
from collections import Counter
from datetime import UTC, datetime, timedelta
from itertools import product

import msgspec
import pyarrow as pa
import pytest

from storekeeper.infra.analytics import Analytics
from storekeeper.metering.analytics import PARTS, MeteringAnalytics
from storekeeper.metering.figures import Question
from storekeeper.metering.reckoning import EDGES_MS, floor, window
from tallies import TALLIES

pytestmark = pytest.mark.slow
NOW = datetime(2026, 11, 20, 12, 30, tzinfo=UTC)
QUESTION = Question(window=window(NOW, timedelta(hours=24)), bucket_id=None, owner=None, operation=None)


def operations(count=100):
    """One a quarter of an hour, of five owners in two buckets, each for two."""
    return pa.table(
        {
            "time": pa.array([NOW - timedelta(minutes=15 * n) for n in range(count)], pa.timestamp("ms", tz="UTC")),
            "bucket_id": [f"b{n % 2}" for n in range(count)],
            "owner": [f"owner-{n % 5}" for n in range(count)],
            "operation": ["GetObject" if n % 3 else "PutObject" for n in range(count)],
            "status": pa.array([503 if n % 10 == 0 else 200 for n in range(count)], pa.uint16()),
            "bytes_out": pa.array([1000] * count, pa.uint64()),
            "latency_ms": pa.array([float(n) for n in range(count)], pa.float32()),
            "weight": [2.0] * count,
        }
    )  # fmt: skip


def sums(engine, table):
    sql = f"SELECT sum(requests) r, sum(samples) s, sum(errors) e, sum(bytes_out) b, sum(latency_sum) l FROM {table}"
    return tuple(engine.row(sql).values())


EXPECTED = (200.0, 100, 20.0, 200_000.0, 2.0 * sum(range(100)))


@pytest.fixture
def engine(tmp_path):
    engine = Analytics(f"chdb:///{tmp_path}/analytics")
    yield engine
    engine.close()


def test_all_sums_agree_also_when_a_batch_comes_twice(engine):
    engine.migrate()
    for _ in range(3):
        MeteringAnalytics(engine).insert(operations(), token="once")
    tables = set(TALLIES) - {"heat_map"}
    assert {table: sums(engine, table) for table in tables} == dict.fromkeys(tables, EXPECTED)


HOURS = (6, 7, 12, 18, 24, 7 * 24, 30 * 24, 45 * 24, 90 * 24, 365 * 24)


@pytest.mark.parametrize(
    "now", [NOW, datetime(2026, 3, 1, 0, 30, tzinfo=UTC), datetime(2026, 3, 31, 23, 58, tzinfo=UTC)]
)
def test_owners_are_ranked_by_whichever_sums_cover_the_range(engine, now):
    """Hours, quarters, days, eighths and months together tell what single operations do, of the range and of the one before."""
    engine.migrate()
    analytics = MeteringAnalytics(engine)
    steps = [timedelta(hours=7 * number + number % 5) for number in range(2500)]
    rows = operations(len(steps)).set_column(
        0, "time", pa.array([now - step for step in steps], pa.timestamp("ms", tz="UTC"))
    )
    for start in range(0, rows.num_rows, 500):
        analytics.insert(rows.slice(start, 500), token=str(start))
    all_rows = rows.to_pylist()
    for bucket, hours in product((None, "b1"), HOURS):
        told = [row for row in all_rows if bucket in (None, row["bucket_id"])]
        asked = Question(window=window(now, timedelta(hours=hours)), bucket_id=bucket)
        found = {row["name"]: row for row in analytics.ranking(asked).rows(50)}
        current, previous = spans(asked.window, whole_days=hours > 24)
        expected = {
            name: (requests(told, name, current), requests(told, name, previous)) for name in sorted(found)
        }
        assert {
            name: (row["requests"], row["previous"]) for name, row in sorted(found.items())
        } == expected, (bucket, hours)
        assert sum(row["requests"] for row in found.values()) == requests(told, None, current)
        assert all(row["bytes_out"] == 1000 * row["requests"] for row in found.values())


def spans(window, *, whole_days):
    """Of more than a day, what is ranked begins with a day."""
    moments = (window.before, window.since, NOW + timedelta(days=1))
    if whole_days:
        day = timedelta(days=1)
        moments = tuple(floor(moment - timedelta.resolution, day) + day for moment in moments)
    before, since, until = moments
    return (since, until), (before, since)


def requests(told, owner, span):
    return sum(
        row["weight"] for row in told if owner in (None, row["owner"]) and span[0] <= row["time"] < span[1]
    )


@pytest.mark.parametrize("owner", [None, "owner-1"])
@pytest.mark.parametrize("buckets", [PARTS, PARTS + 4, 40, 140])
def test_of_many_buckets_the_busiest_are_told_apart_over_time(engine, buckets, owner):
    """However they are found out, which depends on how many there are."""
    engine.migrate()
    analytics = MeteringAnalytics(engine)
    names = [f"b{n:03}" for n in range(buckets) for _ in range(n + 1)]  # the last does the most
    rows = operations(len(names)).set_column(1, "bucket_id", pa.array(names))
    ago = [timedelta(hours=hours, minutes=5 * (n % 7)) for n, _ in enumerate(names) for hours in (30, 2)]
    rows = pa.concat_tables([rows, rows]).sort_by("bucket_id")
    rows = rows.set_column(0, "time", pa.array([NOW - one for one in ago], pa.timestamp("ms", tz="UTC")))
    rows = rows.set_column(2, "owner", pa.array(["owner-1"] * rows.num_rows))
    analytics.insert(rows, token="once")
    found = analytics.usage(msgspec.structs.replace(QUESTION, owner=owner), buckets)
    expected = {name: 2.0 * count for name, count in Counter(names).items()}
    told = {(bool(row["current"]), row["bucket_id"]): row["requests"] for row in found.by_bucket}
    assert told == {(current, name): count for current in (False, True) for name, count in expected.items()}
    parts = Counter()
    for row in found.points.to_pylist():
        assert row["moment"] == (NOW - timedelta(hours=2, minutes=30)).timestamp()
        parts[row["part"]] += row["requests"]
    busiest = dict(sorted(expected.items(), key=lambda one: -one[1])[:PARTS])
    rest = sum(expected.values()) - sum(busiest.values())
    assert parts == busiest | ({"": rest} if rest else {})
    for current in (False, True):
        kinds = [row for row in found.by_kind if bool(row["current"]) is current]
        assert sum(row["requests"] for row in kinds) == sum(expected.values())
        assert {row["operation"] for row in kinds} == {"GetObject", "PutObject"}


def test_latencies_are_counted_by_the_edge_below_them_as_they_come_in(engine):
    engine.migrate()
    latencies = [0, *(edge + more for edge in EDGES_MS for more in (-0.25, 0, 0.25) if edge + more > 0), 1e9]
    rows = operations(len(latencies))
    rows = rows.set_column(
        rows.schema.get_field_index("latency_ms"), "latency_ms", pa.array(latencies, pa.float32())
    )
    analytics = MeteringAnalytics(engine)
    analytics.insert(rows, token="once")
    expected = Counter(EDGES_MS[bisect_right(EDGES_MS, latency) - 1] for latency in latencies if latency > 0)
    for asked in (QUESTION, msgspec.structs.replace(QUESTION, bucket_id="b0")):
        counted = heat(analytics, asked)
        assert counted == sum(
            (heat(analytics, of_owner(asked, n)) for n in range(5)), Counter()
        )  # from single operations
    found = Counter()
    for (_, edge), count in heat(analytics, QUESTION).items():
        found[edge] += count
    assert found == {edge: 2.0 * count for edge, count in expected.items()}


def heat(analytics, question):
    """(moment, edge) -> requests."""
    rows = analytics.heat(question, timedelta(minutes=15)).result()
    return Counter({(row["moment"], row["edge"]): row["requests"] for row in rows})


def of_owner(question, number):
    return msgspec.structs.replace(question, owner=f"owner-{number}")
