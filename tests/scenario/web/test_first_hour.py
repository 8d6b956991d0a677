"""The first hour with Storekeeper, from the first start to the removal of a bucket, over HTTP and S3."""

import contextlib
import os
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from storekeeper.objectstore import ObjectStore
from storekeeper_client import ApiError, Client
from storekeeper_client.scanned import Inventory

pytestmark = pytest.mark.slow

OWNER_PATTERN = "users/{owner}/"


@pytest.fixture
def first_start(free_port, tmp_path) -> Iterator[Client]:
    """A server on an empty directory; nobody is signed in. Its password is on its screen."""
    port, screen = free_port(), tmp_path / "screen"
    command = [sys.executable, "-m", "storekeeper", "serve", "--data-dir", str(tmp_path / "data")]
    environment = {name: value for name, value in os.environ.items() if "STOREKEEPER" not in name}  # noqa: TID251
    with screen.open("wb") as output:
        process = subprocess.Popen(
            [*command, "--port", str(port)], env=environment, stdout=output, stderr=output, cwd=tmp_path
        )
    try:
        _await(process, port, screen)
        with Client(f"http://127.0.0.1:{port}") as client:
            yield client
    finally:
        process.terminate()
        process.wait(30)


def _await(process: subprocess.Popen[bytes], port: int, screen: Path) -> None:
    for _ in range(600):
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        with contextlib.suppress(subprocess.TimeoutExpired):
            pytest.fail(f"server exited with {process.wait(0.05)}: {screen.read_text()[-2000:]}")
    pytest.fail(f"server did not listen: {screen.read_text()[-2000:]}")


@pytest.fixture
def bucket(rclone_s3, tmp_path):
    """(server, location, open bucket) with the first files in it."""
    (tmp_path / "buckets").mkdir()
    server = rclone_s3(tmp_path / "buckets")
    location = server.bucket()
    with contextlib.closing(server.open(location)) as store:
        for number in range(30):
            store.put(f"users/{'ann' if number % 3 else 'bob'}/{number:02}.jpg", b"x" * (1000 + number))
        store.put("read me, ünïcode & 100%.txt", b"hello")
        yield server, location, store


def on_disk(folder: Path) -> tuple[int, int]:
    sizes = [path.stat().st_size for path in folder.rglob("*") if path.is_file()]
    return len(sizes), sum(sizes)


def totals(found: Inventory) -> tuple[int, int]:
    return found.objects, found.bytes


def scan(client: Client, name: str) -> str:
    return [seen.status for seen in client.follow_scan(client.start_scan(name))][-1]


def refused(status: int, ask: Callable[..., object], *arguments: str) -> None:
    with pytest.raises(ApiError) as answer:
        ask(*arguments)
    assert answer.value.status == status


def change(store: ObjectStore) -> int:
    """Add three files and delete one; the bytes more that there are."""
    for number in range(3):
        store.put(f"users/carla/new-{number}.mp4", b"y" * 50_000)
    store.delete("users/ann/01.jpg")
    return 3 * 50_000 - 1001


def test_the_first_hour(first_start, bucket, tmp_path):
    client, (server, location, store) = first_start, bucket
    disk = tmp_path / "buckets" / location.bucket

    # The server is up, and tells nobody anything.
    assert client.health() == "ok"
    refused(401, client.buckets)

    # The password was printed once, and opens the door.
    printed = (tmp_path / "screen").read_text()
    password = next(line.split()[1] for line in printed.splitlines() if line.startswith("Password"))
    client.sign_in("admin@localhost", password)
    assert (client.me().role, client.buckets()) == ("admin", [])

    # A bucket is registered, tried, and its owner pattern with it.
    added = client.add_bucket(
        name="photos",
        url=f"s3://{location.bucket}",
        endpoint=server.endpoint,
        accessKeyId=server.credentials.access_key_id,
        secretAccessKey=server.credentials.secret_access_key,
        ownerPattern=OWNER_PATTERN,
    )
    assert added.name == "photos"
    assert client.test_bucket("photos").ok
    trial = client.try_owner_pattern("photos", OWNER_PATTERN)
    assert (trial.matched, trial.unmatched) == (30, 1)
    refused(404, client.inventory, "photos")

    # The first scan finds what lies on disk, to the byte.
    assert scan(client, "photos") == "succeeded"
    first = client.inventory("photos")
    assert totals(first) == on_disk(disk)
    assert {group.name: group.objects for group in first.by_owner} == {"ann": 20, "bob": 10, "": 1}
    assert client.files("photos", q="ünïcode")[0].size == 5

    # Files come and go through S3; the second scan tells the difference.
    more = change(store)
    assert scan(client, "photos") == "succeeded"
    second = client.inventory("photos")
    assert totals(second) == on_disk(disk)
    assert second.change.previous is not None
    assert (second.change.previous.objects, second.change.previous.bytes) == (2, more)
    history = client.call("GET", "/api/buckets/photos/inventory/history", dict, range="1d")["items"]
    assert [(point["objects"], point["bytes"]) for point in history] == [totals(first), totals(second)]

    # The bucket is removed: everything measured is forgotten, even under the same name; nothing in it is touched.
    client.remove_bucket("photos")
    assert client.buckets() == []
    refused(404, client.inventory, "photos")
    client.add_bucket(name="photos", url=f"s3://{location.bucket}", endpoint=server.endpoint)
    refused(404, client.inventory, "photos")
    assert client.scans("photos") == []
    assert on_disk(disk) == totals(second)

    # And all of it is in the audit log.
    told = [(record.action, record.target) for record in reversed(client.audit(actor="admin@localhost"))]
    assert told == [
        ("auth.sign-in", "admin@localhost"),
        ("bucket.create", "photos"),
        ("scan.start", "photos"),
        ("scan.start", "photos"),
        ("bucket.delete", "photos"),
        ("bucket.create", "photos"),
    ]
