"""Nouns of background work: a job is registered by name, a run is one execution of it."""

from collections.abc import Callable, Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol

import msgspec


class RunStatus(StrEnum):
    """Where a run stands. `dead` has used up its attempts and waits for a person."""

    QUEUED = "queued"
    RUNNING = "running"
    RETRYING = "retrying"
    SUCCEEDED = "succeeded"
    CANCELLED = "cancelled"
    DEAD = "dead"


ACTIVE = (RunStatus.QUEUED, RunStatus.RUNNING, RunStatus.RETRYING)


class Run(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """One execution of a job."""

    id: str
    job: str
    key: str  # what it is about, for example a bucket's id; at most one active run per (job, key)
    status: RunStatus
    payload: Mapping[str, Any]
    progress: Mapping[str, Any]
    attempt: int
    error: str
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    cancel_requested: bool


class Retry(msgspec.Struct, frozen=True, kw_only=True):
    """Back-off: `base · 2^k` seconds, at most `cap`, for at most `attempts` tries."""

    attempts: int = 5
    base: float = 5.0
    cap: float = 3600.0

    def delay(self, attempt: int) -> float:
        """Seconds to wait after that many failed attempts (1, 2, …)."""
        return min(self.cap, self.base * 2.0 ** (attempt - 1))


class RunContext(Protocol):
    """What a job's function is given to speak of itself."""

    run_id: str
    attempt: int

    def progress(self, **figures: Any) -> None:
        """Show figures of work in progress. Raises RunCancelledError when a person cancelled the run."""


class Job(msgspec.Struct, frozen=True, kw_only=True):
    """Background work by name. The function must bear being run again from the start after a crash."""

    name: str
    run: Callable[[RunContext, Mapping[str, Any]], None]
    about: str = ""  # one line for people
    cron: str = ""  # five fields, UTC; empty means on demand only
    retry: Retry = Retry()
    quiet: bool = False  # of its successes only the last is kept: it runs often and says little
    needs_payload: bool = False  # can not be started by its name alone


class RunCancelledError(Exception):
    """A person cancelled this run; the function should tidy up and let it pass."""
