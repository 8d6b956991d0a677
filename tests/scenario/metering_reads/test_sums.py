"""Every table of sums tells the same, also when a batch comes twice."""

from datetime import UTC, datetime, timedelta

import pyarrow as pa
import pytest

from storekeeper.infra.analytics import Analytics
from storekeeper.metering.analytics import MeteringAnalytics
from storekeeper.metering.keeping.analytics import SUMS

pytestmark = pytest.mark.slow
NOW = datetime(2026, 11, 20, 12, 30, tzinfo=UTC)


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
    assert {table: sums(engine, table) for table in SUMS} == dict.fromkeys(SUMS, EXPECTED)
