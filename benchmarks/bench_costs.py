"""Costs of 10,000 owners in 50 buckets over 90 days: worked out anew, and the increment of one day.

There is no peer to run beside it: the limit is reading the same rows once (`sum` over what owners used and stored).
"""

import sys
import tempfile
import time
from datetime import UTC, date, datetime, timedelta
from importlib import resources
from pathlib import Path

from benchmarks.harness import storekeeper, table, verdict

from storekeeper.buckets.model import NewBucket

OWNERS, BUCKETS, DAYS = 10_000, 50, 90
WHOLE_SECONDS, DAY_SECONDS = 10, 1
# Every owner has something in every bucket, and each day uses one of them.
STORED = f"""
INSERT INTO cost_storage
SELECT {{day:Date}}, ['{{buckets}}'][1 + number % {BUCKETS}], concat('owner-', toString(intDiv(number, {BUCKETS}))), 'STANDARD',
    cityHash64(number, toUInt32({{day:Date}})) % 100000000000, 1 + cityHash64(number) % 100
FROM numbers({OWNERS * BUCKETS})"""
HELD = """
INSERT INTO cost_held
SELECT day, bucket_id, storage_class, 'current', sum(byte_hours), intDiv(sum(byte_hours), 24), sum(objects), 0, 0, 0, 0
FROM cost_storage WHERE day = {day:Date} GROUP BY day, bucket_id, storage_class"""
USED = f"""
INSERT INTO usage_day (time, bucket_id, owner, operation, status_class, storage_class, requests, samples, bytes_out)
SELECT toDateTime({{day:Date}}, 'UTC'), ['{{buckets}}'][1 + cityHash64(number, toUInt32({{day:Date}})) % {BUCKETS}], concat('owner-', toString(number)),
    operation, 2, 'STANDARD', 1 + cityHash64(number, operation) % 1000, 1, cityHash64(number, operation, 1) % 100000000
FROM numbers({OWNERS}) ARRAY JOIN ['GetObject', 'PutObject', 'ListObjectsV2', 'HeadObject'] AS operation"""


def main():
    with (
        tempfile.TemporaryDirectory(prefix="storekeeper-bench-") as folder,
        storekeeper(folder) as (server, _client),
    ):
        today = datetime.now(UTC).date()  # noqa: TID251 - a date to count back from
        _fill(server, Path(folder), today)
        read = _seconds(lambda: server.analytics.row(
            "SELECT (SELECT sum(byte_hours) FROM cost_stored) + (SELECT sum(byte_hours) FROM cost_storage) + (SELECT sum(usage_day.requests) FROM usage_day) AS all"
        ))  # fmt: skip
        store_month = server.costs._calculator._store_month  # noqa: SLF001 - one month alone
        fold = server.costs._calculator._analytics.days.fold  # noqa: SLF001 - as each day does when it is over
        fold(today - timedelta(days=3))
        months = sorted({(today - timedelta(days=number)).replace(day=1) for number in range(DAYS)})
        whole = _seconds(lambda: [store_month(month) for month in months])
        day = _seconds(lambda: [fold(today - timedelta(days=2)), store_month(today.replace(day=1))])
    table(
        f"Seconds for {OWNERS:,} owners, {BUCKETS} buckets, {DAYS} days",
        ("", "s", "times the limit"),
        [("the limit: reading it all once", f"{read:.2f}", "1"),
         ("all months anew", f"{whole:.2f}", f"{whole / read:.1f}"),
         ("the present month, as each day does", f"{day:.2f}", f"{day / read:.1f}")],
    )  # fmt: skip
    return verdict([
        (f"anew in less than {WHOLE_SECONDS} s ({whole:.1f} s)", whole < WHOLE_SECONDS),
        (f"a day's increment in less than {DAY_SECONDS} s ({day:.1f} s)", day < DAY_SECONDS),
    ])  # fmt: skip


def _fill(server, folder: Path, today: date):
    ids = [
        server.buckets.add(
            NewBucket(name=f"bucket-{n}", url=f"memory://c{n}", scan_cron=""), actor="bench"
        ).id
        for n in range(BUCKETS)
    ]
    text = (resources.files("storekeeper.costs.sheets") / "aws-s3-us-east-1.toml").read_text()
    prices = folder / "prices"
    prices.mkdir(exist_ok=True)
    (prices / "memory.toml").write_text(
        text.replace('provider = "aws"', 'provider = "memory"').replace(
            'region = "us-east-1"', 'region = "*"'
        )
    )
    for number in range(DAYS):
        day = (today - timedelta(days=number)).isoformat()
        for sql in (STORED, HELD, USED):
            server.analytics.command(sql.replace("{buckets}", "', '".join(ids)), day=day)


def _seconds(work):
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


if __name__ == "__main__":
    sys.exit(main())
