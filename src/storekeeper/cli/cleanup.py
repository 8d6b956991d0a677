"""Clean-up of buckets: policies, plans, what was deleted."""

from typing import Annotated

import typer

from storekeeper.cli import cleanup_options as options
from storekeeper.cli import cleanup_runs
from storekeeper.cli.cleanup_runs import PolicyName
from storekeeper.cli.cleanup_words import amounts, in_words, runs_when, told
from storekeeper.cli.options import Json, OnlyBucket, Yes
from storekeeper.cli.remote import server
from storekeeper.cli.screen import confirm as ask
from storekeeper.cli.screen import count, emit, many, note, pairs, say, size, table, when

app = typer.Typer(
    add_completion=False, no_args_is_help=True, help="Which old objects may go from buckets, and what went."
)

Reason = Annotated[str, typer.Option(metavar="TEXT", help="Why, for the audit log.", show_default=False)]


@app.command("list")
def list_policies(bucket: OnlyBucket = "", as_json: Json = False) -> None:
    """List clean-up policies."""
    with server() as client:
        found = client.cleanup_policies(bucket)
    if as_json:
        emit({"items": found})
        return
    table(
        ["Policy", "Bucket", "What may go", "When"],
        [(one.name, one.bucket, in_words(one), runs_when(one)) for one in found],
        empty="No policies. Add one: storekeeper cleanup add NAME --bucket NAME --prefix tmp/ --older-than 90 --reason TEXT",
    )


@app.command()
def show(policy: PolicyName, as_json: Json = False) -> None:
    """Show a policy with its latest plans and clean-ups."""
    with server() as client:
        found = client.cleanup_policy(policy)
        plans, runs = client.cleanup_plans(policy, limit=5), client.cleanup_runs(policy, limit=5)
    if as_json:
        emit({"policy": found, "plans": plans, "runs": runs})
        return
    pairs(
        [
            ("Policy", found.name), ("Bucket", found.bucket), ("What may go", in_words(found)), ("When", runs_when(found)),
            ("At most", f"{many(found.most_objects, 'object')}, {size(found.most_bytes)} a run; {count(found.per_second)} objects a second"),
            ("Changed", f"{when(found.updated_at)} UTC by {found.updated_by}: {found.reason}"),
        ]
    )  # fmt: skip
    for plan in plans:
        say(
            f"Plan {plan.id} of {when(plan.started_at)} UTC: {plan.state}, {amounts(plan.objects, plan.bytes)}"
        )
    for run in runs:
        say(f"Run {run.id} of {when(run.started_at)} UTC: {told(run)}")


@app.command()
def add(
    policy: PolicyName,
    bucket: Annotated[str, typer.Option(metavar="NAME", help="From which bucket.", show_default=False)],
    older_than: Annotated[
        int,
        typer.Option(metavar="DAYS", help="Only what was not written for so many days.", show_default=False),
    ],
    reason: Reason,
    prefix: options.Prefix = None,
    whole_bucket: options.WholeBucket = None,
    exclude: options.Exclude = None,
    pattern: options.Pattern = None,
    tag: options.Tag = None,
    smallest: options.Smallest = None,
    largest: options.Largest = None,
    most_objects: options.MostObjects = None,
    most_bytes: options.MostBytes = None,
    per_second: options.PerSecond = None,
    cron: options.Cron = None,
    enabled: options.Enabled = None,
    as_json: Json = False,
) -> None:
    """Say what may go from a bucket. Deletes nothing: that takes a plan that a person confirms.

    For example:
    $ storekeeper cleanup add old-uploads --bucket photos --prefix tmp/ --older-than 90 --reason "temporary files"
    """
    rules = options.fields(
        prefix=prefix, whole_bucket=whole_bucket, exclude=exclude, pattern=pattern, tag=tag, smallest=smallest,
        largest=largest, most_objects=most_objects, most_bytes=most_bytes, per_second=per_second, cron=cron,
        enabled=enabled,
    )  # fmt: skip
    rules |= {"name": policy, "bucket": bucket, "minAgeDays": older_than, "reason": reason}
    with server() as client:
        made = client.add_cleanup_policy(**rules)
    if as_json:
        emit(made)
        return
    say(f"From {made.bucket} may go: {in_words(made)}.")
    note(f"See what that is, without deleting anything: storekeeper cleanup plan {made.name}")


@app.command()
def change(
    policy: PolicyName,
    reason: Reason,
    prefix: options.Prefix = None,
    whole_bucket: options.WholeBucket = None,
    exclude: options.Exclude = None,
    pattern: options.Pattern = None,
    tag: options.Tag = None,
    smallest: options.Smallest = None,
    largest: options.Largest = None,
    most_objects: options.MostObjects = None,
    most_bytes: options.MostBytes = None,
    per_second: options.PerSecond = None,
    cron: options.Cron = None,
    enabled: options.Enabled = None,
    older_than: Annotated[
        int | None,
        typer.Option(metavar="DAYS", help="Only what was not written for so many days.", show_default=False),
    ] = None,
    as_json: Json = False,
) -> None:
    """Change a policy; what is not given stays. After a change of what may go, its schedule waits for a confirmed plan.

    For example:
    $ storekeeper cleanup change old-uploads --cron "0 4 * * 0" --reason "weekly from now on"
    """
    rules = options.fields(
        prefix=prefix, whole_bucket=whole_bucket, exclude=exclude, pattern=pattern, tag=tag, smallest=smallest,
        largest=largest, most_objects=most_objects, most_bytes=most_bytes, per_second=per_second, cron=cron,
        enabled=enabled,
    )  # fmt: skip
    rules |= {"minAgeDays": older_than} if older_than is not None else {}
    with server() as client:
        seen = client.cleanup_policy(policy)
        saved = client.edit_cleanup_policy(policy, revision=seen.revision, reason=reason, **rules)
    if as_json:
        emit(saved)
    else:
        say(f"From {saved.bucket} may go: {in_words(saved)}. Runs {runs_when(saved)}.")


@app.command()
def remove(policy: PolicyName, reason: Reason, yes: Yes = False, as_json: Json = False) -> None:
    """Remove a policy. A clean-up under way stops; logs stay."""
    ask(f"Remove the policy {policy}?", yes=yes)
    with server() as client:
        client.remove_cleanup_policy(policy, reason=reason)
    if as_json:
        emit({"removed": policy})
    else:
        say(f"Removed {policy}.")


for command in cleanup_runs.COMMANDS:
    app.command()(command)
