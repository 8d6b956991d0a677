"""What is kept of reads: never what was before a change, never too old, never too much, and read once for all."""

import math
import threading
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from storekeeper.infra.caching import EVER, NEVER, Kept, ReadCache
from storekeeper.kernel.clock import ManualClock
from thoroughness import examples

TTL = 300


class Store:
    """What is read: how often each bucket was written to. Counts its reads."""

    def __init__(self):
        self.written = {"a": 0, "b": 0}
        self.reads = 0

    def read(self, bucket=None):
        self.reads += 1
        return dict(self.written) if bucket is None else self.written[bucket]


@pytest.fixture
def clock():
    return ManualClock()


@pytest.fixture
def store():
    return Store()


@pytest.fixture
def cache(clock):
    return ReadCache(clock, seconds=TTL, most=4)


@pytest.fixture
def get(cache, store):
    """`get("a")` reads one bucket through the cache, `get()` all."""

    def read(bucket=None):
        return cache.get(("usage", bucket), bucket, lambda: store.read(bucket)).value

    return read


def test_the_same_question_is_read_once(get, store):
    assert [get("a"), get("a"), get(), get()] == [0, 0, {"a": 0, "b": 0}, {"a": 0, "b": 0}]
    assert store.reads == 2


def test_what_is_as_old_as_it_may_be_is_read_again(get, store, clock):
    get("a")
    clock.advance(TTL - 1)
    get("a")
    assert store.reads == 1
    clock.advance(1)
    get("a")
    assert store.reads == 2


def test_a_change_concerns_its_bucket_and_all_together(get, store, cache):
    for bucket in ("a", "b", None):
        get(bucket)
    store.written["a"] = 1
    cache.changed({"a": EVER})
    assert (get("a"), get("b"), get()) == (1, 0, {"a": 1, "b": 0})
    assert store.reads == 5


def test_a_change_of_everything_concerns_everything(get, store, cache):
    for bucket in ("a", "b", None):
        get(bucket)
    cache.changed()
    for bucket in ("a", "b", None):
        get(bucket)
    assert store.reads == 6
    cache.changed({"b": EVER})  # what was forgotten of single buckets does not come back
    get("a")
    assert store.reads == 6


def test_what_began_before_a_change_is_not_kept_after_it(cache, store):
    def slow():
        found = store.read("a")
        store.written["a"] = 1
        cache.changed({"a": EVER})
        return found

    assert cache.get("k", "a", slow).value == 0
    assert cache.get("k", "a", lambda: store.read("a")).value == 1


def test_age_counts_from_the_beginning(cache, clock, store):
    def slow():
        clock.advance(TTL - 1)
        return store.read("a")

    cache.get("k", "a", slow)
    clock.advance(1)
    cache.get("k", "a", lambda: store.read("a"))
    assert store.reads == 2


def test_errors_are_not_kept(cache):
    def fail():
        raise OSError("away")

    for _ in range(2):
        with pytest.raises(OSError, match="away"):
            cache.get("k", None, fail)
    assert len(cache) == 0
    assert cache.get("k", None, lambda: 1).value == 1


def test_the_least_used_give_way(cache, store):
    for number in range(4):
        cache.get(number, "a", store.read)
    cache.get(0, "a", store.read)
    cache.get(4, "a", store.read)
    assert (len(cache), store.reads) == (4, 5)
    cache.get(0, "a", store.read)
    assert store.reads == 5
    cache.get(1, "a", store.read)
    assert store.reads == 6


def test_none_are_kept_without_time(clock, store):
    cache = ReadCache(clock, seconds=0)
    for _ in range(3):
        cache.get("k", None, store.read)
    assert (len(cache), store.reads) == (0, 3)


def test_many_at_once_read_once(cache):
    reads, going_on, may_end = [], threading.Event(), threading.Event()

    def slow():
        reads.append(1)
        going_on.set()
        assert may_end.wait(10)
        return "found"

    with ThreadPoolExecutor(16) as threads:
        first = threads.submit(cache.get, "k", "a", slow)
        assert going_on.wait(10)
        others = [threads.submit(cache.get, "k", "a", slow) for _ in range(15)]
        may_end.set()
        assert {one.result(10).value for one in [first, *others]} == {"found"}
    assert len(reads) == 1


def test_who_comes_after_a_change_does_not_join_a_read_from_before(cache):
    going_on, may_end = threading.Event(), threading.Event()

    def slow():
        going_on.set()
        assert may_end.wait(10)
        return "before"

    with ThreadPoolExecutor(1) as threads:
        first = threads.submit(cache.get, "k", "a", slow)
        assert going_on.wait(10)
        cache.changed({"a": EVER})
        assert cache.get("k", "a", lambda: "after").value == "after"
        may_end.set()
        assert first.result(10).value == "before"
    assert cache.get("k", "a", lambda: "again").value == "after"


def test_a_failure_fails_those_who_wait_for_it_and_nobody_else(cache):
    going_on, may_end = threading.Event(), threading.Event()

    def fail():
        going_on.set()
        assert may_end.wait(10)
        raise OSError("away")

    with ThreadPoolExecutor(2) as threads:
        asked = [threads.submit(cache.get, "k", "a", fail)]
        assert going_on.wait(10)
        cache.changed({"a": EVER})
        cache.get("k", "a", lambda: "after")  # the slot of a later read, which the failure must leave
        may_end.set()
        assert isinstance(asked[0].exception(10), OSError)
    assert cache.get("k", "a", lambda: "again").value == "after"


