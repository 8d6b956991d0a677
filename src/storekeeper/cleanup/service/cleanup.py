"""The front of clean-up."""

from collections.abc import Callable
from pathlib import Path

from storekeeper.audit import AuditTrail
from storekeeper.buckets import BucketService
from storekeeper.cleanup.model import Confirmation
from storekeeper.cleanup.service.carrying import Carrier
from storekeeper.cleanup.service.making import PlanMaker, Price
from storekeeper.cleanup.service.plans import Plans
from storekeeper.cleanup.service.policies import Policies
from storekeeper.cleanup.service.restoring import Restoring
from storekeeper.cleanup.service.runs import Runs
from storekeeper.infra.db import Database
from storekeeper.infra.jobs import Jobs
from storekeeper.kernel.clock import Clock
from storekeeper.notifications import NotificationService


class CleanupService:
    """`policies`, `plans` (made by `maker`), `runs` (done by `carrier`) and `restoring`; `is_blocked` and `price` are asked of others by a bucket's id."""

    def __init__(
        self,
        database: Database,
        buckets: BucketService,
        jobs: Jobs,
        notifications: NotificationService,
        audit: AuditTrail,
        clock: Clock,
        *,
        data_dir: Path,
        log_days: int,
        is_blocked: Callable[[str], bool] = lambda _bucket_id: False,
        price: Price = lambda _bucket_id, _bytes_by_class: None,
    ) -> None:
        self._log_days = log_days
        self.policies = Policies(database, buckets, audit, clock)
        self.plans = Plans(database, self.policies, jobs, audit, clock, folder=data_dir / "cleanup")
        self.maker = PlanMaker(
            database, self.policies, self.plans, buckets, notifications, clock, price=price
        )
        self.runs = Runs(database, self.plans, buckets, jobs, audit, clock)
        self.carrier = Carrier(database, self.plans, self.runs, buckets, clock, is_blocked=is_blocked)
        self.restoring = Restoring(database, self.plans, self.runs, buckets, jobs, audit, clock)

    def confirm(self, plan_id: str, seen: Confirmation, *, actor: str) -> str:
        """Carry a plan out; the id of the run.

        Raises UnknownPlanError, StalePlanError, BadInputError, ConflictError with `runId` while another clean-up is at
        work in the bucket.
        """
        self.runs.check_free(self.plans.get(plan_id))
        return self.runs.start(self.plans.confirm(plan_id, seen, actor=actor)).id

    def tend(self) -> int:
        """What is due: plans of schedules, runs that were confirmed, and the ends of those that nobody carries on."""
        return self.plans.start_due() + self.runs.start_confirmed() + self.runs.mend()

    def retain(self) -> int:
        """Forget old plans and logs; how many."""
        return self.plans.retain(self._log_days)
