"""What the end of a probe means: pure."""

from collections.abc import Mapping, Sequence
from typing import Any

from storekeeper.kernel.errors import BadInputError, StorekeeperError
from storekeeper.objectstore.errors import (
    BadEndpointError,
    ConnectError,
    DnsError,
    MissingPermissionError,
    ObjectStoreError,
    RedirectedError,
    ServerFaultError,
    StoreTimeoutError,
    ThrottledError,
    TlsError,
    UnsupportedError,
)
from storekeeper_client.breaker import Failure, Outcome
from storekeeper_client.breaker.classify import classify_answer
from storekeeper_client.breaker.verdict import CALLER, CONNECT, SERVER, TIMEOUT, TLS, Verdict

from .model import Probed, ProbeOperation

_BY_KIND: Sequence[tuple[type[StorekeeperError], Verdict]] = (
    (StoreTimeoutError, TIMEOUT),
    (TlsError, TLS),
    (ConnectError, CONNECT),
    (DnsError, CONNECT),
    (ThrottledError, Verdict(Outcome.THROTTLED)),
    (ServerFaultError, SERVER),
    (BadEndpointError, CALLER),
    (BadInputError, CALLER),
)
_WRITES = frozenset({ProbeOperation.PUT, ProbeOperation.DELETE})
_REFUSALS = frozenset(
    {MissingPermissionError.slug, UnsupportedError.slug, "AccessDenied", "MethodNotAllowed"}
)
_WEIGHT = (Outcome.FAILURE, Outcome.THROTTLED, Outcome.OK, Outcome.CALLER, Outcome.UNKNOWN)


def verdict_of(error: StorekeeperError) -> Verdict:
    """The verdict on an error of a bucket, by the answer that is behind it, if there was one."""
    status, code = told(error)
    if status:
        return classify_answer(status, code, f"{error.retry_after:.0f}" if error.retry_after else "")
    for kind, verdict in _BY_KIND:
        if isinstance(error, kind):
            return verdict
    return SERVER if isinstance(error, ObjectStoreError) and error.outage else CALLER


def told(error: StorekeeperError) -> tuple[int, str]:
    """(status of HTTP, code of S3) of the answer behind an error; 0 and the error's slug where there was none."""
    extra: Mapping[str, Any] = error.extra
    status = int(extra.get("statusFromEndpoint", 0))
    return status, str(extra.get("code", "")) if status else error.slug


def worst(probed: Sequence[Probed]) -> Probed | None:
    """The operation that speaks for the round: the storage's own faults first, the caller's last.

    Where one operation goes well and another is refused, the storage works.
    """
    return min(probed, key=lambda one: _WEIGHT.index(one.outcome), default=None)


def verdict(probed: Sequence[Probed]) -> Verdict:
    """The round's vote in the bucket's breaker."""
    one = worst(probed)
    if one is None:
        return Verdict(Outcome.UNKNOWN)
    return Verdict(one.outcome, one.failure or _assumed(one), one.retry_after)


def diagnose(probed: Sequence[Probed]) -> str:
    """What is wrong, in words; empty when nothing is."""
    bad = [one for one in probed if one.outcome is not Outcome.OK]
    if not bad:
        return ""
    refused = {one.operation for one in bad if _is_refusal(one)}
    allowed = {one.operation for one in probed if one.outcome is Outcome.OK}
    if refused and allowed and len(refused) == len(bad):
        what = f"Not allowed: {names(refused)}; allowed: {names(allowed)}."
        if refused == _WRITES:
            what = "The bucket is read-only: PUT and DELETE are refused."
        return f"{what} {bad[0].detail} {bad[0].hint}".strip()
    if _are_alike(bad):
        telling = next((one for one in bad if one.code), bad[0])
        return " ".join(part for part in (telling.detail, telling.hint) if part)
    return " ".join(f"{one.operation.upper()}: {one.detail}" for one in bad)


def problem(one: Probed) -> str:
    """What was wrong, in a few words: "503 SlowDown", "wrong bytes", "endpoint-timeout"."""
    if one.corrupt:
        return "wrong bytes" if one.code == "WrongBytes" else "not there after it was stored"
    return f"{one.status or ''} {one.code}".strip() or str(one.outcome)


def is_redirect(one: Probed) -> bool:
    """Whether the bucket is elsewhere."""
    return 300 <= one.status < 400 or one.code == RedirectedError.slug


def names(operations: set[ProbeOperation]) -> str:
    """In the order of a round: `PUT, GET`."""
    return ", ".join(one.upper() for one in ProbeOperation if one in operations)


def _are_alike(bad: Sequence[Probed]) -> bool:
    """Whether one reason is behind all; an answer to HEAD tells its status only."""
    codes = {one.code for one in bad if one.code}
    return len({(one.outcome, one.status) for one in bad}) == 1 and len(codes) <= 1


def _is_refusal(one: Probed) -> bool:
    return one.outcome is Outcome.CALLER and (one.code in _REFUSALS or one.status in (403, 405))


def _assumed(one: Probed) -> Failure | None:
    return Failure.SERVER if one.outcome is Outcome.FAILURE else None
