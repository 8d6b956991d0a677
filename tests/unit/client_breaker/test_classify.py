"""What real errors of real libraries say of the storage: each raised by the library itself, over loopback sockets."""

import asyncio
import errno
import http.client
import socket
import ssl
import threading
import urllib.error
import urllib.request
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import aiohttp
import httpx
import pytest
import requests
import urllib3
from botocore.config import Config
from botocore.exceptions import ClientError, IncompleteReadError
from botocore.parsers import ResponseParserError
from obstore.store import S3Store

from sessions import new_session
from storekeeper_client.breaker import BreakerOpenError
from storekeeper_client.breaker.classify import classify, classify_answer
from storekeeper_client.errors import UnreachableError


class Handler(BaseHTTPRequestHandler):
    """`/500/InternalError` is answered so; `/cut` and `/wait` are not."""

    release = threading.Event()

    def handle_any(self):
        _, first, *rest = self.path.split("/")
        self.close_connection = True
        if first == "wait":
            self.release.wait(20)
        if not first.isdigit():
            return
        code = rest[0].partition("?")[0] if rest else "Nothing"
        body = f"<Error><Code>{code}</Code></Error>".encode()
        self.send_response(int(first))
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Retry-After", "7")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    do_GET = do_HEAD = handle_any  # noqa: N815 - the names that http.server calls

    def log_message(self, *args):
        """Say nothing."""


@pytest.fixture(scope="module")
def server():
    Handler.release.clear()
    made = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    made.daemon_threads = True
    threading.Thread(target=made.serve_forever, args=(0.01,), daemon=True).start()
    yield f"http://127.0.0.1:{made.server_address[1]}"
    Handler.release.set()
    made.shutdown()
    made.server_close()


def raised(work):
    try:
        work()
    except Exception as error:  # noqa: BLE001 - any, that is the point
        return error
    return None


def by_httpx(url):
    httpx.get(url, timeout=0.3).raise_for_status()


def by_requests(url):
    requests.get(url, timeout=0.3).raise_for_status()


def by_urllib3(url):
    with urllib3.PoolManager(retries=urllib3.Retry(1)) as pool:
        pool.request("GET", url, timeout=0.3)


def by_urllib(url):
    try:
        urllib.request.urlopen(url, timeout=0.3)
    except urllib.error.HTTPError as error:
        error.close()
        raise


def by_aiohttp(url):
    async def main():
        timeout = aiohttp.ClientTimeout(total=0.3)
        async with aiohttp.ClientSession(timeout=timeout) as session, session.get(url) as answer:
            answer.raise_for_status()

    asyncio.run(main())


def by_botocore(url):
    endpoint, _, path = url.rpartition("://")[2].partition("/")
    client = new_session().client(
        "s3",
        endpoint_url=url.partition("://")[0] + "://" + endpoint,
        aws_access_key_id="a",
        aws_secret_access_key="b",
        region_name="us-east-1",
        config=Config(retries={"max_attempts": 0}, read_timeout=0.3, s3={"addressing_style": "path"}),
    )
    bucket, _, key = path.partition("/")
    try:
        client.get_object(Bucket=bucket.ljust(3, "x"), Key=key or "k")
    finally:
        client.close()


def by_obstore(url):
    scheme, _, rest = url.partition("://")
    endpoint, _, path = rest.partition("/")
    bucket, _, key = path.partition("/")
    S3Store(
        bucket or "b",
        endpoint=f"{scheme}://{endpoint}",
        access_key_id="a",
        secret_access_key="b",
        region="us-east-1",
        client_options={"allow_http": True, "timeout": timedelta(seconds=0.3)},
        retry_config={"max_retries": 0, "retry_timeout": timedelta(seconds=1)},
    ).get(key or "k")


ALL = [by_httpx, by_requests, by_urllib3, by_urllib, by_aiohttp, by_botocore, by_obstore]
every_library = pytest.mark.parametrize("ask", ALL, ids=lambda ask: ask.__name__[3:])


def kinds(error):
    verdict = classify(error)
    return verdict.outcome.value, verdict.kind.value if verdict.kind else ""


@every_library
def test_nobody_listens(ask, free_port):
    assert kinds(raised(lambda: ask(f"http://127.0.0.1:{free_port()}/"))) == ("failure", "connect")


@every_library
def test_the_answer_is_cut_off(ask, server):
    assert kinds(raised(lambda: ask(f"{server}/cut"))) == ("failure", "connect")


