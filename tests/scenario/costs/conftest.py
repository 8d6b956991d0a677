"""Inventory, metering and costs on real SQLite and chDB; days pass by hand, and a bucket in memory has a price sheet of its own."""

import html
import io
import json
from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import Path

import pytest

from callers import calling
from services import Services
from storekeeper import costs
from storekeeper.infra.web import Principal, Role
from storekeeper.kernel.clock import SystemClock

SENDER = Principal(id="key-1", email="", role=Role.USER, via="key", scopes=frozenset({"ingest"}))
SHEETS = Path(__file__).parents[3] / "src" / "storekeeper" / "costs" / "sheets"


class Calendar(SystemClock):
    """Begins at a fixed noon; days and hours pass when told to."""

    today = datetime(2026, 11, 10, 12, tzinfo=UTC)

    def now(self):
        return self.today

    def sleep(self, seconds):
        self.today += timedelta(seconds=seconds)


# Every owner's share of every bucket by storage class and kind.
SHARES = """
SELECT bucket_id, storage_class, kind, owner, sum(part) AS amount
FROM cost_owner ARRAY JOIN buckets AS bucket_id, amounts AS part
GROUP BY bucket_id, storage_class, kind, owner HAVING amount != 0 ORDER BY bucket_id, storage_class, kind, owner"""


class World(Services):
    def __init__(self, folder):
        super().__init__(folder, Calendar(), at_once=["costs"])  # which scans ask for least times
        self.batches = 0

    @cached_property
    def focus(self):
        return costs.FocusService(self.engine, self.buckets, self.costs)

    @cached_property
    def invoices(self):
        return costs.InvoiceService(self.database, self.engine, self.audit, self.clock, folder=self.folder)

    @cached_property
    def reconciler(self):
        return costs.Reconciler(
            self.engine, self.buckets, self.costs, self.invoices, self.metering, self.clock
        )

    @cached_property
    def editor(self):
        return costs.SheetEditor(self.database, self.costs, self.audit, self.clock, data_dir=self.folder)

    def shares(self):
        """Rows {bucket_id, storage_class, kind, owner, amount (nano)}."""
        return self.engine.rows(SHARES)

    def price_as(self, sheet, **changes):
        """Buckets in memory cost what that sheet of the package says."""
        text = (SHEETS / f"{sheet}.toml").read_text()
        provider = text.split('provider = "', 1)[1].split('"', 1)[0]
        text = text.replace(f'provider = "{provider}"', 'provider = "memory"', 1)
        text = "\n".join(
            line if not line.startswith("region = ") else 'region = "*"' for line in text.splitlines()
        )
        for old, new in changes.items():
            text = text.replace(old, new)
        (self.folder / "prices").mkdir(exist_ok=True)
        (self.folder / "prices" / "memory.toml").write_text(text)

    def report_operations(self, count, *, weight=1, **fields):
        """Report operations, `weight` for each of `count` lines, and have them stored."""
        one = {
            "time": self.clock.now().isoformat(),
            "bucket": "photos",
            "operation": "GetObject",
            "status": 200,
        }
        line = json.dumps(one | {"weight": weight} | fields).encode()
        self.batches += 1
        self.metering.take(
            io.BytesIO(b"\n".join([line] * count)),
            media_type="",
            encoding="",
            batch_id=str(self.batches),
            principal=SENDER,
        )
        self.drain()

    def pass_hours(self, hours):
        self.clock.today += timedelta(hours=hours)


_SERVICES = (
    "buckets",
    "jobs",
    "costs",
    "budgets",
    "unclassified",
    "editor",
    "focus",
    "invoices",
    "reconciler",
)


def _served(world):
    services = {name: getattr(world, name) for name in _SERVICES}
    return calling(costs.ROUTES, clock=world.clock, **services)


@pytest.fixture(scope="session")
def serve():
    """Of a world an administrator's program or browser, by the `Accept` header; to be used in a `with`."""
    return _served


@pytest.fixture(scope="session")
def make_world():
    """For who shares one among several tests."""
    return World


@pytest.fixture
def world(tmp_path):
    made = World(tmp_path)
    yield made
    made.close()


@pytest.fixture(scope="module")
def made_world(tmp_path_factory):
    """The same for a whole module, whose tests only read."""
    made = World(tmp_path_factory.mktemp("world"))
    yield made
    made.close()


def _use(world):
    world.price_as("aws-s3-us-east-1")
    for name in ("photos", "videos"):
        store, _ = world.memory(name=name, owner_pattern="users/{owner}/")
        store.put("users/ann/a", b"x" * 3_000_000)
        store.put("users/bob/b", b"x" * 1_000_001)
        store.put("shared", b"x" * 77)
        world.scan(name)
    world.report_operations(20, weight=50, owner="ann", bytesOut=2_000_000, latencyMs=5)
    world.report_operations(7, weight=1000, owner="bob", operation="PutObject")
    world.report_operations(1, operation="ListObjectsV2")
    world.report_operations(3, weight=100, owner="ann", status=403)
    world.pass_hours(20)  # eight o'clock of the next day
    world.costs.calculate()


@pytest.fixture
def used(world):
    """Two buckets of two owners and nobody, read and written for a day, at the prices of AWS S3."""
    _use(world)
    return world


@pytest.fixture(scope="module")
def made_used(made_world):
    """The same for a whole module, whose tests only read."""
    _use(made_world)
    return made_world


@pytest.fixture
def client(world):
    with _served(world) as client:
        yield client


@pytest.fixture
def read(client):
    """`read("/costs", month="2026-11")`: the page's text."""

    def get(path, status=200, **query):
        answer = client.get(path, params=query, headers={"Accept": "text/html"})
        assert answer.status_code == status
        return html.unescape(answer.text)

    return get
