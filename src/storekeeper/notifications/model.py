"""Nouns of notifications: webhooks, and what is sent to them."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any

import msgspec

from storekeeper.kernel.errors import BadInputError, ConflictError, NotFoundError

LOG = "log"  # the target that is always there: the server's own log
Name = Annotated[
    str,
    msgspec.Meta(
        pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$",
        description="Letters, digits, dot, hyphen, underscore; at most 63.",
    ),
]
Url = Annotated[str, msgspec.Meta(max_length=2048)]
Secret = Annotated[str, msgspec.Meta(max_length=256)]


class Message(msgspec.Struct, frozen=True, kw_only=True):
    """News for every target. Of one subject each transition is told once."""

    subject: str  # id of what it is about
    transition: str  # such as "opened"
    event: str  # its type as receivers see it, such as "alert.opened"
    at: datetime
    data: Mapping[str, Any]  # as JSON


class Webhook(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Where notifications are posted. Its secrets are sealed elsewhere and never part of this."""

    id: str
    name: str
    url: str
    enabled: bool
    allow_private: bool  # it may be on this machine or in a private network
    secrets: int  # by how many each notification is signed
    disabled_reason: str  # where Storekeeper disabled it by itself
    created_at: datetime
    updated_at: datetime


class MadeWebhook(Webhook, frozen=True, kw_only=True, rename="camel"):
    """With the secret that the server made, shown this once; null where none was made."""

    secret: str | None


class WebhookPage(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    items: Sequence[Webhook]
    next_cursor: str | None = None


class NewWebhook(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """What makes a webhook. Without a secret the server makes one."""

    name: Name
    url: Url
    secret: Secret = ""
    allow_private: bool = False

    def __repr__(self) -> str:
        return f"NewWebhook(name={self.name!r})"


class WebhookChange(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """What an edit may change; fields that are not given stay.

    `new_secret` is signed with beside the old ones, so that receivers can be moved over; empty has the server make it.
    `drop_old_secrets` then leaves only the newest.
    """

    url: Url | msgspec.UnsetType = msgspec.UNSET
    enabled: bool | msgspec.UnsetType = msgspec.UNSET
    allow_private: bool | msgspec.UnsetType = msgspec.UNSET
    new_secret: Secret | msgspec.UnsetType = msgspec.UNSET
    drop_old_secrets: bool = False

    def __repr__(self) -> str:
        return "WebhookChange(…)"


class DeliveryStatus(StrEnum):
    """Every notification is one of these, and ends as one of the last two."""

    PENDING = "pending"
    DELIVERED = "delivered"
    FAILED = "failed"


class Attempt(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """One try. Without `ended_at` it is under way, or was broken off with the server."""

    number: int
    begun_at: datetime
    ended_at: datetime | None
    http_status: int  # 0 where no answer came
    milliseconds: int
    error: str


class Delivery(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A notification on its way to one target. `id` is what receivers see as `webhook-id`, the same in each attempt."""

    id: str
    target: str  # name of the webhook, or "log"
    event: str
    subject: str
    status: DeliveryStatus
    error: str
    created_at: datetime
    next_attempt_at: datetime | None
    finished_at: datetime | None
    attempts: Sequence[Attempt]


class DeliveryPage(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Newest first."""

    items: Sequence[Delivery]
    next_cursor: str | None


class Claim(msgspec.Struct, frozen=True, kw_only=True):
    """The right to make one attempt. A result counts only while nobody has claimed it again with a higher number."""

    id: str
    target: str  # id of the webhook, or `LOG`
    event: str
    body: str
    attempt: int


class Reply(msgspec.Struct, frozen=True, kw_only=True):
    """How an attempt ended. `status` is 0 and `error` tells where no answer came."""

    status: int = 0
    error: str = ""
    retry_after: str = ""  # the header as it came
    milliseconds: int = 0


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """What an attempt makes of a notification."""

    status: DeliveryStatus
    error: str = ""
    due_at: datetime | None = None  # of the next attempt, while pending
    disable: bool = False  # the receiver asked for no more


class BadWebhookError(BadInputError):
    """The URL or secret of a webhook is not acceptable, or its host may not be spoken to."""

    slug, title = "bad-webhook", "Webhook refused"


class WebhookExistsError(ConflictError):
    """There is a webhook of that name already."""

    slug, title = "webhook-exists", "Webhook exists already"


class UnknownWebhookError(NotFoundError):
    """There is no webhook of that name."""

    slug, title = "unknown-webhook", "Unknown webhook"
