"""Operations reported over HTTP and read back, on real SQLite and chDB, by a clock that stands still."""

import json
from datetime import UTC, datetime, timedelta
from functools import cached_property

import pytest

from callers import calling
from services import Services
from storekeeper import dashboard
from storekeeper.kernel.clock import ManualClock
from storekeeper.metering import EmbedLinks, api, pages, read_api
from storekeeper.metering.embedding import api as embed_api
from storekeeper.metering.embedding import pages as embed_pages

NOW = datetime(2026, 11, 20, 12, 30, tzinfo=UTC)


class World(Services):
    """What is reported is moved on at once."""

    def __init__(self, folder):
        super().__init__(folder, ManualClock(NOW), at_once=["costs"])  # which scans ask for least times

    @cached_property
    def links(self):
        return EmbedLinks(self.database, self.audit, b"k" * 32, self.clock, public_url="https://keeper.test")

    def bucket(self, name, **options):
        self.memory(name=name, scan_cron="", **options)
        return name

    def scan(self, name):
        return super().scan(name).status


@pytest.fixture
def world(tmp_path):
    world = World(tmp_path)
    world.bucket("photos")
    world.bucket("logs", store_keys=False)
    yield world
    world.close()


@pytest.fixture
def client(world):
    """An administrator's program or browser, by the `Accept` header. A stranger sends no `Authorization`."""
    parts = (api, read_api, pages, embed_api, embed_pages)
    with calling(
        [*(route for part in parts for route in part.ROUTES), *dashboard.ROUTES],
        clock=world.clock,
        buckets=world.buckets,
        inventory=world.inventory,
        metering=world.metering,
        embed_links=world.links,
        overview=dashboard.OverviewReader(
            world.inventory, world.metering, world.costs, world.budgets, world.quotas, world.clock
        ),
        budgets=world.budgets,
        unclassified=world.unclassified,
        stopping=world.stopping,
        health=world.health,
        costs=world.costs,
        storage=dashboard.StorageReader(world.inventory, world.buckets, world.quotas, world.clock),
        dashboard=None,
        jobs=world.jobs,
    ) as client:
        yield client


@pytest.fixture
def report(world, client):
    """`report(minutes_ago=5, bucket="photos", …)` sends one operation, or `times` of them, and waits for its sums, unless `more` follow."""

    def send(times=1, *, minutes_ago=5.0, more=False, **fields):
        operation = {
            "time": (world.clock.now() - timedelta(minutes=minutes_ago)).isoformat(),
            "bucket": "photos",
            "operation": "GetObject",
            "status": 200,
            "owner": "ann",
            "key": "a/b.jpg",
            "bytesOut": 1000,
            "latencyMs": 20,
        } | fields
        answer = client.post(
            "/api/operations",
            content="\n".join([json.dumps(operation)] * times),
            headers={"Authorization": "Bearer ingest", "Content-Type": "application/x-ndjson"},
        )
        assert answer.json()["accepted"] == times, answer.text
        if not more:
            world.drain()

    return send


@pytest.fixture
def ask(client):
    """The JSON of a read."""

    def read(path, **query):
        answer = client.get(path, params=query)
        assert answer.status_code == 200, answer.text
        return answer.json()

    return read
