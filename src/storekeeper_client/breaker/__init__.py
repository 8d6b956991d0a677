"""Circuit breaking: calls to a bucket that does not work are refused at once, until it works again.

    breakers = BreakerRegistry()
    s3 = guard(boto3.client("s3"), breakers)

From then on each request of that client asks the breaker of its bucket first, and gets a `BreakerOpenError` while that
is open.
"""

from .breaker import CircuitBreaker
from .bucket import GuardedBucket
from .errors import BreakerOpenError
from .following import Following, follow
from .guarding import guard
from .model import BreakerConfig, Failure, Figures, Mode, Outcome, Snapshot, State, Transition, Window
from .permit import Permit
from .registry import BreakerRegistry

__all__ = [
    "BreakerConfig",
    "BreakerOpenError",
    "BreakerRegistry",
    "CircuitBreaker",
    "Failure",
    "Figures",
    "Following",
    "GuardedBucket",
    "Mode",
    "Outcome",
    "Permit",
    "Snapshot",
    "State",
    "Transition",
    "Window",
    "follow",
    "guard",
]
