"""The API of quotas as Python."""

from datetime import datetime
from typing import Any
from urllib.parse import quote

from storekeeper_client.api import Client
from storekeeper_client.model import Page

from .model import Answer, OwnQuotas, Quota, Violation

_PATH = "/api/quotas"


class Quotas:
    """One method for each thing that can be asked of a server about quotas; it raises what `Client` raises."""

    def __init__(self, client: Client) -> None:
        self._client = client

    def find_all(
        self,
        *,
        owner: str = "",
        bucket: str = "",
        measure: str = "",
        state: str = "",
        q: str = "",
        limit: int = 100,
    ) -> list[Quota]:
        """Those that are used up most first."""
        query = {"owner": owner, "bucket": bucket, "measure": measure, "state": state, "q": q, "limit": limit}
        return self._client.call("GET", _PATH, Page[Quota], **query).items

    def get(self, quota_id: str) -> Quota:
        return self._client.call("GET", _at(quota_id), Quota)

    def find(self, owner: str, bucket: str, measure: str) -> Quota | None:
        """That of exactly this owner and bucket, empty for all."""
        found = self.find_all(owner=owner, bucket=bucket, measure=measure, limit=1000)
        return next((one for one in found if (one.owner, one.bucket) == (owner, bucket)), None)

    def add(self, **fields: Any) -> Quota:
        """Fields as in the API's JSON: `owner`, `bucket`, `measure`, `limit`, `warnPercent`, `hard`, `reason`."""
        return self._client.call("POST", _PATH, Quota, body=fields)

    def edit(self, quota_id: str, **fields: Any) -> Quota:
        """`limit`, `warnPercent`, `hard`; always a `reason`. Only what is given changes."""
        return self._client.call("PATCH", _at(quota_id), Quota, body=fields)

    def remove(self, quota_id: str, *, reason: str) -> None:
        self._client.call("DELETE", _at(quota_id), type(None), reason=reason)

    def raise_for(self, quota_id: str, limit: int, until: datetime, *, reason: str) -> Quota:
        """Another limit until that moment; then the old one holds again."""
        body = {"limit": limit, "until": until, "reason": reason}
        return self._client.call("POST", _at(quota_id) + "/raise", Quota, body=body)

    def end_raise(self, quota_id: str, *, reason: str) -> Quota:
        """Before its time."""
        return self._client.call("DELETE", _at(quota_id) + "/raise", Quota, reason=reason)

    def violations(
        self, *, status: str = "open", level: str = "", owner: str = "", bucket: str = "", limit: int = 100
    ) -> list[Violation]:
        """Newest first; `status` is open, closed or all."""
        query = {"status": status, "level": level, "owner": owner, "bucket": bucket, "limit": limit}
        path = "/api/admin/users/quota-violations"
        return self._client.call("GET", path, Page[Violation], **query).items

    def of_owner(self, owner: str = "") -> OwnQuotas:
        """Those of the caller, or of another owner for who may see them."""
        return self._client.call("GET", "/api/user/storage/quota", OwnQuotas, owner=owner)

    def look(self, owner: str, bucket: str, size: int) -> Answer:
        """Whether that may be written as things stand; nothing is reserved."""
        query = {"owner": owner, "bucket": bucket, "bytes": size}
        return self._client.call("GET", "/api/quota/check", Answer, **query)


def _at(quota_id: str) -> str:
    return f"{_PATH}/{quote(quota_id, safe='')}"
