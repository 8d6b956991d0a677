"""Metering and what is kept of it, on real SQLite, chDB and a folder as archive. Days pass by hand."""

import io
import json
from datetime import UTC, datetime, timedelta

import pytest

from services import Services
from storekeeper.buckets.model import NewBucket
from storekeeper.infra.web import Principal, Role
from storekeeper.kernel.clock import SystemClock
from storekeeper.metering import KeepingService, Retention

SENDER = Principal(id="key-1", email="", role=Role.USER, via="key", scopes=frozenset({"ingest"}))


class Calendar(SystemClock):
    """Begins at a fixed noon; days pass when told to."""

    today = datetime(2026, 11, 1, 12, tzinfo=UTC)

    def now(self):
        return self.today


class World(Services):
    def __init__(self, folder, *, archive=True):
        super().__init__(folder, Calendar())
        self.keeping = KeepingService(
            self.database, self.engine, self.buckets, self.jobs, self.audit, self.clock,
            retention=Retention(archive_bucket="archive" if archive else ""), standstill=self.metering.standstill,
            changed=self.metering.changed,
        )  # fmt: skip
        (folder / "archive").mkdir()
        self.buckets.add(NewBucket(name="photos", url="memory://photos"), actor="test")
        self.buckets.add(NewBucket(name="archive", url=f"file://{folder}/archive"), actor="test")
        self.progress = []

    def send(self, count, *, days_ago=0, **fields):
        """Report operations and have them stored."""
        time = (self.clock.now() - timedelta(days=days_ago)).isoformat()
        one = {
            "time": time,
            "bucket": "photos",
            "operation": "GetObject",
            "status": 200,
            "owner": "ann",
            "bytesOut": 10,
            "latencyMs": 7,
        }
        body = b"\n".join(json.dumps(one | fields).encode() for _ in range(count))
        batch_id = f"{len(self.progress)}-{count}-{time}-{fields}"
        self.metering.take(io.BytesIO(body), media_type="", encoding="", batch_id=batch_id, principal=SENDER)
        self.drain()

    def pass_days(self, days):
        self.clock.today += timedelta(days=days)

    def told(self, **figures):
        self.progress.append(figures)

    def operations(self):
        return self.engine.row("SELECT count() AS n FROM operation")["n"]

    def sums(self, table="usage_day"):
        size = "0" if table == "heat_map" else "sum(bytes_out)"
        return self.engine.row(f"SELECT sum(requests) AS n, {size} AS b FROM {table}")

    def files(self):
        return sorted(path.name for path in self.folder.glob("archive/**/*.parquet"))


@pytest.fixture
def make_world(tmp_path):
    made = []

    def make(**options):
        made.append(World(tmp_path, **options))
        return made[-1]

    yield make
    for world in made:
        world.close()


@pytest.fixture
def world(make_world):
    return make_world()
