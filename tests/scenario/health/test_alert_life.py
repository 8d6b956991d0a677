"""The life of alerts under anything that may happen: never two of a kind, resolved once, and everybody is told for certain."""

import shutil
import tempfile
from collections import Counter
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from engines import open_database
from storekeeper.audit import AuditTrail
from storekeeper.buckets import BucketService
from storekeeper.buckets.model import NewBucket
from storekeeper.health import AlertService, HealthService
from storekeeper.health.alerting import rules
from storekeeper.health.alerting.model import AlertKind, AlertResolvedError, AlertStatus
from storekeeper.health.model import (
    BreakerAction,
    BreakerOrder,
    Check,
    CheckRound,
    HealthChange,
    NetworkFigures,
    Status,
)
from storekeeper.infra.analytics import Analytics
from storekeeper.infra.crypto import Sealer
from storekeeper.kernel.clock import ManualClock
from storekeeper.kernel.ids import new_id
from storekeeper.notifications import NotificationService
from storekeeper.notifications.model import LOG, DeliveryStatus, NewWebhook, Reply, WebhookChange
from storekeeper.notifications.repository import notification_table
from storekeeper.objectstore.probing import ProbeOperation
from storekeeper_client.breaker import Outcome, State

pytestmark = pytest.mark.slow
BUCKETS, WEBHOOKS = ("photos", "media"), ("desk", "phone")
OPERATIONS = (ProbeOperation.PUT, ProbeOperation.GET, ProbeOperation.DELETE)
OUTCOMES = st.sampled_from(["ok", "slow", "failure", "throttled", "caller"])
ORDERS = (BreakerAction.OPEN, BreakerAction.FORCE_OPEN, BreakerAction.RESET, BreakerAction.CLOSE)
STATUSES = st.sampled_from([0, 200, 204, 302, 410, 429, 500])
engines: list[Analytics] = []


@pytest.fixture(scope="module", autouse=True)
def engine(tmp_path_factory):
    """One for all examples: it is not asked for anything here."""
    engines.append(Analytics(f"chdb:///{tmp_path_factory.mktemp('alerts')}/analytics"))
    yield
    engines.pop().close()


