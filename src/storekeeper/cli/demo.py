"""The demo, and its faults: declared here, done in `storekeeper.cli.local.demo`."""

from typing import Annotated

import typer

from storekeeper.cli.options import Json
from storekeeper.cli.server import local

app = typer.Typer(add_completion=False, invoke_without_command=True)

_SWITCHES = "slow, 500s, refuse, cut, wrong-bytes, clock-skew, throttle, or off for none"


@app.callback()
def demo(
    context: typer.Context,
    once: Annotated[
        bool, typer.Option("--once", help="Scan once, use the buckets, compare, and end.")
    ] = False,
    port: Annotated[int, typer.Option(help="Port to listen at; 0 is any free one.")] = 8080,
    keep: Annotated[bool, typer.Option("--keep", help="Leave the data behind, and tell where.")] = False,
    faults: Annotated[
        bool, typer.Option("--faults", help="Every few minutes, let the storage fail for a minute.")
    ] = False,
    as_json: Json = False,
) -> None:
    """See it at work: a real S3 server on this machine with real files and traffic, watched.

    Everything is temporary and is removed at the end (Ctrl-C). Needs
    pip install 'storekeeper[demo]'.

    With --once, exit status 1 unless what was found equals what lies on the
    disk, to the object and to the byte, and what was metered equals what the
    applications did, to the request.
    """
    if context.invoked_subcommand is None:
        local("demo", extra="demo").run(once=once, port=port, keep=keep, faults=faults, as_json=as_json)


@app.command()
def fault(
    switch: Annotated[
        str | None, typer.Argument(metavar="SWITCH", help=f"{_SWITCHES}.", show_default=False)
    ] = None,
    lasting: Annotated[
        str, typer.Option("--for", metavar="TIME", help="Off again after, such as 30s.", show_default=False)
    ] = "",
    share: Annotated[
        float, typer.Option(min=0.001, max=1, help="For this share of the requests, such as 0.5.")
    ] = 1.0,
    as_json: Json = False,
) -> None:
    """Let the storage of the demo that runs fail, or see how it fails.

    For example:
    $ storekeeper demo fault slow --for 30s
    $ storekeeper demo fault 500s --share 0.5
    $ storekeeper demo fault off
    """
    local("demo", extra="demo").fault(switch, lasting=lasting, share=share, as_json=as_json)
