"""Sums of operations as columns: to add up a thousand rows of them one by one takes as long as to read them."""

from collections.abc import Sequence

import pyarrow as pa

FIGURES = ("requests", "samples", "errors", "throttles", "bytes_in", "bytes_out", "latency_sum", "timed")


def added(rows: pa.Table, by: Sequence[str], figures: Sequence[str] = FIGURES) -> pa.Table:
    """The rows that have the same in `by` added up: {*by, *figures}, in no order."""
    found = rows.group_by(list(by), use_threads=False).aggregate([(name, "sum") for name in figures])
    return found.rename_columns({f"{name}_sum": name for name in figures})
