"""The job that makes plans, and what a schedule does with them."""

from collections.abc import Callable, Mapping
from contextlib import closing
from datetime import timedelta
from functools import partial

import structlog
from msgspec.structs import replace

from storekeeper.buckets import BucketService, owner_of
from storekeeper.cleanup import repository
from storekeeper.cleanup.ledger import Ledger
from storekeeper.cleanup.ledger.repository import remove
from storekeeper.cleanup.model import Origin, Plan, PlanState, Saving, UnknownPolicyError
from storekeeper.cleanup.repository import Known
from storekeeper.cleanup.rules import caution
from storekeeper.cleanup.rules.checking import choice_of
from storekeeper.cleanup.service.planning import Found, Planner
from storekeeper.cleanup.service.plans import SCHEDULE, Plans
from storekeeper.cleanup.service.policies import Policies
from storekeeper.infra.db import Connection, Database
from storekeeper.infra.jobs import RunCancelledError, RunContext
from storekeeper.kernel.clock import Clock
from storekeeper.kernel.errors import StorekeeperError
from storekeeper.kernel.pace import Pace
from storekeeper.notifications import Message, NotificationService

LASTS = timedelta(hours=24)
_LOOKED_BACK = 5  # plans
Price = Callable[[str, Mapping[str, int]], tuple[str, str] | None]

log = structlog.get_logger("cleanup")


class PlanMaker:
    """One call of `run` is one attempt at one plan. `price` tells (amount, currency) of bytes by storage class in a bucket, a month."""

    def __init__(
        self, database: Database, policies: Policies, plans: Plans, buckets: BucketService, notifications: NotificationService,
        clock: Clock, *, price: Price,
    ) -> None:  # fmt: skip
        self._db, self._policies, self._plans, self._buckets = database, policies, plans, buckets
        self._notifications, self._clock, self._price = notifications, clock, price

    def run(self, context: RunContext, payload: Mapping[str, str]) -> None:
        """The job: begins anew after a crash, for nothing but our own file was written."""
        try:
            known = self._policies.known(payload["policy"])
        except UnknownPolicyError:
            self._end(
                replace(
                    self._plans.get(context.run_id), state=PlanState.FAILED, error="The policy was removed."
                )
            )
            return
        plan = self._begin(context.run_id, known, payload)
        if plan is None:
            return
        try:
            found = self._list(context, known)
        except RunCancelledError:
            self._end(replace(plan, state=PlanState.CANCELLED))
            raise
        except StorekeeperError as error:
            if not getattr(error, "retry", True):
                self._end(replace(plan, state=PlanState.FAILED, error=error.detail or error.title))
            raise
        self._finish(plan, known, found)

    def _begin(self, plan_id: str, known: Known, payload: Mapping[str, str]) -> Plan | None:
        """None where only the end of the job was lost."""
        with self._db.write() as connection:
            plan = self._plans.ensure(connection, plan_id, known, payload["actor"], Origin(payload["origin"]))
            if plan.state in (PlanState.READY, PlanState.CONFIRMED):
                return None
            begun = replace(plan, state=PlanState.PLANNING, choice=choice_of(known.policy), error="")
            repository.update_plan(connection, begun, only_in=plan.state)
        return begun

    def _list(self, context: RunContext, known: Known) -> Found:
        bucket = self._buckets.get_by_id(known.bucket_id)
        with (
            closing(self._buckets.open(bucket)) as store,
            Ledger.create(self._plans.path(context.run_id)) as ledger,
        ):
            planner = Planner(
                store,
                known.policy,
                ledger,
                now=self._clock.now(),
                pace=Pace(bucket.max_requests_per_second, self._clock),
                owner_of=partial(owner_of, pattern=bucket.owner_pattern),
                beat=context.progress,
            )
            return planner.run()

    def _finish(self, plan: Plan, known: Known, found: Found) -> None:
        """The plan waits for a person, or goes on by itself where its schedule may."""
        now = self._clock.now()
        figures = {name: value for name, value in found._asdict().items() if name != "by_class"}
        saving = self._saving(known.bucket_id, found.by_class) if found.objects else None
        ready = replace(
            plan, **figures, saving=saving, state=PlanState.READY, ready_at=now, expires_at=now + LASTS
        )
        with self._db.write() as connection:
            if plan.origin is Origin.SCHEDULE:
                ready = replace(ready, asks=self._reason_to_ask(connection, ready, known))
            if not repository.update_plan(connection, ready, only_in=PlanState.PLANNING):
                return
            if ready.asks:
                self._ask(connection, ready)
            elif plan.origin is Origin.SCHEDULE and ready.objects:
                self._plans.mark_confirmed(connection, ready, SCHEDULE)

    def _ask(self, connection: Connection, plan: Plan) -> None:
        """Have somebody look at it: by log, audit and webhook."""
        log.warning("a scheduled clean-up asks", policy=plan.policy, plan=plan.id, reason=plan.asks)
        details: dict[str, str | int] = {
            "plan": plan.id,
            "objects": plan.objects,
            "bytes": plan.bytes,
            "reason": plan.asks,
        }
        self._plans.record(connection, "cleanup.ask", plan.policy, SCHEDULE, details)
        data = details | {"policy": plan.policy, "bucket": plan.bucket}
        message = Message(
            subject=plan.id, transition="asks", event="cleanup.asks", at=self._clock.now(), data=data
        )
        self._notifications.tell(connection, message)

    def _saving(self, bucket_id: str, bytes_by_class: Mapping[str, int]) -> Saving | None:
        """A plan is good without it, so what goes wrong there must not keep it from being made."""
        try:
            saved = self._price(bucket_id, bytes_by_class)
        except StorekeeperError as error:
            log.warning("what a clean-up saves is not known", error=error.detail)
            return None
        return Saving(amount=saved[0], currency=saved[1]) if saved else None

    def _reason_to_ask(self, connection: Connection, plan: Plan, known: Known) -> str:
        now = repository.get_policy(connection, known.policy.id)
        if now is None or not now.policy.enabled or choice_of(now.policy) != plan.choice:
            return "The policy was changed while the plan was made."
        carried_out = repository.plans(
            connection, policy_id=known.policy.id, state=PlanState.CONFIRMED, limit=_LOOKED_BACK
        )
        return caution.reason_to_ask(now.policy, plan, [one.objects for one in carried_out])

    def _end(self, plan: Plan) -> None:
        with self._db.write() as connection:
            repository.update_plan(connection, plan, only_in=PlanState.PLANNING)
        remove(self._plans.path(plan.id))
