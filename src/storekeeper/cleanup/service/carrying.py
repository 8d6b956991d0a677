"""The job that carries plans out."""

from collections.abc import Callable, Mapping
from contextlib import closing

from msgspec.structs import asdict, replace

from storekeeper.buckets import BucketService
from storekeeper.cleanup import repository
from storekeeper.cleanup.ledger import Ledger
from storekeeper.cleanup.model import CleanupPausedError, CleanupRun, Plan, PlanState, Policy, RunState
from storekeeper.cleanup.rules.checking import choice_of
from storekeeper.cleanup.service.executing import Executor, Hooks
from storekeeper.cleanup.service.plans import Plans
from storekeeper.cleanup.service.runs import Runs
from storekeeper.infra.db import Database
from storekeeper.infra.jobs import RunCancelledError, RunContext
from storekeeper.kernel.clock import Clock
from storekeeper.kernel.errors import StorekeeperError

_MOST_WORKERS = 8
_LOOK_EVERY, _WAIT_AT_MOST = 5.0, 900.0  # seconds
_TOTALS_EVERY = 5.0


class NotWantedError(Exception):
    """The policy does not want it any more."""


class Carrier:
    """One call of `run` is one attempt. `is_blocked` tells by a bucket's id whether it should be left in peace now."""

    def __init__(
        self,
        database: Database,
        plans: Plans,
        runs: Runs,
        buckets: BucketService,
        clock: Clock,
        *,
        is_blocked: Callable[[str], bool],
    ) -> None:
        self._db, self._plans, self._runs, self._buckets = database, plans, runs, buckets
        self._clock, self._is_blocked = clock, is_blocked

    def run(self, context: RunContext, payload: Mapping[str, str]) -> None:
        """The job: goes on where an earlier attempt was broken off."""
        plan, of = self._plans.with_owner(payload["plan"])
        run = self._begin(context, plan, of.bucket_id)
        if run is None:
            return
        try:
            self._execute(context, run, plan, of.bucket_id)
        except NotWantedError as why:
            if not self._runs.conclude(run, RunState.STOPPED, str(why)):
                raise CleanupPausedError("It can not be ended while the bucket does not answer.") from why
        except RunCancelledError:
            self._runs.conclude(run, RunState.STOPPED, "A person stopped it.")
            raise
        except Exception as error:
            told = error.detail or error.title if isinstance(error, StorekeeperError) else repr(error)
            with self._plans.open(plan.id) as ledger:
                totals = asdict(ledger.totals())
            self._runs.save(replace(run, **totals, state=RunState.RETRYING, error=told), of.bucket_id)
            raise
        else:
            self._runs.conclude(run, RunState.SUCCEEDED, "")

    def _begin(self, context: RunContext, plan: Plan, bucket_id: str) -> CleanupRun | None:
        """The run's row; None where only the end of the job was lost, or another run carried the plan out."""
        with self._db.write() as connection:
            run = repository.get_run(connection, context.run_id)
            if run is not None and run.state is RunState.SUCCEEDED:
                return None
            if plan.run_id not in ("", context.run_id) or plan.state is not PlanState.CONFIRMED:
                return None
            run = run or self._runs.insert(connection, context.run_id, plan, bucket_id)
            begun = run.started_at or self._clock.now()
            run = replace(run, state=RunState.RUNNING, error="", started_at=begun, finished_at=None)
            repository.save_run(connection, run, bucket_id)
        return run

    def _execute(self, context: RunContext, run: CleanupRun, plan: Plan, bucket_id: str) -> None:
        policy = self._policy(plan)
        bucket = self._buckets.get_by_id(bucket_id)
        with self._plans.open(plan.id) as ledger, closing(self._buckets.open(bucket)) as store:
            hooks = Hooks(
                before_batch=lambda: self._may_go_on(context, plan, bucket_id),
                beat=context.progress,
                settled=self._telling(context, run, ledger, bucket_id),
            )
            executor = Executor(
                store,
                ledger,
                hooks,
                self._clock,
                tags=plan.choice.tags,
                per_second=policy.per_second,
                workers=min(bucket.max_concurrency, _MOST_WORKERS),
            )
            executor.run()

    def _may_go_on(self, context: RunContext, plan: Plan, bucket_id: str) -> None:
        """Raises NotWantedError where the policy changed, and CleanupPausedError where the bucket stays blocked."""
        self._policy(plan)
        waited = 0.0
        while self._is_blocked(bucket_id):
            if waited >= _WAIT_AT_MOST:
                raise CleanupPausedError(
                    f"The circuit breaker of {plan.bucket} is open.",
                    hint="It goes on when the bucket is well.",
                )
            context.progress(waiting="the bucket's circuit breaker is open")
            self._clock.sleep(_LOOK_EVERY)
            waited += _LOOK_EVERY
        context.progress(waiting="")

    def _policy(self, plan: Plan) -> Policy:
        """The policy as it is now. Raises NotWantedError."""
        with self._db.read() as connection:
            found = repository.get_plan(connection, plan.id)
            known = repository.get_policy(connection, found[1].policy_id) if found else None
        if known is None:
            raise NotWantedError("The policy was removed.")
        if not known.policy.enabled:
            raise NotWantedError("The policy was switched off.")
        if choice_of(known.policy) != plan.choice:
            raise NotWantedError("The policy was changed.")
        return known.policy

    def _telling(
        self, context: RunContext, run: CleanupRun, ledger: Ledger, bucket_id: str
    ) -> Callable[[], None]:
        told = self._clock.monotonic() - _TOTALS_EVERY

        def tell() -> None:
            nonlocal told
            now = self._clock.monotonic()
            if now - told >= _TOTALS_EVERY:
                told = now
                totals = asdict(ledger.totals())
                self._runs.save(replace(run, **totals), bucket_id)
                context.progress(planned=run.planned, **totals)

        return tell
