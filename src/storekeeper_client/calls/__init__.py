"""The calls of the API, a module for each thing that they are about."""

from .audit import AuditCalls
from .buckets import BucketCalls
from .imports import ImportCalls
from .jobs import JobCalls
from .operations import OperationCalls
from .scans import ScanCalls
from .tokens import TokenCalls
from .users import UserCalls

__all__ = [
    "AuditCalls",
    "BucketCalls",
    "ImportCalls",
    "JobCalls",
    "OperationCalls",
    "ScanCalls",
    "TokenCalls",
    "UserCalls",
]
