"""Asks whether an owner may write, without making the writer wait for the answer."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Literal, Self

from storekeeper.kernel.clock import Clock, SystemClock
from storekeeper_client.metering import lifecycle

from .allowance import Allowance, Ruling
from .asking import Asker

TIMEOUT = 1.0  # seconds that the first write of an owner waits at most
_ALWAYS = Ruling(True, "Deletes always pass.")


class QuotaExceededError(Exception):
    """The write would be over a quota, or nobody could be asked and `fail` is closed."""

    def __init__(self, ruling: Ruling) -> None:
        super().__init__(ruling.reason)
        self.ruling = ruling


class QuotaGuard:
    """One for each process; shared by its threads and event loops. `close` it, or use it as a context manager.

    The server leases bytes to the guard, which grants writes from its lease in memory and renews it behind the writers'
    backs. Only a write for which there is no lease waits for the server, `timeout` seconds at most. `fail` says what
    becomes of writes when the server does not answer: `"open"` lets them pass, `"closed"` refuses them.
    Raises ValueError for what is no address, no choice or no time.
    """

    def __init__(
        self,
        url: str,
        token: str,
        *,
        fail: Literal["open", "closed"],
        timeout: float = TIMEOUT,
        clock: Clock | None = None,
    ) -> None:
        if fail not in ("open", "closed"):
            raise ValueError(f"fail is {fail!r}; write open or closed")
        if not 0 <= timeout <= 60:
            raise ValueError(f"timeout is {timeout!r}; write seconds from 0 to 60")
        self._clock = clock or SystemClock()
        self._fails_open, self._timeout = fail == "open", timeout
        self._allowances: dict[tuple[str, str], Allowance] = {}
        self._asker = Asker(url, token, self._allowances, self._clock)
        lifecycle.enroll(self)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def may_write(self, owner: str, bucket: str, size: int) -> Ruling:
        """Whether this owner may write one object of so many bytes now. What is allowed counts as written.

        Raises ValueError for a negative size.
        """
        if size < 0:
            raise ValueError(f"size is {size}")
        allowance = self._allowance(owner, bucket)
        ruling = allowance.take(size, self._clock.monotonic())
        if ruling is None:
            return self._wait(allowance, size)
        if allowance.low:
            self._ask(allowance, 0)
        return ruling

    async def may_write_async(self, owner: str, bucket: str, size: int) -> Ruling:
        """The same for an event loop, which goes on while this waits."""
        if size < 0:
            raise ValueError(f"size is {size}")
        allowance = self._allowance(owner, bucket)
        ruling = allowance.take(size, self._clock.monotonic())
        if ruling is None:
            return await asyncio.to_thread(self._wait, allowance, size)
        if allowance.low:
            self._ask(allowance, 0)
        return ruling

    def may_delete(self, owner: str = "", bucket: str = "") -> Ruling:
        """Yes: who is over must be able to make room."""
        del owner, bucket
        return _ALWAYS

    @contextmanager
    def writing(self, owner: str, bucket: str, size: int) -> Iterator[Ruling]:
        """A block that writes one object; if it raises, nothing was written. Raises QuotaExceededError before it."""
        ruling = self.may_write(owner, bucket, size)
        if not ruling:
            raise QuotaExceededError(ruling)
        try:
            yield ruling
        except BaseException:
            ruling.give_back()
            raise

    def close(self) -> None:
        """Give back what was leased and not used; writes are refused or pass by `fail` afterwards."""
        lifecycle.dismiss(self)
        self._asker.close()

    def _allowance(self, owner: str, bucket: str) -> Allowance:
        key = (owner, bucket)
        found = self._allowances.get(key)
        return found if found is not None else self._allowances.setdefault(key, Allowance(owner, bucket))

    def _wait(self, allowance: Allowance, size: int) -> Ruling:
        deadline = self._clock.monotonic() + self._timeout
        with allowance.changed:
            while True:
                now = self._clock.monotonic()
                ruling = allowance.take(size, now)
                if ruling is not None:
                    return ruling
                if failure := allowance.failure(now):
                    return self._alone(failure)
                self._ask(allowance, size)
                if allowance.failure(now):
                    continue  # nobody is there to ask
                if now >= deadline:
                    reason = f"the server did not answer in {self._timeout:g} s"
                    allowance.gave_up(reason, now)
                    return self._alone(reason)
                allowance.changed.wait(deadline - now)

    def _ask(self, allowance: Allowance, size: int) -> None:
        with allowance.changed:
            if not allowance.asking:
                allowance.asking = True
                self._asker.put(allowance, size)

    def _alone(self, reason: str) -> Ruling:
        what = "the write passes" if self._fails_open else "the write is refused"
        return Ruling(self._fails_open, f"Nobody can be asked, so {what}: {reason}.", informed=False)

    def start_over(self) -> None:
        """In a forked child, which must not spend its parent's leases."""
        self._allowances = {}
        self._asker = self._asker.anew(self._allowances)
