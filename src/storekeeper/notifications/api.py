"""JSON routes of webhooks. Admins only: the URL of a receiver may be all that is needed to write to it."""

from typing import Any

from litestar import Request
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody
from litestar.status_codes import HTTP_200_OK

from storekeeper.access import actor_of
from storekeeper.infra.web import Access, delete, get, patch, post
from storekeeper.notifications.model import (
    Delivery,
    DeliveryPage,
    MadeWebhook,
    NewWebhook,
    Webhook,
    WebhookChange,
    WebhookPage,
)
from storekeeper.notifications.service import NotificationService

_TAGS = ["Webhooks"]
Notifications = NamedDependency[NotificationService]
WebRequest = Request[Any, Any, Any]


@get("/api/webhooks", access=Access.ADMIN, tags=_TAGS, summary="Webhooks")
def list_webhooks(notifications: Notifications) -> WebhookPage:
    return WebhookPage(items=notifications.webhooks.all())


@post("/api/webhooks", access=Access.ADMIN, tags=_TAGS, summary="Have notifications posted")
def add_webhook(data: JSONBody[NewWebhook], request: WebRequest, notifications: Notifications) -> MadeWebhook:
    """Nothing is connected to yet. Without a secret one is made and shown this once."""
    return notifications.webhooks.add(data, actor=actor_of(request.scope["user"]))


@get("/api/webhooks/{name:str}", access=Access.ADMIN, tags=_TAGS, summary="One webhook")
def show_webhook(name: FromPath[str], notifications: Notifications) -> Webhook:
    return notifications.webhooks.get(name)


@patch("/api/webhooks/{name:str}", access=Access.ADMIN, tags=_TAGS, summary="Edit a webhook")
def edit_webhook(
    name: FromPath[str], data: JSONBody[WebhookChange], request: WebRequest, notifications: Notifications
) -> MadeWebhook:
    """Only what is given changes. An empty `newSecret` has one made, which is shown this once."""
    return notifications.webhooks.edit(name, data, actor=actor_of(request.scope["user"]))


@delete("/api/webhooks/{name:str}", access=Access.ADMIN, tags=_TAGS, summary="Remove a webhook")
def remove_webhook(name: FromPath[str], request: WebRequest, notifications: Notifications) -> None:
    """What waits to be sent to it is given up."""
    notifications.webhooks.remove(name, actor=actor_of(request.scope["user"]))


@post(
    "/api/webhooks/{name:str}/test",
    access=Access.ADMIN,
    tags=_TAGS,
    status_code=HTTP_200_OK,
    summary="Send a webhook a test",
)
def test_webhook(name: FromPath[str], request: WebRequest, notifications: Notifications) -> Delivery:
    """One notification of type `webhook.test`, sent now and once, also while the webhook is disabled."""
    return notifications.test(name, actor=actor_of(request.scope["user"]))


@get(
    "/api/webhooks/{name:str}/deliveries",
    access=Access.ADMIN,
    tags=_TAGS,
    summary="What was and is to be sent to a webhook",
)
def list_deliveries(
    name: FromPath[str],
    notifications: Notifications,
    limit: FromQuery[int] = 100,
    cursor: FromQuery[str] = "",
) -> DeliveryPage:
    """Newest first, with every attempt."""
    return notifications.deliveries(name, cursor=cursor, limit=limit)


ROUTES = [
    list_webhooks,
    add_webhook,
    show_webhook,
    edit_webhook,
    remove_webhook,
    test_webhook,
    list_deliveries,
]
