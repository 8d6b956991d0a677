"""Files that are sent to the server: that they are there, and how far they are."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import typer
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn

from storekeeper.cli.screen import console, safe


def checked(files: Iterable[Path]) -> None:
    """Before anything is sent: raises typer.BadParameter for what is no file."""
    for path in files:
        if not path.is_file():
            raise typer.BadParameter(f"there is no file {path}", param_hint="FILE…")


@contextmanager
def sending(path: Path) -> Iterator[Callable[[int], None]]:
    """A progress bar on a terminal; what it gives hears of the bytes that were sent."""
    screen = console(err=True)
    columns = (TextColumn("{task.description}"), BarColumn(20), DownloadColumn(), TransferSpeedColumn())
    with Progress(*columns, console=screen, transient=True, disable=not screen.is_terminal) as bar:
        task = bar.add_task(safe(path.name), total=path.stat().st_size)
        yield lambda sent: bar.advance(task, sent)
