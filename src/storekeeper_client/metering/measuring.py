"""Metering by hand, for whatever has no integration: a block, or a function."""

import functools
import inspect
from collections.abc import Callable
from types import TracebackType
from typing import Any, ParamSpec, Self, TypeVar, cast

from storekeeper_client.breaker.errors import BreakerOpenError

from .failures import outcome
from .operation import Operation
from .owner import current_owner
from .recorder import Recorder

_P = ParamSpec("_P")
_R = TypeVar("_R")
Named = str | Callable[..., str]


class Measured:
    """One operation under way. Set what becomes known; the block's end records it.

    Sizes are bytes. An exception sets `status` and `error` (500 when it says nothing more exact) and goes on. A block
    that is broken off from outside (a cancelled task, Ctrl-C) is not recorded: how it went is not known. Nor is one
    that the bucket's breaker refused: nothing was sent.
    """

    def __init__(self, recorder: Recorder, operation: str, bucket: str, key: str) -> None:
        self.operation, self.bucket, self.key = operation, bucket, key
        self.owner = current_owner()
        self.status, self.error = 200, ""
        self.bytes_in = self.bytes_out = 0
        self.object_size: int | None = None
        self.request_id = self.storage_class = ""
        self._recorder = recorder

    def __enter__(self) -> Self:
        self._time, self._started = self._recorder.clock.now(), self._recorder.clock.monotonic()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        broken_off = error is not None and not isinstance(error, Exception)
        if broken_off or isinstance(error, BreakerOpenError):
            return
        if error is not None:
            self.status, self.error = outcome(error)
        elapsed = self._recorder.clock.monotonic() - self._started
        self._recorder.record(
            Operation(
                time=self._time,
                bucket=self.bucket,
                operation=self.operation,
                status=self.status,
                owner=self.owner,
                key=self.key,
                error=self.error,
                bytes_in=self.bytes_in,
                bytes_out=self.bytes_out,
                object_size=self.object_size,
                latency_ms=elapsed * 1000,
                request_id=self.request_id,
                storage_class=self.storage_class,
            )
        )


def measured_function(
    recorder: Recorder, function: Callable[_P, _R], operation: str, bucket: Named, key: Named
) -> Callable[_P, _R]:
    """The function (or coroutine function) with each of its calls recorded as one operation."""

    def measure(*args: _P.args, **kwargs: _P.kwargs) -> Measured:
        return Measured(recorder, operation, _name(bucket, args, kwargs), _name(key, args, kwargs))

    if inspect.iscoroutinefunction(function):

        @functools.wraps(function)
        async def awaited(*args: _P.args, **kwargs: _P.kwargs) -> Any:
            with measure(*args, **kwargs):
                return await function(*args, **kwargs)

        return cast("Callable[_P, _R]", awaited)

    @functools.wraps(function)
    def called(*args: _P.args, **kwargs: _P.kwargs) -> _R:
        with measure(*args, **kwargs):
            return function(*args, **kwargs)

    return called


def _name(named: Named, args: tuple[Any, ...], kwargs: dict[str, Any]) -> str:
    if isinstance(named, str):
        return named
    try:
        return named(*args, **kwargs)
    except Exception:  # noqa: BLE001 - the host's call must not fail because its name could not be told
        return ""
