"""JSON routes of the monitor: on and off, its settings, what it costs."""

from collections.abc import Sequence
from typing import Any

import msgspec
from litestar import Request
from litestar.params import FromPath, FromQuery, JSONBody

from storekeeper.access import actor_of
from storekeeper.health.api.checks import TAGS, Service
from storekeeper.health.model import HealthChange, HealthConfig, MonitorStats, ProbeCost
from storekeeper.health.service import HealthService
from storekeeper.infra.web import Access, get, post, put

WebRequest = Request[Any, Any, Any]


class BucketConfig(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What is set for a bucket alone, and what then holds for it."""

    bucket: str
    own: HealthChange
    effective: HealthConfig


class BucketCost(ProbeCost, frozen=True, kw_only=True, rename="camel"):
    bucket: str


class ProbeCosts(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    total: ProbeCost
    items: Sequence[BucketCost]


@get("/api/health/monitoring", access=Access.READ, tags=TAGS, summary="How monitoring itself goes")
def show_monitoring(health: Service) -> MonitorStats:
    return health.stats()


@post(
    "/api/health/monitoring/start",
    access=Access.ADMIN,
    tags=TAGS,
    status_code=200,
    summary="Switch checks on",
)
def start_monitoring(request: WebRequest, health: Service) -> MonitorStats:
    """It stays so over restarts."""
    health.start(actor=actor_of(request.scope["user"]))
    return health.stats()


@post(
    "/api/health/monitoring/stop",
    access=Access.ADMIN,
    tags=TAGS,
    status_code=200,
    summary="Switch checks off",
)
def stop_monitoring(request: WebRequest, health: Service) -> MonitorStats:
    """It stays so over restarts. After three intervals buckets are unknown; breakers stay as they are."""
    health.stop(actor=actor_of(request.scope["user"]))
    return health.stats()


@get("/api/health/config", access=Access.READ, tags=TAGS, summary="How buckets are watched")
def show_health_config(health: Service) -> HealthConfig:
    """What holds for all buckets that have no settings of their own."""
    return health.config()


@put("/api/health/config", access=Access.ADMIN, tags=TAGS, summary="Change how buckets are watched")
def change_health_config(data: JSONBody[HealthChange], request: WebRequest, health: Service) -> HealthConfig:
    """Only what is given changes; a running monitor takes it over at once."""
    return health.configure(data, actor=actor_of(request.scope["user"]))


@get("/api/health/config/{name:str}", access=Access.READ, tags=TAGS, summary="How a bucket is watched")
def show_bucket_config(name: FromPath[str], health: Service) -> BucketConfig:
    return _config_of(health, name)


@put(
    "/api/health/config/{name:str}", access=Access.ADMIN, tags=TAGS, summary="Change how a bucket is watched"
)
def change_bucket_config(
    name: FromPath[str], data: JSONBody[HealthChange], request: WebRequest, health: Service
) -> BucketConfig:
    """Only what is given changes; null goes back to what holds for all."""
    health.override(name, data, actor=actor_of(request.scope["user"]))
    return _config_of(health, name)


@get("/api/health/probe-cost", access=Access.READ, tags=TAGS, summary="Requests that checks make in a month")
def show_probe_cost(health: Service, bucket: FromQuery[str] = "") -> ProbeCosts:
    """By billing class, in 30 days, by the present settings."""
    names = [bucket] if bucket else sorted(one.name for one, _ in health.watched())
    items = [BucketCost(bucket=name, **msgspec.structs.asdict(health.cost(name))) for name in names]
    return ProbeCosts(total=health.cost(bucket), items=items)


def _config_of(health: HealthService, name: str) -> BucketConfig:
    effective = health.effective(name)
    return BucketConfig(bucket=name, own=health.overrides().get(name, HealthChange()), effective=effective)


ROUTES = [
    show_monitoring,
    start_monitoring,
    stop_monitoring,
    show_health_config,
    change_health_config,
    show_bucket_config,
    change_bucket_config,
    show_probe_cost,
]
