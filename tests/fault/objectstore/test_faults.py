"""Each way in which an endpoint fails is told by its own error, and the next request is well again."""

import pytest

from storekeeper.kernel.clock import ManualClock, SystemClock
from storekeeper.objectstore import Credentials, RetryPolicy, errors
from storekeeper.objectstore.faulty import FOREVER

PATIENT = RetryPolicy(attempts=6, base=0.1, cap=1, total=1000)


class QuickClock(SystemClock):
    """The machine's time, for signatures must be valid, but waits are only written down."""

    def __init__(self):
        self.slept = []

    def sleep(self, seconds):
        self.slept.append(seconds)


def count(store):
    return store.list_page().objects.num_rows


def test_a_proxy_without_faults_changes_nothing(store, proxy):
    assert count(store) == 5
    assert store.get("d/k 3") == b"xxx"
    store.put("new +%2F", b"body")
    assert (store.get("new +%2F"), store.head("new +%2F")) == (b"body", 4)
    store.delete("new +%2F")
    assert proxy.requests == 6


@pytest.mark.parametrize(
    ("fault", "expected", "words"),
    [
        ({"refuse": True}, errors.ConnectError, "broke"),
        ({"errors": 1}, errors.ServerFaultError, "InternalError"),
        ({"cut_after": 200}, errors.ConnectError, "before the answer was complete"),
        ({"cut_after": 0}, errors.ConnectError, "before the answer was complete"),
        ({"malformed": True}, errors.MalformedAnswerError, "not XML"),
    ],
)
def test_faults_of_the_endpoint_speak_against_its_health_and_pass(store, proxy, fault, expected, words):
    for name, value in fault.items():
        setattr(proxy.faults, name, value)
    with pytest.raises(expected, match=words) as failed:
        store.list_page()
    assert failed.value.retry
    assert failed.value.outage
    for name in fault:
        setattr(proxy.faults, name, type(proxy.faults).__dataclass_fields__[name].default)
    assert count(store) == 5


def test_slow_down_is_not_an_outage_and_says_when_to_come_back(store, proxy):
    proxy.faults.slow_down(1, retry_after="17")
    with pytest.raises(errors.ThrottledError) as failed:
        store.list_page()
    assert (failed.value.retry_after, failed.value.retry, failed.value.outage) == (17, True, False)


def test_a_slow_answer_times_out(open_at, proxy):
    proxy.faults.delay = 30
    with pytest.raises(errors.StoreTimeoutError, match=r"nothing came for 0\.2 s"):
        open_at(proxy.endpoint, read_timeout=0.2).list_page()


def test_an_answer_that_trickles_is_given_up(open_at, proxy):
    class Racing(SystemClock):
        """Every look at it is two minutes later."""

        seconds = 0.0

        def monotonic(self):
            self.seconds += 121
            return self.seconds

    with pytest.raises(errors.StoreTimeoutError, match="took longer than 120 s"):
        open_at(proxy.endpoint, clock=Racing()).list_page()


def test_an_answer_that_never_stops_growing_is_cut_off(open_at, proxy):
    with pytest.raises(errors.MalformedAnswerError, match="larger than 500 B"):
        open_at(proxy.endpoint, max_answer_bytes=500).list_page()
    assert count(open_at(proxy.endpoint)) == 5


def test_disagreeing_clocks(store, proxy):
    proxy.faults.clock_skew()
    with pytest.raises(errors.ClockSkewError) as failed:
        store.list_page()
    assert "NTP" in failed.value.hint


def test_a_listing_that_repeats_its_token_is_found_out(store, proxy):
    proxy.faults.listing = "same-token"
    token = store.list_page().token
    with pytest.raises(errors.ListingLoopError):
        store.list_page(token=token)


@pytest.mark.parametrize(("mode", "advances"), [("same-page", False), ("endless", True)])
def test_listings_without_end_are_there_for_scans_to_find_out(store, proxy, mode, advances):
    proxy.faults.listing = mode
    first = store.list_page()
    second = store.list_page(token=first.token)
    assert second.truncated
    assert second.token != first.token
    last, following = first.objects["key"].to_pylist()[-1], second.objects["key"].to_pylist()[0]
    assert (following > last) == advances


def test_wrong_bytes_arrive_as_sent(store, proxy):
    proxy.faults.wrong_bytes = True
    assert store.get("d/k 4") != b"xxxx"


def test_passing_faults_are_outlasted(open_at, proxy):
    heard, clock = [], QuickClock()
    store = open_at(
        proxy.endpoint, clock=clock, retry=PATIENT, on_retry=lambda error, _: heard.append(type(error))
    )
    proxy.faults.slow_down(2, retry_after="3")
    assert count(store) == 5
    proxy.faults.error_status, proxy.faults.error_code, proxy.faults.errors = 500, "InternalError", 3
    assert count(store) == 5
    assert heard == [errors.ThrottledError] * 2 + [errors.ServerFaultError] * 3
    assert len(clock.slept) == 5
    assert all(3 <= wait <= 4 for wait in clock.slept[:2])


def test_lasting_faults_end_patience(open_at, proxy):
    clock = QuickClock()
    proxy.faults.errors = FOREVER
    with pytest.raises(errors.ServerFaultError):
        open_at(proxy.endpoint, clock=clock, retry=PATIENT).list_page()
    assert (proxy.requests, len(clock.slept)) == (6, 5)


def test_nobody_listens(open_at, free_port):
    with pytest.raises(errors.ConnectError, match="Connection refused"):
        open_at(f"http://127.0.0.1:{free_port()}").list_page()


def test_a_name_that_does_not_resolve(open_at):
    with pytest.raises(errors.DnsError, match=r"nowhere\.invalid"):
        open_at("http://nowhere.invalid").list_page()


def test_wrong_key_and_wrong_secret(open_at, rclone_server):
    right = rclone_server.credentials
    wrong_secret = Credentials(access_key_id=right.access_key_id, secret_access_key="not-this-secret")
    unknown = Credentials(access_key_id="AKIAUNKNOWNUNKNOWN00", secret_access_key="whatever-secret")
    for credentials in (wrong_secret, unknown, None):
        with pytest.raises(errors.WrongCredentialsError) as failed:
            open_at(rclone_server.endpoint, credentials=credentials).list_page()
        assert not failed.value.outage
        assert "secret" not in failed.value.detail


def test_no_such_bucket(open_at, rclone_server):
    store = open_at(rclone_server.endpoint, name="not-there")
    with pytest.raises(errors.NoSuchBucketError) as failed:
        store.list_page()
    assert not failed.value.retry
    assert "not-there" in failed.value.detail


def test_requests_are_signed_by_the_injected_clock(open_at, rclone_server):
    clock = ManualClock(SystemClock().now())
    assert count(open_at(rclone_server.endpoint, clock=clock)) == 5
    clock.jump(7 * 86400)
    with pytest.raises(errors.ClockSkewError):
        count(open_at(rclone_server.endpoint, clock=clock))
