"""Stores messages in the transaction of what they tell, and hands out the right to send them."""

from datetime import datetime, timedelta

import msgspec

from storekeeper.infra.db import Connection, Database
from storekeeper.kernel.clock import Clock
from storekeeper.kernel.ids import new_id
from storekeeper.notifications import repository, rules
from storekeeper.notifications.model import (
    LOG,
    Claim,
    Delivery,
    DeliveryStatus,
    Message,
    Reply,
    Verdict,
    Webhook,
)
from storekeeper.notifications.service.webhooks import Webhooks

LEASE = timedelta(seconds=60)  # an attempt takes no longer; then somebody else may try


class Outbox:
    """Safe to share between threads and processes."""

    def __init__(self, database: Database, webhooks: Webhooks, clock: Clock) -> None:
        self._db, self._webhooks, self._clock = database, webhooks, clock

    def put(self, connection: Connection, message: Message) -> None:
        """One notification for the log and for each webhook that is enabled, in the caller's transaction."""
        now = self._clock.now()
        targets = [(LOG, LOG)]
        targets += [(one.id, one.name) for one in repository.webhooks(connection) if one.enabled]
        for target, name in targets:
            self._insert(connection, message, target, name, now)

    def put_for(self, webhook: Webhook, message: Message) -> Claim | None:
        """One for a single webhook, claimed at once."""
        now = self._clock.now()
        with self._db.write() as connection:
            identity = self._insert(connection, message, webhook.id, webhook.name, now)
            return repository.claim(connection, webhook.id, now=now, until=now + LEASE, only=identity)

    def due_targets(self) -> list[str]:
        with self._db.read() as connection:
            return repository.due_targets(connection, self._clock.now())

    def claim(self, target: str) -> Claim | None:
        """The next attempt for a target that is due."""
        now = self._clock.now()
        with self._db.write() as connection:
            return repository.claim(connection, target, now=now, until=now + LEASE)

    def settle(self, claim: Claim, reply: Reply, *, last: bool = False) -> Verdict:
        """Record how an attempt ended. After the `last` one it is not tried again."""
        now = self._clock.now()
        verdict = rules.verdict(reply, claim.attempt, now)
        if last and verdict.status is DeliveryStatus.PENDING:
            verdict = Verdict(status=DeliveryStatus.FAILED, error=verdict.error)
        with self._db.write() as connection:
            repository.settle(connection, claim, reply, verdict, now)
            if verdict.disable:
                self._webhooks.disable(connection, claim.target, "It answered 410 Gone.")
        return verdict

    def _insert(self, connection: Connection, message: Message, target: str, name: str, now: datetime) -> str:
        content = {"type": message.event, "timestamp": message.at, "data": message.data}
        delivery = Delivery(
            id=new_id(now), target=name, event=message.event, subject=message.subject,
            status=DeliveryStatus.PENDING, error="", created_at=now, next_attempt_at=now, finished_at=None,
            attempts=(),
        )  # fmt: skip
        body = msgspec.json.encode(content).decode()
        repository.insert(
            connection, delivery, target=target, transition=message.transition, body=body, due_at=now
        )
        return delivery.id
