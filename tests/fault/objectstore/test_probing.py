"""What probes say of endpoints that misbehave: each told apart, in words, and within the time that it may take."""

import contextlib
import socket
import threading
import time

import pytest

from storekeeper.kernel.clock import SystemClock
from storekeeper.objectstore import Credentials, open_store, parse_location
from storekeeper.objectstore.probing import (
    RESERVED_PREFIX,
    Plan,
    ProbeOperation,
    diagnose,
    open_prober,
    problem,
    verdict,
)
from storekeeper_client.breaker import Failure, Outcome

ALL = tuple(ProbeOperation)
USUAL = (ProbeOperation.PUT, ProbeOperation.GET, ProbeOperation.DELETE)
pytestmark = pytest.mark.slow


def probe(endpoint, operations=USUAL, *, timeout=2.0, credentials=None, location=None):
    prober = open_prober(
        location or endpoint.location,
        credentials or endpoint.credentials,
        clock=SystemClock(),
        ca_file=endpoint.ca_file,
    )
    return prober.run(Plan(operations=operations, timeout=timeout, node="test"))


def outcomes(round_):
    return {one.operation.value: one.outcome.value for one in round_.operations}


def left_behind(endpoint, server):
    with contextlib.closing(
        open_store(server.location(endpoint.location.bucket), server.credentials, clock=SystemClock())
    ) as store:
        return store.list_page(prefix=RESERVED_PREFIX).objects["key"].to_pylist()


def test_a_faithful_endpoint_is_well_and_nothing_stays(endpoints, rclone_server):
    endpoint = endpoints.faithful()
    round_ = probe(endpoint, ALL)
    assert set(outcomes(round_).values()) == {"ok"}
    assert diagnose(round_.operations) == ""
    assert [one.operation for one in round_.operations] == list(ALL)
    for one in round_.operations:
        assert 0 < one.first_byte <= one.latency <= 2  # as long as it may take
        assert one.status in (200, 204)
    network = round_.network
    assert 0 <= network.dns < 2
    assert 0 < network.connect < 2
    assert network.tls is None
    assert abs(network.clock_skew) < 3  # whole seconds, and what the answer took
    assert left_behind(endpoint, rclone_server) == []


def test_the_missing_object_is_well_where_nothing_was_stored(endpoints):
    round_ = probe(endpoints.faithful(), (ProbeOperation.GET, ProbeOperation.HEAD, ProbeOperation.DELETE))
    assert set(outcomes(round_).values()) == {"ok"}
    assert [one.status for one in round_.operations][:2] == [404, 404]


def test_tls_is_timed_and_its_certificate_read(endpoints):
    round_ = probe(endpoints.https(days=10))
    assert set(outcomes(round_).values()) == {"ok"}
    assert round_.network.tls > 0
    days = (round_.network.certificate_until - SystemClock().now()).total_seconds() / 86400
    assert 9.9 < days < 10.1


def test_an_expired_certificate_fails_every_operation_for_one_reason(endpoints):
    round_ = probe(endpoints.https(days=-1))
    assert {(one.outcome, one.failure) for one in round_.operations} == {(Outcome.FAILURE, Failure.TLS)}
    assert "the certificate has expired" in diagnose(round_.operations)
    assert diagnose(round_.operations).count("expired") == 1


def test_a_redirect_is_not_followed_and_not_an_outage(endpoints):
    round_ = probe(endpoints.redirecting())
    assert verdict(round_.operations).outcome is Outcome.CALLER
    assert "TemporaryRedirect" in diagnose(round_.operations)
    assert problem(round_.operations[0]) == "307 TemporaryRedirect"


@pytest.mark.parametrize("method", ["PUT", "GET", "DELETE"])
def test_an_error_under_status_200_is_an_error(endpoints, method):
    round_ = probe(endpoints.error_under_200(methods=[method]))
    bad = [one for one in round_.operations if one.outcome is not Outcome.OK]
    assert [one.operation.value for one in bad] == [method.lower()]
    assert bad[0].failure is Failure.SERVER
    assert problem(bad[0]) == "200 InternalError"


