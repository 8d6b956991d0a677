"""Our own probe objects belong to nobody, whatever the owner pattern of a bucket finds in their names."""

import pyarrow as pa
import pytest

from storekeeper.buckets import keys, owner_regex
from storekeeper.buckets.rules import owner_of

PROBE = ".storekeeper-probe/a1b2/20261121T140500123Z-0f1e2d3c4b5a6978"


@pytest.mark.parametrize("pattern", ["{owner}/", "*/{owner}/", "{owner}"])
def test_a_probe_has_no_owner(pattern):
    found = keys.owners(pa.array([PROBE, "ann/bob/c.txt"]), owner_regex(pattern)).to_pylist()
    assert found[0] == ""
    assert found[1] in ("ann", "bob")
    assert owner_of(PROBE, pattern) == ""
    assert owner_of("ann/bob/c.txt", pattern) == found[1]
