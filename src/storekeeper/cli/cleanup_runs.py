"""The commands of clean-up that plan, delete and bring back."""

import sys
from collections.abc import Callable
from enum import StrEnum
from typing import Annotated, TypeVar

import typer

from storekeeper.cli.cleanup_words import amounts, told
from storekeeper.cli.failing import Status, fail
from storekeeper.cli.options import Json, Yes
from storekeeper.cli.remote import server
from storekeeper.cli.screen import confirm as ask
from storekeeper.cli.screen import count, emit, many, note, say, size, table, when
from storekeeper.kernel.clock import SystemClock
from storekeeper_client import Client
from storekeeper_client.cleanup import CleanupPlan, CleanupRun

T = TypeVar("T")
_LOOK_EVERY = 0.5  # seconds
PolicyName = Annotated[str, typer.Argument(metavar="NAME", help="The policy's name.", show_default=False)]
PlanId = Annotated[str, typer.Argument(metavar="PLAN", help="The plan's id.", show_default=False)]
RunId = Annotated[str, typer.Argument(metavar="RUN", help="The clean-up's id.", show_default=False)]
Wait = Annotated[bool, typer.Option("--wait", help="Wait for its end.")]
Limit = Annotated[int, typer.Option(metavar="NUMBER", help="How many at most.")]


class FileForm(StrEnum):
    CSV = "csv"
    NDJSON = "ndjson"
    PARQUET = "parquet"
    ARROW = "arrow"


class Outcome(StrEnum):
    DELETED = "deleted"
    SPARED = "spared"
    GONE = "gone"
    FAILED = "failed"
    RESTORED = "restored"


As = Annotated[
    FileForm | None,
    typer.Option("--format", metavar="FORMAT", help="All of them to stdout, as csv, ndjson, parquet or arrow.", show_default=False),
]  # fmt: skip


def plan(policy: PolicyName, as_json: Json = False) -> None:
    """List what a policy would delete now, with sizes, and wait for the list. Deletes nothing.

    For example:
    $ storekeeper cleanup plan old-uploads
    """
    with server() as client:
        plan_id = client.plan_cleanup(policy)
        made = _awaited(lambda: client.cleanup_plan(plan_id), lambda one: one.state != "planning")
    if as_json:
        emit(made)
    else:
        _show_plan(made)
    if made.state not in ("ready", "confirmed"):
        raise typer.Exit(Status.NOT_WELL)


def objects(plan: PlanId, form: As = None, limit: Limit = 100, as_json: Json = False) -> None:
    """List the objects of a plan.

    For example:
    $ storekeeper cleanup objects 019e2c6b-0000-7000-8000-000000000000 --format csv > plan.csv
    """
    with server() as client:
        if form:
            client.export_planned_objects(plan, sys.stdout.buffer, form=form)
            return
        found = client.planned_objects(plan, limit=limit)
    if as_json:
        emit({"items": found})
        return
    rows = [(one.key, size(one.size), when(one.modified), one.owner) for one in found]
    table(["Key", ">Size", "Written (UTC)", "Owner"], rows, empty="Nothing is to be deleted.")


def confirm(plan: PlanId, wait: Wait = False, yes: Yes = False, as_json: Json = False) -> None:
    """Delete what a plan lists. Objects that were written anew since are spared.

    It takes an admin who signed in by password; no API key confirms a plan.

    For example:
    $ storekeeper cleanup confirm 019e2c6b-0000-7000-8000-000000000000 --wait
    """
    with server() as client:
        seen = client.cleanup_plan(plan)
        ask(f"Delete {amounts(seen.objects, seen.bytes)} from {seen.bucket}?", yes=yes)
        run_id = client.confirm_cleanup(plan, objects=seen.objects, size=seen.bytes)
        run = _ended(client, run_id) if wait else client.cleanup_run(run_id)
    _show_run(run, as_json=as_json)


def runs(
    policy: Annotated[
        str, typer.Option(metavar="NAME", help="Only of this policy.", show_default=False)
    ] = "",
    limit: Limit = 20,
    as_json: Json = False,
) -> None:
    """List clean-ups and what they deleted, newest first."""
    with server() as client:
        found = client.cleanup_runs(policy, limit=limit)
    if as_json:
        emit({"items": found})
        return
    table(
        ["Begun (UTC)", "Policy", "Bucket", "State", ">Deleted", ">Size", ">Spared", ">Failed", "Run"],
        [
            (when(one.started_at), one.policy, one.bucket, one.state, count(one.deleted), size(one.deleted_bytes),
             count(one.spared), count(one.failed), one.id)
            for one in found
        ],
        empty="Nothing was cleaned up yet.",
    )  # fmt: skip


