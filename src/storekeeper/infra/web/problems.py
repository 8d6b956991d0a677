"""Every error that reaches a caller: one JSON shape (RFC 9457) for programs, one page for people."""

import math
import re
from typing import Any

import msgspec
import structlog
from litestar import Request, Response
from litestar.exceptions import (
    HTTPException,
    MethodNotAllowedException,
    NotFoundException,
    ValidationException,
)
from litestar.response import Redirect

from storekeeper.infra.web import pages
from storekeeper.infra.web.openapi import PROBLEM_MEDIA_TYPE
from storekeeper.kernel.errors import BadInputError, NotFoundError, NotSignedInError, StorekeeperError

log = structlog.get_logger("web")
_IN_BODY = re.compile(r"(?P<message>.*) - at `\$\.data\.(?P<key>[^`]*)`", re.DOTALL)


class MethodNotAllowedError(StorekeeperError):
    """The path exists, but not with this HTTP method."""

    slug, title, status = "method-not-allowed", "Method not allowed", 405


class HttpError(StorekeeperError):
    """The HTTP layer refused the request, for example for its size or media type; `status` tells which."""

    slug, title, status = "http", "Request refused", 400


def handle_known(request: Request[Any, Any, Any], error: StorekeeperError) -> Response[Any]:
    if isinstance(error, NotSignedInError) and wants_page(request):
        return Redirect(pages.sign_in_url(request))
    return _answer(request, error, error.status)


def handle_http(request: Request[Any, Any, Any], error: HTTPException) -> Response[Any]:
    """What Litestar itself raises: unknown paths, failed validation, wrong methods."""
    fault = _fault_of_the_body(error)
    if fault is None and error.status_code >= 500:
        return handle_unknown(request, error)
    known = fault or _known(error)
    status = known.status if not isinstance(known, HttpError) else error.status_code
    answer = _answer(request, known, status)
    answer.headers |= error.headers or {}
    return answer


def _known(error: HTTPException) -> StorekeeperError:
    if isinstance(error, ValidationException):
        return BadInputError(_detail(error), errors=error.extra or [])
    if isinstance(error, NotFoundException):
        return NotFoundError("There is nothing at this address.")
    if isinstance(error, MethodNotAllowedException):
        return MethodNotAllowedError()
    return HttpError(_detail(error))


def _fault_of_the_body(error: HTTPException) -> BadInputError | None:
    """Litestar takes a wrong field of the body for a mistake of ours when a service has the same name (seen with 2.25)."""
    found = (
        _IN_BODY.fullmatch(str(error.__cause__))
        if isinstance(error.__cause__, msgspec.ValidationError)
        else None
    )
    if found is None:
        return None
    return BadInputError(
        "A field of the body is not acceptable.", errors=[found.groupdict() | {"source": "body"}]
    )


def handle_unknown(request: Request[Any, Any, Any], error: Exception) -> Response[Any]:
    """A mistake of ours: logged with its traceback, told without details."""
    log.error("unexpected error", path=request.url.path, exc_info=error)
    known = StorekeeperError(
        "Storekeeper made a mistake; it is in the log under this request id.",
        hint="What was stored before is safe. Try again, then look for the request id in the log.",
    )
    return _answer(request, known, known.status)


def wants_page(request: Request[Any, Any, Any]) -> bool:
    """Whether the caller is a person with a browser. `/health` is for orchestrators; what is below it are pages."""
    path = request.url.path
    program = path == "/health" or path.startswith(("/api/", "/metrics", "/schema"))
    return not program and "text/html" in request.headers.get("accept", "")


def _answer(request: Request[Any, Any, Any], error: StorekeeperError, status: int) -> Response[Any]:
    problem = error.problem() | {
        "status": status,
        "instance": request.url.path,
        "requestId": request.scope.get("request_id", ""),
    }
    headers = (
        {"Retry-After": str(max(1, math.ceil(error.retry_after)))} if error.retry_after is not None else {}
    )
    if status == NotSignedInError.status:
        headers["WWW-Authenticate"] = "Bearer"
    if wants_page(request):
        page = pages.render(
            request,
            "web/error.html",
            title=error.title,
            status=status,
            detail=error.detail,
            safe="Nothing was changed." if status < 500 else "What was stored before is safe.",
            action=error.hint,
        )
        return Response(page.content, status_code=status, headers=headers, media_type="text/html")
    return Response(problem, status_code=status, headers=headers, media_type=PROBLEM_MEDIA_TYPE)


def _detail(error: HTTPException) -> str:
    return str(error.detail or "")[:500]
