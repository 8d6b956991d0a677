"""What an exception of a storage library says about the request."""

from typing import Any

_STATUSES = {
    "AlreadyExistsError": 409,
    "FileExistsError": 409,
    "FileNotFoundError": 404,
    "InvalidPathError": 400,
    "NotFoundError": 404,
    "NotModifiedError": 304,
    "NotSupportedError": 501,
    "PermissionDeniedError": 403,
    "PermissionError": 403,
    "PreconditionError": 412,
    "UnauthenticatedError": 401,
}


def outcome(error: BaseException) -> tuple[int, str]:
    """The HTTP status and the code: what the exception carries, else by its name, else 500."""
    name = type(error).__name__
    response: Any = getattr(error, "response", None)
    if isinstance(response, dict):  # botocore's ClientError
        status = response.get("ResponseMetadata", {}).get("HTTPStatusCode")
        if isinstance(status, int):
            return status, str(response.get("Error", {}).get("Code", name))
    status = _STATUSES.get(name, 500)
    return status, name if status >= 400 else ""
