"""The light client of Storekeeper: its HTTP API from Python, with nothing but msgspec beside the standard library."""

from typing import TYPE_CHECKING, Any

from .api import Client
from .errors import ApiError, ClientError, Problem, UnreachableError
from .model import Tokens

if TYPE_CHECKING:
    from .metering import Meter

__all__ = ["ApiError", "Client", "ClientError", "Meter", "Problem", "Tokens", "UnreachableError"]


def __getattr__(name: str) -> Any:
    if name == "Meter":  # on demand: who only calls the API does not wait for it
        from .metering import Meter  # noqa: PLC0415 - see above

        return Meter
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
