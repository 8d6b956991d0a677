"""Server time of every read of metering with many operations of 10,000 owners over 90 days, beside 1 million.

A million is stored one by one. Of more, the last two days and what the owners did that are asked about are; before that every
owner has one operation a day in every bucket, which makes as many sums by day as any number would (by owner, by bucket and
owner, without owners). So the reads go over as many rows as with all of them, and a hundred million take minutes to fill.
Before every read something came to every bucket, as with clients that report: only what is told of ranges that are over stays kept.
`python -m benchmarks.bench_usage 100000000`.
"""

import os
import random
import statistics
import sys
import time
from datetime import timedelta

from benchmarks.harness import merged, storekeeper, table, verdict

from storekeeper.buckets.model import NewBucket
from storekeeper.kernel.clock import SystemClock

SIZES = (1_000_000, int(sys.argv[1]) if len(sys.argv) > 1 else 10_000_000)
DAYS, OWNERS, BUCKETS, READS, MOST_MS = 90, 10_000, 10, 600, 50
CACHE_SECONDS = 300  # as `serve` does; before every read all buckets are told to have changed
LATE = timedelta(minutes=1)  # since when they have
BLOCK = 250_000  # as the drainer inserts
WHOLE = 1_000_000  # up to so many, all are stored
ASKED = 100  # owners that are asked about, among many
HOUR = 3_600_000
RECENT = 49 * HOUR  # as dense as all would be
# In the order of time, so that a block is a few hours; few owners do most.
GENERATE = """
INSERT INTO operation (time, bucket_id, owner, operation, status, error, prefix, bytes_in, bytes_out, latency_ms, weight)
SELECT
    now64(3, 'UTC') - toIntervalMillisecond({until} + intDiv(({total} - 1 - number) * {span}, {total})) AS time,
    ['{buckets}'][1 + {bucket}], concat('owner-', toString({owner})) AS owner,
    ['GetObject', 'PutObject', 'HeadObject', 'ListObjectsV2'][1 + cityHash64(number, 3) % 4],
    [200, 200, 200, 200, 200, 200, 200, 200, 404, 503][1 + cityHash64(number, 4) % 10] AS status,
    if(status = 503, 'SlowDown', ''), concat('users/', owner, '/'),
    cityHash64(number, 5) % 1000000, cityHash64(number, 6) % 1000000, exp(3 + (cityHash64(number, 7) % 1000) / 500), 1
FROM numbers({start}, {rows})
SETTINGS max_partitions_per_insert_block = 1000"""
ANY_BUCKET = f"cityHash64(number, 1) % {BUCKETS}"
MANY_OWNERS = f"toUInt32(pow(cityHash64(number, 2) % 1000000 / 1000000, 3) * {OWNERS})"
ASKED_OWNERS = f"{OWNERS // ASKED} * (cityHash64(number, 2) % {ASKED}) + {OWNERS // ASKED // 2}"
EACH_A_DAY = f"(number * 77773 + intDiv(number, {OWNERS * BUCKETS})) % {OWNERS * BUCKETS}"  # a number for owner and bucket


def main():
    found = {size: _measured(size) for size in SIZES}
    small, large = (found[size] for size in SIZES)
    rows = [
        (
            name,
            *(f"{figure(found[size][name]):.1f}" for size in SIZES for figure in (statistics.median, _p99)),
        )
        for name in large
    ]
    table(
        f"Server time in ms, {READS} reads each, {SIZES[0]:,} and {SIZES[1]:,} operations",
        ("", "p50", "p99", "p50", "p99"),
        rows,
    )
    worst = max(_p99(times) for times in large.values())
    ratio = max(statistics.median(large[name]) / statistics.median(small[name]) for name in large)
    return verdict(
        [
            (f"p99 below {MOST_MS} ms everywhere ({worst:.0f} ms)", worst < MOST_MS),
            (f"at most twice the time of 1 million (median, {ratio:.1f} times)", ratio <= 2),
        ]
    )


def _measured(size):
    with storekeeper(cache_ttl=CACHE_SECONDS) as (server, client):
        _fill(server, size)
        dice = random.Random(1)
        return {name: _times(server, client, accept, path) for name, (accept, path) in _reads(dice).items()}


