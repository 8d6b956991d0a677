"""JSON routes that take operations in."""

import io
import tempfile
from collections.abc import Callable
from concurrent.futures import Future
from typing import IO, Any

import anyio.to_thread
from litestar import Request
from litestar.di import NamedDependency, Provide
from litestar.params import JSONBody
from litestar.status_codes import HTTP_200_OK

from storekeeper.infra.web import Access, Principal, Shortcut, Small, get, openapi, post
from storekeeper.metering.decoding import MAX_BODY
from storekeeper.metering.model import IngestReply, IngestStats, Operation, Recommended, TooLargeError
from storekeeper.metering.service import MeteringService

IN_MEMORY = 8 << 20  # a larger body goes to a temporary file while it comes in
_PATH = "/api/operations"
_TAGS = ["Metering"]


def _described(data: JSONBody[list[Operation]]) -> None:
    """What a batch is made of, for the description; nobody asks for it, so bodies are not read by it."""


@post(
    _PATH,
    access=Access.INGEST,
    tags=_TAGS,
    status_code=HTTP_200_OK,
    request_max_body_size=None,
    summary="Report operations: NDJSON, a JSON array or an Arrow stream",
    operation_class=openapi.TakesMany,
    dependencies={"described": Provide(_described, sync_to_thread=False)},
)
async def ingest_operations(
    request: Request[Any, Any, Any], metering: NamedDependency[MeteringService]
) -> IngestReply:
    """Answers when everything accepted is durable. The same `Idempotency-Key` again changes nothing."""
    principal: Principal = request.scope["user"]
    sent = _sent(lambda name: request.headers.get(name, ""), metering)
    with await _received(request) as body:
        return await anyio.to_thread.run_sync(lambda: metering.take(body, **sent, principal=principal))


def shortcut(metering: MeteringService) -> Shortcut:
    """Of small batches with which nothing is wrong, for most of what comes is that: done sooner than a thread is woken."""

    def answer(request: Small) -> Future[IngestReply] | None:
        sent = _sent(request.header, metering)
        return metering.take_soon(io.BytesIO(request.body), **sent, principal=request.caller)

    return Shortcut(_PATH, Access.INGEST, answer)


def _sent(header: Callable[[str], str], metering: MeteringService) -> dict[str, str]:
    return {
        "media_type": header("content-type").partition(";")[0].strip().lower(),
        "encoding": header("content-encoding").strip().lower(),
        "batch_id": header("idempotency-key")[:128] or metering.new_batch_id(),
    }


@get(
    "/api/operations/settings",
    access=Access.INGEST,
    tags=_TAGS,
    summary="What the server advises to those who report operations",
)
def show_recommended(metering: NamedDependency[MeteringService]) -> Recommended:
    """A client asks now and then, and follows where its program has not said otherwise."""
    return metering.recommended


@get("/api/admin/metrics/ingestion-stats", access=Access.READ, tags=_TAGS, summary="How ingestion goes")
def show_ingestion_stats(metering: NamedDependency[MeteringService]) -> IngestStats:
    """Counts since the server's start; what waits in the spool now."""
    return metering.stats()


async def _received(request: Request[Any, Any, Any]) -> IO[bytes]:
    body: IO[bytes] = io.BytesIO()
    size = 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > MAX_BODY:
            raise TooLargeError(
                f"The body is larger than {MAX_BODY >> 20} MiB.", hint="Send smaller batches."
            )
        if size > IN_MEMORY and isinstance(body, io.BytesIO):
            body = _on_disk(body)
        body.write(chunk)
    body.seek(0)
    return body


def _on_disk(body: io.BytesIO) -> IO[bytes]:
    file = tempfile.TemporaryFile()  # noqa: SIM115 - closed by whoever reads it
    file.write(body.getbuffer())
    return file


ROUTES = [ingest_operations, show_recommended, show_ingestion_stats]
