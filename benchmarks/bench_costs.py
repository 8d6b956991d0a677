"""Costs of 10,000 owners in 50 buckets over 90 days: worked out anew, the increment of one day, and server time of every read.

There is no peer to run beside it: the limit is reading the same rows once (`sum` over what owners used and stored). Each bucket is
scanned once a day, and every owner has something in every bucket and uses one of them a day. The increment is a day late in a month of
30 days with its scans, from them to shares of the whole month, after the engine has merged what came in: a day comes in the course of
a day, not in the second before the calculation. On the first of the next month two months change, and are worked out.
"""

import random
import resource
import statistics
import sys
import tempfile
import time
from datetime import UTC, date, datetime, timedelta
from importlib import resources
from pathlib import Path

from benchmarks.harness import merged, sign_in, storekeeper, table, verdict

from storekeeper.buckets.model import NewBucket
from storekeeper.costs.budgets.model import NewBudget
from storekeeper.costs.model.outlook import Scope
from storekeeper.inventory import repository
from storekeeper.inventory.model import Scan, ScanState
from storekeeper.kernel.clock import SystemClock
from storekeeper.quotas.model import Measure, NewQuota

OWNERS, BUCKETS, DAYS = 10_000, 50, 90
WHOLE_SECONDS, DAY_SECONDS, READ_MS, READS, WARM = 10, 1, 50, 600, 5
INCREMENTS = 3  # days, up to the last of a month
NOON = datetime(2026, 11, 27, 12, tzinfo=UTC)
SCANNED = timedelta(hours=2)  # past midnight
BUDGETS, QUOTAS = 100, 100
_BYTES = "1000000 + cityHash64(number, 7) % 4000000000"
# What every owner held in every bucket on so many days.
STORED = f"""
INSERT INTO cost_stored
SELECT {{month:Date}}, {{through:Date}}, concat('owner-', toString(intDiv(number, {BUCKETS}))) AS owner, 'STANDARD',
    groupArray(['{{buckets}}'][1 + number % {BUCKETS}]), groupArray(({_BYTES}) * 24 * {{days:UInt32}}),
    groupArray((1 + cityHash64(number) % 100) * 86400 * {{days:UInt32}}), groupArray(toUInt64(0)), groupArray(toUInt64(0))
FROM numbers({OWNERS * BUCKETS}) GROUP BY owner"""
SHARES = f"""
INSERT INTO inventory_share (scan_id, owner, storage_class, objects, bytes)
SELECT ['{{scans}}'][1 + number % {BUCKETS}], concat('owner-', toString(intDiv(number, {BUCKETS}))), 'STANDARD', 1 + cityHash64(number) % 100, {_BYTES}
FROM numbers({OWNERS * BUCKETS})"""
HELD = f"""
INSERT INTO cost_held
SELECT {{day:Date}}, ['{{buckets}}'][1 + number % {BUCKETS}] AS bucket_id, 'STANDARD', 'current',
    sum(({_BYTES}) * 24), sum({_BYTES}), sum(1 + cityHash64(number) % 100), 0, 0, 0, 0
FROM numbers({OWNERS * BUCKETS}) GROUP BY bucket_id"""
USED = f"""
INSERT INTO usage_day (time, bucket_id, owner, operation, status_class, storage_class, requests, samples, bytes_out)
SELECT toDateTime({{day:Date}}, 'UTC'), ['{{buckets}}'][1 + cityHash64(number, toUInt32({{day:Date}})) % {BUCKETS}], concat('owner-', toString(number)),
    operation, 2, 'STANDARD', 1 + cityHash64(number, operation) % 1000, 1, cityHash64(number, operation, 1) % 100000000
FROM numbers({OWNERS}) ARRAY JOIN ['GetObject', 'PutObject', 'ListObjectsV2', 'HeadObject'] AS operation"""
READ_ONCE = """
SELECT (SELECT sum(arraySum(byte_hours)) FROM cost_stored) + (SELECT sum(bytes) FROM inventory_share) + (SELECT sum(usage_day.requests) FROM usage_day) AS all"""


class Day:
    """The machine's clock, set to another day."""

    def __init__(self) -> None:
        self._ahead = NOON - SystemClock.now()
        self.monotonic, self.sleep = SystemClock.monotonic, SystemClock.sleep

    def now(self) -> datetime:
        return SystemClock.now() + self._ahead

    def next(self) -> None:
        self._ahead += timedelta(days=1)


