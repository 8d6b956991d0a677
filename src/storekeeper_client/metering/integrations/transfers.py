"""The owner in force follows a managed transfer (`upload_file` and its kin) into s3transfer's threads."""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, TypeVar

from storekeeper_client.metering.owner import current_owner, owner

_R = TypeVar("_R")


class OwnerExecutor(ThreadPoolExecutor):
    """Runs each task under the owner that was in force when it was submitted."""

    def submit(self, fn: Callable[..., _R], /, *args: Any, **kwargs: Any) -> "Future[_R]":
        if name := current_owner():
            return super().submit(_run_for, name, fn, *args, **kwargs)
        return super().submit(fn, *args, **kwargs)


def carry_owner() -> None:
    """Have s3transfer use that executor, if it is installed and the host has not chosen another."""
    try:
        from s3transfer.futures import (  # type: ignore[import-untyped]  # noqa: PLC0415 - only when it is metered
            BoundedExecutor,
        )
    except ImportError:
        return
    if BoundedExecutor.EXECUTOR_CLS is ThreadPoolExecutor:
        BoundedExecutor.EXECUTOR_CLS = OwnerExecutor


def _run_for(name: str, fn: Callable[..., _R], *args: Any, **kwargs: Any) -> _R:
    with owner(name):
        return fn(*args, **kwargs)
