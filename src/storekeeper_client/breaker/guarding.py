"""Guarding a client of a storage library in one line."""

import importlib
from typing import Any, TypeVar

from .registry import BreakerRegistry

_C = TypeVar("_C")


def guard(client: _C, registry: BreakerRegistry, *, bucket: str = "") -> _C:
    """The client, with every request held back while the breaker of its bucket is open (BreakerOpenError).

    A client or resource of boto3, botocore or aiobotocore, or a session (for the clients that it makes from then on),
    is guarded itself; a store of obstore is wrapped, and `bucket` names it where its configuration does not
    (ValueError). Metered or not, in either order: a request that was refused is not metered, for nothing was sent.
    Raises TypeError for anything else.
    """
    of_botocore = _session(client) or _client(client)
    if of_botocore is not None:
        module = _integration("botocore")
        make = module.guard_session if _session(client) is not None else module.guard_client
        make(of_botocore, registry)
        return client
    if all(hasattr(client, name) for name in ("get", "put", "head", "list", "delete")):
        wrapped: _C = _integration("obstore").wrap(client, registry, bucket)
        return wrapped
    raise TypeError(f"{type(client).__name__} is no client of boto3, botocore, aiobotocore or obstore")


def _session(client: Any) -> Any:
    """A session of botocore or aiobotocore, also within one of boto3."""
    inner = vars(client).get("_session", client) if hasattr(client, "__dict__") else client
    return inner if hasattr(inner, "get_component") else None


def _client(client: Any) -> Any:
    """A client of botocore or aiobotocore, also within a resource of boto3."""
    meta = getattr(client, "meta", None)
    if hasattr(meta, "events"):
        return client
    inner = getattr(meta, "client", None)
    return inner if hasattr(getattr(inner, "meta", None), "events") else None


def _integration(name: str) -> Any:
    """The module of that name, loaded on demand, and so is the library that it serves."""
    return importlib.import_module(f".integrations.{name}", __package__)