def main():
    clock = Day()
    with (
        tempfile.TemporaryDirectory(prefix="storekeeper-bench-") as folder,
        storekeeper(folder, clock) as (server, client),
    ):
        ids = _fill(server, Path(folder))
        read = _taken(lambda: server.analytics.row(READ_ONCE))
        whole = _taken(server.costs.calculate)
        late = [_day(server, clock, ids) for _ in range(INCREMENTS)]
        day, again = (sorted(found)[INCREMENTS // 2] for found in zip(*late, strict=True))
        sign_in(client)
        _prepare(server, client)
        times = {
            name: _times(client, accept, path) for name, (accept, path) in _reads(random.Random(1)).items()
        }
        for budget in server.budgets.page(limit=BUDGETS).items:  # which are looked at after each calculation
            server.budgets.remove(budget.id, "bench", actor="bench")
        first, second = (_day(server, clock, ids)[0] for _ in range(2))
        table(
            f"Seconds for {OWNERS:,} owners, {BUCKETS} buckets, {DAYS} days",
            ("", "s", "of processors", "times the limit"),
            [
                (name, f"{wall:.2f}", f"{busy:.2f}", f"{wall / read[0]:.1f}")
                for name, (wall, busy) in {
                    "the limit: reading it all once": read,
                    "all months anew": whole,
                    "the increment of a day": day,
                    "again on the same day": again,
                    "the increment of the first day of a month": first,
                    "of the second": second,
                }.items()
            ],
        )
    table(
        f"Server time in ms, {READS} reads each",
        ("", "p50", "p99"),
        [(name, f"{statistics.median(found):.1f}", f"{_p99(found):.1f}") for name, found in times.items()],
    )
    worst = max(map(_p99, times.values()))
    return verdict([
        (f"anew in less than {WHOLE_SECONDS} s ({whole[0]:.1f} s)", whole[0] < WHOLE_SECONDS),
        (f"a day's increment in less than {DAY_SECONDS} s ({day[0]:.2f} s)", day[0] < DAY_SECONDS),
        (f"p99 of reads below {READ_MS} ms everywhere ({worst:.0f} ms)", worst < READ_MS),
    ])  # fmt: skip


def _day(server, clock, ids):
    """The first calculation of the next day, and another one."""
    clock.next()
    day = clock.now().date()
    _scanned(server, ids, day)
    server.analytics.command(USED.replace("{buckets}", "', '".join(ids)), day=day.isoformat())
    merged(server)
    return _taken(server.costs.calculate), _taken(server.costs.calculate)


def _fill(server, folder: Path) -> list[str]:
    """All days up to the present one, of which those before the last two are folded."""
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
    days = [NOON.date() - timedelta(days=number) for number in reversed(range(DAYS))]
    buckets = "', '".join(ids)
    for day in days:
        for sql in (HELD, USED):
            server.analytics.command(sql.replace("{buckets}", buckets), day=day.isoformat())
    for month in sorted({day.replace(day=1) for day in days}):
        folded = [day for day in days[:-2] if day.replace(day=1) == month]
        values = {"month": month.isoformat(), "through": folded[-1].isoformat(), "days": len(folded)}
        server.analytics.command(STORED.replace("{buckets}", buckets), **values)
    for day in days[-3:]:
        _scanned(server, ids, day)
    return ids


def _scanned(server, ids: list[str], day: date) -> None:
    """Every bucket was scanned that day."""
    at = datetime.combine(day, datetime.min.time(), UTC) + SCANNED
    scans = [
        Scan(
            id=f"{bucket_id[:-10]}{day:%Y-%m-%d}", bucket_id=bucket_id, state=ScanState.COMPLETE,
            started_at=at, finished_at=at, objects=1, bytes=1, detailed=True,
        )
        for bucket_id in ids
    ]  # fmt: skip
    with server.database.write() as connection:
        for scan in scans:
            repository.save(connection, scan)
    server.analytics.command(SHARES.replace("{scans}", "', '".join(scan.id for scan in scans)))


def _prepare(server, client) -> None:
    """Budgets, quotas and an invoice to be read."""
    for number in range(BUDGETS):
        scope, name = (
            (Scope.OWNER, f"owner-{number}") if number >= BUCKETS else (Scope.BUCKET, f"bucket-{number}")
        )
        server.budgets.add(NewBudget(scope=scope, name=name, amount="5", reason="bench"), actor="bench")
    for number in range(QUOTAS):
        quota = NewQuota(owner=f"owner-{number}", measure=Measure.BYTES, limit=10**12, reason="bench")
        server.quotas.add(quota, actor="bench")
    bill = client.get("/api/costs/focus?month=2026-10").content
    client.post(
        "/api/costs/invoices?format=focus", content=bill, headers={"Content-Type": "text/csv"}
    ).raise_for_status()


def _reads(dice):
    api, page = "application/json", "text/html"

    def month():
        return dice.choice(["2026-11", "2026-11", "2026-10", "2026-09"])

    def owner():
        return f"owner-{dice.randrange(OWNERS)}"

    def bucket():
        return f"bucket-{dice.randrange(BUCKETS)}"

    return {
        "GET …/metrics/costs": (api, lambda: f"/api/admin/metrics/costs?month={month()}"),
        "GET …/metrics/costs of a bucket": (api, lambda: f"/api/admin/metrics/costs?month={month()}&bucket={bucket()}"),
        "GET …/storage/costs of an owner": (api, lambda: f"/api/user/storage/costs?month={month()}&owner={owner()}"),
        "GET /api/costs/charges": (api, lambda: f"/api/costs/charges?month={month()}&cursor={dice.randrange(5000)}"),
        "GET /api/costs/charges of a bucket": (api, lambda: f"/api/costs/charges?month={month()}&bucket={bucket()}"),
        "GET /api/costs/comparison": (api, lambda: f"/api/costs/comparison?month={month()}"),
        "GET /api/costs/savings": (api, lambda: "/api/costs/savings"),
        "GET /api/costs/months": (api, lambda: "/api/costs/months"),
        "GET /api/prices": (api, lambda: "/api/prices"),
        "GET /api/costs/invoices": (api, lambda: "/api/costs/invoices"),
        "GET /api/costs/reconciliation": (api, lambda: "/api/costs/reconciliation?month=2026-10"),
        "GET /api/budgets": (api, lambda: f"/api/budgets?month={month()}"),
        "GET …/storage/budget of an owner": (api, lambda: f"/api/user/storage/budget?owner=owner-{dice.randrange(BUCKETS, BUDGETS)}"),
        "GET /api/quotas": (api, lambda: "/api/quotas"),
        "GET …/storage/quota of an owner": (api, lambda: f"/api/user/storage/quota?owner=owner-{dice.randrange(QUOTAS)}"),
        "GET /api/quota/check": (api, lambda: f"/api/quota/check?owner=owner-{dice.randrange(QUOTAS)}&bucket={bucket()}&bytes=1000"),
        "GET …/quota-violations": (api, lambda: "/api/admin/users/quota-violations"),
        "GET /api/dashboard": (api, lambda: f"/api/dashboard?bucket={bucket()}"),
        "page of costs": (page, lambda: f"/costs?month={month()}"),
        "page of costs of a bucket": (page, lambda: f"/costs?month={month()}&bucket={bucket()}"),
        "page of charges": (page, lambda: f"/costs/charges?month={month()}&cursor={dice.randrange(5000)}"),
        "page of comparison": (page, lambda: f"/costs/compare?month={month()}"),
        "page of savings": (page, lambda: "/costs/savings"),
        "page of price sheets": (page, lambda: "/costs/prices"),
        "page of invoices": (page, lambda: "/costs/invoices?month=2026-10"),
        "page of budgets": (page, lambda: f"/costs/budgets?month={month()}"),
        "page of quotas": (page, lambda: "/quotas"),
        "page of own storage": (page, lambda: f"/me/storage?owner={owner()}"),
    }  # fmt: skip


def _times(client, accept, path):
    times = []
    for number in range(READS + WARM):
        answer = client.get(path(), headers={"Accept": accept})
        answer.raise_for_status()
        if number >= WARM:
            times.append(float(answer.headers["server-timing"].rsplit("dur=", 1)[1]))
    return sorted(times)


def _p99(times):
    return times[min(len(times) - 1, int(len(times) * 0.99))]


def _taken(work):
    """(seconds, seconds of processors)"""
    begun, used = time.perf_counter(), _used()
    work()
    return time.perf_counter() - begun, _used() - used


def _used():
    found = resource.getrusage(resource.RUSAGE_SELF)
    return found.ru_utime + found.ru_stime


if __name__ == "__main__":
    sys.exit(main())
