"""The way from a command to the server: as whom, and how a refusal ends the command."""

from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus

import msgspec

from storekeeper.cli.failing import Status, fail
from storekeeper_client import ApiError, Client, Tokens, UnreachableError, config
from storekeeper_client.config import BrokenConfigError, Config

_STATUSES = {
    HTTPStatus.UNAUTHORIZED: Status.NOT_ALLOWED,
    HTTPStatus.FORBIDDEN: Status.NOT_ALLOWED,
    HTTPStatus.TOO_MANY_REQUESTS: Status.NOT_WELL,
    HTTPStatus.BAD_GATEWAY: Status.UNREACHABLE,
    HTTPStatus.SERVICE_UNAVAILABLE: Status.UNREACHABLE,
    HTTPStatus.GATEWAY_TIMEOUT: Status.UNREACHABLE,
}


@contextmanager
def server() -> Iterator[Client]:
    """The server in use, as the user who signed in. What it refuses ends the command in words."""
    kept = configured()
    with named_refusals(signed_in=bool(kept.token or kept.tokens)), connect(kept) as client:
        yield client


def configured() -> Config:
    """Which server, and as whom."""
    try:
        return config.read()
    except BrokenConfigError as error:
        fail(f"{error}", hint="Remove it and sign in again: storekeeper login URL", status=Status.WRONG_USE)


def connect(kept: Config) -> Client:
    """A client that keeps renewed tokens for the next command."""

    def keep(tokens: Tokens) -> None:
        config.save(msgspec.structs.replace(kept, tokens=tokens))

    try:
        return Client(kept.url, token=kept.token, tokens=kept.tokens, on_refresh=keep)
    except ValueError as error:
        fail(f"This is {error}.", status=Status.WRONG_USE)


@contextmanager
def named_refusals(*, signed_in: bool) -> Iterator[None]:
    """Ends the command with a message and a status when the server refuses or is away."""
    try:
        yield
    except UnreachableError as error:
        hint = "Is it running? `storekeeper serve` starts one here; `storekeeper login URL` chooses another."
        fail(f"{error}.", hint=hint, status=Status.UNREACHABLE)
    except ApiError as error:
        fail(_what(error), hint=_hint(error, signed_in=signed_in), status=status_of(error))


def status_of(error: ApiError) -> Status:
    """The exit status for a refusal: what the caller asked for wrongly is wrong use."""
    if error.slug == "never-scanned":
        return Status.NOT_WELL
    known = _STATUSES.get(HTTPStatus(error.status))
    if known is not None:
        return known
    return Status.WRONG_USE if error.status < HTTPStatus.INTERNAL_SERVER_ERROR else Status.NOT_WELL


def _what(error: ApiError) -> str:
    fields = [f"\n  {each.get('key', '')}: {each.get('message', '')}" for each in error.problem.errors]
    return error.detail + "".join(fields)


def _hint(error: ApiError, *, signed_in: bool) -> str:
    if error.status == HTTPStatus.UNAUTHORIZED and error.slug != "wrong-password":
        return "Sign in again: storekeeper login URL" if signed_in else "Sign in first: storekeeper login URL"
    hint = error.hint
    if error.status >= HTTPStatus.INTERNAL_SERVER_ERROR and error.problem.request_id:
        hint = f"{hint}\nRequest id: {error.problem.request_id}".strip()
    return hint
