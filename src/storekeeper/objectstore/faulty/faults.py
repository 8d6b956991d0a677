"""What a faulty endpoint does to requests and answers."""

from dataclasses import dataclass
from datetime import timedelta
from email.utils import format_datetime, parsedate_to_datetime
from typing import Literal

FOREVER = 1 << 62


@dataclass
class Faults:
    """Switches that may be set at any time; all off is a faithful proxy. Times in seconds, counts in requests."""

    only: str = ""  # apply to requests whose path and query contain this
    methods: frozenset[str] = frozenset()  # apply to these only; to all where there are none
    refuse: bool = False  # reset every connection
    delay: float = 0.0  # before the first byte of an answer
    errors: int = 0  # this many requests get the error below; FOREVER is possible
    error_status: int = 500
    error_code: str = "InternalError"
    retry_after: str = ""  # the header's value beside the error
    redirect: str = ""  # 307 to this endpoint, with the path and query that were asked for
    cut_after: int | None = None  # bytes of the body until the connection is reset
    malformed: bool = False  # half a body that claims to be all
    wrong_bytes: bool = False  # one byte of the body is changed
    trickle_head: float = 0.0  # between two bytes of the status line and the headers
    trickle: float = 0.0  # between two bytes of the body
    date_shift: float = 0.0  # what the Date header is off by
    listing: Literal["", "same-token", "same-page", "endless"] = ""

    def slow_down(self, requests: int, retry_after: str = "") -> None:
        """The next requests get 503 SlowDown."""
        self.error_status, self.error_code, self.retry_after = 503, "SlowDown", retry_after
        self.errors = requests

    def clock_skew(self, requests: int = FOREVER) -> None:
        """The next requests are told that clocks disagree."""
        self.error_status, self.error_code, self.retry_after = 403, "RequestTimeTooSkewed", ""
        self.errors = requests

    def concern(self, method: str, target: str) -> bool:
        """Whether a request with this path and query is one that they apply to."""
        return self.only in target and (not self.methods or method in self.methods)

    @property
    def need_whole_body(self) -> bool:
        """Whether the body can not be passed on piece by piece."""
        bent = self.malformed or self.wrong_bytes or self.listing
        return bool(bent or self.trickle or self.cut_after is not None)

    def damaged(self, body: bytes) -> bytes:
        if self.malformed:
            return body[: len(body) // 2]
        if self.wrong_bytes and body:
            middle = len(body) // 2
            return body[:middle] + bytes([body[middle] ^ 0x01]) + body[middle + 1 :]
        return body

    def dated(self, date: str) -> str:
        """An HTTP date, off by the shift."""
        if not self.date_shift:
            return date
        return format_datetime(parsedate_to_datetime(date) + timedelta(seconds=self.date_shift), usegmt=True)
