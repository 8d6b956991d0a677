-- Checks, a row for each operation of a round. A day is dropped whole; the retention job decides when.
CREATE TABLE IF NOT EXISTS health_check
(
    time DateTime64(3, 'UTC'),
    bucket_id LowCardinality(String),
    round String,
    operation LowCardinality(String),
    outcome LowCardinality(String),
    failure LowCardinality(String),
    status UInt16,
    code LowCardinality(String),
    latency_ms Float32,
    first_byte_ms Float32,
    slow UInt8,
    corrupt UInt8,
    detail String,
    hint String,
    dns_ms Float32,
    connect_ms Float32,
    tls_ms Float32,
    certificate_days Float32,
    clock_skew_ms Float64,
    node LowCardinality(String),
    vantage LowCardinality(String)
)
ENGINE = MergeTree
PARTITION BY toDate(time)
ORDER BY (bucket_id, time)
SETTINGS non_replicated_deduplication_window = 10000, fsync_after_insert = 1, fsync_part_directory = 1;

-- Sums by bucket and operation, a row an hour.
CREATE TABLE IF NOT EXISTS health_hour
(
    time DateTime('UTC'),
    bucket_id LowCardinality(String),
    operation LowCardinality(String),
    checks SimpleAggregateFunction(sum, UInt64),
    failures SimpleAggregateFunction(sum, UInt64),
    throttled SimpleAggregateFunction(sum, UInt64),
    refused SimpleAggregateFunction(sum, UInt64),
    slow SimpleAggregateFunction(sum, UInt64),
    corrupt SimpleAggregateFunction(sum, UInt64),
    latency_sum SimpleAggregateFunction(sum, Float64),
    timed SimpleAggregateFunction(sum, UInt64),
    latency AggregateFunction(quantilesBFloat16Weighted(0.5, 0.95, 0.99), Float32, UInt32)
)
ENGINE = AggregatingMergeTree
PARTITION BY toYYYYMM(time)
ORDER BY (bucket_id, operation, time)
SETTINGS non_replicated_deduplication_window = 10000, fsync_after_insert = 1, fsync_part_directory = 1;

-- Sums are of what this server sees: it is far from some places, and near to others.
-- Latencies are those of checks that were answered well; others tell of time-outs, not of speed.
CREATE MATERIALIZED VIEW IF NOT EXISTS health_hour_view TO health_hour AS
SELECT
    toStartOfHour(health_check.time) AS time, bucket_id, operation,
    count() AS checks, countIf(outcome = 'failure') AS failures, countIf(outcome = 'throttled') AS throttled,
    countIf(outcome = 'caller') AS refused, sum(toUInt64(health_check.slow)) AS slow, sum(toUInt64(health_check.corrupt)) AS corrupt,
    sumIf(toFloat64(latency_ms), outcome = 'ok') AS latency_sum, countIf(outcome = 'ok') AS timed,
    quantilesBFloat16WeightedState(0.5, 0.95, 0.99)(latency_ms, toUInt32(outcome = 'ok')) AS latency
FROM health_check
WHERE vantage = ''
GROUP BY time, bucket_id, operation;

-- Sums by bucket and operation, a row a day.
CREATE TABLE IF NOT EXISTS health_day
(
    time DateTime('UTC'),
    bucket_id LowCardinality(String),
    operation LowCardinality(String),
    checks SimpleAggregateFunction(sum, UInt64),
    failures SimpleAggregateFunction(sum, UInt64),
    throttled SimpleAggregateFunction(sum, UInt64),
    refused SimpleAggregateFunction(sum, UInt64),
    slow SimpleAggregateFunction(sum, UInt64),
    corrupt SimpleAggregateFunction(sum, UInt64),
    latency_sum SimpleAggregateFunction(sum, Float64),
    timed SimpleAggregateFunction(sum, UInt64),
    latency AggregateFunction(quantilesBFloat16Weighted(0.5, 0.95, 0.99), Float32, UInt32)
)
ENGINE = AggregatingMergeTree
PARTITION BY toYYYYMM(time)
ORDER BY (bucket_id, operation, time)
SETTINGS non_replicated_deduplication_window = 10000, fsync_after_insert = 1, fsync_part_directory = 1;

CREATE MATERIALIZED VIEW IF NOT EXISTS health_day_view TO health_day AS
SELECT
    toStartOfDay(health_hour.time) AS time, bucket_id, operation,
    sum(checks) AS checks, sum(failures) AS failures, sum(throttled) AS throttled, sum(refused) AS refused,
    sum(slow) AS slow, sum(corrupt) AS corrupt, sum(latency_sum) AS latency_sum, sum(timed) AS timed,
    quantilesBFloat16WeightedMergeState(0.5, 0.95, 0.99)(latency) AS latency
FROM health_hour
GROUP BY time, bucket_id, operation;
