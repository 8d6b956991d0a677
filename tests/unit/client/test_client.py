"""The client against a server that speaks real HTTP."""

import socket
import threading
from collections.abc import Iterator

import pytest

from storekeeper_client import ApiError, Client, Tokens, UnreachableError
from storekeeper_client.testing import FakeServer

SCAN = {"id": "s1", "bucket": "photos", "status": "running", "objects": 10, "bytes": 100}
DONE = SCAN | {"status": "succeeded", "objects": 25, "bytes": 250}
ME = {"id": "u1", "email": "ann@example.com", "role": "admin", "via": "token"}
FRESH = {"accessToken": "a2", "refreshToken": "r2", "expiresIn": 600, "role": "admin"}


@pytest.fixture
def server() -> Iterator[FakeServer]:
    with FakeServer() as server:
        yield server


def test_names_are_escaped_in_paths(server):
    server.answer("GET", "/api/users/ann%2B1%40example.com%2Fx", {"id": "u1", "email": "e", "role": "user"})

    with Client(server.url, token="sk_1.x") as client:
        assert client.user("ann+1@example.com/x").id == "u1"

    assert server.asked[0].token == "sk_1.x"


def test_a_problem_becomes_an_error_with_its_hint(server):
    server.refuse(
        "GET", "/api/buckets/photos", "unknown-bucket", 404, detail="No bucket photos.", hint="List them."
    )

    with Client(server.url) as client, pytest.raises(ApiError) as caught:
        client.bucket("photos")

    assert (caught.value.status, caught.value.slug) == (404, "unknown-bucket")
    assert (caught.value.detail, caught.value.hint) == ("No bucket photos.", "List them.")


def test_what_is_not_storekeeper_is_named_as_such():
    with (
        _speaking(
            b"HTTP/1.1 502 Bad Gateway\r\nContent-Type: text/html\r\nContent-Length: 4\r\n\r\noops"
        ) as url,
        Client(url) as client,
        pytest.raises(ApiError, match=r"502 Bad Gateway, text/html.*not Storekeeper"),
    ):
        client.me()


def test_a_redirect_is_not_followed_but_told():
    answer = b"HTTP/1.1 301 Moved\r\nLocation: https://keeper.example.com/\r\nContent-Length: 0\r\n\r\n"
    with (
        _speaking(answer) as url,
        Client(url) as client,
        pytest.raises(ApiError, match=r"https://keeper\.example\.com/"),
    ):
        client.me()


def test_an_expired_access_token_is_renewed_once_and_kept(server):
    server.refuse("GET", "/api/me", "not-signed-in", 401)
    server.answer("GET", "/api/me", ME)
    server.answer("POST", "/api/auth/refresh", FRESH)
    kept: list[Tokens] = []

    with Client(
        server.url, tokens=Tokens(access_token="a1", refresh_token="r1"), on_refresh=kept.append
    ) as client:
        assert client.me().email == "ann@example.com"
        assert client.me().email == "ann@example.com"

    assert [(asked.path, asked.token) for asked in server.asked] == [
        ("/api/me", "a1"),
        ("/api/auth/refresh", ""),
        ("/api/me", "a2"),
        ("/api/me", "a2"),
    ]
    assert server.asked[1].body == {"refreshToken": "r1"}
    assert [tokens.refresh_token for tokens in kept] == ["r2"]


def test_a_refused_renewal_is_the_callers_to_hear(server):
    server.refuse("GET", "/api/me", "not-signed-in", 401)
    server.refuse("POST", "/api/auth/refresh", "not-signed-in", 401, detail="That token was used before.")

    with (
        Client(server.url, tokens=Tokens(access_token="a1", refresh_token="r1")) as client,
        pytest.raises(ApiError, match="used before"),
    ):
        client.me()


def test_an_api_key_is_never_renewed(server):
    server.refuse("GET", "/api/me", "not-signed-in", 401)

    with Client(server.url, token="sk_1.x") as client, pytest.raises(ApiError):
        client.me()

    assert len(server.asked) == 1


def test_signing_out_spends_the_refresh_token(server):
    server.answer("POST", "/api/auth/token", FRESH)
    server.answer("POST", "/api/auth/logout", status=204)

    with Client(server.url) as client:
        client.sign_in("ann@example.com", "secret")
        client.sign_out()
        client.sign_out()

    assert [asked.body for asked in server.asked] == [
        {"email": "ann@example.com", "password": "secret"},
        {"refreshToken": "r2"},
    ]


