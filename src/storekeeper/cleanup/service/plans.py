"""Plans as people deal with them."""

from collections.abc import Mapping
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

from msgspec.structs import replace

from storekeeper.audit import AuditTrail
from storekeeper.cleanup import repository
from storekeeper.cleanup.ledger import Ledger
from storekeeper.cleanup.ledger.repository import remove
from storekeeper.cleanup.model import (
    Confirmation,
    Origin,
    Plan,
    PlannedPage,
    PlanPage,
    PlanState,
    Policy,
    StalePlanError,
    UnknownPlanError,
)
from storekeeper.cleanup.repository import Known, Of
from storekeeper.cleanup.rules import caution
from storekeeper.cleanup.rules.checking import choice_of
from storekeeper.cleanup.service.policies import Policies
from storekeeper.infra.db import Connection, Database
from storekeeper.infra.jobs import Jobs, Run, RunStatus
from storekeeper.kernel.clock import Clock
from storekeeper.kernel.errors import BadInputError, ConflictError, NotFoundError

JOB = "cleanup-plan"
SCHEDULE = "schedule"  # who starts what is due
MOST_LISTED = 1000
_OF_JOBS = {RunStatus.DEAD: PlanState.FAILED, RunStatus.CANCELLED: PlanState.CANCELLED}


