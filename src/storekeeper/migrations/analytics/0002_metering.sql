-- Operations as they came in. A day is dropped whole; the retention job decides when. `latency` is for formats without
-- single precision. A granule is small, for lists read a few rows of many places; `by_owner` has what they show in the order of owners.
CREATE TABLE IF NOT EXISTS operation
(
    time DateTime64(3, 'UTC'),
    bucket_id LowCardinality(String),
    owner String,
    operation LowCardinality(String),
    status UInt16,
    error LowCardinality(String),
    prefix String,
    name String,
    extension LowCardinality(String),
    bytes_in UInt64,
    bytes_out UInt64,
    object_size UInt64,
    latency Float64 EPHEMERAL 0,
    latency_ms Float32 DEFAULT toFloat32(latency),
    weight Float64,
    client UInt64,
    client_key UInt8,
    request_id String,
    storage_class LowCardinality(String),
    id String,
    source LowCardinality(String),
    PROJECTION by_owner
    (
        SELECT time, bucket_id, owner, operation, status, error, prefix, name, bytes_in, bytes_out, latency_ms, weight, request_id, id
        ORDER BY owner, time
    )
)
ENGINE = MergeTree
PARTITION BY toDate(time)
ORDER BY (bucket_id, time)
SETTINGS index_granularity = 1024, min_compress_block_size = 8192, max_compress_block_size = 65536,
    non_replicated_deduplication_window = 10000, fsync_after_insert = 1, fsync_part_directory = 1,
    min_age_to_force_merge_seconds = 3600, min_age_to_force_merge_on_partition_only = 1;

-- A day of operations, or a month of sums, that nothing came to for an hour becomes one part: each part that a read looks into costs it a
-- millisecond. A table `AS` another has its columns and, where nothing else is said, its engine, order and settings. What pages read is LZ4 in
-- parts of any size: from a hundred megabytes on the engine would take ZSTD, which is half as large and takes half as long again to read.
-- Where all of a month is read, parts are merged sooner than by themselves (`merge_selector_base`, 5), for each has the sums of the month again.

-- Weighted sums by owner, a row a minute.
CREATE TABLE IF NOT EXISTS usage_minute
(
    time DateTime('UTC'),
    bucket_id LowCardinality(String),
    owner String,
    operation LowCardinality(String),
    status_class UInt8,
    storage_class LowCardinality(String),
    requests SimpleAggregateFunction(sum, Float64),
    samples SimpleAggregateFunction(sum, UInt64),
    errors SimpleAggregateFunction(sum, Float64),
    throttles SimpleAggregateFunction(sum, Float64),
    refused SimpleAggregateFunction(sum, Float64),
    bytes_in SimpleAggregateFunction(sum, Float64),
    bytes_out SimpleAggregateFunction(sum, Float64),
    latency_sum SimpleAggregateFunction(sum, Float64),
    timed SimpleAggregateFunction(sum, Float64),
    latency AggregateFunction(quantilesBFloat16Weighted(0.5, 0.95, 0.99), Float32, UInt32)
)
ENGINE = AggregatingMergeTree
PARTITION BY toYYYYMM(time)
ORDER BY (owner, time, bucket_id, operation, status_class, storage_class)
SETTINGS non_replicated_deduplication_window = 10000, fsync_after_insert = 1, fsync_part_directory = 1,
    default_compression_codec = 'LZ4', min_age_to_force_merge_seconds = 3600, min_age_to_force_merge_on_partition_only = 1;

-- A latency of zero is one that is not known; with the weight zero it is no sample.
CREATE MATERIALIZED VIEW IF NOT EXISTS usage_minute_view TO usage_minute AS
SELECT
    toStartOfMinute(operation.time) AS time, bucket_id, owner, operation, toUInt8(intDiv(status, 100)) AS status_class, storage_class,
    sum(weight) AS requests, count() AS samples, sumIf(weight, status >= 400) AS errors,
    sumIf(weight, status = 429 OR error IN ('SlowDown', 'Throttling', 'TooManyRequests')) AS throttles,
    sumIf(weight, status IN (401, 403)) AS refused,
    sum(bytes_in * weight) AS bytes_in, sum(bytes_out * weight) AS bytes_out, sum(latency_ms * weight) AS latency_sum,
    sumIf(weight, latency_ms > 0) AS timed,
    quantilesBFloat16WeightedState(0.5, 0.95, 0.99)(latency_ms, toUInt32(if(latency_ms > 0, greatest(1, round(weight * 100)), 0))) AS latency
