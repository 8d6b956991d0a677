"""boto3 behind breakers, with a transport that answers what the test says: what counts, what passes, what is refused."""

import io

import pytest
from botocore.awsrequest import AWSResponse
from botocore.exceptions import ClientError, EndpointConnectionError, NoCredentialsError, ReadTimeoutError
from botocore.parsers import ResponseParserError

from sessions import new_session
from storekeeper_client.breaker import BreakerOpenError, Mode, State, guard

FAULT = "<Error><Code>{}</Code><Message>m</Message></Error>"


class Raw(io.BytesIO):
    """A body as urllib3 gives it."""

    def stream(self, **_):
        yield self.read()


class Transport:
    """Answers by `script`, then with 200. Counts what was sent."""

    def __init__(self, client):
        self.script, self.sent = [], 0
        client.meta.events.register("before-send.s3", self.answer)

    def answer(self, request, **_):
        self.sent += 1
        reply = self.script.pop(0) if self.script else 200
        if isinstance(reply, BaseException):
            raise reply
        status, body = reply if isinstance(reply, tuple) else (reply, "")
        return AWSResponse(request.url, status, {"Content-Length": str(len(body))}, Raw(body.encode()))


@pytest.fixture
def client(make_client):
    return make_client()


@pytest.fixture
def transport(client):
    return Transport(client)


@pytest.fixture
def s3(client, transport, breakers):
    return guard(client, breakers)


@pytest.fixture
def breaker(breakers):
    return breakers.get("media")


def head(s3):
    return s3.head_object(Bucket="media", Key="k")


def test_errors_open_the_buckets_breaker_and_nothing_more_is_sent(s3, transport, breaker, breakers):
    transport.script = [500] * 3
    for _ in range(3):
        with pytest.raises(ClientError):
            head(s3)
    for _ in range(5):
        with pytest.raises(
            BreakerOpenError, match="3 calls in a row failed, the last by an error of the server"
        ):
            head(s3)
    assert transport.sent == 3
    assert s3.head_object(Bucket="other", Key="k")
    assert breakers.get("other").snapshot().figures.calls == 1
    assert breaker.snapshot().figures.refused == 5


def test_it_finds_back(s3, transport, breaker, clock):
    transport.script = [EndpointConnectionError(endpoint_url="x")] * 3
    for _ in range(3):
        with pytest.raises(EndpointConnectionError):
            head(s3)
    clock.advance(60)
    head(s3)
    assert breaker.state is State.CLOSED


@pytest.mark.parametrize(
    ("replies", "failures", "throttled", "ignored"),
    [
        ([404, 403, 412, 304], 0, 0, 4),
        ([(503, FAULT.format("SlowDown")), 429], 0, 2, 0),
        ([500, 502, 200, 503], 3, 0, 0),
        ([ReadTimeoutError(endpoint_url="x")], 1, 0, 0),
        ([(200, "no xml at all <")], 1, 0, 0),
        ([(200, FAULT.format("InternalError"))], 1, 0, 0),
        ([(200, FAULT.format("SlowDown"))], 0, 1, 0),
    ],
    ids=["caller", "throttled", "server", "timeout", "garbage", "200-with-error", "200-with-slow-down"],
)
def test_what_counts(s3, transport, breaker, replies, failures, throttled, ignored):
    transport.script = list(replies)
    for _ in replies:
        try:
            s3.copy_object(Bucket="media", Key="k", CopySource="media/l")
        except (ClientError, ReadTimeoutError, ResponseParserError):
            continue
    figures = breaker.snapshot().figures
    assert (figures.failures, figures.throttled, figures.ignored) == (failures, throttled, ignored)


def test_every_attempt_counts_and_trying_again_ends_when_it_opens(client, transport, breakers, breaker):
    client.meta.events.register_first("needs-retry.s3", lambda attempts, **_: 0 if attempts < 10 else None)
    transport.script = [500] * 10
    with pytest.raises(BreakerOpenError):
        head(guard(client, breakers))
    assert transport.sent == 3
    assert breaker.snapshot().figures.failures == 3