def _fill(server, size):
    ids = [
        server.buckets.add(
            NewBucket(name=f"bucket-{n}", url=f"memory://b{n}", scan_cron=""), actor="bench"
        ).id
        for n in range(BUCKETS)
    ]
    begun = time.perf_counter()
    stored = 0
    for kinds in _kinds(size):
        stored += sum(total for total, *_ in kinds)
        pieces = -(-max(total for total, *_ in kinds) // BLOCK)
        for piece in range(pieces):  # of each kind, so that all comes in the order of time
            for total, until, span, bucket, owner in kinds:
                start, end = total * piece // pieces, total * (piece + 1) // pieces
                server.analytics.command(
                    GENERATE.format(
                        total=total, until=until, span=span, bucket=bucket, owner=owner, buckets="', '".join(ids),
                        start=start, rows=end - start,
                    )
                )  # fmt: skip
    _settle(server)
    merged(server)
    os.sync()  # what 90 days brought is not written to the disk beside the first reads
    days = server.analytics.row("SELECT count() AS n FROM owner_sum WHERE unit = 'day' AND bucket_id = ''")
    print(
        f"\nas many sums as of {size:,} operations: {stored:,} stored in {time.perf_counter() - begun:.0f} s, "
        f"{days['n']:,} rows by owner and day",
        flush=True,
    )


def _settle(server):
    """Months of sums and days of operations that are over become one part, which the engine does by itself when an hour has passed."""
    over = server.analytics.rows(
        "SELECT table, partition_id FROM system.parts "
        "WHERE active AND match(partition_id, '^20[0-9]{4}(-[01])?$') AND partition_id < toString(toYYYYMM(now())) "
        "OR active AND match(partition_id, '^20[0-9]{6}$') AND partition_id < formatDateTime(now(), '%Y%m%d') "
        "OR active AND table = 'owner_sum' AND match(partition_id, '-[2-9]$') "
        "GROUP BY table, partition_id HAVING count() > 1 AND (max(max_time) < today() OR NOT match(partition_id, '-[2-9]$'))"
    )
    for one in over:
        server.analytics.command(f"OPTIMIZE TABLE {one['table']} PARTITION ID '{one['partition_id']}' FINAL")


def _kinds(size):
    """What is stored, oldest first, and at the same time: how many, milliseconds since the last, milliseconds from the first, bucket, owner."""
    if size <= WHOLE:
        return [[(size, 0, DAYS * 24 * HOUR, ANY_BUCKET, MANY_OWNERS)]]
    days = DAYS - 2
    span = days * 24 * HOUR
    each = (
        days * OWNERS * BUCKETS,
        RECENT,
        span,
        f"intDiv({EACH_A_DAY}, {OWNERS})",
        f"{EACH_A_DAY} % {OWNERS}",
    )
    asked = (size // OWNERS * ASKED, RECENT, span, ANY_BUCKET, ASKED_OWNERS)
    return [[each, asked], [(size * RECENT // (DAYS * 24 * HOUR), 0, RECENT, ANY_BUCKET, MANY_OWNERS)]]


def _reads(dice):
    api, page = "application/json", "text/html"

    def span():
        return dice.choice(["1h", "24h", "7d", "30d", "90d"])

    def owner():
        return f"owner-{OWNERS // ASKED * dice.randrange(ASKED) + OWNERS // ASKED // 2}"

    def bucket():
        return dice.choice(["", f"bucket-{dice.randrange(BUCKETS)}"])

    return {
        "GET …/usage": (api, lambda: f"/api/user/storage/usage?range={span()}&bucket={bucket()}"),
        "GET …/usage of an owner": (api, lambda: f"/api/user/storage/usage?range={span()}&owner={owner()}"),
        "GET …/performance": (
            api,
            lambda: f"/api/admin/metrics/performance?range={span()}&bucket={bucket()}",
        ),
        "GET …/activity": (api, lambda: f"/api/user/storage/activity?range={span()}&bucket={bucket()}"),
        "GET …/activity of an owner": (
            api,
            lambda: f"/api/user/storage/activity?range={span()}&owner={owner()}",
        ),
        "GET /api/dashboard": (api, lambda: f"/api/dashboard?bucket={bucket()}"),
        "GET …/metrics-history": (
            api,
            lambda: f"/api/dashboard/metrics-history?range={span()}&bucket={bucket()}",
        ),
        "overview": (page, lambda: "/"),
        "page of usage": (page, lambda: f"/usage?range={span()}&bucket={bucket()}"),
        "page of an owner": (page, lambda: f"/usage/owners/{owner()}?range={span()}"),
        "page of performance": (page, lambda: f"/performance?range={span()}&bucket={bucket()}"),
        "page of activity": (page, lambda: f"/activity?range={span()}&bucket={bucket()}"),
    }


def _times(server, client, accept, path):
    times, ids = [], [bucket.id for bucket in server.buckets.all()]
    for number in range(READS + 5):
        server.metering.changed(dict.fromkeys(ids, SystemClock.now() - LATE))
        answer = client.get(path(), headers={"Accept": accept})
        answer.raise_for_status()
        if number >= 5:
            times.append(float(answer.headers["server-timing"].rsplit("dur=", 1)[1]))
    return sorted(times)


def _p99(times):
    return times[min(len(times) - 1, int(len(times) * 0.99))]


if __name__ == "__main__":
    sys.exit(main())
