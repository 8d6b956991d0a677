"""Sources that are imported from by schedule."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from storekeeper.cli import bucket_options
from storekeeper.cli.options import Json, Yes
from storekeeper.cli.remote import server
from storekeeper.cli.screen import NOTHING, confirm, count, emit, say, table, when
from storekeeper_client.imported import ImportSource

app = typer.Typer(add_completion=False, no_args_is_help=True, help="Import by schedule.")


class Format(StrEnum):
    """What can be pulled."""

    S3_ACCESS_LOG = "s3-access-log"
    R2_ANALYTICS = "r2-analytics"
    CEPH_USAGE = "ceph-usage"
    CLOUDWATCH = "cloudwatch"


SourceName = Annotated[str, typer.Argument(metavar="NAME", help="The source's name.", show_default=False)]


@app.command()
def add(
    name: SourceName,
    form: Annotated[
        Format,
        typer.Option(
            "--format",
            metavar="FORMAT",
            help="What is pulled: s3-access-log, r2-analytics, ceph-usage or cloudwatch.",
            show_default=False,
        ),
    ],
    bucket: Annotated[
        str, typer.Option(metavar="NAME", help="The bucket that it is about.", show_default=False)
    ],
    settings: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            metavar="SETTING=VALUE",
            help="A setting of the source; may be repeated.",
            show_default=False,
        ),
    ] = None,
    cron: Annotated[
        str, typer.Option(metavar="CRON", help="When to pull: five cron fields in UTC; empty is on demand.")
    ] = "10 * * * *",
    secret_file: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="A file that holds the token or secret key; - is standard input.",
            show_default=False,
        ),
    ] = None,
    as_json: Json = False,
) -> None:
    """Import from a source by schedule. Its token or secret key is asked for.

    For example:
    $ storekeeper import source add photos-logs --format s3-access-log --bucket photos --set logBucket=logs --set prefix=photos/
    $ storekeeper import source add media-r2 --format r2-analytics --bucket media --set account=ACCOUNT_ID
    """
    needs_secret = form is not Format.S3_ACCESS_LOG
    secret = bucket_options.secret(form if needs_secret else None, None, secret_file)
    fields = {
        "name": name,
        "format": form,
        "bucket": bucket,
        "cron": cron,
        "settings": _settings(settings or []),
    }
    with server() as client:
        source = client.add_import_source(**fields, secret=secret or "")
    if as_json:
        emit(source)
    else:
        say(f"Importing {source.format} into {source.bucket} as {source.name}.")
        say(f"Try it now: storekeeper import source run {source.name}")


@app.command()
def edit(
    name: SourceName,
    settings: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            metavar="SETTING=VALUE",
            help="Change a setting, or remove it by an empty value; may be repeated. Others stay.",
            show_default=False,
        ),
    ] = None,
    cron: Annotated[
        str | None,
        typer.Option(
            metavar="CRON",
            help="When to pull: five cron fields in UTC; empty is on demand.",
            show_default=False,
        ),
    ] = None,
    paused: Annotated[
        bool | None,
        typer.Option(
            "--pause/--resume", help="Pass over its schedule for now, or go on.", show_default=False
        ),
    ] = None,
    secret_file: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="A file that holds the new token or secret key; - is standard input.",
            show_default=False,
        ),
    ] = None,
    as_json: Json = False,
) -> None:
    """Change a source, pause or resume it. What is not given stays as it is.

    For example:
    $ storekeeper import source edit photos-logs --cron "10 3 * * *" --set prefix=photos/2026/
    $ storekeeper import source edit media-r2 --pause
    """
    secret = bucket_options.secret(None, None, secret_file)
    fields = bucket_options.given(cron=cron, paused=paused, secret=secret)
    with server() as client:
        if settings:
            after = {**client.import_source(name).settings, **_settings(settings)}
            fields["settings"] = {setting: value for setting, value in after.items() if value}
        source = client.edit_import_source(name, **fields)
    if as_json:
        emit(source)
    else:
        say(f"Saved {source.name}.")


@app.command("list")
def list_sources(as_json: Json = False) -> None:
    """List the sources, how their last pull went, and when the next one is."""
    with server() as client:
        sources = client.import_sources()
    if as_json:
        emit({"items": sources})
        return
    table(
        ["Name", "Format", "Bucket", "Schedule (UTC)", "Last run (UTC)", "Next (UTC)", ">Imported", "Error"],
        [_row(source) for source in sources],
        empty="No sources. Add one: storekeeper import source add --help",
    )


def _row(source: ImportSource) -> tuple[str, ...]:
    imported = source.last_result.get("accepted")
    return (
        source.name,
        source.format,
        source.bucket,
        source.cron or "on demand",
        when(source.last_run_at),
        "paused" if source.paused else when(source.next_run_at),
        NOTHING if imported is None else count(imported),
        source.last_error,
    )


@app.command()
def run(name: SourceName, as_json: Json = False) -> None:
    """Pull a source now."""
    with server() as client:
        run_id = client.run_import_source(name)
    if as_json:
        emit({"runId": run_id})
    else:
        say(f"Started. See how it goes: storekeeper job show {run_id}")


@app.command()
def remove(name: SourceName, yes: Yes = False, as_json: Json = False) -> None:
    """Stop importing from a source. What it brought stays."""
    confirm(f"Stop importing from {name}?", yes=yes)
    with server() as client:
        client.remove_import_source(name)
    if as_json:
        emit({"removed": name})
    else:
        say(f"Removed {name}.")


def _settings(given: list[str]) -> dict[str, str]:
    settings = {}
    for one in given:
        setting, equals, value = one.partition("=")
        if not equals:
            raise typer.BadParameter(f"{one!r} is not SETTING=VALUE", param_hint="--set")
        settings[setting] = value
    return settings
