"""Which buckets what is stored is of, and from when on it changes what is known of them."""

from datetime import UTC, datetime, timedelta

import pyarrow as pa
import pytest

from storekeeper.infra.caching import EVER
from storekeeper.metering.service.drainer import reached_by
from storekeeper.metering.service.few import label, reach

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


def test_the_buckets_of_stored_rows_are_found_in_any_form():
    coded, plain = pa.array(["a", "a"]).dictionary_encode(), pa.chunked_array([pa.array(["b"])])
    both = pa.chunked_array([coded, pa.array(["a", "c"]).dictionary_encode()])
    times = pa.array([NOW + timedelta(minutes=n) for n in (3, 1, 2, 4)], pa.timestamp("ms", tz="UTC"))
    found = reached_by(pa.table({"bucket_id": both, "time": times}))
    assert found == dict.fromkeys("ac", NOW + timedelta(minutes=1))
    assert reached_by(pa.table({"bucket_id": plain, "time": times[:1]})) == {"b": NOW + timedelta(minutes=3)}


def test_a_small_batch_says_so_in_its_label():
    first = 1_700_000_000_123
    rows = [(first + 5, "a", "ann"), (first, "b", ""), (first + 1, "a", "")]
    since = datetime.fromtimestamp(first / 1000, UTC)
    assert reach(label(rows)) == {"a": since, "b": since}


@pytest.mark.parametrize("damaged", ["", "a b", "x a b", f"{10**30} a b", f"-{10**18} a b"])
def test_a_damaged_label_keeps_nothing_from_being_moved(damaged):
    """Only the body of a row in the spool has a checksum."""
    assert reach(damaged) == dict.fromkeys(damaged.split(), EVER)
