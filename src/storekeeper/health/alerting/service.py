"""Makes and resolves alerts, in the transactions that store what they are about."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta

import msgspec

from storekeeper.audit import AuditTrail
from storekeeper.buckets import BucketService
from storekeeper.buckets.model import Bucket
from storekeeper.health import repository as health_repository
from storekeeper.health.alerting import repository, rules
from storekeeper.health.alerting.model import (
    Alert,
    AlertKind,
    AlertPage,
    AlertResolvedError,
    AlertStatus,
    Severity,
    UnknownAlertError,
)
from storekeeper.health.alerting.rules import Condition
from storekeeper.health.model import SYSTEM, BreakerTransition, HealthConfig, Status
from storekeeper.health.repository import StoredStatus
from storekeeper.health.service import HealthService, Listener
from storekeeper.infra import telemetry
from storekeeper.infra.db import Connection, Database
from storekeeper.kernel.clock import Clock
from storekeeper.kernel.ids import new_id
from storekeeper.notifications import Message, NotificationService

KEPT = timedelta(days=365)
MOST_LISTED = 1000
_Active = Mapping[AlertKind, Alert]


class AlertService:
    """Construct before health starts up, and `start_up` first. Safe to share between threads."""

    def __init__(
        self,
        health: HealthService,
        database: Database,
        notifications: NotificationService,
        buckets: BucketService,
        audit: AuditTrail,
        clock: Clock,
    ) -> None:
        self._health, self._db, self._notifications = health, database, notifications
        self._audit, self._clock = audit, clock
        health.subscribe(Listener(on_breaker=self._on_breaker, on_stored=self._on_stored))
        buckets.on_remove(self._forget)

    def start_up(self) -> None:
        """Find what was stored without its alert, as by a release that had none."""
        names = {bucket.id: bucket.name for bucket, _ in self._health.watched()}
        with self._db.write() as connection:
            self._on_stored(connection, list(health_repository.statuses(connection).values()))
            for bucket_id in names:
                for last in health_repository.transitions(
                    connection, names, bucket_id=bucket_id, before="", limit=1
                ):
                    self._on_breaker(connection, last)

    def page(
        self, *, status: AlertStatus | None = None, bucket: str = "", cursor: str = "", limit: int = 100
    ) -> AlertPage:
        """Newest first."""
        limit = max(1, min(limit, MOST_LISTED))
        with self._db.read() as connection:
            found = repository.find(connection, status=status, bucket=bucket, before=cursor, limit=limit + 1)
        more = len(found) > limit
        return AlertPage(items=found[:limit], next_cursor=found[limit - 1].id if more else None)

    def get(self, alert_id: str) -> Alert:
        """Raises UnknownAlertError."""
        with self._db.read() as connection:
            return _known(repository.get(connection, alert_id), alert_id)

    def resolve(self, alert_id: str, notes: str, *, actor: str) -> Alert:
        """By a person. Raises UnknownAlertError, AlertResolvedError."""
        with self._db.write() as connection:
            before = _known(repository.get(connection, alert_id), alert_id)
            now = self._clock.now()
            if not repository.resolve(connection, alert_id, at=now, by=actor, notes=notes):
                raise AlertResolvedError(
                    f"{before.resolved_by} resolved it at {before.resolved_at:%Y-%m-%d %H:%M} UTC."
                )
            details = {"bucket": before.bucket, "kind": str(before.kind), "notes": notes}
            self._audit.record(
                connection, actor=actor, action="alert.resolve", target=alert_id, details=details
            )
            alert = _known(repository.get(connection, alert_id), alert_id)
            self._tell(connection, alert, "resolved", now)
        return alert

    def forget_old(self) -> int:
        """Forget alerts that ended more than a year ago; how many."""
        with self._db.write() as connection:
            return repository.forget_before(connection, self._clock.now() - KEPT)

    def _on_breaker(self, connection: Connection, transition: BreakerTransition) -> None:
        for bucket, config in self._health.watched():
            if bucket.name == transition.bucket:
                active = repository.active(connection).get(bucket.id, {})
                holds, judged = rules.of_breaker(transition), (AlertKind.CIRCUIT_BREAKER_OPEN,)
                self._move(connection, bucket, config, active, holds, judged, transition.at)

    def _on_stored(self, connection: Connection, statuses: Sequence[StoredStatus]) -> None:
        """While nothing is known of a bucket, its alerts stay as they are."""
        known = {bucket.id: (bucket, config) for bucket, config in self._health.watched()}
        active = repository.active(connection)
        _show(active)
        for status in statuses:
            if status.bucket_id in known and status.status is not Status.UNKNOWN and status.checked_at:
                bucket, config = known[status.bucket_id]
                holds = rules.seen_from_here_only(
                    rules.of_checks(status.operations, config),
                    status.operations,
                    config,
                    down=status.status is Status.UNHEALTHY,
                )
                own = active.get(bucket.id, {})
                self._move(connection, bucket, config, own, holds, rules.OF_CHECKS, status.checked_at)

    def _move(
        self,
        connection: Connection,
        bucket: Bucket,
        config: HealthConfig,
        active: _Active,
        holds: Mapping[AlertKind, Condition],
        judged: Iterable[AlertKind],
        at: datetime,
    ) -> None:
        moves = rules.moves(active, holds, judged, raising=config.alert_on_failure)
        for kind in moves.began:
            self._open(connection, bucket, kind, holds[kind], at)
        for kind in moves.ended:
            self._end(connection, active[kind], at, told=config.alert_on_recovery)
        if moves.recovered and config.alert_on_recovery:
            summary = "It works again: nothing is wrong with it any more."
            kind = AlertKind.SERVICE_RECOVERED
            self._open(connection, bucket, kind, Condition(Severity.LOW, summary), at)

    def _open(
        self, connection: Connection, bucket: Bucket, kind: AlertKind, condition: Condition, at: datetime
    ) -> None:
        over = at if kind is AlertKind.SERVICE_RECOVERED else None
        alert = Alert(
            id=new_id(self._clock.now()), bucket=bucket.name, kind=kind, severity=condition.severity,
            status=AlertStatus.RESOLVED if over else AlertStatus.OPEN, summary=condition.summary,
            opened_at=at, ended_at=over, resolved_at=over, resolved_by=SYSTEM if over else "", notes="",
        )  # fmt: skip
        repository.insert(connection, alert, bucket_id=bucket.id)
        self._tell(connection, alert, "opened", at)

    def _end(
        self, connection: Connection, alert: Alert, at: datetime, *, told: bool, notes: str = ""
    ) -> None:
        repository.end(connection, alert.id, at)
        if repository.resolve(connection, alert.id, at=at, by=SYSTEM, notes=notes) and told:
            self._tell(connection, _known(repository.get(connection, alert.id), alert.id), "resolved", at)

    def _tell(self, connection: Connection, alert: Alert, transition: str, at: datetime) -> None:
        self._notifications.tell(
            connection,
            Message(
                subject=alert.id,
                transition=transition,
                event=f"alert.{transition}",
                at=at,
                data=msgspec.to_builtins(alert),
            ),
        )

    def _forget(self, connection: Connection, bucket: Bucket) -> None:
        """Who was told of an alert hears that it is over."""
        now = self._clock.now()
        for alert in repository.active(connection).get(bucket.id, {}).values():
            self._end(connection, alert, now, told=True, notes="The bucket was removed.")
        repository.forget_buckets(connection, [bucket.id])


def _known(alert: Alert | None, alert_id: str) -> Alert:
    if alert is None:
        raise UnknownAlertError(
            f"There is no alert {alert_id!r}.", hint="`storekeeper alert list` shows them."
        )
    return alert


def _show(active: Mapping[str, _Active]) -> None:
    """As metrics, how many are open."""
    found = Counter(
        alert.severity
        for of_bucket in active.values()
        for alert in of_bucket.values()
        if alert.status is AlertStatus.OPEN
    )
    for severity in Severity:
        telemetry.alerts_open.labels(severity).set(found[severity])
