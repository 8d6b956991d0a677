"""What the server's answer means for a batch: pure, from an answer to a verdict."""

from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, NamedTuple

import msgspec

from storekeeper_client.decoding import decode

_PASSING = frozenset({408, 425, 429})


class Answer(NamedTuple):
    """An HTTP response; header names in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Acknowledged(msgspec.Struct, frozen=True):
    """The server has it. `rejected` items are not worth retrying."""

    accepted: int = 0
    duplicates: int = 0
    rejected: list[dict[str, Any]] = []


class Later(NamedTuple):
    """Try again: the same bytes under the same key. `wait` is what the server asked for, in seconds."""

    reason: str
    wait: float | None = None
    strike: bool = False  # the batch itself may be the reason


class Refused(NamedTuple):
    """It will never be taken."""

    reason: str


Verdict = Acknowledged | Later | Refused


def judge(answer: Answer, now: datetime) -> Verdict:
    """The verdict on a batch that was answered so."""
    status = answer.status
    if status == 200:
        try:
            return decode(answer.body, Acknowledged)
        except msgspec.MsgspecError:
            return Later("the answer is not Storekeeper's", strike=True)
    reason = f"{status} {_words(answer.body)}".rstrip()
    if status in _PASSING or status >= 500:
        return Later(reason, _retry_after(answer.headers.get("retry-after", ""), now), strike=status == 500)
    return Refused(reason)


def _words(body: bytes) -> str:
    """The server's own words (RFC 9457), as far as there are any."""
    try:
        problem = decode(body, dict[str, Any])
    except msgspec.MsgspecError:
        return ""
    return str(problem.get("detail") or problem.get("title") or "")[:200]


def _retry_after(value: str, now: datetime) -> float | None:
    """Seconds to wait (RFC 9110, section 10.2.3: a number, or a date)."""
    if value.isascii() and value.isdigit():
        return float(value[:9])
    try:
        date = parsedate_to_datetime(value)
    except ValueError:
        return None
    return max((date.replace(tzinfo=date.tzinfo or UTC) - now).total_seconds(), 0.0)
