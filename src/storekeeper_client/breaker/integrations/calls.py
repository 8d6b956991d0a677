"""Calls of botocore from their beginning to their end, whatever that is: no event tells of a call that is broken off.

What the breakers' handlers begin within a call is known here by a context variable, and dropped with the call.
"""

import inspect
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from storekeeper_client.breaker.permit import Permit


class Attempt:
    """The permit of the attempt under way."""

    __slots__ = ("bucket", "long", "operation", "permit")

    def __init__(self, bucket: str, operation: str) -> None:
        self.bucket, self.operation = bucket, operation
        self.permit: Permit | None = None
        self.long = False
        begun = _begun.get()
        if begun is not None:
            begun.append(self)

    def take(self) -> Permit | None:
        permit, self.permit = self.permit, None
        return permit


_begun: ContextVar[list[Attempt] | None] = ContextVar("storekeeper_attempts", default=None)


@contextmanager
def _calling() -> Iterator[None]:
    """One call. Permits that were not settled when it ends go back."""
    begun = list[Attempt]()
    token = _begun.set(begun)
    try:
        yield
    finally:
        _begun.reset(token)
        for attempt in begun:
            if (permit := attempt.take()) is not None:
                permit.cancel()


class _Watched:
    """A class of clients to come."""

    def _make_api_call(self, *args: Any, **kwargs: Any) -> Any:
        with _calling():
            return super()._make_api_call(*args, **kwargs)  # type: ignore[misc] # of the client


class _WatchedAsync:
    """The same for aiobotocore."""

    async def _make_api_call(self, *args: Any, **kwargs: Any) -> Any:
        with _calling():
            return await super()._make_api_call(*args, **kwargs)  # type: ignore[misc] # of the client


def watch_class(base_classes: list[type], **_: Any) -> None:
    """Botocore is about to make a class of clients from these."""
    if not any(issubclass(base, _Watched | _WatchedAsync) for base in base_classes):
        base_classes.insert(0, _WatchedAsync if _is_async(base_classes[0]) else _Watched)


def watch_client(client: Any) -> None:
    """A client that is there already. What it does is asked of its class each time, for others wrap that, too."""
    kind = type(client)
    if issubclass(kind, _Watched | _WatchedAsync) or "_make_api_call" in vars(client):
        return

    def called(*args: Any, **kwargs: Any) -> Any:
        with _calling():
            return kind._make_api_call(client, *args, **kwargs)  # noqa: SLF001 - the one way of all calls

    async def awaited(*args: Any, **kwargs: Any) -> Any:
        with _calling():
            return await kind._make_api_call(client, *args, **kwargs)  # noqa: SLF001 - see above

    client._make_api_call = awaited if _is_async(kind) else called  # noqa: SLF001 - see above


def _is_async(kind: Any) -> bool:
    return inspect.iscoroutinefunction(inspect.unwrap(kind._make_api_call))  # noqa: SLF001 - see above
