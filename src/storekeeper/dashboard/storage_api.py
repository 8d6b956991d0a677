"""The route that tells what is stored."""

from typing import Annotated, Any, Literal

import msgspec
from litestar import Request, Response
from litestar.di import NamedDependency
from litestar.params import FromQuery, QueryParameter

from storekeeper.dashboard.storage import (
    MOST_OWNERS,
    BucketStorage,
    ClassStorage,
    DayStorage,
    OwnerStorage,
    StorageReader,
    StorageReport,
)
from storekeeper.infra.caching import Kept
from storekeeper.infra.web import Access, get, openapi, span_of, tables, unless_known

Table = Literal["byBucket", "byStorageClass", "trend", "users"]


@get(
    "/api/admin/metrics/storage",
    access=Access.READ,
    tags=["Dashboard"],
    summary="What is stored, by bucket, storage class, day and owner",
    operation_class=openapi.OrTable,
)
def show_storage(
    request: Request[Any, Any, Any],
    storage: NamedDependency[StorageReader],
    span: Annotated[str, QueryParameter(name="range", description="Of the trend.")] = "30d",
    bucket: FromQuery[str] = "",
    with_users: Annotated[bool, QueryParameter(name="includeUsers")] = False,
    cursor: FromQuery[str] = "",
    limit: Annotated[int, QueryParameter(ge=1, le=MOST_OWNERS)] = 100,
    form: tables.Form = "",
    table: FromQuery[Table] = "byBucket",
) -> Response[StorageReport]:
    """By the last complete scans, with what operations have changed since. With `includeUsers` owners' parts, the largest first.

    `table` says which part a file holds; of `users` it is the page that is asked for.
    """
    form = tables.form_of(request, form)
    found = Kept(
        storage.report(
            span_of(span), bucket, with_users=with_users or table == "users", cursor=cursor, limit=limit
        )
    )
    rows, kind = _part(found.value, table)
    return unless_known(
        request,
        f"{found.tag}-{form}-{table}",
        lambda: tables.answer(found, rows, kind, form=form, name=f"storage-{table}"),
    )


def _part(found: StorageReport, table: Table) -> tuple[Any, type[msgspec.Struct]]:
    parts: dict[str, tuple[Any, type[msgspec.Struct]]] = {
        "byBucket": (found.by_bucket, BucketStorage),
        "byStorageClass": (found.by_storage_class, ClassStorage),
        "trend": (found.trend, DayStorage),
        "users": (found.users.items if found.users else (), OwnerStorage),
    }
    return parts[table]


ROUTES = [show_storage]
