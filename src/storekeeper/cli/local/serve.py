"""`serve` and `migrate`."""

import socket
from pathlib import Path

from storekeeper import __version__, app, settings
from storekeeper.cli.failing import Status, fail
from storekeeper.cli.local.faults import named_faults
from storekeeper.cli.screen import emit, pairs, say
from storekeeper.settings import Settings


def run(*, data_dir: Path | None, host: str | None, port: int | None, config: Path | None) -> None:
    """Serve until SIGTERM or Ctrl-C."""
    with named_faults():
        chosen = settings.load(config=config, data_dir=data_dir, host=host, port=port)
        _refuse_taken_port(chosen)
        app.serve(chosen, ready=lambda password: _greet(chosen, password))


def migrate(*, data_dir: Path | None, config: Path | None, as_json: bool) -> None:
    """Bring both databases to this release's schema."""
    with named_faults():
        chosen = settings.load(config=config, data_dir=data_dir)
        app.migrate(chosen)
    if as_json:
        emit({"dataDir": str(chosen.data_dir), "version": __version__})
    else:
        say(f"{chosen.data_dir} is ready for Storekeeper {__version__}.")


def _refuse_taken_port(chosen: Settings) -> None:
    """Before anything is opened: a server that can not listen should not touch the data."""
    try:
        family = socket.getaddrinfo(chosen.host, chosen.port, type=socket.SOCK_STREAM)[0][0]
        socket.create_server((chosen.host, chosen.port), family=family).close()
    except OSError as error:
        fail(
            f"Can not listen at {chosen.host}:{chosen.port}: {error.strerror or error}.",
            hint="Stop what listens there, or choose another --port or --host.",
            status=Status.WRONG_USE,
        )


def _greet(chosen: Settings, password: str | None) -> None:
    say(f"Storekeeper {__version__}")
    rows = [("Open", chosen.public_url), ("Data", str(chosen.data_dir))]
    if password:
        rows += [
            ("Email", chosen.admin_email),
            ("Password", f"{password}   (made just now and not shown again)"),
        ]
    pairs([*rows, ("Stop", "Ctrl-C")])
