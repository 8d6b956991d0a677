"""The calls of the API for buckets."""

from typing import Any

from storekeeper_client import model
from storekeeper_client.model import Page

from .caller import Caller, at


class BucketCalls(Caller):
    """The calls, for `Client`."""

    def buckets(self) -> list[model.Bucket]:
        return self._all("/api/buckets", Page[model.Bucket])

    def bucket(self, name: str) -> model.Bucket:
        return self.call("GET", at("/api/buckets", name), model.Bucket)

    def add_bucket(self, **fields: Any) -> model.Bucket:
        """Fields as in the API's JSON: `name`, `url`, `endpoint`, `accessKeyId` …"""
        return self.call("POST", "/api/buckets", model.Bucket, body=fields)

    def edit_bucket(self, name: str, **fields: Any) -> model.Bucket:
        return self.call("PATCH", at("/api/buckets", name), model.Bucket, body=fields)

    def remove_bucket(self, name: str) -> None:
        self.call("DELETE", at("/api/buckets", name), type(None))

    def test_bucket(self, name: str) -> model.BucketTest:
        return self.call("POST", at("/api/buckets", name, "test"), model.BucketTest)

    def try_owner_pattern(self, name: str, pattern: str) -> model.OwnerTrial:
        body = {"pattern": pattern}
        return self.call("POST", at("/api/buckets", name, "owner-pattern"), model.OwnerTrial, body=body)
