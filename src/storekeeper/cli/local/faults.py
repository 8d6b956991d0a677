"""How the server's own errors end a local command."""

from collections.abc import Iterator
from contextlib import contextmanager

from storekeeper.cli.failing import Status, fail
from storekeeper.kernel.errors import SettingsError, StorekeeperError


@contextmanager
def named_faults() -> Iterator[None]:
    """Ends the command with the error's own words. Wrong settings are wrong use."""
    try:
        yield
    except SettingsError as error:
        fail(error.detail, hint=error.hint, status=Status.WRONG_USE)
    except StorekeeperError as error:
        fail(error.detail or error.title, hint=error.hint)
    except PermissionError as error:
        fail(
            f"{error.filename} can not be used: {error.strerror}.",
            hint="Give this user the right, or choose another.",
        )
