"""How to act: a lifecycle rule, in the words of the provider."""

import json
import shlex
from collections.abc import Mapping
from typing import Any

_REPLACES = "This replaces all rules of the bucket: put those that it has into the list, too."
_ENDPOINT = "ENDPOINT is the address at which the bucket is registered."


def abort_uploads(provider: str, bucket: str, days: int) -> str:
    """A rule that aborts uploads which were begun so many days ago."""
    if provider == "gcs":
        return _google(bucket, {"type": "AbortIncompleteMultipartUpload"}, {"age": days})
    if provider == "b2":
        return _backblaze(bucket, {"daysFromStartingToCancelingUnfinishedLargeFiles": days})
    return _s3(
        provider, bucket, "abort-uploads", {"AbortIncompleteMultipartUpload": {"DaysAfterInitiation": days}}
    )


def expire_versions(provider: str, bucket: str, days: int) -> str:
    """A rule that deletes versions so many days after they were replaced."""
    if provider == "gcs":
        return _google(bucket, {"type": "Delete"}, {"daysSinceNoncurrentTime": days})
    if provider == "b2":
        return _backblaze(bucket, {"daysFromHidingToDeleting": days})
    return _s3(provider, bucket, "expire-versions", {"NoncurrentVersionExpiration": {"NoncurrentDays": days}})


def move(provider: str, bucket: str, storage_class: str, days: int, least_bytes: int = 0) -> str:
    """A rule that moves objects into a storage class when they are so many days old, but for small ones."""
    if provider == "gcs":
        return _google(bucket, {"type": "SetStorageClass", "storageClass": storage_class}, {"age": days})
    transition = {"Transitions": [{"Days": days, "StorageClass": storage_class}]}
    return _s3(provider, bucket, "move-cold-data", transition, least_bytes)


def _s3(provider: str, bucket: str, name: str, action: Mapping[str, Any], least_bytes: int = 0) -> str:
    chosen = {"ObjectSizeGreaterThan": least_bytes - 1} if least_bytes else {"Prefix": ""}
    rules = {"Rules": [{"ID": name, "Status": "Enabled", "Filter": chosen, **action}]}
    endpoint, note = ("", "") if provider == "aws" else (" --endpoint-url ENDPOINT", f" {_ENDPOINT}")
    return (
        f"aws s3api put-bucket-lifecycle-configuration --bucket {shlex.quote(bucket)}{endpoint} "
        f"--lifecycle-configuration {shlex.quote(json.dumps(rules))}\n{_REPLACES}{note}"
    )


def _google(bucket: str, action: Mapping[str, Any], condition: Mapping[str, Any]) -> str:
    rules = {"rule": [{"action": action, "condition": condition}]}
    return f"gcloud storage buckets update {shlex.quote(f'gs://{bucket}')} --lifecycle-file=rules.json, with {json.dumps(rules)} in rules.json\n{_REPLACES}"


def _backblaze(bucket: str, action: Mapping[str, Any]) -> str:
    rule = shlex.quote(json.dumps({"fileNamePrefix": "", **action}))
    return f"b2 bucket update --lifecycle-rule {rule} {shlex.quote(bucket)}\n{_REPLACES}"
