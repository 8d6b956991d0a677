"""Server time of every read of metering with many operations of 10,000 owners over 90 days, beside 1 million.

10 million take minutes; `python -m benchmarks.bench_usage 100000000` takes the better part of an hour to fill.
"""

import random
import statistics
import sys
import threading
import time

from benchmarks.harness import storekeeper, table, verdict

from storekeeper.buckets.model import NewBucket

SIZES = (1_000_000, int(sys.argv[1]) if len(sys.argv) > 1 else 10_000_000)
DAYS, OWNERS, BUCKETS, READS, MOST_MS = 90, 10_000, 10, 60, 50
BLOCK = 250_000  # as the drainer inserts
# In the order of time, so that a block is a few hours; few owners do most.
GENERATE = """
INSERT INTO operation (time, bucket_id, owner, operation, status, error, prefix, bytes_in, bytes_out, latency_ms, weight)
SELECT
    now64(3, 'UTC') - toIntervalMillisecond(intDiv(({total} - 1 - number) * {days} * 86400000, {total})) AS time,
    ['{buckets}'][1 + cityHash64(number, 1) % {bucket_count}],
    concat('owner-', toString(toUInt32(pow(cityHash64(number, 2) % 1000000 / 1000000, 3) * {owners}))) AS owner,
    ['GetObject', 'PutObject', 'HeadObject', 'ListObjectsV2'][1 + cityHash64(number, 3) % 4],
    [200, 200, 200, 200, 200, 200, 200, 200, 404, 503][1 + cityHash64(number, 4) % 10] AS status,
    if(status = 503, 'SlowDown', ''), concat('users/', owner, '/'),
    cityHash64(number, 5) % 1000000, cityHash64(number, 6) % 1000000, exp(3 + (cityHash64(number, 7) % 1000) / 500), 1
FROM numbers({start}, {block})"""


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
    with storekeeper() as (server, client):
        _fill(server, size)
        dice = random.Random(1)
        return {name: _times(client, accept, path) for name, (accept, path) in _reads(dice).items()}


def _fill(server, size):
    ids = [
        server.buckets.add(
            NewBucket(name=f"bucket-{n}", url=f"memory://b{n}", scan_cron=""), actor="bench"
        ).id
        for n in range(BUCKETS)
    ]
    begun = time.perf_counter()
    for start in range(0, size, BLOCK):
        sql = GENERATE.format(
            total=size, days=DAYS, buckets="', '".join(ids), bucket_count=BUCKETS, owners=OWNERS, start=start, block=BLOCK
        )  # fmt: skip
        server.analytics.command(sql + " SETTINGS max_partitions_per_insert_block = 1000")
    pause = threading.Event()
    while server.analytics.row("SELECT count() AS n FROM system.merges")["n"]:
        pause.wait(0.5)
    print(f"\nstored {size:,} operations in {time.perf_counter() - begun:.0f} s", flush=True)


def _reads(dice):
    api, page = "application/json", "text/html"

    def span():
        return dice.choice(["1h", "24h", "7d", "30d", "90d"])

    def owner():
        return f"owner-{dice.randrange(OWNERS)}"

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


def _times(client, accept, path):
    times = []
    for number in range(READS + 5):
        answer = client.get(path(), headers={"Accept": accept})
        answer.raise_for_status()
        if number >= 5:
            times.append(float(answer.headers["server-timing"].rsplit("dur=", 1)[1]))
    return sorted(times)


def _p99(times):
    return times[min(len(times) - 1, int(len(times) * 0.99))]


if __name__ == "__main__":
    sys.exit(main())
