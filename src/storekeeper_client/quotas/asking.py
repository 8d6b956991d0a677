"""Threads that speak to the server for a guard."""

import logging
import queue
import threading
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager

from storekeeper.kernel.clock import Clock
from storekeeper_client.errors import ApiError, ClientError
from storekeeper_client.session import Session
from storekeeper_client.transport import Transport

from .allowance import Allowance
from .model import Answer, Settled

CHECK, SETTLE = "/api/quota/check", "/api/quota/settle"
MOST_THREADS = 4
REQUEST_TIMEOUT = 10.0
_SWEEP_SECONDS = 1.0
_CLOSING_SECONDS = 2.0
_log = logging.getLogger("storekeeper.quotas")
_Job = tuple[Allowance, int] | None


class Asker:
    """Threads come when there is something to ask, and stay. Questions are answered in their order."""

    def __init__(
        self, url: str, token: str, allowances: dict[tuple[str, str], Allowance], clock: Clock
    ) -> None:
        self._url, self._token, self._allowances, self._clock = url, token, allowances, clock
        Transport(url, timeout=REQUEST_TIMEOUT)  # raises ValueError for what is no address
        self._jobs: queue.SimpleQueue[_Job] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._threads: list[threading.Thread] = []
        self._idle = 0
        self._closed = False
        self._refused = ""  # what was warned of last

    def anew(self, allowances: dict[tuple[str, str], Allowance]) -> "Asker":
        """Another for the same server, without threads."""
        return Asker(self._url, self._token, allowances, self._clock)

    def put(self, allowance: Allowance, size: int) -> None:
        """Have it asked for so many bytes; it hears the answer."""
        if self._closed:
            allowance.failed("the guard is closed", self._clock.monotonic())
            return
        self._jobs.put((allowance, size))
        with self._lock:
            if self._jobs.qsize() > self._idle and len(self._threads) < MOST_THREADS:
                name = f"storekeeper-quotas-{len(self._threads)}"
                thread = threading.Thread(target=self._run, name=name, daemon=True)
                self._threads.append(thread)
                thread.start()

    def close(self) -> None:
        """Settle what is leased and end; a server that is away makes nobody wait for long."""
        with self._lock:
            if self._closed:
                return
            self._closed = True
            threads = list(self._threads)
        for _ in threads:
            self._jobs.put(None)
        end = self._clock.monotonic() + _CLOSING_SECONDS
        for thread in threads:
            thread.join(max(0.0, end - self._clock.monotonic()))
        now = self._clock.monotonic()
        settled = [one for allowance in list(self._allowances.values()) for one in allowance.close(now)]
        with self._session(_CLOSING_SECONDS) as session:
            self._settle(session, settled)

    def _run(self) -> None:
        with self._session(REQUEST_TIMEOUT) as session:
            while True:
                with self._lock:
                    self._idle += 1
                try:
                    job = self._jobs.get(timeout=_SWEEP_SECONDS if self._allowances else None)
                except queue.Empty:
                    job = None
                finally:
                    with self._lock:
                        self._idle -= 1
                if self._closed:
                    return
                if job is None:
                    self._sweep(session)
                else:
                    self._ask(session, *job)

    def _ask(self, session: Session, allowance: Allowance, size: int) -> None:
        asked_at = self._clock.monotonic()
        question = allowance.question(size, asked_at)
        try:
            answer = session.call("POST", CHECK, Answer, body=question, query={})
        except ClientError as error:
            self._warn(error)
            allowance.failed(_in_words(error), self._clock.monotonic())
        except Exception:  # noqa: BLE001 - whoever waits is told, and the thread goes on
            _log.exception("asking for a quota failed")
            allowance.failed("asking failed, see the log", self._clock.monotonic())
        else:
            self._refused = ""
            allowance.answered(question, answer, asked_at)

    def _sweep(self, session: Session) -> None:
        """Settle leases that ran out, and forget owners of whom nothing was heard since."""
        now = self._clock.monotonic()
        allowances = list(self._allowances.items())
        self._settle(session, [one for _, allowance in allowances for one in allowance.over(now)])
        for key, allowance in allowances:
            if allowance.is_idle(now):
                self._allowances.pop(key, None)

    def _settle(self, session: Session, settled: Sequence[Settled]) -> None:
        """What can not be told is left to the server: it forgets leases that nobody settles, in time."""
        for first in range(0, len(settled), 100):
            body = {"settled": settled[first : first + 100]}
            try:
                session.call("POST", SETTLE, type(None), body=body, query={})
            except ClientError as error:
                self._warn(error)
                return

    def _warn(self, error: ClientError) -> None:
        """Once for each reason, until there is an answer again."""
        if str(error) != self._refused:
            self._refused = str(error)
            _log.warning("quotas can not be asked for: %s", error)

    @contextmanager
    def _session(self, timeout: float) -> Iterator[Session]:
        with closing(Transport(self._url, timeout=timeout)) as transport:
            yield Session(transport, token=self._token, tokens=None, on_refresh=None)


def _in_words(error: ClientError) -> str:
    return error.detail.rstrip(".") if isinstance(error, ApiError) else str(error)
