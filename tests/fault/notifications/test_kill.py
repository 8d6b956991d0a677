"""The server dies by kill -9 between claiming a notification and sending it: it is sent again, by a higher attempt."""

import subprocess
import sys
from datetime import timedelta

import pytest

from storekeeper.notifications.model import DeliveryStatus
from storekeeper.notifications.service.outbox import LEASE

pytestmark = pytest.mark.slow
KILLS = 3
CLAIMING = """
import sys
from datetime import datetime
from storekeeper.audit import AuditTrail
from storekeeper.infra.crypto import Sealer
from storekeeper.infra.db import Database
from storekeeper.kernel.clock import ManualClock
from storekeeper.notifications import NotificationService

database, clock = Database(sys.argv[1]), ManualClock(datetime.fromisoformat(sys.argv[2]))
service = NotificationService(database, Sealer("0" * 64), AuditTrail(database, clock), clock)
claim = service._outbox.claim(sys.argv[3])
print(claim.attempt, flush=True)
sys.stdin.read()
"""


def claim_and_die(told, target):
    """The number under which another process had claimed when it was killed."""
    command = [sys.executable, "-c", CLAIMING, told.database.url, told.clock.now().isoformat(), target]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        return int(process.stdout.readline())
    finally:
        process.kill()
        process.communicate()


def test_what_was_claimed_by_a_process_that_died_is_sent_by_a_higher_attempt(told, receiver):
    webhook = told.add("desk", receiver.url + "/200")
    told.tell()
    for number in range(1, KILLS + 1):
        assert claim_and_die(told, webhook.id) == number
        assert told.sent()[0].status is DeliveryStatus.PENDING  # leased: nobody else sends it yet
        assert receiver.came == []
        told.clock.advance(LEASE.total_seconds())
    (sent,) = told.sent()
    assert sent.status is DeliveryStatus.DELIVERED
    assert [(one.number, one.ended_at is None) for one in sent.attempts] == [
        (1, True), (2, True), (3, True), (4, False)
    ]  # fmt: skip
    assert [came.headers["webhook-id"] for came in receiver.came] == [sent.id]


def test_a_result_that_comes_after_the_lease_decides_nothing(told, receiver):
    """A process that only seemed to be dead, such as one of a machine that slept."""
    webhook = told.add("desk", receiver.url + "/500")
    told.tell()
    late = told.service._outbox.claim(webhook.id)
    told.clock.advance(LEASE.total_seconds())
    (sent,) = told.sent()
    assert (sent.status, len(sent.attempts)) == (DeliveryStatus.PENDING, 2)
    told.service._courier.attempt(late)
    (after,) = told.sent()
    assert (after.status, after.next_attempt_at) == (sent.status, sent.next_attempt_at)
    assert after.attempts[0].http_status == 500


def test_a_message_of_a_transaction_that_failed_is_told_to_nobody(told, receiver):
    told.add("desk", receiver.url + "/200")

    def fail():
        with told.database.write() as connection:
            told.service.tell(connection, told.message())
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert told.sent() == []
    assert told.service.counts() == {}


def test_the_worker_sends_what_an_earlier_process_left(told, receiver):
    """By its own threads, for once; the clock stands still."""
    told.add("desk", receiver.url + "/200")
    told.tell()
    worker = told.service._worker
    worker.step()
    worker._pool.shutdown()
    assert len(receiver.came) == 1
    assert told.service.counts() == {"delivered": 2}


def test_a_receiver_that_hangs_delays_no_other(told, receiver):
    told.add("slow", receiver.url + "/hang")
    told.add("desk", receiver.url + "/200")
    told.tell()
    worker = told.service._worker
    worker.step()
    worker.step()  # the one that hangs is busy, and is not asked for a second time
    worker._pool.shutdown()
    assert sorted(one.path for one in receiver.came) == ["/200", "/hang"]
    assert told.service.deliveries("desk").items[0].status is DeliveryStatus.DELIVERED
    (slow,) = told.service.deliveries("slow").items
    assert slow.next_attempt_at - told.clock.now() == timedelta(seconds=5)
