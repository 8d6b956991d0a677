"""Which buckets what is stored is of."""

import pyarrow as pa

from storekeeper.metering.service.drainer import buckets_of


def test_the_buckets_of_stored_rows_are_found_in_any_form():
    coded, plain = pa.array(["a", "a"]).dictionary_encode(), pa.chunked_array([pa.array(["b"])])
    both = pa.chunked_array([coded, pa.array(["a", "c"]).dictionary_encode()])
    assert buckets_of(pa.table({"bucket_id": both})) == {"a", "c"}
    assert buckets_of(pa.table({"bucket_id": plain})) == {"b"}
