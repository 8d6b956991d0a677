"""Background work of the server."""

from typing import Annotated

import msgspec
import typer

from storekeeper.cli.failing import Status
from storekeeper.cli.options import Json, Yes
from storekeeper.cli.remote import server
from storekeeper.cli.screen import NOTHING, confirm, emit, many, pairs, say, table, when
from storekeeper_client.model import Run

app = typer.Typer(add_completion=False, no_args_is_help=True, help="Background work of the server.")

JobName = Annotated[str, typer.Argument(metavar="JOB", help="As `job list` names it.", show_default=False)]
RunId = Annotated[
    str, typer.Argument(metavar="RUN", help="A run's id, as `job runs` tells.", show_default=False)
]


@app.command("list")
def list_jobs(as_json: Json = False) -> None:
    """List jobs: what runs in the background, when, and how it went last."""
    with server() as client:
        jobs = client.jobs()
    if as_json:
        emit({"items": jobs})
        return
    rows = []
    for job in jobs:
        last = job.last_run
        counts = ", ".join(f"{number} {status}" for status, number in job.counts.items() if number)
        rows.append((job.name, job.about, job.cron or "on demand", last.status if last else NOTHING, counts))
    table(["Name", "About", "When (UTC)", "Last", "Runs"], rows)


@app.command()
def runs(
    job: Annotated[str, typer.Argument(metavar="[JOB]", help="Only of this job.", show_default=False)] = "",
    status: Annotated[
        str,
        typer.Option(help="queued, running, retrying, succeeded, cancelled or dead.", show_default=False),
    ] = "",
    as_json: Json = False,
) -> None:
    """List runs of jobs, newest first.

    For example:
    $ storekeeper job runs --status dead
    """
    with server() as client:
        found = client.runs(job=job, status=status)
    if as_json:
        emit({"items": found})
        return
    table(
        ["Created (UTC)", "Job", "Of", "Status", ">Tries", "Error", "Id"],
        [
            (when(r.created_at), r.job, _about(r), r.status, str(r.attempt), r.error or "", r.id)
            for r in found
        ],
        empty="No runs.",
    )


@app.command()
def run(job: JobName, as_json: Json = False) -> None:
    """Run a job now."""
    with server() as client:
        run_id = client.run_job(job)
    if as_json:
        emit({"runId": run_id})
    else:
        say(f"Started. See how it goes: storekeeper job show {run_id}")


@app.command()
def show(run_id: RunId, as_json: Json = False) -> None:
    """Show a run. Exit status 1 when it is dead: given up after its last try."""
    with server() as client:
        found = client.run(run_id)
    if as_json:
        emit(found)
    else:
        _show(found)
    if found.status == "dead":
        raise typer.Exit(Status.NOT_WELL)


@app.command()
def retry(run_id: RunId, as_json: Json = False) -> None:
    """Try a dead run again."""
    with server() as client:
        client.retry_run(run_id)
    _done(run_id, "Trying again.", as_json=as_json)


@app.command()
def cancel(run_id: RunId, as_json: Json = False) -> None:
    """Ask a run to stop; it does so at its next step."""
    with server() as client:
        client.cancel_run(run_id)
    _done(run_id, "Asked to stop.", as_json=as_json)


@app.command()
def purge(yes: Yes = False, as_json: Json = False) -> None:
    """Forget all dead runs."""
    confirm("Forget all dead runs? They can not be retried then.", yes=yes)
    with server() as client:
        purged = client.purge_dead_runs()
    if as_json:
        emit({"purged": purged})
    else:
        say(f"Forgot {many(purged, 'dead run')}.")


def _show(run: Run) -> None:
    pairs(
        [
            ("Id", run.id),
            ("Job", run.job),
            ("Of", _about(run)),
            ("Status", run.status + (" (cancel requested)" if run.cancel_requested else "")),
            ("Tries", str(run.attempt)),
            ("Created (UTC)", when(run.created_at)),
            ("Started (UTC)", when(run.started_at)),
            ("Finished (UTC)", when(run.finished_at)),
            ("Progress", ", ".join(f"{name} {_plain(value)}" for name, value in run.progress.items())),
            ("Payload", ", ".join(f"{name} {_plain(value)}" for name, value in run.payload.items())),
            ("Error", run.error or ""),
        ]
    )


def _plain(value: object) -> str:
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()


def _done(run_id: str, text: str, *, as_json: bool) -> None:
    if as_json:
        emit({"runId": run_id})
    else:
        say(f"{text} See how it goes: storekeeper job show {run_id}")


def _about(run: Run) -> str:
    """What a run is about, by name where it has one."""
    return str(run.payload.get("bucket", run.key))
