"""What the API tells of alerts and webhooks, and the calls for them."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from urllib.parse import quote

from .model import Noun, Page
from .session import Session

_ALERTS, _WEBHOOKS = "/api/health/alerts", "/api/webhooks"


class Alert(Noun, frozen=True, kw_only=True):
    """One time that something was wrong with a bucket. `ended_at` is None while it still is."""

    id: str
    bucket: str = ""
    kind: str
    severity: str
    status: str  # open or resolved
    summary: str = ""
    opened_at: datetime | None = None
    ended_at: datetime | None = None
    resolved_at: datetime | None = None
    resolved_by: str = ""
    notes: str = ""


class Webhook(Noun, frozen=True, kw_only=True):
    """Where notifications are posted."""

    id: str
    name: str
    url: str
    enabled: bool = True
    allow_private: bool = False
    secrets: int = 1  # by how many each notification is signed
    disabled_reason: str = ""
    created_at: datetime | None = None
    updated_at: datetime | None = None
    secret: str | None = None  # in the answer that made it only


class Attempt(Noun, frozen=True, kw_only=True):
    """One try. Without `ended_at` it is under way, or was broken off."""

    number: int
    begun_at: datetime | None = None
    ended_at: datetime | None = None
    http_status: int = 0
    milliseconds: int = 0
    error: str = ""


class Delivery(Noun, frozen=True, kw_only=True):
    """A notification on its way to a webhook: pending, delivered or failed."""

    id: str
    target: str = ""
    event: str
    subject: str = ""
    status: str
    error: str = ""
    created_at: datetime | None = None
    next_attempt_at: datetime | None = None
    finished_at: datetime | None = None
    attempts: Sequence[Attempt] = ()


class AlertCalls:
    """The calls, for `Client`."""

    _session: Session

    def alerts(self, *, status: str = "", bucket: str = "", limit: int = 100) -> list[Alert]:
        """The latest, newest first; of one status, open or resolved."""
        query = {"status": status, "bucket": bucket, "limit": limit}
        return self._session.call("GET", _ALERTS, Page[Alert], body=None, query=query).items

    def alert(self, alert_id: str) -> Alert:
        return self._session.call("GET", _at(_ALERTS, alert_id), Alert, body=None, query={})

    def resolve_alert(self, alert_id: str, *, notes: str = "") -> Alert:
        path = _at(_ALERTS, alert_id, "resolve")
        return self._session.call("POST", path, Alert, body={"notes": notes}, query={})

    def webhooks(self) -> list[Webhook]:
        return self._session.call("GET", _WEBHOOKS, Page[Webhook], body=None, query={}).items

    def webhook(self, name: str) -> Webhook:
        return self._session.call("GET", _at(_WEBHOOKS, name), Webhook, body=None, query={})

    def add_webhook(self, **fields: Any) -> Webhook:
        """Fields as in the API's JSON: `name`, `url`, `secret`, `allowPrivate`. A secret that is made is told once."""
        return self._session.call("POST", _WEBHOOKS, Webhook, body=fields, query={})

    def edit_webhook(self, name: str, **fields: Any) -> Webhook:
        """`url`, `enabled`, `allowPrivate`, `newSecret`, `dropOldSecrets`; only what is given changes."""
        return self._session.call("PATCH", _at(_WEBHOOKS, name), Webhook, body=fields, query={})

    def remove_webhook(self, name: str) -> None:
        self._session.call("DELETE", _at(_WEBHOOKS, name), type(None), body=None, query={})

    def test_webhook(self, name: str) -> Delivery:
        """Send it a test now; how that went."""
        return self._session.call("POST", _at(_WEBHOOKS, name, "test"), Delivery, body=None, query={})

    def deliveries(self, name: str, *, limit: int = 100) -> list[Delivery]:
        """What was and is to be sent to a webhook, newest first."""
        path = _at(_WEBHOOKS, name, "deliveries")
        return self._session.call("GET", path, Page[Delivery], body=None, query={"limit": limit}).items


def _at(*parts: str) -> str:
    return "/".join((parts[0], *(quote(part, safe="") for part in parts[1:])))
