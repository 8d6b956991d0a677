"""Webhooks among the settings, for admins."""

from collections.abc import Mapping
from typing import Any

import msgspec
from litestar import Request, Response
from litestar.di import NamedDependency
from litestar.params import FromPath, URLEncodedBody

from storekeeper.access import actor_of
from storekeeper.infra.web import Access, get, post, render, see_other
from storekeeper.kernel.errors import BadInputError, StorekeeperError
from storekeeper.notifications.model import Delivery, DeliveryStatus, NewWebhook, Webhook, WebhookChange
from storekeeper.notifications.service import NotificationService

HERE = "/settings/webhooks"
SHOWN = 20
_TONES = {
    DeliveryStatus.PENDING: "info",
    DeliveryStatus.DELIVERED: "good",
    DeliveryStatus.FAILED: "bad",
}
PageRequest = Request[Any, Any, Any]
Notifications = NamedDependency[NotificationService]


class WebhookForm(msgspec.Struct, frozen=True):
    name: str = ""
    url: str = ""
    allow_private: bool = False


@get(HERE, access=Access.ADMIN, include_in_schema=False)
def webhooks_page(request: PageRequest, notifications: Notifications) -> Response[Any]:
    return _page(request, notifications)


@post(HERE, access=Access.ADMIN, status_code=200, include_in_schema=False)
def new_webhook_form(
    request: PageRequest, notifications: Notifications, data: URLEncodedBody[WebhookForm]
) -> Response[Any]:
    """Answers with the page itself: the secret is shown here, and sealed where it is stored."""
    try:
        made = notifications.webhooks.add(_new(data), actor=_actor(request))
    except StorekeeperError as error:
        return _page(request, notifications, form=data, problem=error)
    return _page(request, notifications, made={"name": made.name, "secret": made.secret or ""})


@post(HERE + "/{name:str}/test", access=Access.ADMIN, status_code=200, include_in_schema=False)
def test_webhook_form(
    request: PageRequest, notifications: Notifications, name: FromPath[str]
) -> Response[Any]:
    sent = notifications.test(name, actor=_actor(request))
    if sent.status is DeliveryStatus.DELIVERED:
        return see_other(HERE, f"{name} took the test.")
    return see_other(HERE, f"{name} did not take the test: {sent.error}", tone="bad")


@post(HERE + "/{name:str}/enable", access=Access.ADMIN, status_code=200, include_in_schema=False)
def enable_webhook_form(
    request: PageRequest, notifications: Notifications, name: FromPath[str]
) -> Response[Any]:
    notifications.webhooks.edit(name, WebhookChange(enabled=True), actor=_actor(request))
    return see_other(HERE, f"{name} is told of what happens from now on.")


@post(HERE + "/{name:str}/disable", access=Access.ADMIN, status_code=200, include_in_schema=False)
def disable_webhook_form(
    request: PageRequest, notifications: Notifications, name: FromPath[str]
) -> Response[Any]:
    notifications.webhooks.edit(name, WebhookChange(enabled=False), actor=_actor(request))
    return see_other(HERE, f"{name} is disabled.")


@post(HERE + "/{name:str}/secret", access=Access.ADMIN, status_code=200, include_in_schema=False)
def new_secret_form(request: PageRequest, notifications: Notifications, name: FromPath[str]) -> Response[Any]:
    """Answers with the page itself, like the one that adds a webhook."""
    change = WebhookChange(new_secret="")
    try:
        made = notifications.webhooks.edit(name, change, actor=_actor(request))
    except BadInputError as error:
        return see_other(HERE, f"{error.detail} {error.hint}", tone="bad")
    return _page(request, notifications, made={"name": name, "secret": made.secret or ""})


@post(HERE + "/{name:str}/drop-secrets", access=Access.ADMIN, status_code=200, include_in_schema=False)
def drop_secrets_form(
    request: PageRequest, notifications: Notifications, name: FromPath[str]
) -> Response[Any]:
    notifications.webhooks.edit(name, WebhookChange(drop_old_secrets=True), actor=_actor(request))
    return see_other(HERE, f"Notifications to {name} are signed by its newest secret alone.")


@post(HERE + "/{name:str}/remove", access=Access.ADMIN, status_code=200, include_in_schema=False)
def remove_webhook_form(
    request: PageRequest, notifications: Notifications, name: FromPath[str]
) -> Response[Any]:
    notifications.webhooks.remove(name, actor=_actor(request))
    return see_other(HERE, f"{name} is removed.")


@get(HERE + "/{name:str}", access=Access.ADMIN, include_in_schema=False)
def deliveries_page(request: PageRequest, notifications: Notifications, name: FromPath[str]) -> Response[Any]:
    cursor = request.query_params.get("cursor", "")
    found = notifications.deliveries(name, cursor=cursor, limit=SHOWN)
    return render(
        request,
        "notifications/deliveries.html",
        title=f"Webhook {name}",
        webhook=notifications.webhooks.get(name),
        deliveries=[{"one": one, "tone": _TONES[one.status], "tried": _tried(one)} for one in found.items],
        older=found.next_cursor,
    )


def _page(
    request: PageRequest,
    notifications: NotificationService,
    *,
    form: WebhookForm | None = None,
    problem: StorekeeperError | None = None,
    made: Mapping[str, str] | None = None,
) -> Response[Any]:
    return render(
        request,
        "notifications/webhooks.html",
        title="Settings",
        tab="webhooks",
        webhooks=[_row(one, notifications) for one in notifications.webhooks.all()],
        values=form or WebhookForm(),
        problem=problem,
        made=made,
    )


def _row(webhook: Webhook, notifications: NotificationService) -> Mapping[str, Any]:
    last = next(iter(notifications.deliveries(webhook.name, limit=1).items), None)
    return {"webhook": webhook, "last": last, "tone": _TONES[last.status] if last else ""}


def _tried(delivery: Delivery) -> str:
    """How the last attempt went, in a few words."""
    if not delivery.attempts:
        return "not yet"
    last = delivery.attempts[-1]
    if last.ended_at is None:
        return "under way"
    return f"{last.http_status} in {last.milliseconds} ms" if last.http_status else last.error


def _new(form: WebhookForm) -> NewWebhook:
    """Raises BadInputError that names the field."""
    given = {"name": form.name.strip(), "url": form.url.strip(), "allowPrivate": form.allow_private}
    try:
        return msgspec.convert(given, NewWebhook)
    except msgspec.ValidationError as error:
        raise BadInputError(str(error)) from None


def _actor(request: PageRequest) -> str:
    return actor_of(request.scope["user"])


ROUTES = [
    webhooks_page,
    new_webhook_form,
    test_webhook_form,
    enable_webhook_form,
    disable_webhook_form,
    new_secret_form,
    drop_secrets_form,
    remove_webhook_form,
    deliveries_page,
]