FROM operation
GROUP BY time, bucket_id, owner, operation, status_class, storage_class;

-- Weighted sums by owner, a row an hour. What came in one insert is mostly of one minute, so that sums of it by the hour, or by more, would
-- have as many rows: merges add them up.
CREATE TABLE IF NOT EXISTS usage_hour AS usage_minute
ENGINE = AggregatingMergeTree
PARTITION BY toYYYYMM(time)
ORDER BY (owner, time, bucket_id, operation, status_class, storage_class)
SETTINGS index_granularity = 1024, non_replicated_deduplication_window = 10000, fsync_after_insert = 1, fsync_part_directory = 1,
    default_compression_codec = 'LZ4', min_age_to_force_merge_seconds = 3600, min_age_to_force_merge_on_partition_only = 1;

CREATE MATERIALIZED VIEW IF NOT EXISTS usage_hour_view TO usage_hour AS
SELECT
    toStartOfHour(usage_minute.time) AS time, bucket_id, owner, operation, status_class, storage_class,
    requests, samples, errors, throttles, refused, bytes_in, bytes_out, latency_sum, timed, latency
FROM usage_minute;

-- Weighted sums by owner, a row a day.
CREATE TABLE IF NOT EXISTS usage_day AS usage_hour;

CREATE MATERIALIZED VIEW IF NOT EXISTS usage_day_view TO usage_day AS
SELECT
    toStartOfDay(usage_hour.time) AS time, bucket_id, owner, operation, status_class, storage_class,
    requests, samples, errors, throttles, refused, bytes_in, bytes_out, latency_sum, timed, latency
FROM usage_hour;

-- Weighted sums without owners: few rows, for figures over everybody, a row a minute.
CREATE TABLE IF NOT EXISTS traffic_minute
(
    time DateTime('UTC'),
    bucket_id LowCardinality(String),
    operation LowCardinality(String),
    status_class UInt8,
    requests SimpleAggregateFunction(sum, Float64),
    samples SimpleAggregateFunction(sum, UInt64),
    errors SimpleAggregateFunction(sum, Float64),
    throttles SimpleAggregateFunction(sum, Float64),
    bytes_in SimpleAggregateFunction(sum, Float64),
    bytes_out SimpleAggregateFunction(sum, Float64),
    latency_sum SimpleAggregateFunction(sum, Float64),
    timed SimpleAggregateFunction(sum, Float64),
    latency AggregateFunction(quantilesBFloat16Weighted(0.5, 0.95, 0.99), Float32, UInt32)
)
ENGINE = AggregatingMergeTree
PARTITION BY toYYYYMM(time)
ORDER BY (bucket_id, time, operation, status_class)
SETTINGS index_granularity = 1024, non_replicated_deduplication_window = 10000, fsync_after_insert = 1, fsync_part_directory = 1,
    default_compression_codec = 'LZ4', min_age_to_force_merge_seconds = 3600, min_age_to_force_merge_on_partition_only = 1;

CREATE MATERIALIZED VIEW IF NOT EXISTS traffic_minute_view TO traffic_minute AS
SELECT
    toStartOfMinute(operation.time) AS time, bucket_id, operation, toUInt8(intDiv(status, 100)) AS status_class,
    sum(weight) AS requests, count() AS samples, sumIf(weight, status >= 400) AS errors,
    sumIf(weight, status = 429 OR error IN ('SlowDown', 'Throttling', 'TooManyRequests')) AS throttles,
    sum(bytes_in * weight) AS bytes_in, sum(bytes_out * weight) AS bytes_out, sum(latency_ms * weight) AS latency_sum,
    sumIf(weight, latency_ms > 0) AS timed,
    quantilesBFloat16WeightedState(0.5, 0.95, 0.99)(latency_ms, toUInt32(if(latency_ms > 0, greatest(1, round(weight * 100)), 0))) AS latency
