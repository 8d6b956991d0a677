"""How a command ends that can not do its work: in words on stderr, and with a status that scripts may rely on."""

from enum import IntEnum
from typing import NoReturn

import typer


class Status(IntEnum):
    """Exit statuses. Part of the contract."""

    DONE = 0
    NOT_WELL = 1  # the thing asked about is not well
    WRONG_USE = 2
    UNREACHABLE = 3  # the server does not answer
    NOT_ALLOWED = 4
    INTERRUPTED = 130  # Ctrl-C, as shells count it


def fail(what: str, *, hint: str = "", status: Status = Status.NOT_WELL) -> NoReturn:
    """Say what happened and what to do, and end."""
    typer.echo(typer.style("Error: ", fg="red", bold=True) + what, err=True)
    if hint:
        typer.echo(hint, err=True)
    raise typer.Exit(status)
