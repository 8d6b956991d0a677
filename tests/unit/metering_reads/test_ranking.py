"""Owners of two ranges compared in memory."""

from collections import Counter

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from storekeeper.metering.analytics.ranking import ranked
from storekeeper.metering.sums import FIGURES

LIMIT = 3
sums = st.dictionaries(st.sampled_from("abcdefghij"), st.integers(1, 20).map(float), max_size=8)


def table(requests, figures):
    columns = {name: pa.array(list(requests.values()), pa.float64()) for name in figures}
    return pa.table({"name": pa.array(list(requests), pa.string()), **columns})


def best(owners, worth):
    return sorted(owners, key=lambda name: (-worth(name), name))[:LIMIT]


@given(sums, sums)
def test_the_busiest_and_those_that_moved_most_are_told_busiest_first(now, before):
    """Also those who were there in one range only."""
    found = ranked(table(now, FIGURES), table(before, FIGURES[:1]), LIMIT)
    requests, previous = Counter(now), Counter(before)
    owners = requests.keys() | previous.keys()
    expected = {
        *best(owners, lambda name: requests[name]),
        *best(owners, lambda name: abs(requests[name] - previous[name])),
    }
    assert [row["name"] for row in found] == sorted(expected, key=lambda name: (-requests[name], name))
    for row in found:
        assert (row["requests"], row["previous"]) == (requests[row["name"]], previous[row["name"]])
        assert row["bytes_out"] == requests[row["name"]]