@every_library
def test_no_answer_comes(ask, server):
    assert kinds(raised(lambda: ask(f"{server}/wait"))) == ("failure", "timeout")


@every_library
def test_it_speaks_no_tls(ask, server):
    url = server.replace("http://", "https://")
    assert kinds(raised(lambda: ask(f"{url}/cut"))) == ("failure", "tls")


ANSWERS = [
    (500, "InternalError", ("failure", "server")),
    (503, "ServiceUnavailable", ("failure", "server")),
    (429, "TooManyRequests", ("throttled", "")),
    (404, "NoSuchKey", ("caller", "")),
    (403, "AccessDenied", ("caller", "")),
    (501, "NotImplemented", ("caller", "")),
]


@pytest.mark.parametrize("answer", ANSWERS, ids=lambda answer: answer[1])
@pytest.mark.parametrize(
    "ask",
    [by_httpx, by_requests, by_urllib, by_aiohttp, by_obstore],
    ids=lambda ask: ask.__name__[3:],
)
def test_answers(ask, answer, server):
    status, code, expected = answer
    assert kinds(raised(lambda: ask(f"{server}/{status}/{code}"))) == expected


def test_obstore_tells_the_code(server):
    assert kinds(raised(lambda: by_obstore(f"{server}/503/SlowDown"))) == ("throttled", "")
    assert kinds(raised(lambda: by_obstore(f"{server}/400/RequestTimeout"))) == ("failure", "timeout")
    assert kinds(raised(lambda: by_obstore(f"{server}/301/Moved"))) == ("unknown", "")


def test_how_long_a_throttled_call_is_to_wait(server):
    assert classify(raised(lambda: by_httpx(f"{server}/429"))).retry_after == 7.0
    assert classify(raised(lambda: by_aiohttp(f"{server}/429"))).retry_after == 7.0


def of_botocore(status, code):
    about = {"HTTPStatusCode": status, "HTTPHeaders": {}}
    return ClientError({"Error": {"Code": code}, "ResponseMetadata": about}, "GetObject")


@pytest.mark.parametrize(
    ("status", "code", "expected"),
    [
        (503, "SlowDown", ("throttled", "")),
        (400, "RequestLimitExceeded", ("throttled", "")),
        (500, "InternalError", ("failure", "server")),
        (200, "InternalError", ("failure", "server")),
        (200, "SlowDown", ("throttled", "")),
        (400, "RequestTimeout", ("failure", "timeout")),
        (408, "", ("failure", "timeout")),
        (304, "304", ("caller", "")),
        (412, "PreconditionFailed", ("caller", "")),
        (401, "InvalidAccessKeyId", ("caller", "")),
        (301, "PermanentRedirect", ("caller", "")),
    ],
)
def test_statuses_and_codes_of_s3(status, code, expected):
    assert kinds(of_botocore(status, code)) == expected
    verdict = classify_answer(status, code)
    assert (verdict.outcome.value, verdict.kind.value if verdict.kind else "") == expected


def test_a_good_answer_is_good():
    assert classify_answer(206).outcome == "ok"


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (ConnectionResetError(), ("failure", "connect")),
        (TimeoutError(), ("failure", "timeout")),
        (socket.gaierror(-2, "unknown"), ("failure", "connect")),
        (OSError(errno.ENETUNREACH, "no way"), ("failure", "connect")),
        (OSError(errno.ENOSPC, "disk full"), ("unknown", "")),
        (FileNotFoundError(errno.ENOENT, "a file of the program"), ("unknown", "")),
        (FileNotFoundError("Object at location k not found"), ("caller", "")),
        (ssl.SSLCertVerificationError("expired"), ("failure", "tls")),
        (http.client.BadStatusLine("?"), ("failure", "connect")),
        (IncompleteReadError(actual_bytes=1, expected_bytes=2), ("failure", "connect")),
        (ResponseParserError("garbage"), ("failure", "server")),
        (UnreachableError("http://x", "away"), ("failure", "connect")),
        (BreakerOpenError("b", 1.0, "open"), ("unknown", "")),
        (ValueError("of the program"), ("unknown", "")),
        (asyncio.CancelledError(), ("unknown", "")),
        (KeyboardInterrupt(), ("unknown", "")),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, BaseException) else "",
)
def test_others(error, expected):
    assert kinds(error) == expected


def test_a_cause_is_followed():
    error = RuntimeError("could not save")
    error.__cause__ = ConnectionRefusedError()
    assert kinds(error) == ("failure", "connect")
