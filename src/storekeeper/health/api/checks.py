"""JSON routes of checks: made now, listed, summed up; statuses of buckets and what they were."""

import re
from collections.abc import Sequence
from typing import Any

import msgspec
from litestar import Request, Response
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody

from storekeeper.health.model import (
    BucketHealth,
    BucketUptime,
    Check,
    CheckPage,
    CheckRound,
    HealthMetrics,
    StatusChangePage,
)
from storekeeper.health.service import HealthService
from storekeeper.infra.caching import Kept
from storekeeper.infra.web import Access, get, openapi, post, tables
from storekeeper.kernel.errors import BadInputError

TAGS = ["Health"]
Service = NamedDependency[HealthService]
_ID = re.compile(r"[0-9a-f-]{0,36}")
_PLACE = re.compile(r"(\d{1,13}\.[0-9a-f-]{1,36}\.[a-z]{1,10})?", re.ASCII)


class CheckOrder(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """Of one bucket, or of each when none is named."""

    bucket: str = ""


class Rounds(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    items: Sequence[CheckRound]


class BucketHealthList(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    items: Sequence[BucketHealth]
    next_cursor: str | None = None


class Uptimes(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    items: Sequence[BucketUptime]


@post("/api/health/check", access=Access.ADMIN, tags=TAGS, status_code=200, summary="Check buckets now")
def check_now(health: Service, data: JSONBody[CheckOrder | None] = None) -> Rounds:
    """Answers when the checks are done, which takes as long as the slowest bucket; they are recorded, and count."""
    return Rounds(items=health.check_now(data.bucket if data else ""))


@get("/api/health/buckets", access=Access.READ, tags=TAGS, summary="How every bucket is")
def list_bucket_health(health: Service) -> BucketHealthList:
    return BucketHealthList(items=health.statuses())


@get("/api/health/buckets/{name:str}", access=Access.READ, tags=TAGS, summary="How a bucket is, and why")
def show_bucket_health(name: FromPath[str], health: Service) -> BucketHealth:
    return health.status(name)


@get("/api/health/changes", access=Access.READ, tags=TAGS, summary="When buckets became healthy or not")
def list_status_changes(
    health: Service, bucket: FromQuery[str] = "", cursor: FromQuery[str] = "", limit: FromQuery[int] = 100
) -> StatusChangePage:
    """Newest first."""
    return health.changes(bucket=bucket, cursor=checked_cursor(cursor), limit=limit)


@get(
    "/api/health/history",
    access=Access.READ,
    tags=TAGS,
    summary="Checks, operation by operation",
    operation_class=openapi.OrCsv,
)
def list_checks(
    request: Request[Any, Any, Any],
    health: Service,
    bucket: FromQuery[str] = "",
    cursor: FromQuery[str] = "",
    limit: FromQuery[int] = 100,
    form: tables.Form = "",
) -> Response[CheckPage]:
    """Newest first, a few seconds behind."""
    if not _PLACE.fullmatch(cursor):
        raise BadInputError(f"{cursor[:100]!r} is not a cursor of this list.")
    page = health.history(bucket=bucket, cursor=cursor, limit=limit)
    form = tables.form_of(request, form, tables.CSV)
    return tables.answer(Kept(page), page.items, Check, form=form, name="checks")


@get("/api/health/metrics", access=Access.READ, tags=TAGS, summary="What checks add up to")
def show_health_metrics(
    health: Service, hours: FromQuery[int] = 24, bucket: FromQuery[str] = ""
) -> HealthMetrics:
    """By bucket and operation, also over time: by hour, for more than eight days by day; at most 366 days."""
    return health.metrics(hours=hours, bucket=bucket)


@get("/api/health/uptime", access=Access.READ, tags=TAGS, summary="Uptime and error budget, day by day")
def show_uptime(health: Service, days: FromQuery[int] = 90, bucket: FromQuery[str] = "") -> Uptimes:
    """Days are UTC, the oldest first; today is among them. At most 366."""
    return Uptimes(items=health.uptime(days, bucket))


def checked_cursor(cursor: str) -> str:
    """Raises BadInputError for what is no id."""
    if not _ID.fullmatch(cursor):
        raise BadInputError(f"{cursor[:100]!r} is not a cursor of this list.")
    return cursor


ROUTES = [
    check_now,
    list_bucket_health,
    show_bucket_health,
    list_status_changes,
    list_checks,
    show_health_metrics,
    show_uptime,
]
