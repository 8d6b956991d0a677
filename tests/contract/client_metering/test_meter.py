"""The meter and a server over real HTTP."""

import gzip
import threading

import pytest

from storekeeper.kernel.clock import ManualClock
from storekeeper_client import Meter as FromTheTop
from storekeeper_client.metering import Meter, Operation, owner
from storekeeper_client.metering.testing import FakeIngest


def operation(**fields):
    return Operation(
        **{"time": 1_795_176_000_000, "bucket": "media", "operation": "GetObject", "status": 200} | fields
    )


def test_the_meter_is_at_the_front_door():
    assert FromTheTop is Meter


def test_what_is_recorded_arrives_as_it_was(meter, ingest):
    full = operation(
        id="1", owner="ann", key="ü/cat 1.jpg", error="SlowDown", bytes_in=1, bytes_out=2, object_size=3,
        latency_ms=4.5, weight=6.0, client_ip="192.0.2.1", request_id="R", storage_class="STANDARD",
    )  # fmt: skip
    meter.record(full)
    meter.record(operation())
    assert meter.flush()
    assert ingest.operations == [full, operation()]
    assert ingest.received[0].token == ingest.token


def test_the_owner_in_force_is_recorded_unless_there_is_another(meter, ingest):
    with owner("ann"):
        meter.record(operation())
        meter.record(operation(owner="bob"))
    meter.record(operation(key="users/eve/x"))
    meter.flush()
    assert [taken.owner for taken in ingest.operations] == ["ann", "bob", "eve"]


def test_the_thread_sends_a_full_batch_by_itself(ingest):
    with Meter(ingest.url, ingest.token, batch_size=5) as meter:
        for number in range(5):
            meter.record(operation(id=str(number)))
        assert ingest.wait_for(5)


def test_the_thread_sends_after_the_interval(ingest):
    with Meter(ingest.url, ingest.token, flush_interval=0.05) as meter:
        meter.record(operation())
        assert ingest.wait_for(1)


def test_closing_flushes_and_what_comes_later_is_dropped(ingest):
    meter = Meter(ingest.url, ingest.token)
    meter.record(operation())
    meter.close()
    meter.close()
    meter.record(operation())
    stats = meter.stats()
    assert len(ingest.operations) == 1
    assert (stats.recorded, stats.accepted, stats.dropped, stats.sent) == (2, 1, 1, 1)


