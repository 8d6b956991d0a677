"""Background work on real DBOS and SQLite. Waits are for real threads, bounded, and end as soon as the state is there."""

import threading
from datetime import timedelta

import pytest

from engines import open_database
from storekeeper.infra.jobs import ACTIVE, Job, Jobs, Retry, RunStatus
from storekeeper.infra.jobs.model import Retry as RetryModel
from storekeeper.kernel.clock import SystemClock
from storekeeper.kernel.errors import BadInputError, ConflictError, NotFoundError

pytestmark = pytest.mark.slow


class Bench:
    """A job whose course the test decides."""

    def __init__(self, jobs):
        self.jobs = jobs
        self.calls = []
        self.failures = []
        self.gate = threading.Event()
        self.gate.set()

    def run(self, context, payload):
        self.calls.append((context.run_id, context.attempt, dict(payload)))
        if self.failures:
            raise self.failures.pop(0)
        context.progress(done=1)
        assert self.gate.wait(20)
        for step in range(1000):
            context._written = float("-inf")  # do not wait for the half second between writes
            context.progress(done=step)
            if step >= payload.get("steps", 1):
                return

    def ended(self, run_id):
        """The run once it is over."""
        pause = threading.Event()
        for _ in range(400):
            run = self.jobs.get(run_id)
            if run.status not in ACTIVE:
                return run
            pause.wait(0.05)
        pytest.fail(f"run stays {run.status}")


@pytest.fixture
def bench(tmp_path):
    database = open_database(tmp_path)
    jobs = Jobs(database, state_url=f"sqlite:///{tmp_path}/jobs.db", clock=SystemClock(), poll_seconds=0.05)
    bench = Bench(jobs)
    jobs.register(Job(name="work", run=bench.run, retry=Retry(attempts=3, base=0.01)))
    jobs.register(Job(name="nightly", run=bench.run, cron="0 0 1 1 *"))
    jobs.register(Job(name="often", run=bench.run, quiet=True, retry=Retry(attempts=1)))
    jobs.launch()
    yield bench
    bench.gate.set()
    jobs.close()
    database.close()


def test_a_run_succeeds_and_keeps_its_progress(bench):
    run = bench.ended(bench.jobs.start("work", key="a", payload={"steps": 3}).id)
    assert run.status is RunStatus.SUCCEEDED
    assert run.progress == {"done": 3}
    assert run.attempt == 1
    assert run.started_at <= run.finished_at


def test_one_active_run_for_a_job_and_key(bench):
    bench.gate.clear()
    first = bench.jobs.start("work", key="a")
    with pytest.raises(ConflictError) as caught:
        bench.jobs.start("work", key="a")
    assert caught.value.extra["runId"] == first.id
    other = bench.jobs.start("work", key="b")
    bench.gate.set()
    assert {bench.ended(first.id).status, bench.ended(other.id).status} == {RunStatus.SUCCEEDED}
    assert bench.jobs.start("work", key="a").id != first.id


def test_failures_are_retried_then_the_run_is_dead_and_can_be_revived(bench):
    bench.failures = [ValueError("one"), ValueError("two")]
    run = bench.ended(bench.jobs.start("work").id)
    assert (run.status, run.attempt) == (RunStatus.SUCCEEDED, 3)
    bench.failures = [ValueError("x")] * 3
    dead = bench.ended(bench.jobs.start("work").id)
    assert (dead.status, dead.error) == (RunStatus.DEAD, "ValueError: x")
    bench.jobs.retry(dead.id)
    assert bench.ended(dead.id).status is RunStatus.SUCCEEDED
    with pytest.raises(ConflictError, match="succeeded"):
        bench.jobs.retry(dead.id)


def test_an_error_in_words_reaches_the_run(bench):
    bench.failures = [BadInputError("The key is wrong.", hint="Mend it.")] * 3
    assert bench.ended(bench.jobs.start("work").id).error == "The key is wrong. Mend it."


def test_a_run_is_cancelled_at_its_next_step(bench):
    bench.gate.clear()
    run = bench.jobs.start("work", payload={"steps": 900})
    pause = threading.Event()
    while not bench.calls:
        pause.wait(0.02)
    bench.jobs.cancel(run.id)
    bench.gate.set()
    assert bench.ended(run.id).status is RunStatus.CANCELLED
    with pytest.raises(ConflictError, match="cancelled"):
        bench.jobs.cancel(run.id)


def test_a_run_that_waits_is_cancelled_at_once_and_never_runs(bench):
    run = bench.jobs.start("work", delay=3600)
    assert bench.jobs.cancel(run.id).status is RunStatus.CANCELLED
    assert bench.calls == []


def test_unknown_jobs_and_runs_are_named(bench):
    with pytest.raises(NotFoundError, match="nothing"):
        bench.jobs.start("nothing")
    with pytest.raises(NotFoundError, match="zzz"):
        bench.jobs.get("zzz")


def test_ended_runs_are_listed_counted_and_purged(bench):
    ids = [bench.ended(bench.jobs.start("work", key=str(n)).id).id for n in range(3)]
    assert [run.id for run in bench.jobs.find(job="work", limit=2)] == ids[:0:-1]
    assert [run.id for run in bench.jobs.find(before=ids[1])] == ids[:1]
    assert bench.jobs.counts() == {("work", "succeeded"): 3}
    assert bench.jobs.purge(older_than=timedelta(hours=1)) == 0
    assert bench.jobs.purge() == 3


def test_a_quiet_job_keeps_its_last_success_and_every_failure(bench):
    for _ in range(2):
        bench.ended(bench.jobs.start("often").id)
    bench.failures = [ValueError("x")]
    dead = bench.ended(bench.jobs.start("often").id)
    last = bench.ended(bench.jobs.start("often").id)
    assert [run.id for run in bench.jobs.find(job="often")] == [last.id, dead.id]


def test_back_off_doubles_to_its_cap():
    retry = RetryModel(base=5, cap=60)
    assert [retry.delay(attempt) for attempt in (1, 2, 3, 4, 5, 50)] == [5, 10, 20, 40, 60, 60]
