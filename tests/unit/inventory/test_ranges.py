"""Shards always cover every key exactly once, whatever is cut, divided or crashed."""

from bisect import bisect_right

from hypothesis import given, settings
from hypothesis import strategies as st

from storekeeper.inventory.model import Shard
from storekeeper.inventory.rules import ranges
from storekeeper.inventory.rules.cutting import find_cut

# Few letters, so that prefixes, markers and neighbours of the delimiter meet often.
text = st.text(alphabet=".-/0ab~é\U0001f680", max_size=6)
keys = st.lists(text.filter(bool), max_size=40, unique=True).map(sorted)
shards = st.builds(Shard, number=st.just(0), prefix=text, after=text, until=text)


def level(every, shard, limit, *, repeats_own):
    """What a store answers to a listing with delimiter: (keys, folders, truncated)."""
    begin = ranges.start_after(shard)
    entries = {}
    for key in every:
        if key > begin and key.startswith(shard.prefix):
            end = key.find("/", len(shard.prefix)) + 1
            entry = key[:end] if end else key
            if entry > begin or (repeats_own and begin.startswith(entry)):
                entries[entry] = not end
    page = sorted(entries)[:limit]
    return [e for e in page if entries[e]], [e for e in page if not entries[e]], len(entries) > limit


@settings(deadline=None)
@given(keys, shards, text)
def test_a_cut_loses_nothing_and_doubles_nothing(every, shard, at):
    parts = ranges.cut(shard, at, 1)
    for key in every:
        holders = [part for part in parts or (shard,) if ranges.contains(part, key)]
        assert len(holders) == ranges.contains(shard, key)


@settings(deadline=None)
@given(keys, shards, st.integers(1, 50), st.booleans())
def test_a_division_loses_nothing_and_doubles_nothing(every, shard, limit, repeats_own):
    found, folders, truncated = level(every, shard, limit, repeats_own=repeats_own)
    division = ranges.divide(shard, found, folders, truncated=truncated)
    if division is None:
        assert truncated
        return
    listed = set(found[division.found])
    for key in every:
        holders = sum(ranges.contains(part, key) for part in (division.rest, *division.children))
        assert (key in listed) + holders == ranges.contains(shard, key), key


@settings(deadline=None)
@given(keys, shards)
def test_what_is_wanted_of_a_page_is_what_the_shard_contains(every, shard):
    mine = [key for key in every if key.startswith(shard.prefix)]
    assert mine[ranges.wanted(shard, mine)] == [key for key in mine if ranges.contains(shard, key)]


@settings(deadline=None)
@given(shards, text)
def test_advancing_leaves_what_is_later(shard, last):
    later = ranges.advance(shard, last, ended=False)
    for key in (last, last + "a", shard.until):
        assert ranges.contains(later, key) == (ranges.contains(shard, key) and key > last)


@settings(deadline=None)
@given(keys, shards)
def test_nothing_of_the_shard_is_before_what_the_store_is_asked_for(every, shard):
    for key in every:
        assert not ranges.contains(shard, key) or key > ranges.start_after(shard)


def search(every, prefix, origin, position, until=""):
    """Run the search against sorted keys: (cut, probes)."""
    finder, answer, probes = find_cut(prefix, origin, position, until), None, 0
    try:
        while True:
            point = finder.send(answer)
            probes += 1
            place = bisect_right(every, point)
            found = every[place] if place < len(every) else None
            answer = found if found and found.startswith(prefix) and (not until or found <= until) else None
    except StopIteration as result:
        return result.value, probes


@settings(deadline=None)
@given(keys, st.data())
def test_a_cut_is_always_ahead_and_found_with_few_probes(every, data):
    position = data.draw(st.sampled_from(every)) if every else "a"
    origin = data.draw(st.sampled_from(["", *(key for key in every if key <= position)]))
    until = data.draw(st.sampled_from(["", *(key for key in every if key > position)]))
    point, probes = search(every, "", origin, position, until)
    assert point is None or (point > position and (not until or point < until))
    assert probes <= 12


def ahead_of(every, position, point):
    left = bisect_right(every, point) - bisect_right(every, position)
    return left / (len(every) - bisect_right(every, position))


def test_cuts_are_near_the_middle_of_usual_names():
    hexadecimal = sorted(f"objects/{number * 2654435761 % 2**32:08x}" for number in range(5000))
    numbered = [f"file-{number:06}.txt" for number in range(100_000)]
    dated = [
        f"logs/2026/{m:02}/{d:02}/{h:02}.gz" for m in range(1, 13) for d in range(1, 29) for h in range(24)
    ]
    for every, prefix, worst in ((hexadecimal, "objects/", 3), (numbered, "", 5), (dated, "logs/", 9)):
        position = every[len(every) // 50]
        point, probes = search(every, prefix, every[0], position)
        assert 0.2 < ahead_of(every, position, point) < 0.8, (point, position)
        assert probes <= worst


def test_folders_are_worth_a_request_only_when_they_are_big():
    shard = Shard(number=0, prefix="a/")
    assert ranges.has_few_folders(shard, [f"a/{number // 250}/{number}" for number in range(1000)])
    assert not ranges.has_few_folders(shard, [f"a/{number // 10}/{number}" for number in range(1000)])
