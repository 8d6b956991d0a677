"""The commands that are the server's part: declared here, done in `storekeeper.cli.local`."""

import importlib
import importlib.util
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from storekeeper.cli.failing import Status, fail
from storekeeper.cli.options import Json

app = typer.Typer(add_completion=False)


class Role(StrEnum):
    """What `serve` is to be."""

    SERVER = "server"
    PROBER = "prober"


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
    role: Annotated[
        Role, typer.Option(help="With prober: check the buckets of another server from this machine.")
    ] = Role.SERVER,
    server: Annotated[
        str,
        typer.Option(metavar="URL", help="That server. By default the one signed in to.", show_default=False),
    ] = "",
) -> None:
    """Start the server. It needs nothing but a directory, and makes it.

    The first start makes an admin and prints the password, once.

    For example:
    $ storekeeper serve
    $ storekeeper serve --data-dir /var/lib/storekeeper --host 0.0.0.0
    $ storekeeper serve --role prober --server https://storekeeper.example.com
    """
    if role is Role.PROBER:
        if data_dir or host or port:
            fail(
                "A prober keeps nothing and listens nowhere: --data-dir, --host and --port are a server's.",
                status=Status.WRONG_USE,
            )
        local("prober").run(server, config=config)
        return
    if server:
        fail("--server is for --role prober.", status=Status.WRONG_USE)
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
