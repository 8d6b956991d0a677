"""`serve --role prober`."""

from pathlib import Path

from storekeeper import prober, settings
from storekeeper.cli.failing import Status, fail
from storekeeper.cli.local.faults import named_faults
from storekeeper.cli.screen import pairs, say
from storekeeper.infra import telemetry
from storekeeper.kernel.clock import SystemClock
from storekeeper_client import config as kept
from storekeeper_client.config import BrokenConfigError, Config


def run(url: str, *, config: Path | None) -> None:
    """Check the buckets of a server from here, until SIGTERM or Ctrl-C."""
    with named_faults():
        chosen = settings.load(config=config)
        telemetry.configure_logging(form=chosen.log_format, level=chosen.log_level)
        known = _known(url)
        if not known.token:
            fail(
                "A vantage point needs an API key with the scope probe.",
                hint="Make one: storekeeper token create NAME --scope probe. Then set STOREKEEPER_TOKEN.",
                status=Status.NOT_ALLOWED,
            )
        try:
            prober.serve(known.url, known.token, clock=SystemClock(), ready=lambda: _greet(known.url))
        except ValueError as error:
            fail(f"This is {error}.", status=Status.WRONG_USE)
        except prober.RefusedError as error:
            fail(error.detail, hint=error.hint, status=Status.NOT_ALLOWED)


def _known(url: str) -> Config:
    try:
        return kept.read(url=url)
    except BrokenConfigError as error:
        fail(f"{error}", hint="Remove it, or set STOREKEEPER_TOKEN.", status=Status.WRONG_USE)


def _greet(url: str) -> None:
    say("A vantage point of Storekeeper")
    pairs([("Server", url), ("Stop", "Ctrl-C")])
