"""The calls of the API for the health of buckets."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, TypeVar
from urllib.parse import quote

from storekeeper_client.model import Page
from storekeeper_client.session import Session

from .model import (
    Breaker,
    BucketConfig,
    BucketHealth,
    BucketUptime,
    Check,
    CheckRound,
    HealthConfig,
    ProbeCosts,
    Readiness,
    StatusChange,
    Transition,
    VantagePoint,
)

T = TypeVar("T")

ROUND_TIMEOUT = 150.0  # seconds for checks that are waited for; a bucket that does not answer takes its time
_ROOT = "/api/health"
_BREAKERS = f"{_ROOT}/circuit-breaker"


class HealthCalls:
    """The calls, for `Client`."""

    _session: Session

    def readiness(self) -> Readiness:
        """How the server and its parts are, also where it is not well; anybody may ask."""
        return self._asked(Readiness, _ROOT, also=HTTPStatus.SERVICE_UNAVAILABLE)

    def bucket_health(self, bucket: str) -> BucketHealth:
        return self._asked(BucketHealth, f"{_ROOT}/buckets/{quote(bucket, safe='')}")

    def vantage_points(self) -> list[VantagePoint]:
        """Those that were heard in the last day."""
        return self._asked(Page[VantagePoint], f"{_ROOT}/vantage").items

    def check(self, bucket: str = "") -> list[CheckRound]:
        """Check a bucket now, or all of them, and wait for it."""
        body = {"bucket": bucket}
        return self._session.call(
            "POST", f"{_ROOT}/check", Page[CheckRound], body=body, query={}, timeout=ROUND_TIMEOUT
        ).items

    def start_monitoring(self) -> None:
        self._done(f"{_ROOT}/monitoring/start")

    def stop_monitoring(self) -> None:
        self._done(f"{_ROOT}/monitoring/stop")

    def checks(self, *, bucket: str = "", limit: int = 100) -> list[Check]:
        """The latest, newest first."""
        return self._asked(Page[Check], f"{_ROOT}/history", bucket=bucket, limit=limit).items

    def status_changes(self, *, bucket: str = "", limit: int = 100) -> list[StatusChange]:
        """The latest, newest first."""
        return self._asked(Page[StatusChange], f"{_ROOT}/changes", bucket=bucket, limit=limit).items

    def uptime(self, *, days: int = 90, bucket: str = "") -> list[BucketUptime]:
        return self._asked(Page[BucketUptime], f"{_ROOT}/uptime", days=days, bucket=bucket).items

    def breakers(self) -> list[Breaker]:
        return self._asked(Page[Breaker], _BREAKERS).items

    def breaker(self, bucket: str) -> Breaker:
        (found,) = self._asked(Page[Breaker], _BREAKERS, bucket=bucket).items
        return found

    def breaker_transitions(self, *, bucket: str = "", limit: int = 100) -> list[Transition]:
        """The latest, newest first."""
        return self._asked(Page[Transition], f"{_BREAKERS}/transitions", bucket=bucket, limit=limit).items

    def order_breaker(self, verb: str, bucket: str, **fields: Any) -> Breaker:
        """`reset`, `open`, `close` or `mode`, with `reason`, `seconds` and `mode` as in the API's JSON."""
        given = {name: value for name, value in fields.items() if value not in (None, "")}
        body = {"bucket": bucket} | given
        return self._session.call("POST", f"{_BREAKERS}/{verb}", Breaker, body=body, query={})

    def health_config(self) -> HealthConfig:
        return self._asked(HealthConfig, f"{_ROOT}/config")

    def change_health_config(self, settings: Mapping[str, Any]) -> HealthConfig:
        """Settings by their names in JSON; only what is given changes."""
        return self._session.call("PUT", f"{_ROOT}/config", HealthConfig, body=settings, query={})

    def bucket_health_config(self, bucket: str) -> BucketConfig:
        return self._asked(BucketConfig, f"{_ROOT}/config/{quote(bucket, safe='')}")

    def change_bucket_health_config(self, bucket: str, settings: Mapping[str, Any]) -> BucketConfig:
        """The same for one bucket; None goes back to what holds for all."""
        path = f"{_ROOT}/config/{quote(bucket, safe='')}"
        return self._session.call("PUT", path, BucketConfig, body=settings, query={})

    def probe_cost(self, bucket: str = "") -> ProbeCosts:
        return self._asked(ProbeCosts, f"{_ROOT}/probe-cost", bucket=bucket)

    def _asked(self, returns: type[T], path: str, *, also: int = 0, **query: Any) -> T:
        return self._session.call("GET", path, returns, body=None, query=query, also=also)

    def _done(self, path: str) -> None:
        self._session.call("POST", path, dict[str, Any], body=None, query={})
