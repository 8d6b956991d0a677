"""JSON routes of imports."""

import io
from typing import Annotated, Any

import anyio
import anyio.to_thread
from litestar import Request
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, QueryParameter
from litestar.status_codes import HTTP_200_OK

from storekeeper.infra.web import Access, Principal, get, openapi, post, span_of
from storekeeper.metering.importing.incoming import Incoming
from storekeeper.metering.importing.model import Comparisons, ImportReply
from storekeeper.metering.importing.service import Wanted
from storekeeper.metering.service import MeteringService

_TAGS = ["Imports"]
_BUFFER = 1 << 18
# A large file takes minutes: a few at a time, so that all other requests find a free thread.
_FILES = anyio.CapacityLimiter(4)


@post(
    "/api/imports/{form:str}",
    access=Access.IMPORT,
    tags=_TAGS,
    status_code=HTTP_200_OK,
    request_max_body_size=None,
    summary="Import a file of operations, or a provider's own figures",
    operation_class=openapi.TakesFile,
)
async def import_file(
    form: FromPath[str],
    request: Request[Any, Any, Any],
    metering: NamedDependency[MeteringService],
    bucket: FromQuery[str] = "",
    mapping: Annotated[list[str] | None, QueryParameter(name="map")] = None,
    resolution: Annotated[int, QueryParameter(ge=0, le=31_622_400)] = 0,
) -> ImportReply:
    """The body is the file, as it is or compressed by gzip. The same file again changes nothing.

    `minio-audit` without a bucket is MinIO's audit webhook: each record names its bucket.
    """
    principal: Principal = request.scope["user"]
    wanted = Wanted(bucket=bucket, mapping=mapping or (), resolution=resolution, buckets=principal.buckets)
    body = io.BufferedReader(Incoming(request.stream()), _BUFFER)
    return await anyio.to_thread.run_sync(
        lambda: metering.imports.take(form, body, wanted), limiter=_FILES if bucket else None
    )


@get("/api/user/storage/reported", access=Access.READ, tags=_TAGS, summary="Reported beside measured")
def show_reported(
    metering: NamedDependency[MeteringService],
    span: Annotated[str, QueryParameter(name="range")] = "30d",
    bucket: FromQuery[str] = "",
) -> Comparisons:
    """By day and bucket: what the provider reports, what was measured, and the difference."""
    return metering.imports.compare(span_of(span), bucket=bucket)


ROUTES = [import_file, show_reported]
