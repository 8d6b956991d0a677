"""Quotas on real SQLite and chDB: buckets that are scanned, operations that are reported, a clock that is turned by hand."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from callers import calling
from services import Services
from storekeeper import quotas
from storekeeper.kernel.clock import ManualClock
from storekeeper.metering import api as metering_api
from storekeeper.quotas.model import Measure, NewQuota

NOW = datetime(2026, 11, 20, 12, 20, tzinfo=UTC)


class World(Services):
    """What is reported is moved on at once."""

    def __init__(self, folder):
        super().__init__(folder, ManualClock(NOW))

    def scan(self, name="photos"):
        assert super().scan(name).status == "succeeded"

    def limit(self, owner="ann", bucket="", measure="bytes", limit=1000, **options):
        """Its id."""
        measured = Measure(measure)
        new = NewQuota(owner=owner, bucket=bucket, measure=measured, limit=limit, reason="a test", **options)
        return self.quotas.add(new, actor="admin@example.com").id

    def audited(self):
        """(action, target, actor, details) of all that was done to quotas, the oldest first."""
        found = [one for one in self.audit.page(limit=100).items if one.action.startswith("quota.")]
        return [(one.action, one.target, one.actor, one.details) for one in reversed(found)]


@pytest.fixture
def world(tmp_path):
    world = World(tmp_path)
    for name in ("photos", "logs"):
        world.memory(name=name, scan_cron="", owner_pattern="users/{owner}/")
    yield world
    world.close()


@pytest.fixture
def client(world):
    """An administrator's program or browser, by the `Accept` header."""
    routes = [*quotas.ROUTES, *metering_api.ROUTES]
    services = {"buckets": world.buckets, "metering": world.metering, "quotas": world.quotas}
    with calling(routes, clock=world.clock, **services) as client:
        yield client


@pytest.fixture
def report(world, client):
    """`report(minutes_ago=5, operation="PutObject", bytesIn=10)` sends one operation, or `times` of them."""

    def send(times=1, *, minutes_ago=0.0, **fields):
        operation = {
            "time": (world.clock.now() - timedelta(minutes=minutes_ago)).isoformat(),
            "bucket": "photos",
            "operation": "PutObject",
            "status": 200,
            "owner": "ann",
            "key": "users/ann/b.jpg",
        } | fields
        answer = client.post(
            "/api/operations",
            content="\n".join([json.dumps(operation)] * times),
            headers={"Authorization": "Bearer ingest", "Content-Type": "application/x-ndjson"},
        )
        assert answer.json()["accepted"] == times, answer.text
        world.drain()

    return send
