"""One call of a store that was issued, and what it turns out to stand for."""

from typing import Any

from storekeeper_client.breaker.errors import BreakerOpenError
from storekeeper_client.metering.failures import outcome
from storekeeper_client.metering.operation import Operation
from storekeeper_client.metering.owner import current_owner
from storekeeper_client.metering.recorder import Recorder

from .uploads import Upload


class Issued:
    """Times a call and records operations of it, for the owner in force when it was made.

    `subject` is its first argument; `upload` what it sends, if it sends anything.
    """

    def __init__(self, meter: Recorder, bucket: str, operation: str, subject: Any) -> None:
        self.operation, self.subject = operation, subject
        self.upload: Upload | None = None
        self._key = subject if isinstance(subject, str) else ""
        self._submit, self._clock, self._bucket = meter.submit, meter.clock, bucket
        self._owner = current_owner()
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
        status: int = 200,
        error: str = "",
        sent: int = 0,
        received: int = 0,
        size: int | None = None,
        latency: float | None = None,
    ) -> None:
        """One operation: bytes sent and received, bytes of the object, milliseconds."""
        self._submit(
            Operation(
                time=self._time,
                bucket=self._bucket,
                operation=operation or self.operation,
                status=status,
                owner=self._owner,
                key=self._key,
                error=error,
                bytes_in=sent,
                bytes_out=received,
                object_size=size,
                latency_ms=latency,
            )
        )

    def fail(self, error: Exception) -> None:
        """One operation that failed. A call that its bucket's breaker refused is none: nothing was sent."""
        if isinstance(error, BreakerOpenError):
            return
        status, code = outcome(error)
        sent = self.upload.size if self.upload is not None else 0
        self.record(status=status, error=code, sent=sent, latency=self.latency())
