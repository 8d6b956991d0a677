"""Every command explains itself. The snapshot is what the reference and scripts rely on: change it with care."""

import pytest
import typer.core
import typer.main
from typer import Context

from storekeeper.cli.root import app


def _leaves(command, path=()):
    """(words, command) of every command that does something."""
    is_group = isinstance(command, typer.core.TyperGroup)
    if not is_group or command.invoke_without_command:
        yield path, command
    if not is_group:
        return
    context = Context(command)
    for name in command.list_commands(context):
        yield from _leaves(command.get_command(context, name), (*path, name))


COMMANDS = dict(_leaves(typer.main.get_command(app)))


def _described(path, command) -> str:
    """Free of how a release of Typer draws it, so that only our own changes show."""
    lines = [" ".join(("storekeeper", *path)), "", command.help, ""]
    for parameter in command.params:
        names = " ".join((*parameter.opts, *parameter.secondary_opts))
        must = " (required)" if parameter.required else ""
        lines.append(f"{names}{must}: {parameter.help}")
    return "\n".join(lines)


def test_the_commands_of_the_contract_are_there():
    assert {" ".join(path) for path in COMMANDS} == {
        *("serve", "demo", "demo fault", "migrate", "doctor", "version", "login", "logout", "whoami"),
        *("health", "health config", "health history", "check"),
        *(f"breaker {verb}" for verb in ("list", "show", "reset", "open", "close", "mode")),
        *("scan", "scans", "inventory", "usage", "cost", "prices", "audit search"),
        *(f"export {what}" for what in ("operations", "focus")),
        *(f"invoice {verb}" for verb in ("import", "list", "show", "remove", "compare")),
        *(f"archive {verb}" for verb in ("list", "restore", "rebuild")),
        *(f"import {form}" for form in ("s3-access-log", "r2-access-log", "minio-audit")),
        *(f"import {form}" for form in ("csv", "ndjson", "parquet")),
        *(f"import {form}" for form in ("cloudwatch", "ceph-usage", "r2-analytics", "compare")),
        *(f"import source {verb}" for verb in ("add", "edit", "list", "run", "remove")),
        *(f"embed-link {verb}" for verb in ("create", "revoke")),
        *(
            f"bucket {verb}"
            for verb in ("add", "list", "show", "edit", "test", "remove", "try-owner-pattern")
        ),
        *(f"job {verb}" for verb in ("list", "runs", "run", "show", "retry", "cancel", "purge")),
        *(f"user {verb}" for verb in ("add", "list", "disable", "enable", "set-role", "reset-password")),
        *(f"token {verb}" for verb in ("create", "list", "revoke")),
        *(f"alert {verb}" for verb in ("list", "show", "resolve")),
        *(f"prices {verb}" for verb in ("show", "edit", "remove")),
        *(f"budget {verb}" for verb in ("list", "set", "remove")),
        *(f"cleanup {verb}" for verb in ("list", "show", "add", "change", "remove", "plan", "objects")),
        *(f"cleanup {verb}" for verb in ("confirm", "runs", "log", "stop", "restore")),
        *(f"quota {verb}" for verb in ("list", "set", "raise", "remove", "violations")),
        *(f"webhook {verb}" for verb in ("add", "edit", "list", "show", "test", "remove", "deliveries")),
    }


@pytest.mark.parametrize("path", COMMANDS, ids=" ".join)
def test_help(path, run, snapshot):
    command = COMMANDS[path]

    assert run(*path, "--help").status == 0
    assert all(parameter.help for parameter in command.params)
    assert path == ("serve",) or any("--json" in parameter.opts for parameter in command.params)
    assert _described(path, command) == snapshot


def test_help_of_the_whole_lists_every_command(run):
    shown = run("--help").out

    assert all(f" {path[0]} " in shown for path in COMMANDS)


def test_a_mistyped_command_is_wrong_use(run):
    ran = run("bukket", "list")

    assert ran.status == 2
    assert "No such command 'bukket'" in ran.err
    assert "Did you mean 'bucket'" in ran.err
