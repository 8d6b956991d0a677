"""Keeps webhooks and their secrets."""

import secrets as randomness
from typing import Any

import msgspec

from storekeeper.audit import AuditTrail
from storekeeper.infra.crypto import Sealer
from storekeeper.infra.db import Connection, Database
from storekeeper.kernel.clock import Clock
from storekeeper.kernel.ids import new_id
from storekeeper.notifications import repository, rules
from storekeeper.notifications.model import (
    BadWebhookError,
    MadeWebhook,
    NewWebhook,
    UnknownWebhookError,
    Webhook,
    WebhookChange,
    WebhookExistsError,
)

_TABLE, _COLUMN = "webhook", "sealed"
_KEY_BYTES = 32


class Webhooks:
    """Safe to share between threads."""

    def __init__(self, database: Database, sealer: Sealer, audit: AuditTrail, clock: Clock) -> None:
        self._db, self._sealer, self._audit, self._clock = database, sealer, audit, clock

    def all(self) -> list[Webhook]:
        """By name."""
        with self._db.read() as connection:
            return repository.webhooks(connection)

    def get(self, name: str) -> Webhook:
        """Raises UnknownWebhookError."""
        with self._db.read() as connection:
            return known(repository.find_webhook(connection, name), name)

    def secrets(self, webhook: Webhook) -> list[str]:
        """The newest first."""
        with self._db.read() as connection:
            return self._opened(webhook.id, repository.sealed_secrets(connection, webhook.id))

    def add(self, new: NewWebhook, *, actor: str) -> MadeWebhook:
        """Nothing is connected to. Raises BadWebhookError, WebhookExistsError."""
        host = rules.check_url(new.url, allow_private=new.allow_private).hostname or ""
        secret, made = _given_or_made(new.secret)
        now = self._clock.now()
        webhook = MadeWebhook(
            id=new_id(now), name=new.name, url=new.url, enabled=True, allow_private=new.allow_private, secrets=1,
            disabled_reason="", created_at=now, updated_at=now, secret=made,
        )  # fmt: skip
        with self._db.write() as connection:
            if repository.find_webhook(connection, new.name):
                raise WebhookExistsError(
                    f"There is a webhook {new.name!r} already.", hint="Choose another name."
                )
            repository.insert_webhook(connection, webhook, sealed=self._sealed(webhook.id, [secret]))
            details = {"host": host, "allowPrivate": str(new.allow_private).lower()}
            self._audit.record(
                connection, actor=actor, action="webhook.create", target=new.name, details=details
            )
        return webhook

    def edit(self, name: str, change: WebhookChange, *, actor: str) -> MadeWebhook:
        """Only what is given changes. Raises UnknownWebhookError, BadWebhookError."""
        wanted = {"url": change.url, "enabled": change.enabled, "allow_private": change.allow_private}
        given: dict[str, Any] = {key: value for key, value in wanted.items() if value is not msgspec.UNSET}
        with self._db.write() as connection:
            before = known(repository.find_webhook(connection, name), name)
            held = self._opened(before.id, repository.sealed_secrets(connection, before.id))
            after, made = _secrets_after(held, change)
            webhook = msgspec.structs.replace(
                before, **given, secrets=len(after), updated_at=self._clock.now()
            )
            if change.enabled is True:
                webhook = msgspec.structs.replace(webhook, disabled_reason="")
            rules.check_url(webhook.url, allow_private=webhook.allow_private)
            sealed = None if after == held else self._sealed(webhook.id, after)
            repository.update_webhook(connection, webhook, sealed=sealed)
            if not webhook.enabled:
                repository.give_up(connection, webhook.id, "The webhook was disabled.", webhook.updated_at)
            details = _told(given) | ({} if sealed is None else {"secrets": len(after)})
            self._audit.record(connection, actor=actor, action="webhook.update", target=name, details=details)
        return MadeWebhook(**msgspec.structs.asdict(webhook), secret=made)

    def remove(self, name: str, *, actor: str) -> None:
        """What waits for it is given up. Raises UnknownWebhookError."""
        with self._db.write() as connection:
            webhook = known(repository.find_webhook(connection, name), name)
            repository.give_up(connection, webhook.id, "The webhook was removed.", self._clock.now())
            repository.delete_webhook(connection, webhook.id)
            self._audit.record(connection, actor=actor, action="webhook.delete", target=name)

    def disable(self, connection: Connection, webhook_id: str, reason: str) -> None:
        """In the caller's transaction; what waits for it is given up."""
        webhook = repository.get_webhook(connection, webhook_id)
        if webhook is None or not webhook.enabled:
            return
        now = self._clock.now()
        off = msgspec.structs.replace(webhook, enabled=False, disabled_reason=reason, updated_at=now)
        repository.update_webhook(connection, off, sealed=None)
        repository.give_up(connection, webhook_id, f"The webhook was disabled. {reason}", now)
        details = {"reason": reason}
        self._audit.record(
            connection, actor="system", action="webhook.disable", target=webhook.name, details=details
        )

    def _sealed(self, webhook_id: str, held: list[str]) -> str:
        plain = msgspec.json.encode(held).decode()
        return self._sealer.seal(plain, table=_TABLE, row=webhook_id, column=_COLUMN)

    def _opened(self, webhook_id: str, sealed: str) -> list[str]:
        plain = self._sealer.open(sealed, table=_TABLE, row=webhook_id, column=_COLUMN)
        return msgspec.json.decode(plain, type=list[str])


def known(webhook: Webhook | None, name: str) -> Webhook:
    """Raises UnknownWebhookError."""
    if webhook is None:
        raise UnknownWebhookError(
            f"There is no webhook {name!r}.", hint="`storekeeper webhook list` shows them."
        )
    return webhook


def _given_or_made(secret: str) -> tuple[str, str | None]:
    """(the secret, the same where it was made here). Raises BadWebhookError."""
    if secret:
        rules.key_of(secret)
        return secret, None
    made = rules.secret_of(randomness.token_bytes(_KEY_BYTES))
    return made, made


def _secrets_after(held: list[str], change: WebhookChange) -> tuple[list[str], str | None]:
    """(the secrets, the newest where it was made here). Raises BadWebhookError."""
    made = None
    if change.new_secret is not msgspec.UNSET:
        secret, made = _given_or_made(change.new_secret)
        held = [secret, *(one for one in held if one != secret)]
    if change.drop_old_secrets:
        held = held[:1]
    if len(held) > rules.MOST_SECRETS:
        raise BadWebhookError(
            f"A webhook has at most {rules.MOST_SECRETS} secrets.",
            hint="Drop the old ones when receivers know the new one.",
        )
    return held, made


def _told(given: dict[str, Any]) -> dict[str, str | int]:
    """For the audit log, to which a URL is not told: it may hold what only the receiver should know."""
    return {
        name: "changed" if name == "url" else str(value).lower()
        for name, value in given.items()
    }  # fmt: skip