class Plans:
    """A plan has the id of the job's run that makes it. What is in it lies in `folder`, a file for each."""

    def __init__(
        self,
        database: Database,
        policies: Policies,
        jobs: Jobs,
        audit: AuditTrail,
        clock: Clock,
        *,
        folder: Path,
    ) -> None:
        self._db, self._policies, self._jobs = database, policies, jobs
        self._audit, self._clock = audit, clock
        self.folder = folder

    def start(self, name: str, *, actor: str, origin: Origin = Origin.PERSON) -> Run:
        """Raises UnknownPolicyError, ConflictError with `runId` while one is made."""
        known = self._policies.known(name)
        policy = known.policy
        payload = {"policy": name, "actor": actor, "origin": origin.value}
        run = self._jobs.start(JOB, key=policy.id, payload=payload)
        with self._db.write() as connection:
            if origin is Origin.SCHEDULE:
                repository.note_schedule(connection, policy.id, self._clock.now())
            self.ensure(connection, run.id, known, actor, origin)
            self.record(
                connection, "cleanup.plan", policy.name, actor, {"plan": run.id, "bucket": policy.bucket}
            )
        return run

    def start_due(self) -> int:
        """Plan what the schedules ask for; how many."""
        with self._db.read() as connection:
            every = repository.policies(connection)
        count, now = 0, self._clock.now()
        for known in every:
            if caution.is_due(known.policy, known.scheduled_at, now):
                with suppress(ConflictError):
                    self.start(known.policy.name, actor=SCHEDULE, origin=Origin.SCHEDULE)
                    count += 1
        return count

    def get(self, plan_id: str) -> Plan:
        """Raises UnknownPlanError."""
        return self.with_owner(plan_id)[0]

    def with_owner(self, plan_id: str) -> tuple[Plan, Of]:
        """The plan, and what it belongs to. Raises UnknownPlanError."""
        with self._db.read() as connection:
            found = repository.get_plan(connection, plan_id)
        if found is None:
            raise UnknownPlanError(f"There is no clean-up plan {plan_id!r}.")
        return self._shown(found[0]), found[1]

    def page(self, *, policy: str = "", before: str = "", limit: int = 50) -> PlanPage:
        """Newest first."""
        limit = max(1, min(limit, MOST_LISTED))
        with self._db.read() as connection:
            found = repository.plans(connection, policy=policy, before=before, limit=limit + 1)
        items = [self._shown(plan) for plan in found[:limit]]
        return PlanPage(items=items, next_cursor=items[-1].id if len(found) > limit else None)

    def objects(self, plan_id: str, *, after: int = 0, limit: int = 100) -> PlannedPage:
        """What would go, in the order of the listing. Raises UnknownPlanError."""
        limit = max(1, min(limit, 10 * MOST_LISTED))
        if self.get(plan_id).state is PlanState.PLANNING:
            return PlannedPage(items=[])
        with self.open(plan_id) as ledger:
            found = ledger.planned(after, limit + 1)
        more = len(found) > limit
        return PlannedPage(
            items=[one for _, one in found[:limit]], next_cursor=str(found[limit - 1][0]) if more else None
        )

    def open(self, plan_id: str) -> Ledger:
        """Its file; the caller closes it. Raises UnknownPlanError."""
        path = self.path(plan_id)
        if not path.exists():
            raise UnknownPlanError(f"What was in the plan {plan_id} is no longer kept.")
        return Ledger(path)

    def path(self, plan_id: str) -> Path:
        return self.folder / f"{plan_id}.db"

    def confirm(self, plan_id: str, seen: Confirmation, *, actor: str) -> Plan:
        """Let it be carried out. Raises UnknownPlanError, StalePlanError, BadInputError."""
        plan, of = self.with_owner(plan_id)
        if plan.state is not PlanState.READY:
            raise StalePlanError(f"The plan is {plan.state}.", hint="Make a new one.")
        if (seen.objects, seen.bytes) != (plan.objects, plan.bytes):
            raise StalePlanError(
                f"The plan has {plan.objects} objects of {plan.bytes} bytes, not {seen.objects} of {seen.bytes}.",
                hint="Look at it again.",
            )
        if not plan.objects:
            raise BadInputError("The plan has no objects: there is nothing to delete.")
        with self._db.write() as connection:
            policy = self._policy_of(connection, plan, of)
            confirmed = self.mark_confirmed(connection, plan, actor)
            if not policy.confirmed:
                repository.update_policy(connection, replace(policy, confirmed=True))
        return confirmed

    def retain(self, days: int) -> int:
        """Forget plans that nobody carried out after a week, and logs that are older than `days`; how many."""
        now = self._clock.now()
        unused = tuple(state for state in PlanState if state is not PlanState.CONFIRMED)
        with self._db.write() as connection:
            gone = [
                *repository.plans_before(connection, now - timedelta(days=7), unused),
                *repository.plans_before(connection, now - timedelta(days=days), tuple(PlanState)),
            ]
            for plan_id in gone:
                repository.delete_plan(connection, plan_id)
        for plan_id in gone:
            remove(self.path(plan_id))
        return len(set(gone))

    def _policy_of(self, connection: Connection, plan: Plan, of: Of) -> Policy:
        """The plan's policy, if it is what it was. Raises StalePlanError."""
        known = repository.get_policy(connection, of.policy_id)
        if known is None:
            raise StalePlanError("The policy was removed.")
        if choice_of(known.policy) != plan.choice:
            raise StalePlanError("The policy was changed since.", hint="Make a new plan.")
        if not known.policy.enabled:
            raise StalePlanError("The policy is switched off.", hint="Switch it on first.")
        if plan.objects > known.policy.most_objects or plan.bytes > known.policy.most_bytes:
            raise StalePlanError(
                "The policy's cap is lower now than what is planned.", hint="Make a new plan."
            )
        return known.policy

    def mark_confirmed(self, connection: Connection, plan: Plan, actor: str) -> Plan:
        """In the caller's transaction. Raises StalePlanError where somebody else was faster."""
        now = self._clock.now()
        confirmed = replace(plan, state=PlanState.CONFIRMED, confirmed_by=actor, confirmed_at=now)
        if not repository.update_plan(connection, confirmed, only_in=PlanState.READY):
            raise StalePlanError("The plan was confirmed already.")
        details: dict[str, str | int] = {
            "plan": plan.id,
            "bucket": plan.bucket,
            "objects": plan.objects,
            "bytes": plan.bytes,
        }
        self.record(connection, "cleanup.confirm", plan.policy, actor, details)
        return confirmed

    def ensure(self, connection: Connection, plan_id: str, known: Known, actor: str, origin: Origin) -> Plan:
        """The plan of that id, begun now if there is none."""
        if (found := repository.get_plan(connection, plan_id)) is not None:
            return found[0]
        plan = Plan(
            id=plan_id, policy=known.policy.name, bucket=known.policy.bucket, state=PlanState.PLANNING, origin=origin,
            actor=actor, choice=choice_of(known.policy), started_at=self._clock.now(),
        )  # fmt: skip
        repository.insert_plan(connection, plan, Of(known.policy.id, known.bucket_id))
        return plan

    def _shown(self, plan: Plan) -> Plan:
        if plan.state is PlanState.PLANNING:
            return self._as_the_job_says(plan)
        if plan.state is PlanState.READY and plan.expires_at and plan.expires_at <= self._clock.now():
            return replace(plan, state=PlanState.EXPIRED)
        return plan

    def _as_the_job_says(self, plan: Plan) -> Plan:
        """A job that was given up, or stopped before it began, could not write it down."""
        try:
            job = self._jobs.get(plan.id)
        except NotFoundError:
            return replace(plan, state=PlanState.FAILED)
        return replace(plan, state=_OF_JOBS.get(job.status, plan.state), error=plan.error or job.error)

    def record(
        self, connection: Connection, action: str, policy: str, actor: str, details: Mapping[str, str | int]
    ) -> None:
        self._audit.record(connection, actor=actor, action=action, target=policy, details=details)
