"""What became of the operations."""

import msgspec


class Stats(msgspec.Struct, frozen=True, kw_only=True):
    """Counts of operations since the meter was made (in a forked child: since the fork).

    recorded + recovered = sampled_out + queued + spilled + accepted + duplicates + rejected + dropped

    holds whenever no batch is on its way. `recovered` were left on disk by an earlier process. `dropped` are lost:
    the queue or the disk was full, the server refused the batch, or the program ended first. `duplicates` had reached
    the server before, and only the answer was lost. `unanswered` counts attempts without any response from the
    object storage; they are nobody's operation and are not recorded. `retries` counts requests.
    """

    recorded: int = 0
    recovered: int = 0
    sampled_out: int = 0
    queued: int = 0
    spilled: int = 0
    accepted: int = 0
    duplicates: int = 0
    rejected: int = 0
    dropped: int = 0
    unanswered: int = 0
    retries: int = 0
    last_error: str = ""

    @property
    def sent(self) -> int:
        """Operations that the server has answered for."""
        return self.accepted + self.duplicates + self.rejected


class Tally:
    """The counts that only the sending side changes; one thread at a time."""

    def __init__(self) -> None:
        self.recovered = self.accepted = self.duplicates = self.rejected = self.dropped = self.retries = 0
        self.last_error = ""
