-- What pages read most, summed up further so that ranges of weeks stay few rows: owners in the order of time, and latency
-- without buckets and statuses.
-- Weighted sums by owner, a row an hour.
CREATE TABLE owner_hour
(
    time DateTime('UTC'),
    owner String,
    requests SimpleAggregateFunction(sum, Float64),
    samples SimpleAggregateFunction(sum, UInt64),
    errors SimpleAggregateFunction(sum, Float64),
    throttles SimpleAggregateFunction(sum, Float64),
    bytes_in SimpleAggregateFunction(sum, Float64),
    bytes_out SimpleAggregateFunction(sum, Float64),
    latency_sum SimpleAggregateFunction(sum, Float64)
)
ENGINE = AggregatingMergeTree
PARTITION BY toYYYYMM(time)
ORDER BY (time, owner)
SETTINGS non_replicated_deduplication_window = 10000, fsync_after_insert = 1, fsync_part_directory = 1;

INSERT INTO owner_hour
SELECT
    usage_hour.time AS time, owner,
    sum(requests) AS requests, sum(samples) AS samples, sum(errors) AS errors, sum(throttles) AS throttles,
    sum(bytes_in) AS bytes_in, sum(bytes_out) AS bytes_out, sum(latency_sum) AS latency_sum
FROM usage_hour
GROUP BY time, owner;

CREATE MATERIALIZED VIEW owner_hour_view TO owner_hour AS
SELECT
    usage_hour.time AS time, owner,
    sum(requests) AS requests, sum(samples) AS samples, sum(errors) AS errors, sum(throttles) AS throttles,
    sum(bytes_in) AS bytes_in, sum(bytes_out) AS bytes_out, sum(latency_sum) AS latency_sum
FROM usage_hour
GROUP BY time, owner;

-- Weighted sums by owner and bucket, a row a day.
CREATE TABLE owner_day
(
    time DateTime('UTC'),
    owner String,
    bucket_id LowCardinality(String),
    requests SimpleAggregateFunction(sum, Float64),
    samples SimpleAggregateFunction(sum, UInt64),
    errors SimpleAggregateFunction(sum, Float64),
    throttles SimpleAggregateFunction(sum, Float64),
    bytes_in SimpleAggregateFunction(sum, Float64),
    bytes_out SimpleAggregateFunction(sum, Float64),
    latency_sum SimpleAggregateFunction(sum, Float64)
)
ENGINE = AggregatingMergeTree
PARTITION BY toYYYYMM(time)
ORDER BY (time, owner, bucket_id)
SETTINGS non_replicated_deduplication_window = 10000, fsync_after_insert = 1, fsync_part_directory = 1;

INSERT INTO owner_day
SELECT
    usage_day.time AS time, owner, bucket_id,
    sum(requests) AS requests, sum(samples) AS samples, sum(errors) AS errors, sum(throttles) AS throttles,
    sum(bytes_in) AS bytes_in, sum(bytes_out) AS bytes_out, sum(latency_sum) AS latency_sum
FROM usage_day
GROUP BY time, owner, bucket_id;

CREATE MATERIALIZED VIEW owner_day_view TO owner_day AS
SELECT
    usage_day.time AS time, owner, bucket_id,
    sum(requests) AS requests, sum(samples) AS samples, sum(errors) AS errors, sum(throttles) AS throttles,
    sum(bytes_in) AS bytes_in, sum(bytes_out) AS bytes_out, sum(latency_sum) AS latency_sum
FROM usage_day
GROUP BY time, owner, bucket_id;

-- Weighted sums and latency by operation, a row a minute.
CREATE TABLE speed_minute
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
    latency AggregateFunction(quantilesTDigestWeighted(0.5, 0.95, 0.99), Float32, UInt32)
)
ENGINE = AggregatingMergeTree
PARTITION BY toYYYYMM(time)
ORDER BY (time, operation)
SETTINGS non_replicated_deduplication_window = 10000, fsync_after_insert = 1, fsync_part_directory = 1;

