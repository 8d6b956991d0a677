-- What providers report of themselves, kept apart from what was measured. The same window again replaces itself.
CREATE TABLE IF NOT EXISTS reported_usage
(
    source LowCardinality(String),
    bucket_id LowCardinality(String),
    time DateTime('UTC'),
    resolution UInt32,
    operation LowCardinality(String),
    status LowCardinality(String),
    detail LowCardinality(String),
    is_total UInt8,
    requests Nullable(Float64),
    errors Nullable(Float64),
    bytes_in Nullable(Float64),
    bytes_out Nullable(Float64),
    objects Nullable(Float64),
    bytes Nullable(Float64),
    imported_at DateTime64(6, 'UTC')
)
ENGINE = ReplacingMergeTree(imported_at)
PARTITION BY toYYYYMM(time)
ORDER BY (bucket_id, source, resolution, time, operation, status, detail, is_total)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1;