def test_wrong_credentials_are_the_callers_fault(endpoints):
    stranger = Credentials(access_key_id="AKIANOBODYNOBODYNOBO", secret_access_key="wrong-secret-key")
    round_ = probe(endpoints.faithful(), credentials=stranger)
    assert verdict(round_.operations).outcome is Outcome.CALLER
    assert "The endpoint does not know this access key id." in diagnose(round_.operations)
    assert "wrong-secret-key" not in str(round_)


def test_a_missing_bucket_is_named(endpoints, rclone_server):
    round_ = probe(endpoints.faithful(), location=rclone_server.location("no-such-bucket"))
    assert verdict(round_.operations).outcome is Outcome.CALLER
    assert "NoSuchBucket" in diagnose(round_.operations)


def test_put_denied_and_get_allowed(endpoints):
    round_ = probe(endpoints.denying("PUT"))
    assert outcomes(round_) == {"put": "caller", "get": "ok", "delete": "ok"}
    assert diagnose(round_.operations).startswith("Not allowed: PUT; allowed: GET, DELETE. ")
    assert verdict(round_.operations).outcome is Outcome.OK


def test_a_read_only_bucket_is_called_so(endpoints):
    round_ = probe(endpoints.denying("PUT", "DELETE"), ALL)
    assert diagnose(round_.operations).startswith("The bucket is read-only: PUT and DELETE are refused.")


def test_wrong_bytes_are_corrupt_and_cleaned_up(endpoints, rclone_server):
    endpoint = endpoints.faithful()
    endpoint.proxy.faults.wrong_bytes = True
    round_ = probe(endpoint, (ProbeOperation.PUT, ProbeOperation.GET))
    put, get = round_.operations
    assert put.outcome is Outcome.OK
    assert (get.outcome, get.failure, get.corrupt) == (Outcome.FAILURE, Failure.SERVER, True)
    assert problem(get) == "wrong bytes"
    assert left_behind(endpoint, rclone_server) == []


def test_an_object_that_is_lost_at_once_is_corrupt(endpoints):
    endpoint = endpoints.faithful()
    faults = endpoint.proxy.faults
    faults.errors, faults.error_status, faults.error_code = 100, 404, "NoSuchKey"
    faults.methods = frozenset({"GET"})
    _, get, _ = probe(endpoint).operations
    assert (get.outcome, get.corrupt) == (Outcome.FAILURE, True)
    assert "just been stored" in get.detail


@pytest.mark.parametrize(
    ("status", "code", "outcome"),
    [
        (500, "InternalError", "failure"),
        (503, "ServiceUnavailable", "failure"),
        (503, "SlowDown", "throttled"),
        (429, "TooManyRequests", "throttled"),
        (403, "RequestTimeTooSkewed", "caller"),
    ],
)
def test_errors_are_told_apart(endpoints, status, code, outcome):
    endpoint = endpoints.faithful()
    faults = endpoint.proxy.faults
    faults.errors, faults.error_status, faults.error_code = 100, status, code
    round_ = probe(endpoint)
    assert set(outcomes(round_).values()) == {outcome}
    assert verdict(round_.operations).outcome.value == outcome
    assert problem(round_.operations[0]) == f"{status} {code}"


def test_a_put_that_may_have_worked_is_cleaned_up(endpoints, rclone_server):
    """The answer to PUT is lost, the object is there."""
    endpoint = endpoints.faithful()
    endpoint.proxy.faults.methods = frozenset({"PUT"})
    endpoint.proxy.faults.trickle_head = 30
    round_ = probe(endpoint, (ProbeOperation.PUT,), timeout=0.5)
    assert round_.operations[0].failure is Failure.TIMEOUT
    assert not round_.debris
    assert left_behind(endpoint, rclone_server) == []


