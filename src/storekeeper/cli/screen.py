"""What commands print: tables and lines for people, JSON for programs."""

import sys
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec
import typer
from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from storekeeper.cli.failing import Status, fail
from storekeeper.kernel.units import format_bytes, format_count

NOTHING = "-"
_PIPE_WIDTH = 200  # a pipe has no width of its own; wide enough that nothing is cut


def emit(value: Any) -> None:
    """The one thing that `--json` prints."""
    typer.echo(msgspec.json.format(msgspec.json.encode(value), indent=2).decode())


def say(text: str) -> None:
    """A line for people."""
    typer.echo(safe(text))


def note(text: str) -> None:
    """A line for people beside the output proper: it goes to stderr."""
    typer.echo(safe(text), err=True)


def table(columns: Sequence[str], rows: Iterable[Sequence[str]], *, empty: str = "Nothing.") -> None:
    """Columns whose heading starts with `>` are numbers, set to the right. Without rows, says `empty`."""
    grid = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    for column in columns:
        grid.add_column(
            column.removeprefix(">"), justify="right" if column.startswith(">") else "left", overflow="fold"
        )
    for row in rows:
        grid.add_row(*(Text(safe(cell)) for cell in row))
    if grid.row_count:
        console().print(grid)
    else:
        say(empty)


def pairs(rows: Iterable[tuple[str, str]]) -> None:
    """Names and values, one pair a line; pairs without a value are left out."""
    grid = Table.grid(padding=(0, 2))
    grid.add_column(style="bold")
    grid.add_column(overflow="fold")
    for name, value in rows:
        if value:
            grid.add_row(name, Text(safe(value)))
    console().print(grid)


def console(*, err: bool = False) -> Console:
    wide = None if sys.stdout.isatty() else _PIPE_WIDTH
    return Console(stderr=err, width=None if err else wide, highlight=False, soft_wrap=False)


def safe(text: str) -> str:
    """Text from elsewhere, such as a key, without what could move the cursor or color the terminal."""
    if text.isprintable():
        return text
    return "".join(sign if sign.isprintable() or sign == "\n" else ascii(sign)[1:-1] for sign in text)


def confirm(question: str, *, yes: bool) -> None:
    """Ask once, unless `--yes`; where nobody can be asked, tell how."""
    if yes:
        return
    if not sys.stdin.isatty():
        fail("This needs a yes, and there is nobody to ask.", hint="Add --yes.", status=Status.WRONG_USE)
    typer.confirm(question, abort=True)


def count(number: int | None) -> str:
    return NOTHING if number is None else format_count(number)


def many(number: int, noun: str) -> str:
    """For example `1 object`, `1,200 objects`."""
    return f"{format_count(number)} {noun}{'' if abs(number) == 1 else 's'}"


def size(number: float | None) -> str:
    return NOTHING if number is None else format_bytes(number)


def growth(number: int | None) -> str:
    """Bytes with their sign."""
    return NOTHING if number is None else f"{'+' if number > 0 else ''}{format_bytes(number)}"


def when(time: datetime | None) -> str:
    """To the minute, in UTC; columns of it say so."""
    return NOTHING if time is None else f"{time.astimezone(UTC):%Y-%m-%d %H:%M}"
