"""The everyday operations on one bucket, guarded."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import IO, Any

import msgspec

from .breaker import CircuitBreaker
from .guarding import guard
from .registry import BreakerRegistry


class Listed(msgspec.Struct, frozen=True):
    """An object of a listing; its size is in bytes."""

    key: str
    size: int
    modified: datetime
    etag: str


class Metadata(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of an object besides its bytes."""

    key: str
    size: int
    modified: datetime
    etag: str
    content_type: str
    user: Mapping[str, str]  # what was given along when it was saved


class GuardedBucket:
    """A bucket behind its breaker, by a client of boto3 (which is guarded by this).

    Besides BreakerOpenError, methods raise what the client raises.
    """

    def __init__(self, client: Any, bucket: str, registry: BreakerRegistry) -> None:
        self._client, self._bucket = guard(client, registry), bucket
        self._registry = registry

    @property
    def breaker(self) -> CircuitBreaker:
        return self._registry.get(self._bucket)

    def save(
        self,
        key: str,
        data: bytes | IO[bytes],
        *,
        content_type: str = "application/octet-stream",
        user: Mapping[str, str] | None = None,
    ) -> str:
        """Store an object; its ETag."""
        answer = self._client.put_object(
            Bucket=self._bucket, Key=key, Body=data, ContentType=content_type, Metadata=dict(user or {})
        )
        return str(answer["ETag"]).strip('"')

    def get(self, key: str) -> bytes:
        """An object's bytes."""
        with self._client.get_object(Bucket=self._bucket, Key=key)["Body"] as body:
            data: bytes = body.read()
        return data

    def list(self, prefix: str = "") -> Iterator[Listed]:
        """The objects whose keys begin so, page by page."""
        pages = self._client.get_paginator("list_objects_v2").paginate(Bucket=self._bucket, Prefix=prefix)
        for page in pages:
            for each in page.get("Contents", ()):
                yield Listed(each["Key"], each["Size"], each["LastModified"], each["ETag"].strip('"'))

    def metadata(self, key: str) -> Metadata:
        """What is known of an object, without its bytes."""
        answer = self._client.head_object(Bucket=self._bucket, Key=key)
        return Metadata(
            key=key,
            size=answer["ContentLength"],
            modified=answer["LastModified"],
            etag=str(answer["ETag"]).strip('"'),
            content_type=answer.get("ContentType", ""),
            user={name.lower(): value for name, value in answer.get("Metadata", {}).items()},
        )

    def delete(self, key: str) -> None:
        """Remove an object, or nothing when it is not there."""
        self._client.delete_object(Bucket=self._bucket, Key=key)
