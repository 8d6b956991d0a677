"""JSON routes of what is kept."""

from typing import Any

import msgspec
from litestar import Request
from litestar.di import NamedDependency
from litestar.params import FromQuery, JSONBody
from litestar.status_codes import HTTP_202_ACCEPTED

from storekeeper.access import actor_of
from storekeeper.infra.web import Access, get, post
from storekeeper.metering.keeping.model import ArchivePage, Days
from storekeeper.metering.keeping.service import REBUILD, RESTORE, KeepingService

_TAGS = ["Metering"]
Service = NamedDependency[KeepingService]


class Started(msgspec.Struct, frozen=True, rename="camel"):
    run_id: str


@get(
    "/api/admin/metering/archives",
    access=Access.READ,
    tags=_TAGS,
    summary="Days of operations that were archived, newest first",
)
def list_archives(keeping: Service, cursor: FromQuery[str] = "", limit: FromQuery[int] = 100) -> ArchivePage:
    return keeping.archives(before=cursor, limit=max(1, min(limit, 500)))


@post(
    "/api/admin/metering/restore",
    access=Access.ADMIN,
    tags=_TAGS,
    status_code=HTTP_202_ACCEPTED,
    summary="Bring archived operations back for a week",
)
def start_restore(data: JSONBody[Days], request: Request[Any, Any, Any], keeping: Service) -> Started:
    return Started(keeping.start(RESTORE, data, actor=actor_of(request.scope["user"])).id)


@post(
    "/api/admin/metering/rebuild",
    access=Access.ADMIN,
    tags=_TAGS,
    status_code=HTTP_202_ACCEPTED,
    summary="Count the sums of whole days again",
)
def start_rebuild(data: JSONBody[Days], request: Request[Any, Any, Any], keeping: Service) -> Started:
    """From operations that are here and from archives. A day of which fewer are left than were counted is not touched."""
    return Started(keeping.start(REBUILD, data, actor=actor_of(request.scope["user"])).id)


ROUTES = [list_archives, start_restore, start_rebuild]
