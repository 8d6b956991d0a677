"""One call of a store that was issued, and what it turns out to stand for."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from ..failures import outcome
from ..operation import Operation
from ..owner import current_owner

if TYPE_CHECKING:
    from ..meter import Meter


class Issued:
    """Times a call and records operations of it, for the owner in force when it was made."""

    __slots__ = ("_bucket", "_clock", "_owner", "_started", "_submit", "_time", "key", "operation", "paths", "sent")

    def __init__(self, meter: "Meter", bucket: str, operation: str, key: str) -> None:
        self.operation, self.key = operation, key
        self.sent: Callable[[], int] = int  # bytes of the request's body, once it has been sent
        self._submit, self._clock, self._bucket, self._owner = (
            meter.submit,
            meter.clock,
            bucket,
            current_owner(),
        )
        self.paths = 1  # that a deletion names
        self.restart()

    def restart(self) -> None:
        """The request is sent only now."""
        self._time, self._started = self._clock.now(), self._clock.monotonic()

    def latency(self) -> float:
        """Milliseconds so far."""
        return (self._clock.monotonic() - self._started) * 1000

    def record(
        self,
        *,
        operation: str = "",
        key: str | None = None,
        received: int = 0,
        size: int | None = None,
        latency: float | None = None,
        status: int = 200,
        error: str = "",
    ) -> None:
        """One operation: bytes received, bytes of the object, milliseconds."""
        self._submit(
            Operation(
                time=self._time,
                bucket=self._bucket,
                operation=operation or self.operation,
                status=status,
                owner=self._owner,
                key=self.key if key is None else key,
                error=error,
                bytes_in=self.sent(),
                bytes_out=received,
                object_size=size,
                latency_ms=self.latency() if latency is None else latency,
            )
        )

    def fail(self, error: Exception) -> None:
        status, code = outcome(error)
        self.record(status=status, error=code)
