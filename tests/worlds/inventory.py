"""Storekeeper's inventory on real SQLite and chDB; runs are executed in the test's own thread."""

from datetime import timedelta

import pytest

from services import Services
from storekeeper.buckets.model import NewBucket
from storekeeper.kernel.clock import SystemClock


class ShiftedClock(SystemClock):
    """The machine's clock, moved ahead by hand: days pass at once, and pauses between retries take no time."""

    ahead = timedelta()

    def now(self):
        return super().now() + self.ahead

    def sleep(self, seconds):
        self.ahead += timedelta(seconds=seconds)


class World(Services):
    def __init__(self, folder, **scanning):
        super().__init__(folder, ShiftedClock())
        self.scanning = scanning

    def add(self, location, credentials, **options):
        """A bucket behind an S3 endpoint, registered as `photos` unless named."""
        options.setdefault("name", "photos")
        new = NewBucket(
            url=f"s3://{location.bucket}",
            endpoint=location.endpoint,
            region=location.region,
            access_key_id=credentials.access_key_id,
            secret_access_key=credentials.secret_access_key,
            **options,
        )
        return self.buckets.add(new, actor="test")


@pytest.fixture
def world(tmp_path):
    world = World(tmp_path)
    yield world
    world.close()
