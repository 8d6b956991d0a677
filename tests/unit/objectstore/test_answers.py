"""Error answers of many providers, each turned into the error that helps."""

from datetime import UTC, datetime

import pytest

from storekeeper.objectstore import errors
from storekeeper.objectstore.answers import Operation, Request, error_from

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
LIST = Operation("ListObjectsV2", "s3:ListBucket")
SECRETS = ("the-secret-key", "the-session-token")


def answer(status, code="", message="", *, extra="", headers=None, key=""):
    body = f"<Error><Code>{code}</Code><Message>{message}</Message>{extra}</Error>" if code else message
    return error_from(Request(LIST, "photos", key, SECRETS), status, headers or {}, body.encode(), NOW)


@pytest.mark.parametrize(
    ("status", "code", "expected"),
    [
        (403, "InvalidAccessKeyId", errors.WrongCredentialsError),
        (403, "SignatureDoesNotMatch", errors.WrongCredentialsError),
        (401, "Unauthorized", errors.WrongCredentialsError),
        (400, "ExpiredToken", errors.WrongCredentialsError),
        (403, "AccessDenied", errors.MissingPermissionError),
        (403, "", errors.MissingPermissionError),
        (403, "RequestTimeTooSkewed", errors.ClockSkewError),
        (404, "NoSuchBucket", errors.NoSuchBucketError),
        (404, "", errors.NoSuchBucketError),
        (404, "NoSuchKey", errors.NoSuchKeyError),
        (301, "PermanentRedirect", errors.RedirectedError),
        (307, "", errors.RedirectedError),
        (429, "", errors.ThrottledError),
        (503, "SlowDown", errors.ThrottledError),
        (503, "ServiceUnavailable", errors.ServerFaultError),
        (500, "InternalError", errors.ServerFaultError),
        (502, "", errors.ServerFaultError),
        (599, "Odd", errors.ServerFaultError),
        (200, "InternalError", errors.ServerFaultError),
        (200, "SlowDown", errors.ThrottledError),
        (400, "RequestTimeout", errors.StoreTimeoutError),
        (501, "NotImplemented", errors.UnsupportedError),
        (405, "", errors.UnsupportedError),
        (400, "InvalidRequest", errors.ObjectStoreError),
        (418, "", errors.ObjectStoreError),
    ],
)
def test_codes_and_statuses(status, code, expected):
    assert type(answer(status, code, "words")) is expected


def test_a_missing_key_and_a_missing_bucket_differ_without_words():
    assert type(answer(404, key="a/b")) is errors.NoSuchKeyError
    assert type(answer(404)) is errors.NoSuchBucketError


def test_the_missing_permission_is_named():
    error = answer(403, "AccessDenied")
    assert error.extra["permission"] == "s3:ListBucket"
    assert "s3:ListBucket" in error.hint


def test_another_region_is_named():
    for error in (
        answer(301, "PermanentRedirect", headers={"x-amz-bucket-region": "eu-west-1"}),
        answer(400, "AuthorizationHeaderMalformed", "wrong region", extra="<Region>eu-west-1</Region>"),
    ):
        assert type(error) is errors.RedirectedError
        assert error.extra["region"] == "eu-west-1"
        assert "eu-west-1" in error.hint
    assert (
        "s3.x.example" in answer(301, "PermanentRedirect", extra="<Endpoint>s3.x.example</Endpoint>").detail
    )


def test_r2_s_word_for_a_wrong_key():
    message = "Credential access key has length 20, should be 32"
    assert type(answer(400, "InvalidArgument", message)) is errors.WrongCredentialsError
    assert type(answer(400, "InvalidArgument", "max-keys")) is errors.ObjectStoreError


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("7", 7),
        ("Fri, 20 Nov 2026 12:00:30 GMT", 30),
        ("Fri, 20 Nov 2026 11:00:00 GMT", 0),
        ("soon", None),
        ("", None),
    ],
)
def test_retry_after(value, seconds):
    assert answer(503, "SlowDown", headers={"retry-after": value}).retry_after == seconds


@pytest.mark.parametrize(
    "message",
    [
        "you sent the-secret-key",
        "x-amz-security-token: the-session-token",
        "AWS4-HMAC-SHA256 Credential=AKIA/20261120/us-east-1/s3/aws4_request, Signature=" + "ab" * 32,
        "signature " + "0f" * 32,
    ],
)
def test_an_endpoint_that_echoes_secrets_does_not_get_them_into_errors(message):
    shown = repr(answer(403, "SignatureDoesNotMatch", message).problem())
    for secret in (*SECRETS, "aws4_request", "ab" * 32, "0f" * 32):
        assert secret not in shown


def test_long_and_unprintable_words_are_cut():
    detail = answer(500, "InternalError", "x" * 10_000 + "\t").detail
    assert len(detail) < 400
    assert detail.isprintable()


def test_every_error_says_what_was_asked():
    assert (
        answer(500, "InternalError", "sorry").detail
        == "ListObjectsV2 on photos: InternalError: sorry (HTTP 500)"
    )
    assert "photos/a/b" in answer(404, "NoSuchKey", key="a/b").detail
