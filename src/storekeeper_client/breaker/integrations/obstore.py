"""obstore: a store whose methods ask the bucket's breaker first.

obstore tries again by itself, so a call that fails has failed several times; it counts once. Only `get`, `head` and small
`put`s can be slow: the time of all others depends on how much is transferred. Of a listing each step is guarded, but
only the first says that the storage works: the others may come from what was fetched before. Bodies that the program
reads later, and presigned URLs, are not guarded.
"""

from functools import wraps
from typing import Any, Self

from storekeeper_client.breaker.breaker import CircuitBreaker
from storekeeper_client.breaker.permit import Permit
from storekeeper_client.breaker.registry import BreakerRegistry

_GUARDED = frozenset(
    {"copy", "delete", "get", "get_range", "get_ranges", "head", "list_with_delimiter", "put", "rename"}
)
_TIMED = frozenset({"get", "head"})
_LARGE = 1 << 20


class GuardedStore:
    """Stands for the store; `store` is the store itself."""

    def __init__(self, store: Any, breaker: CircuitBreaker) -> None:
        self.store = store
        self._breaker = breaker

    def __getattr__(self, name: str) -> Any:
        method = getattr(self.store, name)
        plain = name.removesuffix("_async")
        if plain == "list":
            return self._listing(method)
        if plain not in _GUARDED:
            return method
        return self._awaited(method, plain) if name != plain else self._called(method, plain)

    def __repr__(self) -> str:
        return f"GuardedStore({self.store!r})"

    def _called(self, method: Any, name: str) -> Any:
        @wraps(method)
        def call(*args: Any, **kwargs: Any) -> Any:
            with self._breaker.acquire() as permit:
                result = method(*args, **kwargs)
                permit.success(None if _is_timed(name, args, kwargs) else 0.0)
                return result

        return call

    def _awaited(self, method: Any, name: str) -> Any:
        @wraps(method)
        async def call(*args: Any, **kwargs: Any) -> Any:
            with self._breaker.acquire() as permit:
                result = await method(*args, **kwargs)
                permit.success(None if _is_timed(name, args, kwargs) else 0.0)
                return result

        return call

    def _listing(self, method: Any) -> Any:
        @wraps(method)
        def call(*args: Any, **kwargs: Any) -> Any:
            return GuardedListing(method(*args, **kwargs), self._breaker)

        return call


class GuardedListing:
    """Stands for a `ListStream`."""

    def __init__(self, stream: Any, breaker: CircuitBreaker) -> None:
        self._stream, self._breaker, self._begun = stream, breaker, False

    def __iter__(self) -> Self:
        return self

    def __aiter__(self) -> Self:
        return self

    def __next__(self) -> Any:
        with self._breaker.acquire() as permit:
            try:
                objects = next(self._stream)
            except StopIteration:
                self._went_well(permit)
                raise
            self._went_well(permit)
            return objects

    async def __anext__(self) -> Any:
        with self._breaker.acquire() as permit:
            try:
                objects = await anext(self._stream)
            except StopAsyncIteration:
                self._went_well(permit)
                raise
            self._went_well(permit)
            return objects

    def collect(self) -> Any:
        with self._breaker.acquire() as permit:
            objects = self._stream.collect()
            self._went_well(permit)
            return objects

    async def collect_async(self) -> Any:
        with self._breaker.acquire() as permit:
            objects = await self._stream.collect_async()
            self._went_well(permit)
            return objects

    def _went_well(self, permit: Permit) -> None:
        if self._begun:
            permit.cancel()
        else:
            self._begun = True
            permit.success(0.0)


def wrap(store: Any, registry: BreakerRegistry, bucket: str) -> GuardedStore:
    """The store, guarded. Raises ValueError when nothing says which bucket it is."""
    name = bucket or (getattr(store, "config", None) or {}).get("bucket", "")
    if not name:
        raise ValueError("the store's configuration names no bucket: pass bucket=")
    return GuardedStore(store, registry.get(name))


def _is_timed(name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> bool:
    if name != "put":
        return name in _TIMED
    try:
        return memoryview(args[1] if len(args) > 1 else kwargs["file"]).nbytes <= _LARGE
    except (KeyError, TypeError):
        return False
