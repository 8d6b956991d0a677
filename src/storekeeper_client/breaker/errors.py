"""What a caller gets in place of a call."""


class BreakerOpenError(Exception):
    """The bucket's breaker lets no call pass; nothing was sent. `retry_after` is in seconds, `reason` in words."""

    def __init__(self, bucket: str, retry_after: float, reason: str) -> None:
        super().__init__(f"calls to {bucket} are held back for {retry_after:.1f} s: {reason}")
        self.bucket, self.retry_after, self.reason = bucket, retry_after, reason

    def __reduce__(self) -> tuple[type["BreakerOpenError"], tuple[str, float, str]]:
        return type(self), (self.bucket, self.retry_after, self.reason)