FROM operation
GROUP BY time, bucket_id, operation, status_class;

-- Weighted sums without owners: few rows, for figures over everybody, a row an hour.
CREATE TABLE IF NOT EXISTS traffic_hour AS traffic_minute
ENGINE = AggregatingMergeTree
PARTITION BY toYYYYMM(time)
ORDER BY (bucket_id, time, operation, status_class)
SETTINGS min_compress_block_size = 16384, max_compress_block_size = 16384,
    index_granularity = 256, non_replicated_deduplication_window = 10000, fsync_after_insert = 1, fsync_part_directory = 1,
    default_compression_codec = 'LZ4', merge_selector_base = 2, min_age_to_force_merge_seconds = 3600, min_age_to_force_merge_on_partition_only = 1;

CREATE MATERIALIZED VIEW IF NOT EXISTS traffic_hour_view TO traffic_hour AS
SELECT
    toStartOfHour(traffic_minute.time) AS time, bucket_id, operation, status_class,
    sum(requests) AS requests, sum(samples) AS samples, sum(errors) AS errors, sum(throttles) AS throttles,
    sum(bytes_in) AS bytes_in, sum(bytes_out) AS bytes_out, sum(latency_sum) AS latency_sum, sum(timed) AS timed,
    quantilesBFloat16WeightedMergeState(0.5, 0.95, 0.99)(latency) AS latency
FROM traffic_minute
GROUP BY time, bucket_id, operation, status_class;

-- Weighted sums without owners: few rows, for figures over everybody, a row a day.
CREATE TABLE IF NOT EXISTS traffic_day AS traffic_hour
ENGINE = AggregatingMergeTree
PARTITION BY toYYYYMM(time)
ORDER BY (bucket_id, time, operation, status_class)
SETTINGS index_granularity = 128, non_replicated_deduplication_window = 10000, fsync_after_insert = 1, fsync_part_directory = 1,
    default_compression_codec = 'LZ4', merge_selector_base = 2, min_age_to_force_merge_seconds = 3600, min_age_to_force_merge_on_partition_only = 1;

CREATE MATERIALIZED VIEW IF NOT EXISTS traffic_day_view TO traffic_day AS
SELECT
    toStartOfDay(traffic_hour.time) AS time, bucket_id, operation, status_class,
    sum(requests) AS requests, sum(samples) AS samples, sum(errors) AS errors, sum(throttles) AS throttles,
    sum(bytes_in) AS bytes_in, sum(bytes_out) AS bytes_out, sum(latency_sum) AS latency_sum, sum(timed) AS timed,
    quantilesBFloat16WeightedMergeState(0.5, 0.95, 0.99)(latency) AS latency
FROM traffic_hour
GROUP BY time, bucket_id, operation, status_class;

-- What pages read most, summed up further so that ranges of weeks stay few rows: owners in the order of time, and latency
-- without buckets and statuses.

-- Weighted sums by owner of all buckets, whose name is empty, and of each. A read takes the longest units that fit into its range, and
-- shorter ones at its edges; one table for all of them is planned in half of the time that several take. A quarter is one of a day. An
-- eighth is four days of one month, the 1st to the 4th, the 5th to the 8th, the last is shorter: so it goes when its month goes. Long units
-- are apart (1), for their sums fall together when parts are merged: so the present month is in few of them. So are hours, by the eighth
-- that they are in (2 to 9): they are most of the rows, nobody asks for them after some days, and then they go.
CREATE TABLE IF NOT EXISTS owner_sum
(
    bucket_id LowCardinality(String),
    unit Enum8('hour' = 1, 'quarter' = 2, 'day' = 3, 'eighth' = 4, 'month' = 5),
    time DateTime('UTC'),
    owner String,
    requests SimpleAggregateFunction(sum, Float64),
    samples SimpleAggregateFunction(sum, UInt64),
    errors SimpleAggregateFunction(sum, Float64),
    throttles SimpleAggregateFunction(sum, Float64),
    bytes_in SimpleAggregateFunction(sum, Float64),
    bytes_out SimpleAggregateFunction(sum, Float64),
    latency_sum SimpleAggregateFunction(sum, Float64),
    timed SimpleAggregateFunction(sum, Float64)
)
ENGINE = AggregatingMergeTree
PARTITION BY (toYYYYMM(time), multiIf(unit = 'hour', 2 + intDiv(toDayOfMonth(time) - 1, 4), unit IN ('eighth', 'month'), 1, 0))
ORDER BY (bucket_id, unit, time, owner)
SETTINGS min_compress_block_size = 16384, max_compress_block_size = 16384,
    index_granularity = 1024, non_replicated_deduplication_window = 10000, fsync_after_insert = 1, fsync_part_directory = 1,
    default_compression_codec = 'LZ4', merge_selector_base = 2, min_age_to_force_merge_seconds = 3600, min_age_to_force_merge_on_partition_only = 1;

