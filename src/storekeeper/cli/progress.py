"""A scan while it goes on, in one line on stderr."""

from collections.abc import Iterable

from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn

from storekeeper.cli.screen import console, count, many, safe, size
from storekeeper.kernel.units import format_duration
from storekeeper_client.scanned import Scan


def watch(scans: Iterable[Scan]) -> Scan:
    """Show the scan until it is over; returns it as it ended."""
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(20),
        TextColumn("{task.fields[figures]}"),
    )
    last: Scan | None = None
    screen = console(err=True)
    with Progress(*columns, console=screen, transient=True, disable=not screen.is_terminal) as bar:
        task = bar.add_task("Scanning", total=None, figures="")
        told = ""
        for last in scans:
            if last.status == "retrying" and last.error and last.error != told:
                told = last.error
                screen.print(f"It will be tried again after this: {safe(told)}", markup=False)
            bar.update(
                task,
                description=f"{_verb(last)} {safe(last.bucket)}",
                total=None if last.fraction is None else 1,
                completed=last.fraction or 0,
                figures=figures(last),
            )
    if last is None:
        raise ValueError("a scan that was followed says at least how it ended")
    return last


def figures(scan: Scan) -> str:
    """For example `1,200 objects, 3.4 MB, 900/s, 12 s left`."""
    parts = [many(scan.objects, "object"), size(scan.bytes)]
    if scan.objects_per_second and not scan.is_over:
        parts.append(f"{count(round(scan.objects_per_second))}/s")
    if scan.seconds_left is not None and not scan.is_over:
        parts.append(f"{format_duration(scan.seconds_left)} left")
    return ", ".join(parts)


def _verb(scan: Scan) -> str:
    known = {"queued": "Waiting to scan", "retrying": "Waiting to try again"}.get(scan.status)
    return known or ("Summing up" if scan.phase == "summing up" else "Scanning")