def test_many_threads_lose_nothing(ingest):
    with Meter(ingest.url, ingest.token, max_queue=100_000) as meter:

        def work(name):
            for number in range(500):
                meter.record(operation(id=f"{name}-{number}"))

        threads = [threading.Thread(target=work, args=(name,)) for name in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert meter.flush(30)
        assert meter.stats().accepted == 4000
    assert len({taken.id for taken in ingest.operations}) == 4000
    assert max(request.body.count(b"\n") for request in ingest.received) <= 1000


def test_a_flush_waits_no_longer_than_it_may(ingest):
    with Meter(ingest.url, ingest.token, exit_timeout=0.0) as meter:
        ingest.hold()
        meter.record(operation())
        assert meter.flush(0.01) is False
        ingest.release()
        assert meter.flush()


def test_recording_goes_on_while_the_server_hangs(ingest):
    ingest.hold()
    with Meter(ingest.url, ingest.token, batch_size=1, max_queue=100) as meter:
        meter.record(operation())
        assert ingest.wait_for_requests(1)
        for _ in range(1000):
            meter.record(operation())
        assert meter.stats().dropped == 900
        ingest.release()


def test_a_lost_reply_is_not_counted_twice_by_the_server(ingest):
    clock = ManualClock()
    with Meter(ingest.url, ingest.token, background=False, clock=clock) as meter:
        ingest.lose_replies()
        meter.record(operation())
        assert not meter.flush(0)
        ingest.recover()
        assert meter.flush()
        stats = meter.stats()
    assert (len(ingest.operations), stats.accepted, stats.duplicates) == (1, 0, 1)
    assert stats.retries == 1
    assert len({request.key for request in ingest.received}) == 1


def test_a_kept_connection_that_the_server_closed_is_no_failure(ingest):
    with Meter(ingest.url, ingest.token, background=False) as meter:
        meter.record(operation())
        meter.flush()
        meter._engine._worker._carrier._kept.sock.shutdown(2)
        meter.record(operation())
        assert meter.flush()
        assert meter.stats().retries == 0


def test_rejected_items_are_counted(meter, ingest):
    ingest.reject = lambda taken: "" if taken.bucket == "media" else "unknown-bucket"
    meter.record(operation())
    meter.record(operation(bucket="other"))
    assert meter.flush()
    stats = meter.stats()
    assert (stats.accepted, stats.rejected, stats.last_error) == (1, 1, "rejected: unknown-bucket")


@pytest.mark.parametrize(("status", "lost"), [(400, 1), (401, 1), (413, 1), (429, 0), (503, 0)])
def test_refusals(ingest, status, lost):
    with Meter(ingest.url, ingest.token, background=False, clock=ManualClock()) as meter:
        ingest.refuse(status, retry_after="30", times=1)
        meter.record(operation())
        assert meter.flush(60)
        assert (meter.stats().dropped, meter.stats().accepted) == (lost, 1 - lost)


def test_a_wrong_token_is_said_once_and_harms_nobody(ingest, caplog):
    with Meter(ingest.url, "wrong", background=False) as meter:
        for _ in range(3):
            meter.record(operation())
            meter.flush()
        assert meter.stats().dropped == 3
        assert caplog.text.count("operations lost") == 1
        assert "401 Sign in first" in caplog.text


def test_bodies_are_compressed_if_wanted(ingest):
    for compress in ("gzip", None):
        with Meter(ingest.url, ingest.token, compress=compress, background=False) as meter:
            for _ in range(50):
                meter.record(operation())
            meter.flush()
    assert [request.gzipped for request in ingest.received] == [True, False]
    assert ingest.received[0].body == ingest.received[1].body


def test_a_path_before_the_routes_is_kept(ingest):
    with Meter(ingest.url + "/storage/", ingest.token, background=False) as meter:
        meter.record(operation())
        meter.flush()
        assert "404" in meter.stats().last_error


@pytest.mark.parametrize(
    ("url", "token", "options"),
    [
        ("storekeeper.example.com", "t", {}),
        ("ftp://storekeeper.example.com", "t", {}),
        ("http://127.0.0.1", "two\nlines", {}),
        ("http://127.0.0.1", "t", {"batch_size": 0}),
        ("http://127.0.0.1", "t", {"batch_size": 50, "max_queue": 49}),
        ("http://127.0.0.1", "t", {"flush_interval": 0}),
        ("http://127.0.0.1", "t", {"success_rate": 1.5}),
        ("http://127.0.0.1", "t", {"owner_pattern": "users/"}),
    ],
)
def test_only_settings_without_sense_raise(url, token, options):
    with pytest.raises(ValueError, match=r"."):
        Meter(url, token, **options)


def test_sampling_keeps_errors_and_the_sums(ingest):
    chances = iter(number / 100 for number in range(100))
    with Meter(
        ingest.url, ingest.token, success_rate=0.1, random=lambda: next(chances), background=False
    ) as meter:
        for _ in range(100):
            meter.record(operation())
            meter.record(operation(status=503))
        meter.flush()
        assert meter.stats().sampled_out == 90
    weights = {status: [o.weight for o in ingest.operations if o.status == status] for status in (200, 503)}
    assert sum(weights[200]) == pytest.approx(100)
    assert weights[503] == [1.0] * 100


def test_the_decorator_and_the_block(meter, ingest):
    @meter.operation("PutObject", bucket="media", key=lambda name: f"users/ann/{name}")
    def upload(name):
        return name

    upload("cat.jpg")
    with meter.measure("GetObject", "media", "cat.jpg") as measured:
        measured.bytes_out = 10
    meter.flush()
    assert [(o.operation, o.owner, o.bytes_out) for o in ingest.operations] == [
        ("PutObject", "ann", 0),
        ("GetObject", "", 10),
    ]


def test_the_fake_refuses_what_it_can_not_unpack(ingest, meter):
    meter._packer = None
    bad = gzip.compress(b"x")[:-4]
    import http.client

    connection = http.client.HTTPConnection(ingest.url.removeprefix("http://"))
    headers = {"Content-Encoding": "gzip", "Authorization": f"Bearer {ingest.token}"}
    connection.request("POST", "/api/operations", body=bad, headers=headers)
    assert connection.getresponse().status == 400
    connection.close()


def test_the_fake_can_be_used_without_a_meter():
    with FakeIngest("secret") as fake:
        assert fake.operations == []
        assert fake.wait_for(1, timeout=0) is False