CREATE MATERIALIZED VIEW IF NOT EXISTS owner_sum_view TO owner_sum AS
SELECT
    '' AS bucket_id, unit, time, owner, requests, samples, errors, throttles, bytes_in, bytes_out, latency_sum, timed
FROM (
    SELECT
        usage_hour.time AS hour, owner,
        sum(requests) AS requests, sum(samples) AS samples, sum(errors) AS errors, sum(throttles) AS throttles,
        sum(bytes_in) AS bytes_in, sum(bytes_out) AS bytes_out, sum(latency_sum) AS latency_sum, sum(timed) AS timed
    FROM usage_hour
    GROUP BY hour, owner
)
ARRAY JOIN
    ['hour', 'quarter', 'day', 'eighth', 'month'] AS unit,
    [
        hour, toStartOfInterval(hour, toIntervalHour(6)), toStartOfDay(hour),
        toDateTime(toStartOfMonth(hour), 'UTC') + toIntervalDay(intDiv(toDayOfMonth(hour) - 1, 4) * 4),
        toDateTime(toStartOfMonth(hour), 'UTC')
    ] AS time;

-- Of each bucket.
CREATE MATERIALIZED VIEW IF NOT EXISTS bucket_owner_sum_view TO owner_sum AS
SELECT
    bucket_id, unit, time, owner, requests, samples, errors, throttles, bytes_in, bytes_out, latency_sum, timed
FROM (
    SELECT
        usage_hour.time AS hour, bucket_id, owner,
        sum(requests) AS requests, sum(samples) AS samples, sum(errors) AS errors, sum(throttles) AS throttles,
        sum(bytes_in) AS bytes_in, sum(bytes_out) AS bytes_out, sum(latency_sum) AS latency_sum, sum(timed) AS timed
    FROM usage_hour
    GROUP BY hour, bucket_id, owner
)
ARRAY JOIN
    ['hour', 'quarter', 'day', 'eighth', 'month'] AS unit,
    [
        hour, toStartOfInterval(hour, toIntervalHour(6)), toStartOfDay(hour),
        toDateTime(toStartOfMonth(hour), 'UTC') + toIntervalDay(intDiv(toDayOfMonth(hour) - 1, 4) * 4),
        toDateTime(toStartOfMonth(hour), 'UTC')
    ] AS time;

-- Weighted sums and latency by operation, a row a minute.
CREATE TABLE IF NOT EXISTS speed_minute
(
    time DateTime('UTC'),
    operation LowCardinality(String),
    requests SimpleAggregateFunction(sum, Float64),
    samples SimpleAggregateFunction(sum, UInt64),
    errors SimpleAggregateFunction(sum, Float64),
    throttles SimpleAggregateFunction(sum, Float64),
    bytes_in SimpleAggregateFunction(sum, Float64),
    bytes_out SimpleAggregateFunction(sum, Float64),
    latency_sum SimpleAggregateFunction(sum, Float64),
    timed SimpleAggregateFunction(sum, Float64),
    latency AggregateFunction(quantilesBFloat16Weighted(0.5, 0.95, 0.99), Float32, UInt32)
)
ENGINE = AggregatingMergeTree
PARTITION BY toYYYYMM(time)
ORDER BY (time, operation)
SETTINGS index_granularity = 256, non_replicated_deduplication_window = 10000, fsync_after_insert = 1, fsync_part_directory = 1,
    default_compression_codec = 'LZ4', min_age_to_force_merge_seconds = 3600, min_age_to_force_merge_on_partition_only = 1;