def test_slow_answers_are_slow_and_large_bodies_are_not(client, transport, breakers, clock):
    def delay(**_):
        clock.advance(3)

    client.meta.events.register_first("before-send.s3", delay)
    s3, breaker = guard(client, breakers), breakers.get("media")
    head(s3)
    s3.put_object(Bucket="media", Key="k", Body=b"x" * 10)
    assert breaker.snapshot().figures.slow == 2
    s3.put_object(Bucket="media", Key="k", Body=b"x" * (1 << 20) + b"x")
    s3.copy_object(Bucket="media", Key="k", CopySource="media/l")
    assert breaker.snapshot().figures.slow == 2


@pytest.mark.parametrize("by_session", [False, True])
def test_a_call_that_is_broken_off_gives_its_permit_back(make_options, breakers, breaker, clock, by_session):
    session, options = new_session(), make_options("http://127.0.0.1:9")
    if by_session:
        s3 = guard(session, breakers).client("s3", **options)
    else:
        s3 = guard(session.client("s3", **options), breakers)
    transport = Transport(s3)
    breaker.open()
    clock.advance(60)
    transport.script = [KeyboardInterrupt()]
    with pytest.raises(KeyboardInterrupt):
        head(s3)
    assert breaker.snapshot().figures.trials == 0
    head(s3)
    assert breaker.state is State.CLOSED
    s3.close()


def test_a_call_that_is_not_sent_says_nothing(make_options, breakers, breaker, monkeypatch, tmp_path):
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    options = {name: value for name, value in make_options("http://127.0.0.1:9").items() if "key" not in name}
    session = new_session()
    guard(session, breakers)
    client = session.client("s3", **options)
    with pytest.raises(NoCredentialsError):
        head(client)
    client.close()
    figures = breaker.snapshot().figures
    assert (figures.calls, figures.failures) == (0, 0)


def test_sessions_and_resources_are_guarded_too(make_options, breakers, breaker):
    breaker.set_mode(Mode.FORCED_OPEN)
    session = new_session()
    guard(session, breakers)
    client = session.client("s3", **make_options("http://127.0.0.1:9"))
    with pytest.raises(BreakerOpenError):
        head(client)
    client.close()
    resource = new_session().resource("s3", **make_options("http://127.0.0.1:9"))
    with pytest.raises(BreakerOpenError):
        guard(resource, breakers).Object("media", "k").load()
    resource.meta.client.close()


def test_a_client_is_guarded_once(s3, transport, breakers, breaker):
    guard(guard(s3, breakers), breakers)
    head(s3)
    assert breaker.snapshot().figures.calls == 1


def test_calls_without_a_bucket_pass(s3, breakers, transport):
    transport.script = [(200, "<ListAllMyBucketsResult/>")]
    s3.list_buckets()
    assert len(breakers) == 0


@pytest.mark.parametrize("order", ["meter-first", "breaker-first"])
def test_a_meter_and_breakers_go_together(client, transport, breakers, meter, ingest, order):
    if order == "meter-first":
        meter.instrument_botocore_client(client)
    guard(client, breakers)
    if order == "breaker-first":
        meter.instrument_botocore_client(client)
    transport.script = [200, 500, 500, 500]
    head(client)
    for _ in range(3):
        with pytest.raises(ClientError):
            head(client)
    with pytest.raises(BreakerOpenError):
        head(client)
    assert meter.flush()
    assert [operation.status for operation in ingest.operations] == [200, 500, 500, 500]
    assert meter.stats().unanswered == 0
    assert breakers.get("media").snapshot().figures.calls == 4


def test_what_is_no_client_is_refused(breakers):
    with pytest.raises(TypeError, match="list is no client"):
        guard([], breakers)
