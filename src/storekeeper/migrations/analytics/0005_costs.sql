-- What an owner held in a month, in lists over buckets: up to the last day of it that is over and settled (`through`), and, `open`, from
-- then on as it was when costs were last worked out. A month is replaced whole.
CREATE TABLE IF NOT EXISTS cost_stored
(
    month Date,
    through Date,
    owner String,
    storage_class LowCardinality(String),
    buckets Array(LowCardinality(String)),
    byte_hours Array(UInt64),
    object_seconds Array(UInt64),
    open_byte_hours Array(UInt64),
    open_object_seconds Array(UInt64)
)
ENGINE = MergeTree
PARTITION BY month
ORDER BY (owner, storage_class)
SETTINGS index_granularity = 256, fsync_after_insert = 1, fsync_part_directory = 1, default_compression_codec = 'LZ4';

-- What the scans of a day missed of what the scans before them had found, by age in days. A day is replaced whole.
CREATE TABLE IF NOT EXISTS cost_gone
(
    day Date,
    bucket_id LowCardinality(String),
    storage_class LowCardinality(String),
    owner String,
    age_days UInt16,
    objects UInt64,
    bytes UInt64,
    objects_below_4k UInt64,
    bytes_below_4k UInt64,
    objects_below_128k UInt64,
    bytes_below_128k UInt64
)
ENGINE = MergeTree
PARTITION BY day
ORDER BY (bucket_id, storage_class, owner, age_days)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1;

-- What a bucket held on a day, by storage class and kind (current objects, other versions, unfinished uploads). A day is replaced whole.
CREATE TABLE IF NOT EXISTS cost_held
(
    day Date,
    bucket_id LowCardinality(String),
    storage_class LowCardinality(String),
    kind LowCardinality(String),
    byte_hours UInt64,
    peak_bytes UInt64,
    objects UInt64,
    objects_below_4k UInt64,
    bytes_below_4k UInt64,
    objects_below_128k UInt64,
    bytes_below_128k UInt64
)
ENGINE = MergeTree
PARTITION BY day
ORDER BY (bucket_id, storage_class, kind)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1;

-- What things cost, in nano-units of the currency, without a figure where no price is known. A month is replaced whole.
CREATE TABLE IF NOT EXISTS cost_charge
(
    day Date,
    account String,
    bucket_id LowCardinality(String),
    storage_class LowCardinality(String),
    operation LowCardinality(String),
    operation_class LowCardinality(String),
    kind LowCardinality(String),
    basis LowCardinality(String),
    amount Nullable(Int64),
    currency LowCardinality(String),
    provenance LowCardinality(String),
    sheet LowCardinality(String),
    is_estimated UInt8,
    detail String
)
ENGINE = MergeTree
PARTITION BY toYYYYMM(day)
ORDER BY (day, bucket_id, kind, storage_class, operation)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, default_compression_codec = 'LZ4';

-- Each owner's share of what a month cost up to now, by storage class and kind: the sum, and a list of it over buckets. A month is replaced
-- whole.
CREATE TABLE IF NOT EXISTS cost_owner
(
    month Date,
    owner String,
    storage_class LowCardinality(String),
    kind LowCardinality(String),
    currency LowCardinality(String),
    amount Int64,
    buckets Array(LowCardinality(String)),
    amounts Array(Int64)
)
ENGINE = MergeTree
PARTITION BY month
ORDER BY (owner, kind, storage_class, currency)
SETTINGS index_granularity = 256, fsync_after_insert = 1, fsync_part_directory = 1, default_compression_codec = 'LZ4';
