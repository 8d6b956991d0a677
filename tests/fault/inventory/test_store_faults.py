"""A bucket that fails during a scan: the message says how, nothing partial is shown, and the next attempt goes on."""

import itertools

import msgspec
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
def watch(world, server, proxy):
    """`watch()` registers the bucket behind the proxy, or behind another endpoint."""

    def register(endpoint=proxy.endpoint, **options):
        location = msgspec.structs.replace(server.location("photos"), endpoint=endpoint)
        return world.add(location, server.credentials, **options)

    return register


@pytest.fixture
def watched(watch):
    return watch()


def only_failed(world, view, words):
    """The scan failed with these words, and nothing of it can be seen."""
    assert view.status in ("retrying", "dead")
    assert words in view.error
    with pytest.raises(NeverScannedError):
        world.inventory.snapshot("photos").inventory()


def whole(world, view):
    assert view.status == "succeeded"
    found = world.inventory.snapshot("photos").inventory()
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


def test_a_listing_that_never_ends(world, watch, proxy, monkeypatch):
    watch(max_concurrency=1)
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


def test_nothing_listens(world, watch, free_port):
    watch(f"http://127.0.0.1:{free_port()}")
    view = world.scan()
    assert view.status == "retrying"
    only_failed(world, view, "Connection refused")


def test_a_name_that_does_not_resolve(world, watch):
    watch("http://no-such-host.invalid")
    view = world.scan()
    assert view.status == "retrying"
    only_failed(world, view, "resolve")


def test_an_endpoint_that_does_not_speak_tls(world, watch, proxy):
    watch(proxy.endpoint.replace("http:", "https:"))
    view = world.scan()
    assert view.status == "dead"
    only_failed(world, view, "TLS")


def test_a_missing_permission_names_what_to_grant(world, watched, proxy):
    proxy.faults = Faults(errors=FOREVER, error_status=403, error_code="AccessDenied")
    view = world.scan()
    assert view.status == "dead"
    only_failed(world, view, "Grant s3:ListBucket to these credentials.")


def test_a_missing_permission_beside_the_listing_is_told_and_does_not_fail_the_scan(world, watched, proxy):
    proxy.faults = Faults(errors=FOREVER, error_status=403, error_code="AccessDenied", only="uploads")
    whole(world, world.scan())
    uploads = world.inventory.snapshot("photos").inventory().incomplete_uploads
    assert (uploads.count, uploads.unknown) == (None, "needs s3:ListBucketMultipartUploads")
