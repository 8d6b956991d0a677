"""What the integrations need of a meter."""

from collections.abc import Callable
from typing import Protocol

from storekeeper.kernel.clock import Clock

from .note import Note
from .operation import Operation


class Recorder(Protocol):
    """See `Meter` for what each of them does."""

    clock: Clock
    submit: Callable[[Operation | Note], None]

    def record(self, operation: Operation) -> None: ...

    def miss(self) -> None: ...

    def swallow(self, error: Exception) -> None: ...
