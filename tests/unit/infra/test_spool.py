"""The spool against its specification: durable once acknowledged, out once and in order, whatever happens between."""

import contextlib
import threading
from datetime import timedelta

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from pysqlite3 import dbapi2

from storekeeper.infra.spool import Entry, Spool
from storekeeper.kernel.clock import ManualClock
from storekeeper.kernel.errors import UnavailableError
from thoroughness import examples


def entry(number, *, source="key:1", body=None):
    return Entry(
        source=source,
        batch_id=str(number),
        items=1,
        reply=b"reply %d" % number,
        body=body or b"body %d" % number,
    )


@pytest.fixture
def spool(tmp_path):
    spool = Spool(tmp_path / "spool.db", ManualClock())
    yield spool
    spool.close()


def bodies(departure):
    return [stored.body for stored in departure.bodies] if departure else []


def test_the_same_range_of_another_spool_has_another_token(spool, tmp_path):
    other = Spool(tmp_path / "other.db", ManualClock())
    spool.append(entry(1))
    other.append(entry(1))
    tokens = {one.depart(max_items=3, max_bytes=1000).token for one in (spool, other)}
    again = spool.depart(max_items=3, max_bytes=1000).token
    other.close()
    assert len(tokens) == 2
    assert again in tokens


def test_bodies_leave_in_order_and_once(spool):
    for number in range(5):
        assert spool.append(entry(number)).duplicate is False
    first = spool.depart(max_items=3, max_bytes=1000)
    assert bodies(first) == [b"body 0", b"body 1", b"body 2"]
    spool.departed(first)
    second = spool.depart(max_items=3, max_bytes=1000)
    assert bodies(second) == [b"body 3", b"body 4"]
    assert second.token != first.token
    spool.departed(second)
    assert spool.depart(max_items=3, max_bytes=1000) is None


def test_a_range_that_was_begun_stays_the_same_until_it_is_done(spool):
    spool.append(entry(0))
    begun = spool.depart(max_items=10, max_bytes=1000)
    spool.append(entry(1))
    again = spool.depart(max_items=10, max_bytes=1000)
    assert (again.token, bodies(again)) == (begun.token, [b"body 0"])


def test_a_batch_that_comes_again_gets_its_first_reply(spool):
    spool.append(entry(1))
    again = spool.append(Entry(source="key:1", batch_id="1", items=9, reply=b"other", body=b"other"))
    assert (again.duplicate, again.reply) == (True, b"reply 1")
    assert spool.append(entry(1, source="key:2")).duplicate is False
    departure = spool.depart(max_items=10, max_bytes=1000)
    spool.departed(departure)
    assert spool.append(entry(1)).duplicate is True  # also after it left


def test_ids_are_forgotten_in_time_and_waiting_bodies_never(tmp_path):
    clock = ManualClock()
    spool = Spool(tmp_path / "spool.db", clock)
    spool.append(entry(1))
    spool.departed(spool.depart(max_items=1, max_bytes=1000))
    spool.append(entry(2))
    clock.advance(8 * 86400)
    assert spool.forget(timedelta(days=7)) == 1
    assert spool.append(entry(1)).duplicate is False
    assert spool.append(entry(2)).duplicate is True
    spool.close()


def test_a_body_larger_than_the_limit_still_leaves(spool):
    spool.append(entry(0, body=b"x" * 5000))
    assert len(bodies(spool.depart(max_items=1, max_bytes=10))) == 1


def test_a_damaged_body_is_told_and_set_aside(spool, tmp_path):
    spool.append(entry(0))
    spool.append(entry(1))
    with dbapi2.connect(str(tmp_path / "spool.db")) as connection:
        connection.execute("UPDATE batch SET body = 'garbled' WHERE batch_id = '0'")
    connection.close()
    departure = spool.depart(max_items=10, max_bytes=1000)
    assert [stored.intact for stored in departure.bodies] == [False, True]
    spool.quarantine(departure.bodies[0].seq, "checksum")
    assert spool.level().quarantined == 1
    assert bodies(spool.depart(max_items=10, max_bytes=1000)) == [b"body 1"]


