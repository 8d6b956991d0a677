"""However workers take, list, divide and cut, and wherever the record of it ends, every key is listed once."""

import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from storekeeper.inventory.model import Shard
from storekeeper.inventory.rules import ranges
from storekeeper.inventory.scanning import frontier as module
from storekeeper.inventory.scanning.columns import keys_of
from storekeeper.inventory.scanning.frontier import Frontier
from storekeeper.kernel.clock import ManualClock
from storekeeper.objectstore import LISTING
from storekeeper.objectstore.memory import MemoryStore
from thoroughness import examples

keys = st.lists(st.text(alphabet="-/01ab~é", min_size=1, max_size=5), max_size=60, unique=True)


def store_of(names):
    store = MemoryStore(ManualClock())
    for name in names:
        store.place(name, b"x")
    return store


class Crew:
    """Workers that are moved one step at a time, in an order that the test chooses."""

    def __init__(self, store, shards, next_number):
        self.store = store
        self.events = []
        self.frontier = Frontier(shards, next_number, self.events.append)
        self.held = []

    def step(self, choice, limit):
        """One of: take a shard, list a page, divide, cut. False when there is nothing to do."""
        frontier = self.frontier
        if frontier._waiting and (choice % 4 == 0 or not self.held):
            self.held.append(frontier.claim().shard)
            return True
        if not self.held:
            return False
        shard = frontier._active[self.held.pop(choice % len(self.held)).number].shard
        if choice % 4 == 1 and (part := frontier.cut(shard.number, shard.after + "/")):
            self.held += [shard, part]
            return True
        shard = self.divide(shard, limit) if choice % 4 == 2 else self.list(shard, limit)
        if not shard.done:
            self.held.append(shard)
        return True

    def list(self, shard, limit):
        page = self.store.list_page(prefix=shard.prefix, start_after=ranges.start_after(shard), limit=limit)
        return self.frontier.listed(shard.number, page.objects, ended=not page.truncated)

    def divide(self, shard, limit):
        page = self.store.list_page(
            prefix=shard.prefix, start_after=ranges.start_after(shard), delimiter="/", limit=limit
        )
        divided = self.frontier.divided(shard.number, page.objects, page.prefixes, truncated=page.truncated)
        return divided or self.list(shard, limit)


def replay(events):
    """(keys found, shards left) after some events: what the ledger would have made durable."""
    found, shards = [], {0: Shard(number=0)}
    for event in events:
        found += keys_of(event.rows) if event.rows is not None else []
        shards |= {shard.number: shard for shard in event.shards}
    return found, shards


@settings(max_examples=examples(200), deadline=None)
@given(keys, st.data())
def test_every_key_once_after_a_crash_anywhere(names, data):
    store = store_of(names)
    numbers = st.integers(0, 1000)
    crew = Crew(store, [Shard(number=0)], 1)
    while crew.step(data.draw(numbers), data.draw(st.integers(1, 7))):
        pass
    kept = data.draw(st.integers(0, len(crew.events)))
    found, shards = replay(crew.events[:kept])
    left = [shard for shard in shards.values() if not shard.done]
    for name in names:
        assert found.count(name) + sum(ranges.contains(shard, name) for shard in left) == 1, name

    second = Crew(store, left, max(shards) + 1)
    while second.step(data.draw(numbers), data.draw(st.integers(1, 7))):
        pass
    rest, _ = replay(second.events)
    assert sorted(found + rest) == sorted(names)


def page_of(*names):
    rows = [{"key": name, "size": 1, "modified": 0, "storage_class": "STANDARD"} for name in names]
    return pa.Table.from_pylist(rows, schema=LISTING)


def test_a_page_that_reaches_over_a_cut_is_trimmed():
    events = []
    frontier = Frontier([Shard(number=0)], 1, events.append)
    frontier.claim()
    frontier.listed(0, page_of("a", "b"), ended=False)
    assert frontier.cut(0, "m").after == "m"
    assert frontier.listed(0, page_of("c", "m", "n"), ended=False).done
    assert keys_of(events[-1].rows) == ["c", "m"]


def test_a_store_that_starts_too_early_is_trimmed():
    events = []
    frontier = Frontier([Shard(number=3, after="b")], 4, events.append)
    frontier.claim()
    frontier.listed(3, page_of("a", "b", "c"), ended=True)
    assert keys_of(events[-1].rows) == ["c"]


def test_only_a_shard_that_proved_big_is_cut_and_not_again_at_once():
    frontier = Frontier([Shard(number=0)], 1, lambda _event: None)
    frontier.claim()
    for page in range(module.PAGES_BEFORE_A_CUT):
        assert not frontier._find()
        frontier.listed(0, page_of(f"{page:03}"), ended=False)
    assert frontier.claim().to_cut
    assert not frontier._find()


def test_nobody_waits_when_all_is_listed_or_stopped():
    frontier = Frontier([Shard(number=0)], 1, lambda _event: None)
    frontier.claim()
    frontier.listed(0, page_of(), ended=True)
    assert frontier.claim() is None
    frontier = Frontier([Shard(number=0)], 1, lambda _event: None)
    frontier.stop()
    assert frontier.claim() is None
