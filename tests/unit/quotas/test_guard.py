"""The guard of an application, against a server that answers what the test says."""

import asyncio
import logging
import socket
import time

import pytest

from storekeeper.kernel.clock import SystemClock
from storekeeper_client.quotas import QuotaExceededError, QuotaGuard
from storekeeper_client.quotas.asking import CHECK, SETTLE
from storekeeper_client.testing import FakeServer

LEASE = {
    "allowed": True, "decision": "allow", "reason": "Within every quota.", "remainingBytes": 5000, "remainingWrites": None,
    "validSeconds": 30.0, "slackBytes": 0, "limited": True, "leaseId": "l1", "leaseBytes": 1000, "leaseWrites": None,
}  # fmt: skip
REFUSAL = LEASE | {
    "allowed": False, "decision": "deny", "reason": "ann is full.", "validSeconds": 5.0, "leaseId": None,
    "leaseBytes": None,
}  # fmt: skip


class Turned(SystemClock):
    """Real time, and what a test adds to it."""

    ahead = 0.0

    def monotonic(self):
        return SystemClock.monotonic() + self.ahead


@pytest.fixture
def server():
    with FakeServer() as server:
        server.answer("POST", SETTLE, status=204)
        yield server


@pytest.fixture
def clock():
    return Turned()


@pytest.fixture
def guard(server, clock):
    with QuotaGuard(server.url, "sk_1.x", fail="closed", timeout=10, clock=clock) as guard:
        yield guard


def asked(server, path=CHECK):
    return [one.body for one in server.asked if one.path == path]


def eventually(what):
    for _ in range(500):
        if what():
            return
        time.sleep(0.01)  # noqa: TID251 - another thread does it
    pytest.fail("it never happened")


def test_a_lease_is_spent_without_asking_again(guard, server):
    server.answer("POST", CHECK, LEASE)
    assert [bool(guard.may_write("ann", "photos", 100)) for _ in range(4)] == [True] * 4
    assert asked(server) == [{"owner": "ann", "bucket": "photos", "bytes": 100, "settled": []}]
    assert server.asked[0].token == "sk_1.x"


def test_more_is_asked_for_before_a_lease_is_used_up_and_the_old_one_is_settled(guard, server):
    server.answer("POST", CHECK, LEASE)
    server.answer("POST", CHECK, LEASE | {"leaseId": "l2"})
    guard.may_write("ann", "photos", 600)
    guard.may_write("ann", "photos", 10)
    eventually(lambda: len(asked(server)) == 2)
    assert asked(server)[1]["bytes"] == 0
    eventually(lambda: guard._allowances["ann", "photos"]._lease.id == "l2")
    guard.close()
    told = [one for body in (*asked(server), *asked(server, SETTLE)) for one in body["settled"]]
    assert {"leaseId": "l1", "bytes": 610, "writes": 2} in told
    assert {"leaseId": "l2", "bytes": 0, "writes": 0} in told


def test_near_the_limit_the_lease_at_hand_is_used_up_first(guard, server):
    server.answer("POST", CHECK, LEASE)
    server.answer("POST", CHECK, LEASE | {"leaseId": "l2", "leaseBytes": 10})
    guard.may_write("ann", "photos", 600)
    eventually(lambda: len(asked(server)) == 1)
    assert guard.may_write("ann", "photos", 100)
    eventually(lambda: len(asked(server)) == 2)
    eventually(lambda: not guard._allowances["ann", "photos"].asking)
    assert guard.may_write("ann", "photos", 300)
    assert guard._allowances["ann", "photos"]._lease.id == "l1"


def test_a_write_larger_than_what_is_left_asks_and_settles(guard, server):
    server.answer("POST", CHECK, LEASE)
    server.answer("POST", CHECK, LEASE | {"leaseId": "l2", "leaseBytes": 3000})
    assert guard.may_write("ann", "photos", 400)
    assert guard.may_write("ann", "photos", 2500)
    assert asked(server)[1] == {
        "owner": "ann", "bucket": "photos", "bytes": 2500,
        "settled": [{"leaseId": "l1", "bytes": 400, "writes": 1}],
    }  # fmt: skip


def test_what_is_given_back_can_be_spent_again(guard, server):
    server.answer("POST", CHECK, LEASE)
    for _ in range(5):
        with pytest.raises(OSError, match="no"), guard.writing("ann", "photos", 400):
            raise OSError("no")
    assert guard._allowances["ann", "photos"]._lease.spent_bytes == 0
    assert len(asked(server)) == 1


def test_a_refusal_is_remembered_for_as_long_as_it_is_valid_and_for_larger_writes(guard, server, clock):
    server.answer("POST", CHECK, REFUSAL)
    server.answer("POST", CHECK, LEASE)
    ruling = guard.may_write("ann", "photos", 100)
    assert (ruling.allowed, ruling.reason, ruling.informed) == (False, "ann is full.", True)
    assert not guard.may_write("ann", "photos", 200)
    assert len(asked(server)) == 1
    assert guard.may_write("ann", "photos", 50)  # less may fit
    with pytest.raises(ValueError, match="-1"):
        guard.may_write("ann", "photos", -1)