@pytest.mark.parametrize("fault", ["delay", "trickle_head", "trickle"])
def test_the_time_limit_is_hard(endpoints, fault):
    endpoint = endpoints.faithful()
    setattr(endpoint.proxy.faults, fault, 60 if fault == "delay" else 0.8)  # 13 seconds and more in all
    endpoint.proxy.faults.methods = frozenset({"GET"})
    begun = time.monotonic()  # noqa: TID251 - real time is what is tested
    _, get, _ = probe(endpoint, timeout=1.0).operations
    assert time.monotonic() - begun < 10  # noqa: TID251 - the same
    assert (get.outcome, get.failure) == (Outcome.FAILURE, Failure.TIMEOUT)
    assert 0.9 < get.latency < 10


def test_resets_and_cut_answers_are_failures_to_connect(endpoints, rclone_server):
    endpoint = endpoints.faithful()
    endpoint.proxy.faults.refuse = True
    assert {one.failure for one in probe(endpoint).operations} == {Failure.CONNECT}
    endpoint.proxy.faults.refuse, endpoint.proxy.faults.cut_after = False, 10
    _, get, delete = probe(endpoint).operations
    assert get.failure is Failure.CONNECT
    assert delete.outcome is Outcome.OK
    assert left_behind(endpoint, rclone_server) == []


def test_nobody_listens(endpoints, free_port):
    endpoint = endpoints.faithful()
    nowhere = parse_location("s3://b", endpoint=f"http://127.0.0.1:{free_port()}")
    round_ = probe(endpoint, ALL, location=nowhere)
    assert {(one.outcome, one.failure) for one in round_.operations} == {(Outcome.FAILURE, Failure.CONNECT)}
    assert "Connection refused" in diagnose(round_.operations)


def test_a_name_that_does_not_resolve(endpoints):
    nowhere = parse_location("s3://b", endpoint="http://no-such-host.invalid")
    round_ = probe(endpoints.faithful(), location=nowhere, timeout=10)
    assert {one.failure for one in round_.operations} <= {Failure.CONNECT, Failure.TIMEOUT}
    assert "resolve" in diagnose(round_.operations)


def test_what_is_no_http_is_said_so(endpoints):
    with socket.create_server(("127.0.0.1", 0)) as listening:
        nonsense = parse_location("s3://b", endpoint=f"http://127.0.0.1:{listening.getsockname()[1]}")

        def answer():
            with contextlib.suppress(OSError):
                connection, _ = listening.accept()
                connection.recv(10_000)
                connection.sendall(b"SSH-2.0-OpenSSH_9.2\r\n\r\n")
                connection.close()

        thread = threading.Thread(target=answer)
        thread.start()
        round_ = probe(endpoints.faithful(), (ProbeOperation.GET,), location=nonsense)
        thread.join()
    assert round_.operations[0].failure is Failure.SERVER
    assert "not valid HTTP" in round_.operations[0].detail


def test_the_clock_that_is_wrong_is_measured(endpoints):
    endpoint = endpoints.faithful()
    endpoint.proxy.faults.date_shift = 300
    assert 290 < probe(endpoint).network.clock_skew < 310


def test_a_round_that_is_stopped_still_cleans_up(endpoints, rclone_server):
    endpoint = endpoints.faithful()
    prober = open_prober(endpoint.location, endpoint.credentials, clock=SystemClock())
    asked = iter([False, True, True])
    round_ = prober.run(Plan(operations=USUAL, timeout=2, node="test"), lambda: next(asked))
    assert outcomes(round_) == {"put": "ok"}
    assert left_behind(endpoint, rclone_server) == []


def test_a_server_that_serves_read_only_is_called_so(rclone_s3, tmp_path):
    (tmp_path / "photos").mkdir()
    server = rclone_s3(tmp_path, "--read-only")
    prober = open_prober(server.location("photos"), server.credentials, clock=SystemClock())
    round_ = prober.run(Plan(operations=USUAL, timeout=5, node="test"))
    assert outcomes(round_)["get"] == "ok"
    assert outcomes(round_)["put"] != "ok"
    assert "PutObject" in diagnose(round_.operations)
