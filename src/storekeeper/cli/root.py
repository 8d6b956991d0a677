"""The command `storekeeper`: which commands there are, and in which module each is found when it is called."""

import importlib
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

import typer
import typer.core
import typer.main

from storekeeper import __version__
from storekeeper.cli.options import Json

if TYPE_CHECKING:
    from typer._click import Command

SERVER, SIGN_IN, BUCKETS, ADMINISTRATION = "Run a server", "Sign in", "Buckets", "Administration"


class Place(NamedTuple):
    """The heading that a command stands under, and the module that has it."""

    heading: str
    module: str
    is_group: bool = False  # the whole module is this command; its own commands are below it


COMMANDS: Mapping[str, Place] = {
    "serve": Place(SERVER, "server"),
    "demo": Place(SERVER, "demo", is_group=True),
    "migrate": Place(SERVER, "server"),
    "doctor": Place(SERVER, "server"),
    "login": Place(SIGN_IN, "signing"),
    "logout": Place(SIGN_IN, "signing"),
    "whoami": Place(SIGN_IN, "signing"),
    "bucket": Place(BUCKETS, "buckets", is_group=True),
    "scan": Place(BUCKETS, "scans"),
    "scans": Place(BUCKETS, "scans"),
    "inventory": Place(BUCKETS, "inventory"),
    "health": Place(BUCKETS, "health", is_group=True),
    "check": Place(BUCKETS, "checking"),
    "breaker": Place(BUCKETS, "breakers", is_group=True),
    "alert": Place(BUCKETS, "alerts", is_group=True),
    "usage": Place(BUCKETS, "usage"),
    "cost": Place(BUCKETS, "costs"),
    "invoice": Place(BUCKETS, "invoices", is_group=True),
    "prices": Place(BUCKETS, "prices", is_group=True),
    "budget": Place(BUCKETS, "budgets", is_group=True),
    "quota": Place(BUCKETS, "quotas", is_group=True),
    "cleanup": Place(BUCKETS, "cleanup", is_group=True),
    "export": Place(BUCKETS, "exporting", is_group=True),
    "embed-link": Place(BUCKETS, "embedding", is_group=True),
    "import": Place(BUCKETS, "imports", is_group=True),
    "archive": Place(ADMINISTRATION, "archive", is_group=True),
    "job": Place(ADMINISTRATION, "jobs", is_group=True),
    "user": Place(ADMINISTRATION, "users", is_group=True),
    "token": Place(ADMINISTRATION, "tokens", is_group=True),
    "webhook": Place(ADMINISTRATION, "webhooks", is_group=True),
    "audit": Place(ADMINISTRATION, "audit", is_group=True),
}


class LazyCommands(Mapping[str, "Command"]):
    """Imports a command's module when it is asked for: one command does not pay for what the others import."""

    def __init__(self, own: Mapping[str, "Command"]) -> None:
        self._own = own

    def __getitem__(self, name: str) -> "Command":
        return self._own[name] if name in self._own else _loaded(name, COMMANDS[name])

    def __iter__(self) -> Iterator[str]:
        return iter((*COMMANDS, *self._own))

    def __len__(self) -> int:
        return len(COMMANDS) + len(self._own)


class LazyGroup(typer.core.TyperGroup):
    """A group that looks like any other to Typer."""

    def __init__(self, *, commands: Mapping[str, "Command"], **options: Any) -> None:
        super().__init__(**options)
        self.commands = LazyCommands(commands)  # type: ignore[assignment] # nothing is ever added to it


def _loaded(name: str, place: Place) -> "Command":
    module = importlib.import_module(f"storekeeper.cli.{place.module}")
    group: Any = typer.main.get_command(module.app)
    command: Command = group if place.is_group else group.commands[name]
    command.name = name
    command.rich_help_panel = place.heading  # type: ignore[attr-defined] # every command of Typer has it
    return command


app = typer.Typer(cls=LazyGroup, no_args_is_help=True, pretty_exceptions_enable=False)


@app.callback()
def storekeeper() -> None:
    """Watch buckets of S3-compatible object storage: what is in them, who uses them, how they grow.

    First steps:
    $ storekeeper demo                              # see it at work
    $ storekeeper serve                             # start a server
    $ storekeeper login http://127.0.0.1:8080       # sign in to it
    $ storekeeper bucket add photos s3://photos     # watch a bucket
    $ storekeeper scan photos --wait                # see what is in it

    STOREKEEPER_URL and STOREKEEPER_TOKEN (an API key) stand in for signing in.

    Exit status: 0 done, 1 the thing asked about is not well, 2 wrong use, 3 server unreachable, 4 not allowed.
    """


@app.command()
def version(as_json: Json = False) -> None:
    """Print the version of this program."""
    typer.echo(f'{{"version": "{__version__}"}}' if as_json else f"storekeeper {__version__}")
