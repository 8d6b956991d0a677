"""Small requests that come often, answered before the framework has looked at them; it would take longer than what they ask for.

A shortcut only ever gives the one plain answer. Whatever else it is goes on to the route of the same address, with its
body: larger ones, callers who are not known yet or may not do it, and everything that ends in an error.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from typing import Any, NamedTuple

import msgspec
from litestar.types import ASGIApp, Receive, Scope, Send

from storekeeper.infra.web.envelope import Authenticator
from storekeeper.infra.web.principal import Access, Principal, may
from storekeeper.kernel.errors import StorekeeperError

LARGEST = 64 << 10  # bytes of a body
_encode = msgspec.json.Encoder().encode
_JSON = (b"content-type", b"application/json")


class Small(NamedTuple):
    """A request that is here as a whole. Names of headers are in lower case."""

    headers: Mapping[bytes, bytes]
    body: bytes
    caller: Principal

    def header(self, name: str) -> str:
        """Empty where it was not sent."""
        return self.headers.get(name.encode(), b"").decode("latin-1")


class Shortcut(NamedTuple):
    """`answer` waits for nothing: it returns what is done soon, or None where the route is to answer."""

    path: str
    access: Access
    answer: Callable[[Small], Future[Any] | None]


def posted(shortcut: Shortcut, authenticator: Authenticator) -> Callable[[ASGIApp], ASGIApp]:
    """Middleware for API keys that post to the path; what the future holds becomes JSON."""

    def wrap(app: ASGIApp) -> ASGIApp:
        async def handle(scope: Scope, receive: Receive, send: Send) -> None:
            if scope.get("path") != shortcut.path or scope.get("method") != "POST":
                await app(scope, receive, send)
                return
            headers = dict(scope["headers"])
            caller = authenticator.recall(headers.get(b"authorization", b"").decode("latin-1"))
            if (
                not caller
                or caller.via != "key"
                or not may(caller, shortcut.access)
                or not _is_small(headers)
            ):
                await app(scope, receive, send)
                return
            came = await _received(receive)
            answer = await _answer(shortcut, headers, came, caller)
            if answer is None:
                await app(scope, _again(came, receive), send)
            else:
                scope["path_template"] = shortcut.path
                await _send(answer, send)

        return handle

    return wrap


def _is_small(headers: Mapping[bytes, bytes]) -> bool:
    length = headers.get(b"content-length", b"")
    return length.isdigit() and len(length) < 9 and int(length) <= LARGEST


async def _received(receive: Receive) -> list[Any]:
    """All messages of the request; the last one tells whether its sender has gone away."""
    came = [await receive()]
    while came[-1].get("more_body"):
        came.append(await receive())
    return came


async def _answer(
    shortcut: Shortcut, headers: Mapping[bytes, bytes], came: Sequence[Any], caller: Principal
) -> bytes | None:
    if came[-1]["type"] != "http.request":
        return None
    try:
        soon = shortcut.answer(Small(headers, b"".join(part["body"] for part in came), caller))
        return None if soon is None else _encode(await asyncio.wrap_future(soon))
    except StorekeeperError:  # which the route finds again, and tells in full
        return None


def _again(came: Sequence[Any], receive: Receive) -> Receive:
    """What was received already, and what comes after it."""
    waiting = deque(came)

    async def received() -> Any:
        return waiting.popleft() if waiting else await receive()

    return received


async def _send(answer: bytes, send: Send) -> None:
    length = (b"content-length", str(len(answer)).encode())
    await send({"type": "http.response.start", "status": 200, "headers": [_JSON, length]})
    await send({"type": "http.response.body", "body": answer, "more_body": False})