class AlertLife(RuleBasedStateMachine):
    def __init__(self):
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="alert-life-"))
        self.clock = ManualClock()
        self.database = open_database(self.folder)
        self.resolved = {}
        self.open()
        for name in BUCKETS:
            self.buckets.add(NewBucket(name=name, url=f"memory://{name}", scan_cron=""), actor="test")

    def open(self):
        audit = self.audit = AuditTrail(self.database, self.clock)
        sealer = Sealer("0" * 64)
        self.buckets = BucketService(self.database, sealer, audit, self.clock)
        self.health = HealthService(
            self.database, engines[0], self.buckets, audit, self.clock, data_dir=self.folder, node="test"
        )
        self.notifications = NotificationService(self.database, sealer, audit, self.clock)
        self.alerts = AlertService(
            self.health, self.database, self.notifications, self.buckets, audit, self.clock
        )
        self.alerts.start_up()

    @initialize()
    def add_webhooks(self):
        for name in WEBHOOKS:
            new = NewWebhook(name=name, url="http://127.0.0.1:9/", allow_private=True)
            self.notifications.webhooks.add(new, actor="test")

    # What happens

    @rule(
        bucket=st.sampled_from(BUCKETS),
        ends=st.lists(OUTCOMES, min_size=3, max_size=3),
        times=st.integers(1, 6),
    )
    def checks(self, bucket, ends, times):
        for _ in range(times):
            self.clock.advance(30)
            self.check(bucket, ends)

    def check(self, bucket, ends):
        identity, now = new_id(self.clock.now()), self.clock.now()
        made = [
            Check(
                id=f"{identity}.{operation}", time=now, bucket=bucket, operation=operation,
                outcome=Outcome.OK if end == "slow" else Outcome(end), slow=end == "slow", latency_ms=2500,
            )
            for operation, end in zip(OPERATIONS, ends, strict=True)
        ]  # fmt: skip
        round_ = CheckRound(
            id=identity, time=now, bucket=bucket, outcome=Outcome.OK, duration_ms=1, checks=made,
            network=NetworkFigures(), diagnosis="",
        )  # fmt: skip
        config = self.health.effective(bucket)
        self.health._board.take(self.buckets.get(bucket).id, round_, ["bad"] * 3, config)
        self.health.breakers.journal.flush()

    @rule(bucket=st.sampled_from(BUCKETS), action=st.sampled_from(ORDERS))
    def breaker(self, bucket, action):
        self.health.breakers.act(bucket, BreakerOrder(action=action), actor="ann@x")

    @rule(failure=st.booleans(), recovery=st.booleans())
    def settings_change(self, failure, recovery):
        change = HealthChange(alert_on_failure=failure, alert_on_recovery=recovery)
        self.health.configure(change, actor="test")

    @rule(seconds=st.sampled_from([1, 5, 60, 300, 7200, 86400]))
    def time_passes(self, seconds):
        self.clock.advance(seconds)
        self.health._watching.expire()
        self.health.breakers.journal.flush()

    @rule()
    def the_server_dies_and_comes_back(self):
        self.health._spool.close()
        self.health.monitor._pool.shutdown()
        self.open()

    @rule(webhook=st.sampled_from(WEBHOOKS), enabled=st.booleans())
    def webhook_changes(self, webhook, enabled):
        self.notifications.webhooks.edit(webhook, WebhookChange(enabled=enabled), actor="ann@x")

    @precondition(lambda self: self.open_alerts())
    @rule(data=st.data())
    def a_person_resolves(self, data):
        alert = data.draw(st.sampled_from(self.open_alerts()))
        told = self.alerts.resolve(alert.id, "seen", actor="ann@x")
        assert (told.status, told.resolved_by, told.notes) == (AlertStatus.RESOLVED, "ann@x", "seen")
        assert told.ended_at is None
        with pytest.raises(AlertResolvedError):
            self.alerts.resolve(alert.id, "again", actor="bob@x")

    @rule(status=STATUSES, dies=st.booleans())
    def an_attempt(self, status, dies):
        outbox = self.notifications._outbox
        for target in outbox.due_targets():
            claim = outbox.claim(target)
            if claim and not dies:
                outbox.settle(claim, Reply(status=status))

    # What always holds

    def every(self):
        return list(self.alerts.page(limit=1000).items)

    def open_alerts(self):
        return [one for one in self.every() if one.status is AlertStatus.OPEN]

    def notifications_stored(self):
        with self.database.read() as connection:
            return list(connection.execute(notification_table.select()).mappings())

    @invariant()
    def never_two_of_a_kind(self):
        lasting = Counter((one.bucket, one.kind) for one in self.every() if one.ended_at is None)
        assert set(lasting.values()) <= {1}
        for one in self.open_alerts():
            assert one.ended_at is None
            assert lasting[one.bucket, one.kind] == 1

    @invariant()
    def resolved_once(self):
        for one in self.every():
            if one.status is AlertStatus.RESOLVED:
                told = (one.resolved_at, one.resolved_by, one.notes)
                assert self.resolved.setdefault(one.id, told) == told
            else:
                assert one.id not in self.resolved

    @invariant()
    def what_lasts_is_what_holds(self):
        for health in self.health.statuses():
            if health.status is Status.UNKNOWN:
                continue
            lasting = {
                one.kind for one in self.every() if one.bucket == health.bucket and one.ended_at is None
            }
            holds = set(rules.of_checks(health.operations, self.health.config()))
            assert lasting & set(rules.OF_CHECKS) <= holds
            if AlertKind.CIRCUIT_BREAKER_OPEN in lasting:
                assert health.breaker is not State.CLOSED
            assert AlertKind.SERVICE_RECOVERED not in lasting

    @invariant()
    def every_notification_is_delivered_failed_or_pending(self):
        rows = self.notifications_stored()
        assert sum(self.notifications.counts().values()) == len(rows)
        for row in rows:
            pending = row["status"] == DeliveryStatus.PENDING
            assert row["status"] in set(DeliveryStatus)
            assert (row["due_at"] is not None) == pending
            assert (row["finished_at"] is None) == pending

    @invariant()
    def each_transition_is_told_once(self):
        told = Counter(
            (row["subject"], row["transition"]) for row in self.notifications_stored() if row["target"] == LOG
        )
        assert set(told.values()) <= {1}
        for one in self.every():
            assert told[one.id, "opened"] == 1
            if one.resolved_by == "ann@x":
                assert told[one.id, "resolved"] == 1
            if one.status is AlertStatus.OPEN or one.kind is AlertKind.SERVICE_RECOVERED:
                assert told[one.id, "resolved"] == 0

    def teardown(self):
        """Whatever happened before, in the end nothing is pending."""
        outbox = self.notifications._outbox
        for _ in range(200):
            for target in outbox.due_targets():
                while claim := outbox.claim(target):
                    outbox.settle(claim, Reply(status=500))
            if not self.notifications.counts().get("pending"):
                break
            self.clock.advance(timedelta(days=1).total_seconds())
        assert not self.notifications.counts().get("pending")
        self.health._spool.close()
        self.health.monitor._pool.shutdown()
        self.database.close()
        shutil.rmtree(self.folder, ignore_errors=True)


TestAlertLife = AlertLife.TestCase
TestAlertLife.settings = settings(
    max_examples=15, stateful_step_count=25, deadline=None, suppress_health_check=list(HealthCheck)
)
