"""Made-up operations, seeded: a few buckets, as many owners as reads are measured with, of whom few do most (Zipf's law), some
failures, latencies with a tail.
"""

import io
import time

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.csv as pa_csv

BUCKETS, OWNERS, SECONDS = 10, 10_000, 60
_CALLS = ["GetObject", "PutObject", "HeadObject", "DeleteObject", "ListObjectsV2"]
_STATUS = [200] * 95 + [404] * 3 + [503] * 2


def make(count, seed=1):
    """A table of what is sent (`metering.model.SENT`, without what is empty), within the last minute, in order."""
    random = np.random.default_rng(seed)
    shares = 1 / np.arange(1, OWNERS + 1)
    owners = np.char.add("owner-", random.choice(OWNERS, count, p=shares / shares.sum()).astype(str))
    status = random.choice(_STATUS, count)
    numbers = random.integers(0, 10**7, count).astype(str)
    ago = np.sort(random.integers(0, SECONDS * 1000, count))[::-1]
    now = int(time.time() * 1000)  # noqa: TID251 - the server runs by the real clock
    keys = np.char.add(np.char.add(np.char.add("users/", owners), "/image-"), np.char.add(numbers, ".jpg"))
    return pa.table(
        {
            "time": pa.array(now - ago).cast(pa.timestamp("ms", tz="UTC")),
            "bucket": np.char.add("bucket-", random.integers(0, BUCKETS, count).astype(str)),
            "operation": np.array(_CALLS)[random.choice(5, count, p=[0.6, 0.2, 0.1, 0.05, 0.05])],
            "status": status,
            "owner": owners,
            "key": keys,
            "error": np.where(status == 404, "NoSuchKey", np.where(status == 503, "SlowDown", "")),
            "bytesIn": random.integers(0, 10**6, count),
            "bytesOut": random.integers(0, 10**6, count),
            "latencyMs": np.round(random.lognormal(3, 1, count), 3),
            "requestId": np.char.add("request-", random.integers(0, 2**40, count).astype(str)),
        }
    )


def as_ndjson(rows):
    encode = msgspec.json.Encoder().encode_lines
    stamped = rows.set_column(0, "time", rows["time"].cast(pa.int64()))
    return encode(stamped.to_pylist())


def as_arrow(rows):
    sink = io.BytesIO()
    with pa.ipc.new_stream(sink, rows.schema) as writer:
        writer.write_table(rows)
    return sink.getvalue()


def as_csv(rows):
    """Seven columns, the last two with values: what VictoriaMetrics is told to import, by what we sum up by."""
    chosen = rows.select(["time", "bucket", "owner", "operation", "status", "bytesOut", "latencyMs"])
    chosen = chosen.set_column(0, "time", rows["time"].cast(pa.int64()))
    sink = io.BytesIO()
    options = pa_csv.WriteOptions(include_header=False, quoting_style="none")
    pa_csv.write_csv(chosen, sink, options)
    return sink.getvalue()


VICTORIA_FORMAT = "1:time:unix_ms,2:label:bucket,3:label:owner,4:label:operation,5:label:status,6:metric:bytes_out,7:metric:latency"
