"""The light client of Storekeeper: its HTTP API from Python, with nothing but msgspec beside the standard library."""

from .api import Client
from .errors import ApiError, ClientError, Problem, UnreachableError
from .model import Tokens

__all__ = ["ApiError", "Client", "ClientError", "Problem", "Tokens", "UnreachableError"]
