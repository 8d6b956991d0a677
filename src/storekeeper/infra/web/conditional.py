"""Answers that the caller may have already (RFC 9110, sections 8.8.3 and 13.1.2)."""

import re
from collections.abc import Callable
from typing import Any

from litestar import Request, Response
from litestar.status_codes import HTTP_304_NOT_MODIFIED

_TAG = re.compile(r'"([^"]*)"')


def unless_known(
    request: Request[Any, Any, Any], tag: str, answer: Callable[[], Response[Any]]
) -> Response[Any]:
    """304 without a body where the caller has what `tag` stands for, else the answer with that tag.

    The same tag must mean the same body. What goes out compressed has a tag of its own.
    """
    if "gzip" in request.headers.get("accept-encoding", ""):
        tag += "-gzip"
    known = ",".join(request.headers.getall("if-none-match", []))
    if known.strip() == "*" or tag in _TAG.findall(known):
        response: Response[Any] = Response(None, status_code=HTTP_304_NOT_MODIFIED)
    else:
        response = answer()
    response.headers |= {"ETag": f'"{tag}"', "Cache-Control": "private, no-cache", "Vary": "Accept"}
    return response