INSERT INTO speed_minute
SELECT
    traffic_minute.time AS time, operation,
    sum(requests) AS requests, sum(samples) AS samples, sum(errors) AS errors, sum(throttles) AS throttles,
    sum(bytes_in) AS bytes_in, sum(bytes_out) AS bytes_out, sum(latency_sum) AS latency_sum,
    quantilesTDigestWeightedMergeState(0.5, 0.95, 0.99)(latency) AS latency
FROM traffic_minute
GROUP BY time, operation;

CREATE MATERIALIZED VIEW speed_minute_view TO speed_minute AS
SELECT
    traffic_minute.time AS time, operation,
    sum(requests) AS requests, sum(samples) AS samples, sum(errors) AS errors, sum(throttles) AS throttles,
    sum(bytes_in) AS bytes_in, sum(bytes_out) AS bytes_out, sum(latency_sum) AS latency_sum,
    quantilesTDigestWeightedMergeState(0.5, 0.95, 0.99)(latency) AS latency
FROM traffic_minute
GROUP BY time, operation;

-- Weighted sums and latency by operation, a row an hour.
CREATE TABLE speed_hour
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
    latency AggregateFunction(quantilesTDigestWeighted(0.5, 0.95, 0.99), Float32, UInt32)
)
ENGINE = AggregatingMergeTree
PARTITION BY toYYYYMM(time)
ORDER BY (time, operation)
SETTINGS non_replicated_deduplication_window = 10000, fsync_after_insert = 1, fsync_part_directory = 1;

INSERT INTO speed_hour
SELECT
    traffic_hour.time AS time, operation,
    sum(requests) AS requests, sum(samples) AS samples, sum(errors) AS errors, sum(throttles) AS throttles,
    sum(bytes_in) AS bytes_in, sum(bytes_out) AS bytes_out, sum(latency_sum) AS latency_sum,
    quantilesTDigestWeightedMergeState(0.5, 0.95, 0.99)(latency) AS latency
FROM traffic_hour
GROUP BY time, operation;

CREATE MATERIALIZED VIEW speed_hour_view TO speed_hour AS
SELECT
    traffic_hour.time AS time, operation,
    sum(requests) AS requests, sum(samples) AS samples, sum(errors) AS errors, sum(throttles) AS throttles,
    sum(bytes_in) AS bytes_in, sum(bytes_out) AS bytes_out, sum(latency_sum) AS latency_sum,
    quantilesTDigestWeightedMergeState(0.5, 0.95, 0.99)(latency) AS latency
FROM traffic_hour
GROUP BY time, operation;

-- Weighted sums and latency by operation, a row a day.
CREATE TABLE speed_day
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
    latency AggregateFunction(quantilesTDigestWeighted(0.5, 0.95, 0.99), Float32, UInt32)
)
ENGINE = AggregatingMergeTree
PARTITION BY toYYYYMM(time)
ORDER BY (time, operation)
SETTINGS non_replicated_deduplication_window = 10000, fsync_after_insert = 1, fsync_part_directory = 1;

INSERT INTO speed_day
SELECT
    traffic_day.time AS time, operation,
    sum(requests) AS requests, sum(samples) AS samples, sum(errors) AS errors, sum(throttles) AS throttles,
    sum(bytes_in) AS bytes_in, sum(bytes_out) AS bytes_out, sum(latency_sum) AS latency_sum,
    quantilesTDigestWeightedMergeState(0.5, 0.95, 0.99)(latency) AS latency
FROM traffic_day
GROUP BY time, operation;

CREATE MATERIALIZED VIEW speed_day_view TO speed_day AS
SELECT
    traffic_day.time AS time, operation,
    sum(requests) AS requests, sum(samples) AS samples, sum(errors) AS errors, sum(throttles) AS throttles,
    sum(bytes_in) AS bytes_in, sum(bytes_out) AS bytes_out, sum(latency_sum) AS latency_sum,
    quantilesTDigestWeightedMergeState(0.5, 0.95, 0.99)(latency) AS latency
FROM traffic_day
GROUP BY time, operation;
