"""`doctor`: a look at this installation."""

from pathlib import Path

import typer

from storekeeper import settings
from storekeeper.cli.failing import Status
from storekeeper.cli.local.checks import Check, examine
from storekeeper.cli.local.faults import named_faults
from storekeeper.cli.screen import emit, say
from storekeeper.kernel.clock import SystemClock

_SIGNS = {"ok": "✓", "warn": "!", "fail": "✗"}


def run(*, data_dir: Path | None, config: Path | None, as_json: bool) -> None:
    """Print every check; exit status 1 when one fails."""
    with named_faults():
        chosen = settings.load(config=config, data_dir=data_dir)
        checks = []
        for check in examine(chosen, SystemClock()):
            checks.append(check)
            if not as_json:
                _show(check)
    well = all(check.state != "fail" for check in checks)
    if as_json:
        emit({"ok": well, "checks": checks})
    if not well:
        raise typer.Exit(Status.NOT_WELL)


def _show(check: Check) -> None:
    say(f"{_SIGNS[check.state]} {check.name}: {check.detail}")
    if check.advice:
        say(f"    {check.advice}")