CREATE MATERIALIZED VIEW IF NOT EXISTS speed_minute_view TO speed_minute AS
SELECT
    traffic_minute.time AS time, operation,
    sum(requests) AS requests, sum(samples) AS samples, sum(errors) AS errors, sum(throttles) AS throttles,
    sum(bytes_in) AS bytes_in, sum(bytes_out) AS bytes_out, sum(latency_sum) AS latency_sum, sum(timed) AS timed,
    quantilesBFloat16WeightedMergeState(0.5, 0.95, 0.99)(latency) AS latency
FROM traffic_minute
GROUP BY time, operation;

-- Weighted sums and latency by operation, a row an hour.
CREATE TABLE IF NOT EXISTS speed_hour AS speed_minute
ENGINE = AggregatingMergeTree
PARTITION BY toYYYYMM(time)
ORDER BY (time, operation)
SETTINGS index_granularity = 128, non_replicated_deduplication_window = 10000, fsync_after_insert = 1, fsync_part_directory = 1,
    default_compression_codec = 'LZ4', merge_selector_base = 2, min_age_to_force_merge_seconds = 3600, min_age_to_force_merge_on_partition_only = 1;

CREATE MATERIALIZED VIEW IF NOT EXISTS speed_hour_view TO speed_hour AS
SELECT
    traffic_hour.time AS time, operation,
    sum(requests) AS requests, sum(samples) AS samples, sum(errors) AS errors, sum(throttles) AS throttles,
    sum(bytes_in) AS bytes_in, sum(bytes_out) AS bytes_out, sum(latency_sum) AS latency_sum, sum(timed) AS timed,
    quantilesBFloat16WeightedMergeState(0.5, 0.95, 0.99)(latency) AS latency
FROM traffic_hour
GROUP BY time, operation;

-- Weighted sums and latency by operation, a row a day.
CREATE TABLE IF NOT EXISTS speed_day AS speed_hour;

CREATE MATERIALIZED VIEW IF NOT EXISTS speed_day_view TO speed_day AS
SELECT
    traffic_day.time AS time, operation,
    sum(requests) AS requests, sum(samples) AS samples, sum(errors) AS errors, sum(throttles) AS throttles,
    sum(bytes_in) AS bytes_in, sum(bytes_out) AS bytes_out, sum(latency_sum) AS latency_sum, sum(timed) AS timed,
    quantilesBFloat16WeightedMergeState(0.5, 0.95, 0.99)(latency) AS latency
FROM traffic_day
GROUP BY time, operation;

-- How many operations took how long, a row for five minutes, bucket and lower edge in milliseconds.
CREATE TABLE IF NOT EXISTS heat_map
(
    time DateTime('UTC'),
    bucket_id LowCardinality(String),
    edge UInt16,
    requests SimpleAggregateFunction(sum, Float64)
)
ENGINE = AggregatingMergeTree
PARTITION BY toYYYYMM(time)
ORDER BY (time, bucket_id, edge)
SETTINGS index_granularity = 1024, non_replicated_deduplication_window = 10000, fsync_after_insert = 1, fsync_part_directory = 1,
    default_compression_codec = 'LZ4', merge_selector_base = 2, min_age_to_force_merge_seconds = 3600, min_age_to_force_merge_on_partition_only = 1;

CREATE MATERIALIZED VIEW IF NOT EXISTS heat_map_view TO heat_map AS
SELECT
    toStartOfFiveMinutes(operation.time) AS time, bucket_id,
    roundDown(toUInt32(latency_ms), [0, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10000]) AS edge, sum(weight) AS requests
FROM operation
WHERE latency_ms > 0
GROUP BY time, bucket_id, edge;