def test_under_threads_nobody_sees_what_was_before_their_question(cache, store):
    """Writers write, then tell; who asks afterwards must see it."""

    def work(number):
        bucket = "ab"[number % 2]
        for step in range(300):
            if number < 2:
                store.written[bucket] = step
                cache.changed({bucket: EVER})
            else:
                written = store.written[bucket]
                if cache.get(bucket, bucket, lambda: store.read(bucket)).value < written - 1:
                    return "stale"  # one write may be told between
        return "fine"

    with ThreadPoolExecutor(8) as threads:
        assert set(threads.map(work, range(8))) == {"fine"}


def test_tags_are_the_same_where_values_are():
    assert Kept({"a": 1}).tag == Kept({"a": 1}).tag
    assert Kept({"a": 1}).tag != Kept({"a": 2}).tag
    assert len(Kept(None).tag) == 32


def day(number):
    return datetime(2026, 11, 1, tzinfo=UTC) + timedelta(days=number)


def test_what_is_over_outlives_what_comes_after_it(cache, store):
    def get():
        return cache.get("k", "a", lambda: store.read("a"), until=day(3)).value

    get()
    for later in ({"a": day(3)}, {"a": day(4), "b": day(1)}, {"b": EVER}):
        store.written["a"] += 1
        cache.changed(later)
        assert (get(), store.reads) == (0, 1)
    cache.changed({"a": day(3) - timedelta.resolution})
    assert (get(), store.reads) == (3, 2)
    cache.changed()
    assert (get(), store.reads) == (3, 3)


def test_a_late_change_is_not_forgotten_for_those_after_it(cache, store):
    """Nor for many of them, of which not each is remembered by itself."""
    cache.get("k", "a", store.read, until=day(1))
    cache.changed({"a": day(0)})
    for number in range(1, 500):
        cache.changed({"a": day(number)})
    cache.get("k", "a", store.read, until=day(1))
    assert store.reads == 2
    cache.changed({"a": day(2)})
    cache.get("k", "a", store.read, until=day(1))
    assert store.reads == 2


def test_what_is_too_large_is_not_kept(clock, store):
    cache = ReadCache(clock, seconds=TTL, fits=lambda value: value < 1)
    for expected in (0, 1, 1):
        assert cache.get("k", "a", lambda: store.read("a")).value == expected
        store.written["a"] = 1
        cache.changed()
    assert (len(cache), store.reads) == (0, 3)


def test_a_read_is_as_old_as_what_it_is_made_of(clock, cache, store):
    """Also where another thread asked for that."""
    parts, lasting = ReadCache(clock, seconds=TTL), ReadCache(clock, seconds=math.inf)
    for of_all_time in (True, False):
        (lasting if of_all_time else parts).get("part", "a", lambda: None)
        clock.advance(TTL // 2)

    def whole():
        with ThreadPoolExecutor(1) as thread:
            thread.submit(copy_context().run, parts.get, "part", "a", lambda: None).result()
        lasting.get("part", "a", lambda: None)
        return store.read("a")

    cache.get("k", "a", whole)
    clock.advance(TTL // 2 - 1)
    cache.get("k", "a", whole)
    assert store.reads == 1
    clock.advance(1)
    cache.get("k", "a", whole)
    assert store.reads == 2
    clock.advance(TTL - 1)
    cache.get("k", "a", whole)
    assert store.reads == 2


MOMENTS = st.integers(0, 3)


class Caching(RuleBasedStateMachine):
    """Against what is there: a read is that of now, or of a moment since which it has not been told to change."""

    def __init__(self):
        super().__init__()
        self.clock = ManualClock()
        self.cache = ReadCache(self.clock, seconds=TTL, most=3)
        self.written = {(bucket, moment): 0 for bucket in "ab" for moment in range(4)}
        self.reads = 0
        self.read_at = {}

    def stored(self, bucket, until):
        return [n for (name, at), n in self.written.items() if bucket in (None, name) and at < until]

    @rule(buckets=st.dictionaries(st.sampled_from("ab"), MOMENTS), is_all=st.booleans())
    def write(self, buckets, is_all):
        for one in self.written:
            if is_all or one in buckets.items():
                self.written[one] += 1
        self.cache.changed(None if is_all else {bucket: day(moment) for bucket, moment in buckets.items()})

    @rule(seconds=st.sampled_from([1, TTL - 1, TTL]))
    def wait(self, seconds):
        self.clock.advance(seconds)

    @rule(bucket=st.sampled_from(["a", "b", None]), until=st.integers(1, 4))
    def read(self, bucket, until):
        now, before = self.clock.monotonic(), self.reads

        def look():
            self.reads += 1
            return self.stored(bucket, until)

        found = self.cache.get((bucket, until), bucket, look, until=day(until) if until < 4 else NEVER)
        assert found.value == self.stored(bucket, until)
        if self.reads > before:
            self.read_at[bucket, until] = now
        assert now - self.read_at[bucket, until] < TTL

    @invariant()
    def it_is_bounded(self):
        assert len(self.cache) <= 3


TestCaching = Caching.TestCase
TestCaching.settings = settings(max_examples=examples(100), stateful_step_count=40, deadline=None)
