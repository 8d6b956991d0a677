"""Operations that were archived, and sums that are counted again."""

from typing import Annotated

import typer

from storekeeper.cli.options import Json
from storekeeper.cli.remote import server
from storekeeper.cli.screen import emit, say, size, table, when
from storekeeper.kernel.units import format_count

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    help="Operations that were archived; bring them back, or count their sums again.",
)

Since = Annotated[
    str, typer.Option("--from", metavar="DAY", help="First day, such as 2026-10-01.", show_default=False)
]
Until = Annotated[
    str, typer.Option("--to", metavar="DAY", help="Last day; the first if not given.", show_default=False)
]


@app.command("list")
def list_archives(as_json: Json = False) -> None:
    """List days of operations that were archived, newest first."""
    with server() as client:
        archives = client.archives()
    if as_json:
        emit({"items": archives})
        return
    table(
        ["Day (UTC)", ">Operations", ">Files", ">Size", "State", "Here until (UTC)", "Where"],
        [
            (
                one.day, format_count(one.operations), str(one.files), size(one.bytes), one.state,
                when(one.restored_until), one.prefix,
            )
            for one in archives
        ],
        empty="Nothing is archived. Operations are when the setting archive_bucket names a bucket for them.",
    )  # fmt: skip


@app.command()
def restore(since: Since, until: Until = "", as_json: Json = False) -> None:
    """Bring archived operations back for a week. Their sums stay as they are.

    For example:
    $ storekeeper archive restore --from 2026-10-01 --to 2026-10-07
    """
    with server() as client:
        run_id = client.restore_operations(since, until or since)
    _started(run_id, as_json=as_json)


@app.command()
def rebuild(
    since: Since,
    until: Until = "",
    force: Annotated[
        bool,
        typer.Option("--force", help="Also of days of which fewer operations are left than were counted."),
    ] = False,
    as_json: Json = False,
) -> None:
    """Count the sums of whole days again, from operations that are here and from archives.

    A day of which fewer operations are left than its sums know of is not touched, unless --force is given.
    """
    with server() as client:
        run_id = client.rebuild_sums(since, until or since, force=force)
    _started(run_id, as_json=as_json)


def _started(run_id: str, *, as_json: bool) -> None:
    if as_json:
        emit({"runId": run_id})
    else:
        say(f"Started. See how it goes: storekeeper job show {run_id}")
