"""What is made of the end of a call."""

from collections.abc import Callable
from typing import NamedTuple

from .model import Failure, Outcome


class Verdict(NamedTuple):
    """What an error or an answer says of the storage. `retry_after` is in seconds, where a throttled call was told."""

    outcome: Outcome
    kind: Failure | None = None
    retry_after: float | None = None


OK = Verdict(Outcome.OK)
CALLER = Verdict(Outcome.CALLER)
UNKNOWN = Verdict(Outcome.UNKNOWN)
THROTTLED = Verdict(Outcome.THROTTLED)
SERVER = Verdict(Outcome.FAILURE, Failure.SERVER)
CONNECT = Verdict(Outcome.FAILURE, Failure.CONNECT)
TIMEOUT = Verdict(Outcome.FAILURE, Failure.TIMEOUT)
TLS = Verdict(Outcome.FAILURE, Failure.TLS)

Classify = Callable[[BaseException], Verdict]
