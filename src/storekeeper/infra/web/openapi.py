"""What the OpenAPI description says of every route beside its own: problems, headers, other media types."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import msgspec
from litestar.openapi.datastructures import ResponseSpec
from litestar.openapi.spec import (
    OpenAPIFormat,
    OpenAPIHeader,
    OpenAPIMediaType,
    OpenAPIResponse,
    OpenAPIType,
    Operation,
    Parameter,
    RequestBody,
    Schema,
)

from storekeeper.infra.web.principal import Access

PROBLEM_MEDIA_TYPE = "application/problem+json"
_TEXT = Schema(type=OpenAPIType.STRING)
_EVENT = Schema(
    type=OpenAPIType.OBJECT, properties={"event": _TEXT, "data": _TEXT}, required=["event", "data"]
)
_BINARY = Schema(type=OpenAPIType.STRING, format=OpenAPIFormat.BINARY)
_TABLES = ("application/vnd.apache.parquet", "application/vnd.apache.arrow.stream")
_HEADERS = {
    "X-Request-Id": OpenAPIHeader(schema=_TEXT, required=True, description="Names this request in the log."),
    "Server-Timing": OpenAPIHeader(
        schema=_TEXT, required=True, description="Milliseconds: db, analytics, total."
    ),
}
_TAG_HEADERS = {
    "ETag": OpenAPIHeader(schema=_TEXT, required=True, description="Stands for this body, byte by byte."),
    "Cache-Control": OpenAPIHeader(schema=_TEXT, required=True, description="private, no-cache"),
}
_IF_NONE_MATCH = Parameter(
    name="If-None-Match",
    param_in="header",
    schema=_TEXT,
    description="The `ETag` of what the caller has; the answer is 304 while that holds.",
)
_IDEMPOTENCY_KEY = Parameter(
    name="Idempotency-Key",
    param_in="header",
    schema=_TEXT,
    description="The same one again, by the same key, changes nothing; of at most 128 characters.",
)
_FILES = (
    "application/octet-stream",
    "application/gzip",
    "text/plain",
    "text/csv",
    "application/x-ndjson",
    _TABLES[0],
)
_ANYWHERE = {
    400: "A value is malformed or not acceptable.",
    401: "Not signed in, or by credentials that do not hold.",
    404: "There is no such thing, or the caller may not know of it.",
    500: "A mistake of the server, which is in its log under the request id.",
    503: "A part that this needs is down or full.",
}
_GUARDED = {403: "The caller's role or scope does not allow this."}
_WRITING = {
    403: "The caller's role or scope does not allow this, or the request came from another site.",
    409: "It contradicts the present state.",
    413: "The body is too large.",
    415: "The body's media type is not understood.",
    429: "A limit is reached.",
}


class Problem(msgspec.Struct, kw_only=True, rename="camel"):
    """An error by RFC 9457. Some types have members of their own, such as `runId`."""

    type: str  # /problems/<slug>, stable; its page tells more
    title: str
    status: int
    instance: str
    request_id: str
    detail: str | msgspec.UnsetType = msgspec.UNSET
    hint: str | msgspec.UnsetType = msgspec.UNSET
    retry_after_seconds: float | msgspec.UnsetType = msgspec.UNSET
    errors: list[dict[str, Any]] | msgspec.UnsetType = msgspec.UNSET


def problems(access: Access, *, writes: bool) -> dict[int, ResponseSpec]:
    """The problems that a route may answer with."""
    told = _ANYWHERE | ({} if access is Access.PUBLIC else _GUARDED) | (_WRITING if writes else {})
    return _specified(told)


def _specified(told: Mapping[int, str]) -> dict[int, ResponseSpec]:
    return {
        status: ResponseSpec(
            Problem, description=words, media_type=PROBLEM_MEDIA_TYPE, generate_examples=False
        )
        for status, words in told.items()
    }


OF_THE_BUCKET = _specified(
    {
        422: "The bucket's endpoint refuses: wrong credentials, a missing permission, no such bucket.",
        501: "The provider does not have this.",
        502: "The bucket's endpoint does not answer as it should.",
        504: "The bucket's endpoint does not answer in time.",
    }
)  # for routes that speak to it


@dataclass
class Described(Operation):
    """An operation all of whose answers have the headers that every answer has."""

    def __post_init__(self) -> None:
        for answer in (self.responses or {}).values():
            if isinstance(answer, OpenAPIResponse):
                answer.headers = {**(answer.headers or {}), **_HEADERS}


@dataclass
class OrCsv(Described):
    """It answers in CSV when asked with `Accept: text/csv` or format=csv."""

    def __post_init__(self) -> None:
        super().__post_init__()
        _succeeding(self).update({"text/csv": OpenAPIMediaType(schema=_TEXT)})


@dataclass
class OrFile(OrCsv):
    """It answers with one page, or with all of them as CSV, NDJSON, Parquet or Arrow when asked by `Accept` or format=."""

    def __post_init__(self) -> None:
        super().__post_init__()
        names = ("application/x-ndjson", *_TABLES)
        _succeeding(self).update({name: OpenAPIMediaType(schema=_TEXT) for name in names})


@dataclass
class Conditional(Described):
    """It answers with a tag, and with 304 to a caller who has what that stands for."""

    def __post_init__(self) -> None:
        super().__post_init__()
        _add_tag(self)


@dataclass
class OrTable(OrCsv):
    """It answers also in CSV, Parquet or Arrow when asked by `Accept` or format=, each with a tag of its own."""

    def __post_init__(self) -> None:
        super().__post_init__()
        _add_tag(self)
        _succeeding(self).update({name: OpenAPIMediaType(schema=_TEXT) for name in _TABLES})


@dataclass
class File(Described):
    """It answers with a file: NDJSON, CSV, Parquet or Arrow."""

    def __post_init__(self) -> None:
        super().__post_init__()
        content = _succeeding(self)
        content.clear()
        names = ("application/x-ndjson", "text/csv", *_TABLES)
        content.update({name: OpenAPIMediaType(schema=_TEXT) for name in names})


@dataclass
class TakesMany(Described):
    """Its body is a list of its `data`: a JSON array, one a line, or the rows of an Arrow stream."""

    def __post_init__(self) -> None:
        super().__post_init__()
        body = self.request_body
        array = body.content["application/json"].schema if isinstance(body, RequestBody) else None
        if not isinstance(array, Schema) or array.items is None:
            raise TypeError(f"{self.operation_id} takes no list")
        self.request_body = RequestBody(
            required=True,
            description="Plain, or compressed as `Content-Encoding: gzip` says. NDJSON has one a line; columns of an Arrow "
            "stream have the names of the members.",
            content={
                "application/x-ndjson": OpenAPIMediaType(schema=array.items),
                "application/json": OpenAPIMediaType(schema=array),
                "application/vnd.apache.arrow.stream": OpenAPIMediaType(schema=_BINARY),
            },
        )
        self.parameters = [*(self.parameters or []), _IDEMPOTENCY_KEY]


@dataclass
class TakesFile(Described):
    """Its body is a file, whatever the media type says."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.request_body = RequestBody(
            required=True,
            description="The file itself, as it is or compressed by gzip; not a form. Its media type is not looked at.",
            content={
                **{name: OpenAPIMediaType(schema=_BINARY) for name in _FILES},
                "application/json": OpenAPIMediaType(schema=Schema(description="As the provider answered.")),
            },
        )


@dataclass
class Events(Described):
    """It answers with Server-Sent Events; `data` is JSON."""

    def __post_init__(self) -> None:
        super().__post_init__()
        content = _succeeding(self)
        content.clear()
        content["text/event-stream"] = OpenAPIMediaType(schema=_EVENT)


def _add_tag(operation: Operation) -> None:
    responses = operation.responses or {}
    answer = responses["200"]
    if isinstance(answer, OpenAPIResponse):
        answer.headers = {**(answer.headers or {}), **_TAG_HEADERS}
    same = OpenAPIResponse(description="The caller has it already.", headers={**_HEADERS, **_TAG_HEADERS})
    operation.responses = {**responses, "304": same}
    operation.parameters = [*(operation.parameters or []), _IF_NONE_MATCH]


def _succeeding(operation: Operation) -> dict[str, OpenAPIMediaType]:
    answer = (operation.responses or {})["200"]
    content = answer.content if isinstance(answer, OpenAPIResponse) else None
    if content is None:
        raise TypeError(f"{operation.operation_id} has no content")
    return content
