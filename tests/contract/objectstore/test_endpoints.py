"""Endpoints that misbehave do what they are named for, as our client sees them; all else about them is well."""

import contextlib
import http.client
import ssl
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from cryptography import x509

from endpoints import BODY, ELSEWHERE, KEY
from storekeeper.kernel.clock import SystemClock
from storekeeper.objectstore import errors

LOCATION = "http://s3.elsewhere.example"


@pytest.fixture
def opened():
    """`opened(endpoint, …)` is the bucket behind it, closed in the end."""
    with contextlib.ExitStack() as stores:
        yield lambda endpoint, **options: stores.enter_context(contextlib.closing(endpoint.open(**options)))


def works(store):
    store.put("new +%2F", b"body")
    assert (store.get("new +%2F"), store.head("new +%2F")) == (b"body", 4)
    assert store.list_page().objects["key"].to_pylist() == ["new +%2F", KEY]
    store.delete("new +%2F")
    with pytest.raises(errors.NoSuchKeyError):
        store.get("new +%2F")


def test_without_a_fault_all_is_well(endpoints, opened):
    works(opened(endpoints.faithful()))


def test_https_with_ten_days_left(endpoints, opened):
    works(opened(endpoint := endpoints.https(days=10)))
    with pytest.raises(errors.TlsError, match="authority"):
        opened(endpoint, ca_file=None).get(KEY)


@pytest.mark.parametrize(
    ("certificate", "words"), [({"days": -1}, "has expired"), ({"names": [ELSEWHERE]}, "another address")]
)
def test_certificates_that_do_not_do(endpoints, opened, certificate, words):
    with pytest.raises(errors.TlsError, match=words):
        opened(endpoints.https(**certificate)).get(KEY)


@pytest.mark.parametrize("days", [10, -1])
def test_the_certificate_tells_how_long_it_is_good_for(endpoints, days):
    port = urlsplit(endpoints.https(days=days).url).port
    served = x509.load_pem_x509_certificate(ssl.get_server_certificate(("127.0.0.1", port)).encode())
    left = served.not_valid_after_utc - SystemClock().now()
    assert abs(left - timedelta(days=days)) < timedelta(minutes=1)


def test_redirects(endpoints, opened):
    endpoint = endpoints.redirecting(LOCATION)
    for ask in (lambda store: store.get(KEY), lambda store: store.put(KEY, b""), lambda s: s.list_page()):
        with pytest.raises(errors.RedirectedError):
            ask(opened(endpoint))
    connection = http.client.HTTPConnection(urlsplit(endpoint.url).netloc)
    connection.request("GET", "/bucket/key?x=1")
    answer = connection.getresponse()
    assert (answer.status, answer.headers["Location"]) == (307, f"{LOCATION}/bucket/key?x=1")
    connection.close()


def test_an_error_under_200(endpoints, opened):
    store = opened(endpoints.error_under_200("InternalError"))
    assert b"<Code>InternalError</Code>" in store.get(KEY)
    with pytest.raises(errors.ServerFaultError):
        store.list_page()
    store.put(KEY, b"other")  # nobody looks into the answer to a PUT, and nothing was stored
    assert opened(endpoints.error_under_200(methods=["PUT"])).get(KEY) == BODY


def test_what_may_be_read_and_not_written(endpoints, opened):
    store = opened(endpoints.denying("PUT"))
    assert (store.get(KEY), store.head(KEY), store.list_page().objects.num_rows) == (BODY, len(BODY), 1)
    with pytest.raises(errors.MissingPermissionError):
        store.put(KEY, b"other")
    assert store.get(KEY) == BODY
    store.delete(KEY)


@pytest.mark.parametrize("head", [False, True])
def test_what_trickles_is_never_silent_for_long(endpoints, opened, head):
    endpoint = endpoints.trickling(0.001, head=head)
    assert opened(endpoint, read_timeout=0.5).get(KEY) == BODY


def test_a_body_that_trickles_takes_longer_than_patience(endpoints, opened):
    store = opened(endpoints.trickling(0.02), total_timeout=0.1)
    with pytest.raises(errors.StoreTimeoutError, match=r"longer than 0\.1 s"):
        store.get(KEY)