def test_a_full_disk_refuses_and_keeps_the_rest(spool):
    spool.append(entry(0))
    pages = spool._writer.execute("PRAGMA page_count").fetchone()[0]
    spool._writer.execute(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(UnavailableError, match="full") as caught:
        spool.append(entry(1, body=b"x" * 100_000))
    assert "again" in caught.value.hint
    spool._writer.execute("PRAGMA max_page_count = 1000000")
    assert spool.append(entry(1)).duplicate is False
    assert spool.level().batches == 2


def test_many_writers_share_commits_and_all_are_acknowledged(spool):
    def write(writer):
        for number in range(20):
            spool.append(entry(number, source=f"key:{writer}"))

    threads = [threading.Thread(target=write, args=(writer,)) for writer in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert spool.level().batches == 160


class SpoolMachine(RuleBasedStateMachine):
    """Appends, begins, finishes and loses its process in any order."""

    def __init__(self):
        super().__init__()
        import tempfile
        from pathlib import Path

        self.folder = tempfile.TemporaryDirectory()
        self.path = Path(self.folder.name) / "spool.db"
        self.clock = ManualClock()
        self.spool = Spool(self.path, self.clock)
        self.sent = []  # bodies acknowledged, in order
        self.taken = {}  # token -> bodies, as an engine that knows tokens would keep them
        self.begun = None

    @rule(number=st.integers(0, 30))
    def append(self, number):
        appended = self.spool.append(entry(number))
        body = b"body %d" % number
        assert appended.duplicate == (body in self.sent)
        if not appended.duplicate:
            self.sent.append(body)

    @rule(most=st.integers(1, 5))
    def begin(self, most):
        departure = self.spool.depart(max_items=most, max_bytes=10_000)
        if departure:
            assert self.taken.get(departure.token, bodies(departure)) == bodies(departure)
            self.taken[departure.token] = bodies(departure)
        self.begun = departure

    @precondition(lambda self: self.begun)
    @rule()
    def finish(self):
        self.spool.departed(self.begun)
        self.begun = None

    @rule()
    def crash(self):
        self.spool.close()
        self.spool = Spool(self.path, self.clock)
        self.begun = None

    @invariant()
    def what_left_is_a_beginning_of_what_came(self):
        left = [body for token in self.taken for body in self.taken[token]]
        assert left == self.sent[: len(left)]

    def teardown(self):
        while departure := self.spool.depart(max_items=3, max_bytes=10_000):
            self.taken[departure.token] = bodies(departure)
            self.spool.departed(departure)
        assert [body for token in self.taken for body in self.taken[token]] == self.sent
        self.spool.close()
        self.folder.cleanup()


TestSpoolMachine = SpoolMachine.TestCase
TestSpoolMachine.settings = settings(max_examples=examples(30), stateful_step_count=25, deadline=None)


def test_a_spool_of_an_earlier_release_goes_on(tmp_path):
    """Before bodies had labels."""
    path = tmp_path / "spool.db"
    with contextlib.closing(Spool(path, ManualClock())) as spool:
        spool.append(Entry(source="a", batch_id="1", items=2, reply=b"{}", body=b"body"))
    with contextlib.closing(dbapi2.connect(path)) as connection:
        connection.execute("ALTER TABLE batch DROP COLUMN label")
    with contextlib.closing(Spool(path, ManualClock())) as spool:
        spool.append(Entry(source="a", batch_id="2", items=1, reply=b"{}", body=b"more", label="x y"))
        found = spool.depart(max_items=10, max_bytes=100)
        assert [(one.body, one.label) for one in found.bodies] == [(b"body", ""), (b"more", "x y")]
        assert found.items == 3
