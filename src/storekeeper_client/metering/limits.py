"""How much a meter may hold, and how long it may take."""

import msgspec


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """Counts are operations, times seconds, sizes bytes."""

    batch_size: int = 50
    flush_interval: float = 30.0
    max_queue: int = 10_000
    max_spill: int = 64 << 20
    request_timeout: float = 10.0
    exit_timeout: float = 5.0
    first_retry: float = 1.0
    longest_retry: float = 60.0
    longest_retry_after: float = 3600.0
    # Batches in one, for a sender that is far behind: each request costs time, whatever its size.
    catch_up: int = 20
    strikes: int = 20  # answers 500 after which one batch is given up, so that it does not block the others

    def __post_init__(self) -> None:
        if self.batch_size < 1 or self.max_queue < self.batch_size:
            raise ValueError("a batch needs at least one operation, and the queue room for a batch")
        if self.flush_interval <= 0 or self.request_timeout <= 0:
            raise ValueError("intervals and time limits are longer than nothing")

    def next_batch(self, waiting: int) -> int:
        """How many of so many waiting operations to send at once; never more than a tenth of the queue, or one batch."""
        if waiting <= 4 * self.batch_size:
            return self.batch_size
        return max(self.batch_size, min(self.catch_up * self.batch_size, self.max_queue // 10))
