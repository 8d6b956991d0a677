"""Rounds signed in one place and made in another, on real servers."""

import contextlib
from datetime import timedelta

import pytest

from storekeeper.kernel.clock import SystemClock
from storekeeper.objectstore import Credentials
from storekeeper.objectstore.answers import Operation
from storekeeper.objectstore.probing import (
    RESERVED_PREFIX,
    Plan,
    ProbeOperation,
    RoundSigner,
    open_replayer,
)
from storekeeper.objectstore.wire import Wire, WireOptions
from storekeeper.prober.agenda import Due
from storekeeper.prober.model import PlannedBucket, PlannedRound
from storekeeper.prober.outbox import Outbox
from storekeeper.prober.watching import Watcher
from storekeeper_client.breaker import Outcome

pytestmark = pytest.mark.slow
OK, CALLER = Outcome.OK, Outcome.CALLER
NOW = SystemClock().now


@pytest.fixture
def location(rclone_server):
    return rclone_server.bucket()


def replayed(server, location, signed, operations, stopped=lambda: False):
    replayer = open_replayer(server.endpoint, location.bucket, signed.requests, clock=SystemClock())
    plan = Plan(operations=operations, timeout=5.0, node="fra-1", key=signed.key, body=signed.body)
    return replayer.run(plan, stopped)


def left(server, location):
    with contextlib.closing(server.open(location)) as store:
        return store.list_page(prefix=RESERVED_PREFIX).objects["key"].to_pylist()


def outcomes(found):
    return {one.operation: one.outcome for one in found.operations}


def test_a_round_needs_no_credentials_where_it_is_made(rclone_server, location):
    signer = RoundSigner(location, rclone_server.credentials)
    found = replayed(
        rclone_server, location, signer.sign("fra-1", ProbeOperation, NOW()), tuple(ProbeOperation)
    )
    assert outcomes(found) == dict.fromkeys(ProbeOperation, OK)
    assert left(rclone_server, location) == []
    assert not found.versioned


def test_what_was_not_signed_is_not_done(rclone_server, location):
    signed = RoundSigner(location, rclone_server.credentials).sign("fra-1", [ProbeOperation.GET], NOW())
    found = replayed(rclone_server, location, signed, (ProbeOperation.PUT, ProbeOperation.GET))
    assert outcomes(found) == {ProbeOperation.PUT: CALLER, ProbeOperation.GET: OK}
    assert left(rclone_server, location) == []


@pytest.mark.parametrize(("minutes", "outcome"), [(-14, OK), (-16, CALLER), (5, OK), (16, CALLER)])
def test_a_signature_holds_for_a_quarter_of_an_hour(rclone_server, location, minutes, outcome):
    at = NOW() + timedelta(minutes=minutes)
    signed = RoundSigner(location, rclone_server.credentials).sign("fra-1", [ProbeOperation.GET], at)
    found = replayed(rclone_server, location, signed, (ProbeOperation.GET,))
    assert outcomes(found) == {ProbeOperation.GET: outcome}


def test_another_key_is_refused(rclone_server, location):
    wrong = Credentials(access_key_id=rclone_server.credentials.access_key_id, secret_access_key="wrong" * 8)
    signed = RoundSigner(location, wrong).sign("fra-1", [ProbeOperation.PUT], NOW())
    found = replayed(rclone_server, location, signed, (ProbeOperation.PUT,))
    assert outcomes(found) == {ProbeOperation.PUT: CALLER}


def test_a_round_that_is_broken_off_cleans_up_by_a_request_that_was_signed_for_it(rclone_server, location):
    signed = RoundSigner(location, rclone_server.credentials).sign("fra-1", [ProbeOperation.PUT], NOW())
    asked = iter([False, True, True])
    found = replayed(
        rclone_server, location, signed, (ProbeOperation.PUT, ProbeOperation.GET), lambda: next(asked)
    )
    assert outcomes(found) == {ProbeOperation.PUT: OK}
    assert left(rclone_server, location) == []


def test_nothing_more_is_stored_in_a_bucket_that_keeps_versions(moto_s3):
    location = moto_s3.bucket()
    enabled = b"<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>"
    wire = Wire(location, moto_s3.credentials, clock=SystemClock(), options=WireOptions())
    wire.request(
        Operation("PutBucketVersioning", "s3:PutBucketVersioning"), method="PUT", query={"versioning": ""},
        body=enabled,
    )  # fmt: skip
    wire.close()
    watcher, outbox = watched(moto_s3, location, rounds=3)
    first, *later = outbox.batch()
    assert [one.operation for one in first.checks] == ["put", "get", "delete"]
    assert [[one.operation for one in told.checks] for told in later] == [["get"], ["get"]]
    assert all(one.outcome is OK for told in outbox.batch() for one in told.checks)
    assert watcher.rounds == 3


def watched(server, location, rounds):
    """Rounds that are due one after the other, made by a watcher."""
    signer, outbox, clock = RoundSigner(location, server.credentials), Outbox(), SystemClock()
    operations = (ProbeOperation.PUT, ProbeOperation.GET, ProbeOperation.DELETE)
    bucket = PlannedBucket(
        name="photos", endpoint=server.endpoint, bucket=location.bucket, check_interval=30_000, timeout=5000,
        failure_threshold=3, slow_response_threshold=2000, test_operations=operations, rounds=(),
    )  # fmt: skip
    agenda = Ready()
    watcher = Watcher(clock, agenda, outbox)
    for number in range(rounds):
        signed = signer.sign("fra-1", operations, NOW())
        planned = PlannedRound(
            id=str(number), at=NOW(), ticket=str(number), key=signed.key, requests=signed.requests
        )
        agenda.ready = [Due(bucket, planned, clock.monotonic())]
        watcher.step()
        assert watcher.settle()
    watcher.stop()
    return watcher, outbox


class Ready:
    """An agenda on which everything is due."""

    def __init__(self):
        self.ready = []

    def due(self):
        ready, self.ready = self.ready, []
        return ready

    def pause(self):
        return None
