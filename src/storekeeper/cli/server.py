"""The commands that are the server's part: declared here, done in `storekeeper.cli.local`."""

import importlib
import importlib.util
from pathlib import Path
from typing import Annotated, Any

import typer

from storekeeper.cli.failing import Status, fail
from storekeeper.cli.options import Json

app = typer.Typer(add_completion=False)

DataDir = Annotated[
    Path | None,
    typer.Option(help="Where everything is kept. By default ./storekeeper-data.", show_default=False),
]
Config = Annotated[
    Path | None,
    typer.Option(help="A settings file. By default storekeeper.toml, if there.", show_default=False),
]


def local(module: str, *, extra: str = "server") -> Any:
    """The one place where the command line reaches for the server's code, which the light install lacks."""
    try:
        return importlib.import_module(f"storekeeper.cli.local.{module}")
    except ModuleNotFoundError as error:
        if error.name is None or error.name.split(".")[0] == "storekeeper":
            raise
        fail(
            f"This command needs the server's part, which is not installed ({error.name} is missing).",
            hint=f"Install it: pip install 'storekeeper[{extra}]'",
            status=Status.WRONG_USE,
        )


@app.command()
def serve(
    data_dir: DataDir = None,
    host: Annotated[
        str | None, typer.Option(help="Address to listen at. By default 127.0.0.1.", show_default=False)
    ] = None,
    port: Annotated[
        int | None, typer.Option(help="Port to listen at. By default 8080.", show_default=False)
    ] = None,
    config: Config = None,
) -> None:
    """Start the server. It needs nothing but a directory, and makes it.

    The first start makes an admin and prints the password, once.

    For example:
    $ storekeeper serve
    $ storekeeper serve --data-dir /var/lib/storekeeper --host 0.0.0.0
    """
    local("serve").run(data_dir=data_dir, host=host, port=port, config=config)


@app.command()
def migrate(data_dir: DataDir = None, config: Config = None, as_json: Json = False) -> None:
    """Bring stored data to this release's form. `serve` does so by itself; stop it first."""
    local("serve").migrate(data_dir=data_dir, config=config, as_json=as_json)


@app.command()
def doctor(data_dir: DataDir = None, config: Config = None, as_json: Json = False) -> None:
    """Look at this installation: versions, data directory, keys, disk, databases, clock.

    Changes nothing. Exit status 1 when a check fails.
    """
    local("doctor").run(data_dir=data_dir, config=config, as_json=as_json)


@app.command()
def demo(
    once: Annotated[
        bool, typer.Option("--once", help="Scan once, use the buckets, compare, and end.")
    ] = False,
    port: Annotated[int, typer.Option(help="Port to listen at; 0 is any free one.")] = 8080,
    keep: Annotated[bool, typer.Option("--keep", help="Leave the data behind, and tell where.")] = False,
    as_json: Json = False,
) -> None:
    """See it at work: a real S3 server on this machine with real files and traffic, watched.

    Everything is temporary and is removed at the end (Ctrl-C). Needs
    pip install 'storekeeper[demo]'.

    With --once, exit status 1 unless what was found equals what lies on the
    disk, to the object and to the byte, and what was metered equals what the
    applications did, to the request.
    """
    local("demo", extra="demo").run(once=once, port=port, keep=keep, as_json=as_json)
