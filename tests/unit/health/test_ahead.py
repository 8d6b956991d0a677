"""Rounds signed ahead: for the time at which they are made, for our own prefix, and for nothing else."""

from datetime import timedelta

import pytest

from storekeeper.kernel.clock import ManualClock
from storekeeper.objectstore import Credentials, parse_location
from storekeeper.objectstore.errors import MissingPermissionError
from storekeeper.objectstore.probing import ProbeOperation, RoundSigner, parse_name
from storekeeper.objectstore.probing.ahead import _SignedAhead
from storekeeper.objectstore.signing import Signer

PUT, GET, HEAD, LIST, DELETE = (
    ProbeOperation.PUT, ProbeOperation.GET, ProbeOperation.HEAD, ProbeOperation.LIST, ProbeOperation.DELETE,
)  # fmt: skip
LOCATION = parse_location("s3://photos", endpoint="https://s3.example.com", region="eu-1")
KEYS = Credentials(access_key_id="AKIATEST", secret_access_key="very-secret", session_token="a-session")
CLOCK = ManualClock()
LATER = CLOCK.now() + timedelta(minutes=4)


def signed(*operations, credentials=KEYS):
    return RoundSigner(LOCATION, credentials).sign("fra-1-9f3a", operations, LATER)


def test_each_request_is_signed_as_if_it_were_made_at_its_time():
    made = signed(*ProbeOperation)
    signer = Signer(KEYS, region="eu-1", clock=ManualClock(LATER))
    for one in made.requests:
        assert one.headers["X-Amz-Date"] == "20261120T120400Z"
        assert one.headers == signer.headers(one.method, one.url, one.body.encode())


def test_requests_are_for_one_object_of_the_vantage_point_and_for_its_prefix():
    made = signed(*ProbeOperation)
    assert parse_name(made.key) == ("fra-1-9f3a", LATER)
    object_url = f"https://s3.example.com/photos/{made.key}"
    listing = "https://s3.example.com/photos?encoding-type=url&list-type=2&max-keys=1"
    assert [(one.method, one.url) for one in made.requests] == [
        ("PUT", object_url),
        ("HEAD", object_url),
        ("GET", object_url),
        ("GET", f"{listing}&prefix=.storekeeper-probe%2Ffra-1-9f3a%2F"),
        ("DELETE", object_url),
    ]


def test_no_two_rounds_are_for_the_same_object():
    assert signed(PUT).key != signed(PUT).key
    assert signed(PUT).body != signed(PUT).body


def test_what_is_put_can_be_deleted_and_nothing_else():
    assert [one.method for one in signed(PUT).requests] == ["PUT", "DELETE"]
    assert [one.method for one in signed(GET).requests] == ["GET"]
    assert signed(GET).body == b""


def test_no_secret_goes_along():
    assert all("very-secret" not in str(one) for one in signed(*ProbeOperation).requests)


def test_without_credentials_requests_are_anonymous():
    (one,) = signed(GET, credentials=None).requests
    assert "Authorization" not in one.headers


def test_what_was_not_signed_can_not_be_sent():
    made = signed(PUT, GET)
    ready = _SignedAhead(made.requests)
    assert ready.headers("PUT", made.requests[0].url, b"") == made.requests[0].headers
    for method, url in (("HEAD", made.requests[0].url), ("GET", f"{made.requests[0].url}0")):
        with pytest.raises(MissingPermissionError):
            ready.headers(method, url, b"")
