"""Buckets of any provider behind one port: list, read, write, delete. This is the front door."""

from .calling import Call, Signature, call
from .endpoint_guard import check_endpoint
from .errors import ObjectStoreError
from .opening import open_store
from .permissions import Finding, Outcome, examine
from .policy import least_privilege_policy
from .port import (
    LISTING,
    WITH_ETAGS,
    Described,
    ObjectStore,
    Page,
    Upload,
    UploadPage,
    VersionPage,
    VersionTotals,
)
from .retry import NO_RETRY, RetryPolicy
from .signing import Credentials
from .url import PROVIDERS, Location, parse_location
from .wire import WireOptions

# fmt: off
__all__ = [
    "LISTING", "NO_RETRY", "PROVIDERS", "WITH_ETAGS", "Call", "Credentials", "Described", "Finding", "Location", "ObjectStore",
    "ObjectStoreError", "Outcome", "Page", "RetryPolicy", "Signature", "Upload", "UploadPage", "VersionPage",
    "VersionTotals", "WireOptions", "call", "check_endpoint", "examine", "least_privilege_policy", "open_store",
    "parse_location",
]