def test_nobody_there_is_unreachable(free_port):
    with (
        Client(f"http://127.0.0.1:{free_port()}") as client,
        pytest.raises(UnreachableError, match="nothing listens"),
    ):
        client.me()


def test_an_unknown_host_is_unreachable():
    with (
        Client("http://keeper.invalid") as client,
        pytest.raises(UnreachableError, match="no host of that name"),
    ):
        client.me()


@pytest.mark.parametrize("url", ["ftp://keeper", "http://", ""])
def test_what_is_no_address_is_refused(url):
    with pytest.raises(ValueError, match="not the address of a server"):
        Client(url)


def test_an_address_may_have_a_path_and_no_scheme(server):
    server.answer("GET", "/keeper/api/me", ME)

    with Client(f"{server.url.removeprefix('http://')}/keeper/") as client:
        assert client.me().role == "admin"


def test_silence_times_out():
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        with Client(url, timeout=0.05) as client, pytest.raises(UnreachableError, match="too long"):
            client.me()


def test_a_connection_that_the_server_closed_meanwhile_is_replaced():
    one = b'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 17\r\n\r\n{"email":"a@b.c"}'
    with _speaking(one, one) as url, Client(url) as client:
        assert client.me().email == "a@b.c"
        assert client.me().email == "a@b.c"


def test_an_answer_cut_short_is_unreachable():
    answer = b'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 900\r\n\r\n{"email":'
    with _speaking(answer) as url, Client(url) as client, pytest.raises(UnreachableError, match="cut off"):
        client.me()


def test_an_answer_of_another_shape_is_told(server):
    server.answer("GET", "/api/version", {"nothing": "known"})

    with Client(server.url) as client, pytest.raises(UnreachableError, match="another release"):
        client.version()


def test_lists_are_read_to_their_end(server):
    item = {"id": "b", "name": "b", "url": "s3://b"}
    server.answer("GET", "/api/buckets", {"items": [item], "nextCursor": "next"})
    server.answer("GET", "/api/buckets", {"items": [item], "nextCursor": None})

    with Client(server.url) as client:
        assert len(client.buckets()) == 2

    assert server.asked[1].query == {"cursor": "next"}


def test_a_scan_is_followed_to_its_end(server):
    server.stream("/api/scans/s1/events", [("progress", SCAN), ("progress", SCAN), ("done", DONE)])

    with Client(server.url) as client:
        seen = list(client.follow_scan("s1"))

    assert [scan.status for scan in seen] == ["running", "running", "succeeded"]


def test_a_broken_stream_is_taken_up_again(server):
    server.stream("/api/scans/s1/events", [("progress", SCAN)])
    server.stream("/api/scans/s1/events", [("done", DONE)])
    server.answer("GET", "/api/scans/s1", SCAN)

    with Client(server.url) as client:
        seen = list(client.follow_scan("s1"))

    assert [scan.objects for scan in seen] == [10, 10, 25]


def test_a_stream_that_stays_silent_is_given_up(server):
    server.stream("/api/scans/s1/events", [])
    server.answer("GET", "/api/scans/s1", SCAN)

    with Client(server.url) as client, pytest.raises(UnreachableError, match="the scan itself goes on"):
        list(client.follow_scan("s1"))


def test_following_without_permission_is_refused(server):
    server.refuse("GET", "/api/scans/s1/events", "not-allowed", 403, detail="Your role does not allow this.")

    with Client(server.url) as client, pytest.raises(ApiError, match="role does not allow"):
        list(client.follow_scan("s1"))


class _speaking:  # noqa: N801 - reads as a phrase
    """A server that says these bytes, one answer a connection, whatever it is asked."""

    def __init__(self, *answers: bytes) -> None:
        self._answers = answers
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._thread = threading.Thread(target=self._serve, daemon=True)

    def __enter__(self) -> str:
        self._thread.start()
        return f"http://127.0.0.1:{self._listener.getsockname()[1]}"

    def __exit__(self, *_exc) -> None:
        self._thread.join(5)
        self._listener.close()

    def _serve(self) -> None:
        for answer in self._answers:
            connection, _ = self._listener.accept()
            with connection:
                connection.recv(65536)
                connection.sendall(answer)
