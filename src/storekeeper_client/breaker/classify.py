"""What an error of a storage library, or a status and a code of S3, says of the storage.

Libraries are told by the names of their exceptions, so that none needs to be there: botocore and aiobotocore, urllib3,
requests, aiohttp, httpx, obstore, `http.client`, `urllib` and the operating system. What is in none of the lists, such
as a ValueError of the program, says nothing of the storage.
"""

import errno
import re
from typing import Any

from .model import Outcome
from .verdict import CALLER, CONNECT, OK, SERVER, TIMEOUT, TLS, UNKNOWN, Verdict

_THROTTLES = frozenset(
    {
        "SlowDown",
        "SlowDownRead",
        "SlowDownWrite",
        "Throttling",
        "ThrottlingException",
        "ThrottledException",
        "RequestThrottled",
        "RequestThrottledException",
        "RequestLimitExceeded",
        "BandwidthLimitExceeded",
        "TooManyRequests",
        "TooManyRequestsException",
        "RateLimitExceeded",
    }
)
_TIMEOUT_CODES = frozenset({"RequestTimeout", "RequestTimeoutException"})
_UNREACHABLE = frozenset(
    {
        errno.ENETUNREACH,
        errno.EHOSTUNREACH,
        errno.ENETDOWN,
        errno.EHOSTDOWN,
        errno.EADDRNOTAVAIL,
        errno.ENOTCONN,
    }
)


def _named(verdict: Verdict, names: str) -> dict[str, Verdict]:
    return dict.fromkeys(names.split(), verdict)


_BY_NAME = {
    **_named(
        TLS,
        "SSLError SSLCertVerificationError CertificateError ClientSSLError ClientConnectorSSLError"
        " ClientConnectorCertificateError",
    ),
    **_named(
        TIMEOUT,
        "TimeoutError ConnectTimeoutError ReadTimeoutError ConnectTimeout ReadTimeout Timeout ServerTimeoutError"
        " TimeoutException WriteTimeout PoolTimeout",
    ),
    **_named(
        CONNECT,
        "ConnectionError EndpointConnectionError ProxyConnectionError ConnectionClosedError ProxyError gaierror herror"
        " NewConnectionError NameResolutionError ProtocolError HTTPClientError ResponseStreamingError HTTPException"
        " IncompleteReadError ChunkedEncodingError ClientConnectionError ClientPayloadError NetworkError"
        " RemoteProtocolError UnreachableError",
    ),
    **_named(SERVER, "ResponseParserError ChecksumError FlexibleChecksumError"),
    **_named(
        CALLER,
        "AlreadyExistsError FileExistsError FileNotFoundError NotFoundError NotModifiedError NotSupportedError"
        " PermissionDeniedError PermissionError PreconditionError UnauthenticatedError",
    ),
    **_named(UNKNOWN, "BreakerOpenError"),
}
_CODE = re.compile(r"<Code>(\w+)</Code>")
_STATUS = re.compile(r"status code: (\d{3})\b")
_KIND = re.compile(r"HttpError \{\s*kind: (\w+)")
_CERTIFICATE = re.compile(r"certificate|tls|InvalidContentType", re.IGNORECASE)
_NESTED = 6  # how deep causes are followed


def classify(error: BaseException) -> Verdict:
    """The verdict on an exception."""
    if not isinstance(error, Exception):
        return UNKNOWN
    answer = _answer(error)
    if answer is not None:
        return answer
    if type(error).__module__.startswith("obstore") and type(error).__name__ == "GenericError":
        return _of_obstore(str(error))
    verdict = _by_name(error)
    inner = _inner(error, verdict)
    for _ in range(_NESTED):
        if inner is None or verdict not in (UNKNOWN, CONNECT):
            break
        deeper = _by_name(inner)
        # Libraries wrap: a connection failed because its certificate did, or for no reason that the wrapper's name tells.
        if verdict is UNKNOWN or deeper is TLS:
            verdict = deeper
        inner = _inner(inner, verdict)
    return verdict


def classify_answer(status: int, code: str = "", retry_after: str = "") -> Verdict:
    """The verdict on an HTTP status and a code of S3. An error code with status 200 is an error nevertheless.

    501 is the caller's: the storage works and does not offer what was asked for.
    """
    if status == 429 or code in _THROTTLES:
        wait = float(retry_after[:9]) if retry_after.isascii() and retry_after.isdigit() else None
        return Verdict(Outcome.THROTTLED, None, wait)
    if status == 408 or code in _TIMEOUT_CODES:
        return TIMEOUT
    if status == 501:
        return CALLER
    if status >= 500 or (status < 300 and code):
        return SERVER
    return OK if status < 300 else CALLER


def _answer(error: Any) -> Verdict | None:
    """By the response that an exception carries: botocore's is a dictionary, others have an object or a number."""
    response = getattr(error, "response", None)
    if isinstance(response, dict):
        about, fault = response.get("ResponseMetadata", {}), response.get("Error", {})
        status, code = about.get("HTTPStatusCode"), str(fault.get("Code", ""))
        if isinstance(status, int):
            return classify_answer(status, code, str(about.get("HTTPHeaders", {}).get("retry-after", "")))
        return classify_answer(400, code) if code else None
    if response is not None:  # requests, httpx
        status, headers = getattr(response, "status_code", None), getattr(response, "headers", {})
    else:  # aiohttp, urllib
        status, headers = getattr(error, "status", None), getattr(error, "headers", None) or {}
    if not isinstance(status, int) or status < 300:
        return None
    return classify_answer(status, "", str(headers.get("retry-after") or ""))


def _by_name(error: BaseException) -> Verdict:
    for kind in type(error).__mro__:
        verdict = _BY_NAME.get(kind.__name__)
        if verdict is not None:
            # What the operating system says of a file has a number; what obstore says of an object has none.
            of_a_file = verdict is CALLER and getattr(error, "errno", None) is not None
            return UNKNOWN if of_a_file else verdict
    return CONNECT if getattr(error, "errno", None) in _UNREACHABLE else UNKNOWN


def _inner(error: BaseException, verdict: Verdict) -> BaseException | None:
    """What the exception was raised from, or says that it is about; of a fault of connecting also what came before."""
    reason = getattr(error, "reason", None)
    if isinstance(reason, BaseException):
        return reason
    return error.__cause__ or (error.__context__ if verdict is CONNECT else None)


def _of_obstore(text: str) -> Verdict:
    """By what obstore writes, for it has one exception for all of these. Its own retries are over by then."""
    if found := _STATUS.search(text):
        code = _CODE.search(text)
        return classify_answer(int(found[1]), code[1] if code else "")
    kind = _KIND.search(text)
    if kind is None:
        return UNKNOWN
    if kind[1] == "Timeout":
        return TIMEOUT
    return TLS if _CERTIFICATE.search(text, kind.end()) else CONNECT
