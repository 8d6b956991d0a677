"""A bucket that fails during a scan: the message says how, nothing partial is shown, and the next attempt goes on."""

import itertools

import pytest

from storekeeper.inventory.model import NeverScannedError
from storekeeper.objectstore import Credentials
from storekeeper.objectstore.faulty import FOREVER, Faults, FaultyProxy

pytestmark = pytest.mark.slow
OBJECTS = 2500


@pytest.fixture(scope="module")
def server(rclone_s3, tmp_path_factory):
    """A server with one bucket of 2,500 objects in 5 folders, 3 bytes each."""
    folder = tmp_path_factory.mktemp("served")
    for number in range(OBJECTS):
        path = folder / "photos" / f"d{number % 5}" / f"{number:04}"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"abc")
    return rclone_s3(folder)


@pytest.fixture
def proxy(server):
    with FaultyProxy(server.endpoint) as proxy:
        yield proxy


@pytest.fixture
def watched(world, server, proxy):
    """The bucket behind the proxy, registered."""
    location = server.location("photos")
    return world.add(type(location)(**{**_fields(location), "endpoint": proxy.endpoint}), server.credentials)


def _fields(struct):
    return {name: getattr(struct, name) for name in struct.__struct_fields__}


def only_failed(world, view, words):
    """The scan failed with these words, and nothing of it can be seen."""
    assert view.status in ("retrying", "dead")
    assert words in view.error
    with pytest.raises(NeverScannedError):
        world.inventory.inventory("photos")


def whole(world, view):
    assert view.status == "succeeded"
    found = world.inventory.inventory("photos")
    assert (found.objects, found.bytes) == (OBJECTS, 3 * OBJECTS)


@pytest.mark.parametrize(
    ("faults", "words"),
    [
        ({"refuse": True}, "the connection broke"),
        ({"errors": FOREVER}, "InternalError"),
        ({"errors": FOREVER, "error_status": 503, "error_code": "SlowDown"}, "SlowDown"),
        ({"cut_after": 200}, "the connection broke"),
        ({"malformed": True}, "not"),
        ({"errors": FOREVER, "error_status": 403, "error_code": "RequestTimeTooSkewed"}, "clock"),
    ],
    ids=["refused", "500", "SlowDown", "cut", "malformed", "clock skew"],
)
def test_a_fault_that_stays(world, watched, proxy, faults, words):
    proxy.faults = Faults(**faults)
    view = world.scan()
    only_failed(world, view, words)
    proxy.faults = Faults()
    if view.status == "dead":
        world.jobs.retry(view.id)
    whole(world, world.attempt(view.id))


@pytest.mark.parametrize(
    "faults",
    [{"errors": 3}, {"errors": 3, "error_status": 503, "error_code": "SlowDown", "retry_after": "1"}],
    ids=["500", "SlowDown"],
)
def test_a_fault_that_passes_costs_only_retries(world, watched, proxy, faults):
    proxy.faults = Faults(**faults, only="list-type=2")
    view = world.scan()
    whole(world, view)
    assert view.retries == 3


@pytest.mark.parametrize("mode", ["same-token", "same-page"])
def test_a_listing_that_repeats_itself(world, watched, proxy, mode):
    proxy.faults = Faults(listing=mode)
    view = world.scan()
    assert view.status == "dead"
    only_failed(world, view, "")
    assert "the same page again" in view.error or "does not go forward" in view.error


def test_a_listing_that_never_ends(world, watched, proxy, monkeypatch):
    monkeypatch.setattr("storekeeper.inventory.rules.progress.NEVER_MORE", 20_000)
    proxy.faults = Faults(listing="endless")
    view = world.scan()
    only_failed(world, view, "does not seem to end")


def test_a_slow_page_does_not_keep_a_scan_from_being_cancelled(world, watched, proxy):
    """The answer takes half a minute; the cancel does not."""
    run = world.inventory.scans.start("photos", actor="test")
    proxy.faults = Faults(delay=29)
    world.inventory.scans.view(run.id)
    beats = itertools.count()
    original = world.inventory._runner._heart

    def heart(*arguments):
        beat = original(*arguments)

        def watch(scan):
            if next(beats) == 1:
                world.inventory.scans.cancel(run.id, actor="test")
            beat(scan)

        return watch

    world.inventory._runner._heart = heart
    begun = world.clock.monotonic()
    assert world.attempt(run.id).status == "cancelled"
    assert world.clock.monotonic() - begun < 10


def test_wrong_credentials_end_the_scan_at_once(world, server):
    wrong = Credentials(access_key_id="AKIAWRONGWRONGWRONG0", secret_access_key="wrong")
    world.add(server.location("photos"), wrong)
    view = world.scan()
    assert view.status == "dead"
    only_failed(world, view, "InvalidAccessKeyId")


def test_no_such_bucket(world, server):
    world.add(server.location("nowhere"), server.credentials)
    view = world.scan()
    assert view.status == "dead"
    only_failed(world, view, "NoSuchBucket")


def test_nothing_listens(world, server, free_port):
    location = server.location("photos")
    gone = type(location)(**{**_fields(location), "endpoint": f"http://127.0.0.1:{free_port()}"})
    world.add(gone, server.credentials)
    view = world.scan()
    assert view.status == "retrying"
    only_failed(world, view, "Connection refused")


def test_a_name_that_does_not_resolve(world, server):
    location = server.location("photos")
    world.add(
        type(location)(**{**_fields(location), "endpoint": "http://no-such-host.invalid"}), server.credentials
    )
    view = world.scan()
    assert view.status == "retrying"
    only_failed(world, view, "resolve")
