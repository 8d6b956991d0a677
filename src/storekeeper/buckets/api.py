"""JSON routes of buckets. List and single bucket carry inventory figures in the inventory's own routes."""

from typing import Any

import msgspec
from litestar import Request
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody

from storekeeper.access import actor_of
from storekeeper.buckets.model import Bucket, BucketChange, NewBucket, OwnerTrial, TestResult
from storekeeper.buckets.service import BucketService
from storekeeper.infra.web import Access, delete, get, openapi, patch, post

_TAGS = ["Buckets"]


class OwnerPattern(msgspec.Struct, frozen=True, rename="camel"):
    pattern: str


@post("/api/buckets", access=Access.ADMIN, tags=_TAGS, summary="Register a bucket")
def add_bucket(
    data: JSONBody[NewBucket], request: Request[Any, Any, Any], buckets: NamedDependency[BucketService]
) -> Bucket:
    """Nothing is connected to yet; test or scan it next. Credentials are write-only."""
    return buckets.add(data, actor=actor_of(request.scope["user"]))


@get("/api/buckets/{name:str}", access=Access.READ, tags=_TAGS, summary="One bucket")
def show_bucket(name: FromPath[str], buckets: NamedDependency[BucketService]) -> Bucket:
    return buckets.get(name)


@patch("/api/buckets/{name:str}", access=Access.ADMIN, tags=_TAGS, summary="Edit a bucket")
def edit_bucket(
    name: FromPath[str],
    data: JSONBody[BucketChange],
    request: Request[Any, Any, Any],
    buckets: NamedDependency[BucketService],
) -> Bucket:
    """Only what is given changes."""
    return buckets.edit(name, data, actor=actor_of(request.scope["user"]))


@delete("/api/buckets/{name:str}", access=Access.ADMIN, tags=_TAGS, summary="Stop watching a bucket")
def remove_bucket(
    name: FromPath[str], request: Request[Any, Any, Any], buckets: NamedDependency[BucketService]
) -> None:
    """Forgets what was measured; nothing in the bucket itself is touched."""
    buckets.remove(name, actor=actor_of(request.scope["user"]))


@post(
    "/api/buckets/{name:str}/test",
    access=Access.ADMIN,
    tags=_TAGS,
    status_code=200,
    summary="Test a bucket",
    responses=openapi.OF_THE_BUCKET,
)
def test_bucket(name: FromPath[str], buckets: NamedDependency[BucketService]) -> TestResult:
    """Says which permission is missing and what to grant."""
    return buckets.test(name)


@post(
    "/api/buckets/{name:str}/owner-pattern",
    access=Access.ADMIN,
    tags=_TAGS,
    status_code=200,
    summary="Try an owner pattern on real keys",
    responses=openapi.OF_THE_BUCKET,
)
def try_owner_pattern(
    name: FromPath[str], data: JSONBody[OwnerPattern], buckets: NamedDependency[BucketService]
) -> OwnerTrial:
    """Saves nothing."""
    return buckets.try_owner_pattern(name, data.pattern)


ROUTES = [add_bucket, show_bucket, edit_bucket, remove_bucket, test_bucket, try_owner_pattern]
