"""What Storekeeper needs of a bucket, whoever provides it. S3, a folder and memory each implement it."""

from collections.abc import Mapping, Sequence
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
WITH_ETAGS = LISTING.append(
    pa.field("etag", pa.string(), nullable=False)
)  # without quotes; "" where there is none


class Page(msgspec.Struct, frozen=True, kw_only=True):
    """One answer to a listing request, in key order."""

    objects: pa.Table  # of schema LISTING, or WITH_ETAGS where they were asked for
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


class Described(msgspec.Struct, frozen=True, kw_only=True):
    """One object as it is now."""

    size: int  # bytes
    modified: datetime  # to the second, where the provider does not say more
    etag: str = ""  # without quotes; empty where there is none


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
        etags: bool = False,
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

    def describe(self, key: str) -> Described:
        """The object as it is. Raises NoSuchKeyError."""

    def tags(self, key: str) -> Mapping[str, str]:
        """The object's tags. Raises NoSuchKeyError, and UnsupportedError where objects have none."""

    def delete(self, key: str) -> None:
        """Remove it; removing what is not there is not an error."""

    def remove(self, key: str, *, seen: Described) -> str:
        """Remove it if it is as it was seen, as far as the provider can tell; the delete marker's version id, if any.

        Raises ChangedMeanwhileError where it is another one. That it is gone already is not an error.
        """

    def marker_of(self, key: str) -> str:
        """The version id of the delete marker that hides the object; empty where none does."""

    def remove_marker(self, key: str, marker: str) -> None:
        """Take a delete marker away, so that what it hid is back. Raises UnsupportedError where there are none."""

    def close(self) -> None:
        """Give back connections."""