def test_a_refusal_ends(guard, server, clock):
    server.answer("POST", CHECK, REFUSAL)
    server.answer("POST", CHECK, LEASE)
    assert not guard.may_write("ann", "photos", 100)
    clock.ahead += 6
    assert guard.may_write("ann", "photos", 100)


def test_a_block_that_may_not_write_is_not_entered(guard, server):
    server.answer("POST", CHECK, REFUSAL)
    with pytest.raises(QuotaExceededError, match="full"), guard.writing("ann", "photos", 100):
        pytest.fail("entered")


def test_a_lease_that_ran_out_is_settled_by_itself_and_its_owner_forgotten(guard, server, clock):
    server.answer("POST", CHECK, LEASE)
    guard.may_write("ann", "photos", 100)
    clock.ahead += 31
    eventually(lambda: asked(server, SETTLE))
    assert asked(server, SETTLE) == [{"settled": [{"leaseId": "l1", "bytes": 100, "writes": 1}]}]
    eventually(lambda: guard._allowances == {})


@pytest.mark.parametrize(("fail", "passes"), [("open", True), ("closed", False)])
def test_without_a_server_the_choice_decides_at_once(fail, passes, clock, free_port, caplog):
    with QuotaGuard(f"http://127.0.0.1:{free_port()}", "x", fail=fail, clock=clock) as guard:
        rulings = [guard.may_write("ann", "photos", 10) for _ in range(200)]
        assert {(one.allowed, one.informed) for one in rulings} == {(passes, False)}
        assert "nothing listens" in rulings[0].reason
        assert guard.may_delete("ann", "photos")
    assert [one.levelno for one in caplog.records] == [logging.WARNING]


def test_a_server_that_hangs_holds_the_first_write_for_the_time_that_was_said():
    hanging = socket.create_server(("127.0.0.1", 0))
    url = f"http://127.0.0.1:{hanging.getsockname()[1]}"
    with (
        QuotaGuard(url, "x", fail="open", timeout=0.2) as guard,
        hanging,
    ):  # which is gone when the guard ends
        begun = time.perf_counter()
        assert guard.may_write("ann", "photos", 10)
        assert 0.15 < time.perf_counter() - begun < 1
        begun = time.perf_counter()
        assert guard.may_write("ann", "photos", 10)
        assert time.perf_counter() - begun < 0.1


def test_a_refused_key_is_told_in_the_ruling(guard, server):
    server.refuse("POST", CHECK, "not-allowed", 403, detail="The API key lacks the scope import.")
    ruling = guard.may_write("ann", "photos", 10)
    assert (ruling.allowed, ruling.informed) == (False, False)
    assert "lacks the scope" in ruling.reason


def test_an_event_loop_goes_on_while_a_write_waits(guard, server):
    server.answer("POST", CHECK, LEASE)

    async def both():
        ticks = 0
        waiting = asyncio.ensure_future(guard.may_write_async("ann", "photos", 10))
        while not waiting.done():
            await asyncio.sleep(0)
            ticks += 1
        return (await waiting), ticks

    ruling, ticks = asyncio.run(both())
    assert ruling
    assert ticks > 1


def test_a_known_answer_takes_less_than_a_millisecond(guard, server):
    server.answer("POST", CHECK, LEASE | {"limited": False, "leaseId": None, "leaseBytes": None})
    guard.may_write("ann", "photos", 1)
    begun = time.perf_counter()
    for _ in range(2000):
        guard.may_write("ann", "photos", 10**12)
    assert (time.perf_counter() - begun) / 2000 < 0.001


def test_a_forked_child_does_not_spend_its_parents_lease(guard, server):
    server.answer("POST", CHECK, LEASE)
    server.answer("POST", CHECK, LEASE | {"leaseId": "l2"})
    guard.may_write("ann", "photos", 100)
    guard.start_over()  # what the child does first
    assert guard.may_write("ann", "photos", 100)
    assert [body["settled"] for body in asked(server)] == [[], []]


@pytest.mark.parametrize(
    "wrong", [{"fail": "maybe"}, {"fail": "open", "timeout": -1}, {"fail": "open", "url": "ftp://x"}]
)
def test_what_makes_no_sense_is_refused(wrong):
    options = {"url": "http://127.0.0.1:1"} | wrong
    with pytest.raises(ValueError, match=r"fail|timeout|address"):
        QuotaGuard(options.pop("url"), "x", **options)


def test_a_closed_guard_decides_by_its_choice(guard, server):
    guard.close()
    assert "closed" in guard.may_write("ann", "photos", 1).reason
