"""Answers of Ceph RGW's `GET /admin/usage`: operations by hour, user, bucket and category."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec

from storekeeper.metering.importing import reports, values
from storekeeper.metering.importing.model import OTHER_BUCKET, Asked, MalformedError, Reported, ReportFormat
from storekeeper.metering.model import BodyError

HOUR = 3600
_NAMES = {
    "get_obj": "GetObject", "put_obj": "PutObject", "delete_obj": "DeleteObject", "copy_obj": "CopyObject",
    "stat_obj": "HeadObject", "list_bucket": "ListObjects", "stat_bucket": "HeadBucket",
    "create_bucket": "CreateBucket", "delete_bucket": "DeleteBucket", "multi_object_delete": "DeleteObjects",
    "init_multipart": "CreateMultipartUpload", "complete_multipart": "CompleteMultipartUpload",
    "abort_multipart": "AbortMultipartUpload", "list_multipart": "ListParts",
    "list_bucket_multiparts": "ListMultipartUploads", "post_obj": "PostObject", "get_acls": "GetAcl",
    "put_acls": "PutAcl", "get_bucket_location": "GetBucketLocation", "list_buckets": "ListBuckets",
}  # fmt: skip


class _Category(msgspec.Struct):
    category: str
    bytes_sent: Any = 0
    bytes_received: Any = 0
    ops: Any = 0
    successful_ops: Any = 0


class _Bucket(msgspec.Struct):
    bucket: str = ""
    time: Any = None
    epoch: Any = None
    owner: str = ""
    categories: list[_Category] = msgspec.field(default_factory=list)


class _Entry(msgspec.Struct):
    user: str = ""
    owner: str = ""
    buckets: list[_Bucket] = msgspec.field(default_factory=list)


class _Usage(msgspec.Struct):
    entries: list[_Entry]


def _parse(document: bytes, asked: Asked) -> tuple[Sequence[Reported], Mapping[str, int]]:
    usage = reports.decoded(document, _Usage, "an answer of Ceph's /admin/usage with entries")
    skipped: Counter[str] = Counter()
    rows: list[Reported] = []
    for entry in usage.entries:
        for bucket in entry.buckets:
            # A bucket of the name "-" stands for requests of a user that name none.
            name = asked.registered(bucket.bucket) if bucket.bucket not in ("", "-") else ""
            if name:
                rows += _rows(name, entry.user or entry.owner or bucket.owner, bucket)
            else:
                skipped[str(OTHER_BUCKET)] += len(bucket.categories)
    return reports.merged(rows), dict(skipped)


def _rows(name: str, user: str, bucket: _Bucket) -> Iterator[Reported]:
    start = reports.window(bucket.epoch if bucket.epoch not in (None, "", 0) else _utc(bucket.time))
    for one in bucket.categories:
        ops, good = reports.figure(one.ops) or 0.0, reports.figure(one.successful_ops) or 0.0
        yield Reported(
            bucket=name,
            time=start.replace(minute=0, second=0),
            resolution=HOUR,
            operation=_operation(one.category),
            detail=values.text(user),
            requests=ops,
            errors=max(0.0, ops - good),
            bytes_in=reports.figure(one.bytes_received),
            bytes_out=reports.figure(one.bytes_sent),
        )


def _operation(category: str) -> str:
    try:
        return _NAMES.get(category) or values.api_name(category)
    except MalformedError as error:
        raise BodyError(f"The document has a category without a name: {error}") from None


def _utc(time: Any) -> Any:
    """Ceph writes `2026-11-20 12:00:00.000000Z`, with a space or a T."""
    return time.replace(" ", "T", 1) if isinstance(time, str) else time


FORMAT = ReportFormat(
    name="ceph-usage",
    about="Answers of Ceph RGW's /admin/usage.",
    parse=_parse,
)
