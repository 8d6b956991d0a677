"""What Storekeeper needs of a bucket, whoever provides it. S3, a folder and memory each implement it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Protocol

import msgspec
import pyarrow as pa

_FIELDS: "list[pa.Field[Any]]" = [
    pa.field("key", pa.string(), nullable=False),
    pa.field("size", pa.int64(), nullable=False),  # bytes
    pa.field("modified", pa.timestamp("ms", tz="UTC"), nullable=False),
    pa.field("storage_class", pa.string(), nullable=False),  # "STANDARD" where the provider is silent
]
LISTING = pa.schema(_FIELDS)


class Page(msgspec.Struct, frozen=True, kw_only=True):
    """One answer to a listing request, in key order."""

    objects: pa.Table  # of schema LISTING
    prefixes: Sequence[str] = ()  # common prefixes below the delimiter, each ending in it
    truncated: bool = False  # more follows
    token: str = ""  # continue with this, when truncated


class Upload(msgspec.Struct, frozen=True, kw_only=True):
    """A multipart upload that was started and neither completed nor aborted: stored and billed, never listed."""

    key: str
    upload_id: str
    started: datetime
    storage_class: str
    parts: int
    bytes: int


class VersionTotals(msgspec.Struct, frozen=True, kw_only=True):
    """What a versioned bucket holds beside its current objects."""

    noncurrent: int
    noncurrent_bytes: int
    delete_markers: int


class VersionPage(msgspec.Struct, frozen=True, kw_only=True):
    """One page of ListObjectVersions, counted where it was parsed."""

    totals: VersionTotals
    token: str = ""  # empty on the last page


class UploadPage(msgspec.Struct, frozen=True, kw_only=True):
    uploads: Sequence[Upload]
    token: str = ""  # empty on the last page


class ObjectStore(Protocol):
    """Synchronous and safe to share between threads. Every call raises only objectstore.errors."""

    def list_page(
        self,
        *,
        prefix: str = "",
        delimiter: str = "",
        start_after: str = "",
        token: str = "",
        limit: int = 1000,
    ) -> Page:
        """One page of current objects, key order, at most `limit` keys and prefixes together."""

    def list_uploads(self, *, token: str = "") -> UploadPage:
        """One page of unfinished multipart uploads with the bytes of their parts."""

    def list_versions(self, *, token: str = "") -> VersionPage:
        """One page of versions, counted: non-current ones and delete markers."""

    def is_versioned(self) -> bool:
        """Whether versioning is or ever was switched on, so that older versions may be stored."""

    def put(self, key: str, body: bytes) -> None:
        """Store a small object (one request)."""

    def get(self, key: str) -> bytes:
        """The object's body. Raises NoSuchKeyError."""

    def head(self, key: str) -> int:
        """The object's size in bytes. Raises NoSuchKeyError."""

    def delete(self, key: str) -> None:
        """Remove it; removing what is not there is not an error."""

    def close(self) -> None:
        """Give back connections."""
