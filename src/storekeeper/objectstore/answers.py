"""What an endpoint means by an error: S3 codes and HTTP statuses turned into our errors.

Codes: https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
"""

import email.utils
import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from . import xml
from .errors import (
    ChangedMeanwhileError,
    ClockSkewError,
    MalformedAnswerError,
    MissingPermissionError,
    NoSuchBucketError,
    NoSuchKeyError,
    ObjectStoreError,
    RedirectedError,
    ServerFaultError,
    StoreTimeoutError,
    ThrottledError,
    UnsupportedError,
    WrongCredentialsError,
)

_CODES: dict[type[ObjectStoreError], str] = {
    WrongCredentialsError: "InvalidAccessKeyId SignatureDoesNotMatch InvalidToken ExpiredToken TokenRefreshRequired "
    "InvalidSecurity NotSignedUp Unauthorized AuthFailure CredentialsNotSupported InvalidClientTokenId "
    "IncompleteSignature AuthorizationHeaderMalformed MissingSecurityHeader UnsupportedAlgorithm",
    MissingPermissionError: "AccessDenied AllAccessDisabled AccountProblem Forbidden AccessForbidden",
    NoSuchBucketError: "NoSuchBucket InvalidBucketName",
    NoSuchKeyError: "NoSuchKey NoSuchUpload NoSuchVersion",
    RedirectedError: "PermanentRedirect TemporaryRedirect Redirect IllegalLocationConstraintException",
    ClockSkewError: "RequestTimeTooSkewed RequestExpired",
    ThrottledError: "SlowDown SlowDownRead SlowDownWrite Throttling ThrottlingException TooManyRequests "
    "RequestLimitExceeded BandwidthLimitExceeded",
    StoreTimeoutError: "RequestTimeout",
    ServerFaultError: "InternalError ServiceUnavailable OperationAborted",
    ChangedMeanwhileError: "PreconditionFailed ConditionalRequestConflict",
    UnsupportedError: "NotImplemented MethodNotAllowed UnsupportedOperation",
}
_BY_CODE = {code: error for error, codes in _CODES.items() for code in codes.split()}
_BY_STATUS: dict[int, type[ObjectStoreError]] = {
    301: RedirectedError,
    302: RedirectedError,
    307: RedirectedError,
    308: RedirectedError,
    401: WrongCredentialsError,
    403: MissingPermissionError,
    405: UnsupportedError,
    408: StoreTimeoutError,
    412: ChangedMeanwhileError,
    429: ThrottledError,
    501: UnsupportedError,
}
_CODE_HINTS = {
    "InvalidAccessKeyId": "The endpoint does not know this access key id.",
    "SignatureDoesNotMatch": "The access key id is known, but the secret does not fit it, or the region is wrong.",
    "UnsupportedAlgorithm": "The endpoint does not accept anonymous requests.",
    "ExpiredToken": "The temporary credentials have expired.",
    "NoSuchUpload": "It was completed or aborted meanwhile.",
}
_HINTS: dict[type[ObjectStoreError], str] = {
    WrongCredentialsError: "Check the access key id and the secret; they may have been revoked.",
    NoSuchBucketError: "Check the bucket's name, and that the endpoint and account are the right ones.",
    ClockSkewError: "Set this machine's clock by NTP.",
    UnsupportedError: "This provider does not offer it.",
}
# Nothing that proves who we are may come back through an endpoint's message.
_SIGNED = re.compile(
    r"AWS4-HMAC-SHA256.*|(?:Credential|Signature|X-Amz-[\w-]+)[=:]\S+|\b[0-9a-f]{64}\b", re.IGNORECASE
)
_MESSAGE_LENGTH = 300
_SECRET_LENGTH = 8  # shorter ones are no secrets, but would tear holes into words


class Operation(NamedTuple):
    """An S3 call by its API name and the IAM action that allows it."""

    name: str
    permission: str


class Request(NamedTuple):
    """What an error may tell about the request that failed."""

    operation: Operation
    bucket: str
    key: str = ""
    secrets: Sequence[str] = ()

    def __str__(self) -> str:
        return (
            f"{self.operation.name} on {self.bucket}/{self.key}"
            if self.key
            else f"{self.operation.name} on {self.bucket}"
        )


def error_from(
    request: Request, status: int, headers: Mapping[str, str], body: bytes, now: datetime
) -> ObjectStoreError:
    """The error that an answer stands for; its words are the endpoint's, cleaned of anything signed."""
    code, message, region = _parse_error(body)
    region = headers.get("x-amz-bucket-region") or region
    kind = _kind(request, status, code, message, region)
    said = f"{code}: {message}".strip(": ") if code or message else "no explanation"
    detail = _clean(f"{request}: {said} (HTTP {status})", request.secrets)
    extra: dict[str, Any] = {"statusFromEndpoint": status, "code": code[:64]}
    if kind is MissingPermissionError:
        extra["permission"] = request.operation.permission
    if kind is RedirectedError and region:
        extra["region"] = region[:64]
    hint = _hint(kind, code, extra)
    return kind(detail, hint=hint, retry_after=_retry_after(headers.get("retry-after", ""), now), **extra)


def _parse_error(body: bytes) -> tuple[str, str, str]:
    """(code, message, region); empty where the answer does not say, as after HEAD or from a proxy."""
    try:
        root = xml.parse(body)
    except MalformedAnswerError:
        return "", "", ""
    if root.name != "Error":
        return "", "", ""
    message = root.text("Message")
    elsewhere = root.text("Endpoint")
    return root.text("Code"), f"{message} Use {elsewhere}." if elsewhere else message, root.text("Region")


def _kind(request: Request, status: int, code: str, message: str, region: str) -> type[ObjectStoreError]:
    if code == "AuthorizationHeaderMalformed" and region:
        return RedirectedError
    if code == "InvalidArgument" and "access key" in message.lower():  # R2's word for an unknown key
        return WrongCredentialsError
    if code in _BY_CODE:
        return _BY_CODE[code]
    if status == 404:
        return NoSuchKeyError if request.key else NoSuchBucketError
    if status in _BY_STATUS:
        return _BY_STATUS[status]
    return ServerFaultError if status >= 500 else ObjectStoreError


def _hint(kind: type[ObjectStoreError], code: str, extra: Mapping[str, Any]) -> str:
    if kind is MissingPermissionError:
        return f"Grant {extra['permission']} to these credentials."
    if kind is RedirectedError:
        return (
            f"Set the bucket's region to {extra['region']}."
            if "region" in extra
            else "Check region and endpoint."
        )
    return _CODE_HINTS.get(code) or _HINTS.get(kind, "")


def _clean(text: str, secrets: Sequence[str]) -> str:
    for secret in (secret for secret in secrets if len(secret) >= _SECRET_LENGTH):
        text = text.replace(secret, "…")
    printable = "".join(character if character.isprintable() else " " for character in text)
    cleaned = _SIGNED.sub("…", printable)
    return cleaned if len(cleaned) <= _MESSAGE_LENGTH else cleaned[:_MESSAGE_LENGTH] + "…"


def _retry_after(value: str, now: datetime) -> float | None:
    """Seconds from now, from either form of Retry-After (RFC 9110 section 10.2.3)."""
    if value.isascii() and value.isdecimal():
        return float(value)
    try:
        when = email.utils.parsedate_to_datetime(value)
    except ValueError:
        return None
    return max(0.0, (when - now).total_seconds()) if when.tzinfo else None
