"""JSON routes of metering."""

import tempfile
from typing import IO, Annotated, Any

import anyio.to_thread
from litestar import Request
from litestar.di import NamedDependency
from litestar.params import FromQuery, QueryParameter
from litestar.status_codes import HTTP_200_OK

from storekeeper.infra.web import Access, Principal, Role, get, post, span_of
from storekeeper.kernel.clock import Clock
from storekeeper.kernel.errors import NotAllowedError
from storekeeper.kernel.ids import new_id
from storekeeper.metering.decoding import MAX_BODY
from storekeeper.metering.model import Activity, IngestReply, IngestStats, TooLargeError, Usage
from storekeeper.metering.service import MeteringService

IN_MEMORY = 8 << 20  # a larger body goes to a temporary file while it comes in
_TAGS = ["Metering"]


@post(
    "/api/operations",
    access=Access.INGEST,
    tags=_TAGS,
    status_code=HTTP_200_OK,
    request_max_body_size=None,
    summary="Report operations: NDJSON, a JSON array or an Arrow stream",
)
async def ingest_operations(
    request: Request[Any, Any, Any], metering: NamedDependency[MeteringService], clock: NamedDependency[Clock]
) -> IngestReply:
    """Answers when everything accepted is durable. The same `Idempotency-Key` again changes nothing."""
    principal: Principal = request.scope["user"]
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    encoding = request.headers.get("content-encoding", "").strip().lower()
    batch_id = request.headers.get("idempotency-key", "")[:128] or new_id(clock.now())
    with tempfile.SpooledTemporaryFile(max_size=IN_MEMORY) as body:
        await _receive(request, body)
        return await anyio.to_thread.run_sync(
            lambda: metering.take(
                body, media_type=media_type, encoding=encoding, batch_id=batch_id, principal=principal
            )
        )


@get("/api/admin/metrics/ingestion-stats", access=Access.READ, tags=_TAGS, summary="How ingestion goes")
def show_ingestion_stats(metering: NamedDependency[MeteringService]) -> IngestStats:
    """Counts since the server's start; what waits in the spool now."""
    return metering.stats()


@get("/api/user/storage/usage", access=Access.OWN, tags=_TAGS, summary="What operations add up to")
def show_usage(
    request: Request[Any, Any, Any],
    metering: NamedDependency[MeteringService],
    span: Annotated[str, QueryParameter(name="range")] = "24h",
    bucket: FromQuery[str] = "",
    owner: FromQuery[str | None] = None,
    operation: FromQuery[str] = "",
) -> Usage:
    """Weighted counts, bytes, errors and latency; by minute up to 6 hours, by hour up to 14 days, else by day."""
    return metering.reader.usage(
        span_of(span), bucket=bucket, owner=_whose(request.scope["user"], owner), operation=operation
    )


@get("/api/user/storage/activity", access=Access.OWN, tags=_TAGS, summary="The newest operations")
def show_activity(
    request: Request[Any, Any, Any],
    metering: NamedDependency[MeteringService],
    span: Annotated[str, QueryParameter(name="range")] = "24h",
    bucket: FromQuery[str] = "",
    owner: FromQuery[str | None] = None,
    operation: FromQuery[str] = "",
    limit: FromQuery[int] = 100,
) -> Activity:
    """Newest first, as they came in."""
    whose = _whose(request.scope["user"], owner)
    return metering.reader.recent(span_of(span), bucket=bucket, owner=whose, operation=operation, limit=limit)


def _whose(principal: Principal, owner: str | None) -> str | None:
    """A user sees what is theirs, by their email address as owner; others may ask for anybody."""
    if principal.role is not Role.USER:
        return owner
    if owner not in (None, principal.email):
        raise NotAllowedError("This is another owner's.")
    return principal.email


async def _receive(request: Request[Any, Any, Any], body: IO[bytes]) -> None:
    size = 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > MAX_BODY:
            raise TooLargeError(
                f"The body is larger than {MAX_BODY >> 20} MiB.", hint="Send smaller batches."
            )
        body.write(chunk)
    body.seek(0)


ROUTES = [ingest_operations, show_ingestion_stats, show_usage, show_activity]
