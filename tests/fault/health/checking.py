"""A process that checks one bucket without pause and says what is recorded, until it is killed: folder, endpoint, bucket."""

import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from storekeeper.buckets.model import NewBucket
from storekeeper.health.model import HealthChange
from storekeeper.kernel.clock import SystemClock
from worlds.health import World

folder, endpoint, bucket, key_id, secret = sys.argv[1:]
world = World(Path(folder), SystemClock())
if not world.buckets.all():
    world.health.configure(
        HealthChange(timeout=1000, slow_response_threshold=900, check_interval=60_000, failure_threshold=3),
        actor="test",
    )
    world.buckets.add(
        NewBucket(
            name="photos", url=f"s3://{bucket}", endpoint=endpoint, access_key_id=key_id, secret_access_key=secret,
            scan_cron="",
        ),
        actor="test",
    )  # fmt: skip
world.health.drainer.start()
print("ready", flush=True)  # noqa: T201 - this is how it talks
while True:
    for round_ in world.health.check_now():
        view = world.health.breakers.get("photos")
        os.write(1, f"{round_.id} {view.state} {view.epoch}\n".encode())
