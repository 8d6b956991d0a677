"""Background work: registered by name, durable, visible, cancellable, retried with back-off."""

from storekeeper.infra.jobs.model import (
    ACTIVE,
    Job,
    Retry,
    Run,
    RunCancelledError,
    RunContext,
    RunStatus,
)
from storekeeper.infra.jobs.runner import Jobs

__all__ = ["ACTIVE", "Job", "Jobs", "Retry", "Run", "RunCancelledError", "RunContext", "RunStatus"]