def log(
    run: RunId,
    outcome: Annotated[
        Outcome | None,
        typer.Option(
            metavar="OUTCOME", help="Only deleted, spared, gone, failed or restored.", show_default=False
        ),
    ] = None,
    form: As = None,
    limit: Limit = 100,
    as_json: Json = False,
) -> None:
    """List what became of each object of a clean-up.

    For example:
    $ storekeeper cleanup log 019e2c6b-0000-7000-8000-000000000000 --outcome deleted --format csv > deleted.csv
    """
    with server() as client:
        if form:
            client.export_cleanup_log(run, sys.stdout.buffer, form=form, outcome=outcome or "")
            return
        found = client.cleanup_log(run, outcome=outcome or "", limit=limit)
    if as_json:
        emit({"items": found})
        return
    rows = [(one.key, one.outcome, size(one.size), when(one.time), one.reason) for one in found]
    table(["Key", "Outcome", ">Size", "Time (UTC)", "Why"], rows, empty="Nothing yet.")


def stop(run: RunId, as_json: Json = False) -> None:
    """Stop a clean-up at once. What it deleted until then is in its log."""
    with server() as client:
        client.stop_cleanup(run)
        stopped = _ended(client, run)
    _show_run(stopped, as_json=as_json)


def restore(run: RunId, yes: Yes = False, as_json: Json = False) -> None:
    """Bring back what a clean-up deleted, from a bucket that keeps versions, and wait until it is back.

    What is deleted from a bucket without versions can only come from a backup; `storekeeper cleanup log` tells what.
    """
    with server() as client:
        seen = client.cleanup_run(run)
        ask(f"Bring {many(seen.restorable, 'object')} back into {seen.bucket}?", yes=yes)
        job = client.restore_cleanup(run)
        ended = _awaited(lambda: client.run(job), lambda one: one.finished_at is not None)
        after = client.cleanup_run(run)
    if as_json:
        emit(after)
    else:
        say(
            f"{many(after.restored, 'object')} of {after.bucket} {'is' if after.restored == 1 else 'are'} back."
        )
    if ended.status != "succeeded" or after.restorable:
        note(
            ended.error or f"{many(after.restorable, 'object')} could not be brought back; the log tells why."
        )
        raise typer.Exit(Status.NOT_WELL)


def _awaited(look: Callable[[], T], is_over: Callable[[T], bool]) -> T:
    """What is looked at until it is over."""
    clock = SystemClock()
    while not is_over(seen := look()):
        clock.sleep(_LOOK_EVERY)
    return seen


def _ended(client: Client, run_id: str) -> CleanupRun:
    return _awaited(lambda: client.cleanup_run(run_id), lambda one: one.is_over)


def _show_plan(made: CleanupPlan) -> None:
    if made.state != "ready":
        fail(f"The plan is {made.state}. {made.error}".strip())
    say(
        f"{amounts(made.objects, made.bytes)} of {count(made.listed)} that were looked at would be deleted from {made.bucket}."
    )
    if made.left_objects:
        say(f"{amounts(made.left_objects, made.left_bytes)} more are beyond the cap of one run.")
    if made.saving:
        say(f"That saves {made.saving.amount} {made.saving.currency} of storage a month.")
    if not made.objects:
        return
    for title, groups in (("Folder", made.by_prefix), ("Not written for", made.by_age)):
        say("")
        rows = [(one.name or "(top level)", count(one.objects), size(one.bytes)) for one in groups[:20]]
        table([title, ">Objects", ">Size"], rows)
    note(f"See all of them:  storekeeper cleanup objects {made.id}")
    note(f"Delete them:      storekeeper cleanup confirm {made.id}")


def _show_run(run: CleanupRun, *, as_json: bool) -> None:
    if as_json:
        emit(run)
    else:
        say(f"{run.bucket}: {told(run)}")
        note(f"What became of each object: storekeeper cleanup log {run.id}")
    if run.state == "failed" or run.failed:
        raise typer.Exit(Status.NOT_WELL)


COMMANDS = (plan, objects, confirm, runs, log, stop, restore)
