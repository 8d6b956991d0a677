"""From a location to a store."""

from collections.abc import Callable
from random import SystemRandom

from storekeeper.kernel.clock import Clock

from .errors import ObjectStoreError
from .folder import FolderStore
from .memory import MemoryStore
from .port import ObjectStore
from .retry import Retrying, RetryPolicy
from .s3 import S3Store
from .signing import Credentials
from .url import Location
from .wire import Wire, WireOptions

_PATIENT = RetryPolicy()
_USUAL = WireOptions()
# https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-deletes.html, and Ceph's S3 delete object
_CONDITIONAL_DELETES = frozenset({"aws", "ceph"})


def open_store(
    location: Location,
    credentials: Credentials | None = None,
    *,
    clock: Clock,
    options: WireOptions = _USUAL,
    retry: RetryPolicy = _PATIENT,
    on_retry: Callable[[ObjectStoreError, float], None] | None = None,
) -> ObjectStore:
    """The bucket at a location; nothing is connected to yet. Without credentials, requests are anonymous.

    `on_retry` hears of every repeated request: the error, and the seconds that are waited before.
    """
    if location.scheme == "file":
        return FolderStore(location.path)
    if location.scheme == "memory":
        return MemoryStore.named(location.bucket, clock)
    wire = Wire(location, credentials, clock=clock, options=options)
    retrying = Retrying(retry, clock, SystemRandom(), on_retry)
    return S3Store(wire, retrying, conditional=location.provider in _CONDITIONAL_DELETES)
