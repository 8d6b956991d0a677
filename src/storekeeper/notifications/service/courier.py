"""Makes attempts: posts to webhooks, writes to the log."""

from collections.abc import Callable
from typing import Any

import msgspec
import structlog

from storekeeper.infra import telemetry
from storekeeper.infra.db import Database
from storekeeper.kernel.clock import Clock
from storekeeper.kernel.errors import StorekeeperError
from storekeeper.notifications import repository, rules
from storekeeper.notifications.model import LOG, Claim, DeliveryStatus, Reply, Webhook
from storekeeper.notifications.posting import Poster
from storekeeper.notifications.service.outbox import Outbox
from storekeeper.notifications.service.webhooks import Webhooks

_WRITTEN = Reply(status=200)

log = structlog.get_logger("notifications")


class Courier:
    """Safe to share between threads."""

    def __init__(
        self, database: Database, outbox: Outbox, webhooks: Webhooks, poster: Poster, clock: Clock
    ) -> None:
        self._db, self._outbox, self._webhooks = database, outbox, webhooks
        self._poster, self._clock = poster, clock

    def serve(self, target: str, stopped: Callable[[], bool] = lambda: False) -> int:
        """Make every attempt for a target that is due, one after the other; how many."""
        made = 0
        while not stopped() and (claim := self._outbox.claim(target)):
            self.attempt(claim)
            made += 1
        return made

    def attempt(self, claim: Claim, *, last: bool = False) -> Reply:
        """One attempt, recorded."""
        try:
            reply = self._written(claim) if claim.target == LOG else self._posted(claim)
        except StorekeeperError as error:  # such as secrets that do not open
            reply = Reply(error=error.detail or error.title)
        except Exception as error:  # one that can not be sent at all must not stop the others
            log.exception("a notification could not be sent", notification=claim.id)
            reply = Reply(error=f"{type(error).__name__} while it was sent; the server's log tells more.")
        verdict = self._outbox.settle(claim, reply, last=last)
        kind = "log" if claim.target == LOG else "webhook"
        ended = "delivered" if verdict.status is DeliveryStatus.DELIVERED else "failed"
        telemetry.notification_attempts.labels(kind, ended).inc()
        if verdict.status is not DeliveryStatus.DELIVERED:
            log.warning(
                "a notification was not delivered",
                notification=claim.id, attempt=claim.attempt, error=verdict.error, outcome=verdict.status,
            )  # fmt: skip
        return reply

    def _posted(self, claim: Claim) -> Reply:
        webhook = self._webhook(claim.target)
        if webhook is None:
            return Reply(error="The webhook was removed.")
        secrets = self._webhooks.secrets(webhook)
        headers = rules.headers(claim, self._clock.now(), secrets)
        return self._poster.post(webhook.url, claim.body, headers, allow_private=webhook.allow_private)

    def _written(self, claim: Claim) -> Reply:
        content: dict[str, Any] = msgspec.json.decode(claim.body)
        log.warning(claim.event, notification=claim.id, about=content["data"])
        return _WRITTEN

    def _webhook(self, webhook_id: str) -> Webhook | None:
        with self._db.read() as connection:
            return repository.get_webhook(connection, webhook_id)
