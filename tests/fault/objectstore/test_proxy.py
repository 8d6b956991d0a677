"""The proxy itself: faithful to the byte, over connections that are kept, and a switchboard decides for each request."""

import http.client
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from email.utils import parsedate_to_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from random import Random

import pytest

from storekeeper.kernel.clock import ManualClock, SystemClock
from storekeeper.objectstore import errors
from storekeeper.objectstore.faulty import Faults, FaultyProxy, Switch, Switchboard

LARGE = bytes(range(256)) * 20_000  # 5 MB


@pytest.fixture
def counted():
    """A server whose `connections` are counted. It hangs up after each answer where `hangs_up` is set."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def setup(self):
            server.connections += 1
            super().setup()

        def do_PUT(self):
            server.bodies.append(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(204)
            self.end_headers()
            self.wfile.flush()
            self.close_connection = server.hangs_up

        def do_GET(self):
            self.send_response(200)
            self.send_header("Content-Length", str(len(LARGE)))
            self.end_headers()
            self.wfile.write(LARGE[: server.sends])
            self.close_connection = server.sends < len(LARGE)

        def log_message(self, *args):
            """Quiet."""

    class Server(ThreadingHTTPServer):
        def shutdown_request(self, request):
            super().shutdown_request(request)
            server.hung_up.set()

    server = Server(("127.0.0.1", 0), Handler)
    server.hung_up = threading.Event()
    server.daemon_threads, server.block_on_close = True, False
    server.connections, server.bodies, server.hangs_up, server.sends = 0, [], False, len(LARGE)
    server.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def connection(counted):
    with FaultyProxy(counted.url) as proxy:
        opened = http.client.HTTPConnection(proxy.endpoint.removeprefix("http://"))
        opened.proxy = proxy
        yield opened
        opened.close()


def ask(connection, method="PUT", body=b"x"):
    connection.request(method, "/bucket/key", body if method == "PUT" else None)
    answer = connection.getresponse()
    return answer, answer.read()


def test_a_connection_is_kept(connection, counted):
    for number in range(20):
        answer, body = ask(connection, body=b"%d" % number)
        assert (answer.status, body) == (204, b"")
        assert "Content-Length" not in answer.headers
    assert counted.connections == 1
    assert counted.bodies == [b"%d" % number for number in range(20)]


def test_an_endpoint_that_hangs_up_between_requests_is_asked_once_each(connection, counted):
    counted.hangs_up = True
    for number in range(5):
        assert ask(connection, body=b"%d" % number)[0].status == 204
        assert counted.hung_up.wait(10)
        counted.hung_up.clear()
    assert counted.connections == 5
    assert counted.bodies == [b"%d" % number for number in range(5)]


def test_large_bodies_pass_to_the_byte(connection, counted):
    _, body = ask(connection, "GET")
    assert body == LARGE
    _, body = ask(connection, "PUT", LARGE)
    assert counted.bodies == [LARGE]
    connection.proxy.faults.wrong_bytes = True
    _, body = ask(connection, "GET")
    assert sum(ours != theirs for ours, theirs in zip(body, LARGE, strict=True)) == 1
    assert counted.connections == 1


def test_an_endpoint_that_breaks_off_is_passed_on_as_that(connection, counted):
    counted.sends = 1_000_000
    with pytest.raises((http.client.IncompleteRead, ConnectionResetError)):
        ask(connection, "GET")
    counted.sends = len(LARGE)
    connection.close()
    assert ask(connection, "GET")[1] == LARGE


def test_an_endpoint_that_is_away_resets(free_port):
    with FaultyProxy(f"http://127.0.0.1:{free_port()}") as proxy:
        connection = http.client.HTTPConnection(proxy.endpoint.removeprefix("http://"))
        with pytest.raises(ConnectionError):
            ask(connection)
        connection.close()


def test_faults_of_some_methods_leave_others_alone(connection):
    connection.proxy.faults = Faults(errors=2, methods=frozenset({"PUT"}))
    assert [ask(connection, method)[0].status for method in ("GET", "PUT", "GET", "PUT", "PUT")] == [
        200,
        500,
        200,
        500,
        204,
    ]


def test_a_date_that_is_off(connection):
    connection.proxy.faults = Faults(date_shift=1200)
    shifted = parsedate_to_datetime(ask(connection)[0].headers["Date"])
    off = shifted - SystemClock().now()
    assert timedelta(minutes=19) < off < timedelta(minutes=21)


# Switches


@pytest.fixture
def board():
    return Switchboard(ManualClock(), Random(7))


@pytest.fixture
def switched(rclone_server, board, open_at):
    """The bucket behind a proxy that does what the switchboard says."""
    with FaultyProxy(rclone_server.endpoint, choose=board.choose) as proxy:
        yield open_at(proxy.endpoint, read_timeout=0.5)


@pytest.mark.parametrize(
    ("switch", "expected"),
    [
        (Switch.SLOW, errors.StoreTimeoutError),
        (Switch.ERRORS, errors.ServerFaultError),
        (Switch.REFUSE, errors.ConnectError),
        (Switch.CUT, errors.ConnectError),
        (Switch.CLOCK_SKEW, errors.ClockSkewError),
        (Switch.THROTTLE, errors.ThrottledError),
    ],
)
def test_what_a_client_sees_of_a_switch(switched, board, switch, expected):
    board.turn_on(switch)
    for _ in range(2):
        with pytest.raises(expected):
            switched.list_page()
    board.turn_off()
    assert switched.list_page().objects.num_rows == 5


def test_wrong_bytes_reach_the_client_and_listings_stay_right(switched, board):
    board.turn_on(Switch.WRONG_BYTES)
    assert switched.list_page().objects.num_rows == 5
    assert switched.get("d/k 4") != b"xxxx"
    board.turn_off()
    assert switched.get("d/k 4") == b"xxxx"


def test_shares_hold_under_many_threads(switched, board):
    board.turn_on(Switch.ERRORS, share=0.5)

    def fails(_):
        try:
            switched.head("d/k 4")
        except errors.ServerFaultError:
            return True
        return False

    with ThreadPoolExecutor(8) as threads:
        failed = sum(threads.map(fails, range(200)))
    [state] = board.state()
    assert failed == state.requests
    assert 60 < failed < 140
