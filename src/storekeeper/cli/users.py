"""People who may sign in."""

import sys
from enum import StrEnum
from typing import Annotated

import typer

from storekeeper.cli.options import Json
from storekeeper.cli.remote import server
from storekeeper.cli.screen import emit, say, table, when
from storekeeper_client.model import User

app = typer.Typer(add_completion=False, no_args_is_help=True, help="People who may sign in.")


class RoleName(StrEnum):
    ADMIN = "admin"
    USER = "user"
    READONLY = "readonly"


Email = Annotated[
    str, typer.Argument(metavar="EMAIL", help="The person's email address.", show_default=False)
]
_ROLES = "admin: everything; user: own data; readonly: see everything."


@app.command()
def add(
    email: Email,
    role: Annotated[RoleName, typer.Option(help=_ROLES)] = RoleName.READONLY,
    password_stdin: Annotated[
        bool, typer.Option("--password-stdin", help="Read the password from standard input.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Let a person sign in. Without a password one is made and printed, once.

    For example:
    $ storekeeper user add ann@example.com --role admin
    """
    password = sys.stdin.readline().rstrip("\r\n") if password_stdin else ""
    with server() as client:
        user = client.add_user(email, role=role, password=password)
    if as_json:
        emit(user)
        return
    say(f"{user.email} may sign in as {user.role}.")
    if user.generated_password:
        say(f"Password, shown this once: {user.generated_password}")


@app.command("list")
def list_users(as_json: Json = False) -> None:
    """List people who may sign in."""
    with server() as client:
        users = client.users()
    if as_json:
        emit({"items": users})
        return
    table(
        ["Email", "Role", "State", "Last seen (UTC)", "Since (UTC)"],
        [
            (
                u.email,
                u.role,
                "disabled" if u.disabled else "active",
                when(u.last_seen_at),
                when(u.created_at),
            )
            for u in users
        ],
    )


@app.command()
def disable(email: Email, as_json: Json = False) -> None:
    """Keep a person out, at once: sessions and keys end too. Undo with `user enable`."""
    _tell(_edited(email, disabled=True), "can no longer sign in", as_json=as_json)


@app.command()
def enable(email: Email, as_json: Json = False) -> None:
    """Let a disabled person in again."""
    _tell(_edited(email, disabled=False), "may sign in again", as_json=as_json)


@app.command("set-role")
def set_role(
    email: Email,
    role: Annotated[RoleName, typer.Argument(metavar="ROLE", help=_ROLES, show_default=False)],
    as_json: Json = False,
) -> None:
    """Change what a person may do."""
    _tell(_edited(email, role=role.value), f"is {role.value} now", as_json=as_json)


@app.command("reset-password")
def reset_password(email: Email, as_json: Json = False) -> None:
    """Give a person a new password, printed once. Their sessions end."""
    with server() as client:
        password = client.reset_password(email)
    if as_json:
        emit({"email": email, "password": password})
    else:
        say(f"New password of {email}, shown this once: {password}")


def _edited(email: str, **fields: str | bool) -> User:
    with server() as client:
        return client.edit_user(email, **fields)


def _tell(user: User, what: str, *, as_json: bool) -> None:
    if as_json:
        emit(user)
    else:
        say(f"{user.email} {what}.")
