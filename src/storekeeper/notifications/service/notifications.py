"""The front of notifications."""

from datetime import timedelta

import structlog

from storekeeper.audit import AuditTrail
from storekeeper.infra.crypto import Sealer
from storekeeper.infra.db import Connection, Database
from storekeeper.kernel.clock import Clock
from storekeeper.kernel.errors import UnavailableError
from storekeeper.kernel.ids import new_id
from storekeeper.notifications import repository
from storekeeper.notifications.model import Delivery, DeliveryPage, Message
from storekeeper.notifications.posting import Poster
from storekeeper.notifications.service.courier import Courier
from storekeeper.notifications.service.outbox import Outbox
from storekeeper.notifications.service.webhooks import Webhooks
from storekeeper.notifications.service.worker import Worker

KEPT = timedelta(days=90)
MOST_LISTED = 1000

log = structlog.get_logger("notifications")


class NotificationService:
    """Construct, `start_up`, and `close` in the end. Safe to share between threads."""

    def __init__(
        self,
        database: Database,
        sealer: Sealer,
        audit: AuditTrail,
        clock: Clock,
        *,
        poster: Poster | None = None,
    ) -> None:
        self._db, self._audit, self._clock = database, audit, clock
        self.webhooks = Webhooks(database, sealer, audit, clock)
        self._outbox = Outbox(database, self.webhooks, clock)
        self._courier = Courier(database, self._outbox, self.webhooks, poster or Poster(clock), clock)
        self._worker = Worker(self._outbox, self._courier)

    def start_up(self) -> None:
        """Begin to send, first what an earlier process left."""
        self._worker.start()

    def close(self) -> None:
        """Attempts under way come to an end; what waits is stored."""
        self._worker.stop()

    def tell(self, connection: Connection, message: Message) -> None:
        """Have every target told, in the caller's transaction: it is told for certain if, and only if, that commits."""
        self._outbox.put(connection, message)

    def deliver_due(self) -> int:
        """Make every attempt that is due, in this thread; how many."""
        return sum(self._courier.serve(target) for target in self._outbox.due_targets())

    def test(self, name: str, *, actor: str) -> Delivery:
        """Send a notification of type `webhook.test` now, once; how it went. Raises UnknownWebhookError."""
        webhook = self.webhooks.get(name)
        now = self._clock.now()
        message = Message(
            subject=new_id(now),
            transition="test",
            event="webhook.test",
            at=now,
            data={"webhook": name, "sentBy": actor},
        )
        claim = self._outbox.put_for(webhook, message)
        if claim is None:
            raise UnavailableError("The notification could not be claimed.", hint="Try again.")
        self._courier.attempt(claim, last=True)
        with self._db.read() as connection:
            delivery = repository.get(connection, claim.id)
        if delivery is None:
            raise UnavailableError("The notification is gone.", hint="Try again.")
        return delivery

    def deliveries(self, name: str, *, cursor: str = "", limit: int = 100) -> DeliveryPage:
        """What was and is to be sent to a webhook, newest first. Raises UnknownWebhookError."""
        return self._page(self.webhooks.get(name).id, cursor, limit)

    def counts(self) -> dict[str, int]:
        """How many notifications are pending, delivered and failed: together all that are kept."""
        with self._db.read() as connection:
            return repository.counts(connection)

    def forget_old(self) -> int:
        """Forget what ended more than 90 days ago; how many notifications."""
        with self._db.write() as connection:
            return repository.forget_before(connection, self._clock.now() - KEPT)

    def _page(self, target: str, cursor: str, limit: int) -> DeliveryPage:
        limit = max(1, min(limit, MOST_LISTED))
        with self._db.read() as connection:
            found = repository.deliveries(connection, target, before=cursor, limit=limit + 1)
        more = len(found) > limit
        return DeliveryPage(items=found[:limit], next_cursor=found[limit - 1].id if more else None)
