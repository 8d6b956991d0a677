"""What an answer means, and how long to wait after it."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storekeeper_client.metering.backoff import pause
from storekeeper_client.metering.limits import Limits
from storekeeper_client.metering.verdict import Acknowledged, Answer, Later, Refused, judge

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)


def verdict(status, body=b"", **headers):
    return judge(
        Answer(status, {name.replace("_", "-"): value for name, value in headers.items()}, body), NOW
    )


def test_an_acknowledgement_says_what_became_of_each():
    body = b'{"accepted":2,"duplicates":1,"rejected":[{"index":3,"reason":"unknown-bucket"}],"more":1}'
    assert verdict(200, body) == Acknowledged(2, 1, [{"index": 3, "reason": "unknown-bucket"}])


@pytest.mark.parametrize("body", [b"", b"<html>sign in to this network</html>", b'{"accepted":"many"}'])
def test_a_success_that_is_not_ours_acknowledges_nothing(body):
    assert isinstance(verdict(200, body), Later)


@pytest.mark.parametrize("status", [408, 425, 429, 500, 502, 503, 504, 599])
def test_what_may_pass_is_tried_again(status):
    assert isinstance(verdict(status), Later)


@pytest.mark.parametrize("status", [204, 301, 307, 400, 401, 403, 404, 413, 422])
def test_what_will_not_pass_is_given_up(status):
    assert isinstance(verdict(status), Refused)


def test_only_an_error_of_the_server_itself_counts_against_the_batch():
    assert verdict(500).strike
    assert not any(verdict(status).strike for status in (429, 502, 503, 504))


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("7", 7.0),
        ("Fri, 20 Nov 2026 12:01:30 GMT", 90.0),
        ("Fri, 20 Nov 2026 11:00:00 GMT", 0.0),
        ("Fri, 20 Nov 2026 12:01:30 -0000", 90.0),
        ("soon", None),
        ("-3", None),
        ("\u0663", None),
        ("", None),
    ],
)
def test_retry_after_is_a_number_or_a_date(value, seconds):
    assert verdict(503, retry_after=value).wait == seconds


def test_the_reason_is_in_the_servers_own_words():
    assert verdict(403, b'{"title":"Not allowed","detail":"Scope ingest is missing."}').reason == (
        "403 Scope ingest is missing."
    )


def test_the_wait_doubles_up_to_its_limit():
    waits = [pause(attempt, None, Limits(), lambda: 1.0) for attempt in range(1, 9)]
    assert waits == [1, 2, 4, 8, 16, 32, 60, 60]


@given(st.integers(1, 10_000), st.floats(0, 1, exclude_max=True), st.none() | st.floats(0, 1e9))
def test_the_wait_is_jittered_bounded_and_never_shorter_than_asked(attempt, chance, asked):
    limits = Limits()
    wait = pause(attempt, asked, limits, lambda: chance)
    assert (
        min(asked or 0, limits.longest_retry_after)
        <= wait
        <= limits.longest_retry_after + limits.longest_retry
    )
    if asked is None:
        assert wait <= limits.longest_retry
