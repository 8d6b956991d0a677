-- What an owner's part of a bucket held in a month up to the last day of it that is over, by storage class. A month is replaced whole.
CREATE TABLE cost_stored
(
    month Date,
    through Date,
    bucket_id LowCardinality(String),
    storage_class LowCardinality(String),
    owner String,
    byte_hours UInt64,
    object_seconds UInt64
)
ENGINE = MergeTree
PARTITION BY month
ORDER BY (bucket_id, storage_class, owner)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1;

-- What the scans of a day missed of what the scans before them had found, by age in days. A day is replaced whole.
CREATE TABLE cost_gone
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
CREATE TABLE cost_held
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
CREATE TABLE cost_charge
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
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1;

-- Each owner's share of what a bucket cost in a month up to now. Rows without a kind have what all shares of an owner come to, and the
-- owner's name; the others know the owner by its hash alone, which is made in two thirds of the time. A month is replaced whole.
CREATE TABLE cost_owner
(
    month Date,
    kind LowCardinality(String),
    owner_key UInt128,
    bucket_id LowCardinality(String),
    currency LowCardinality(String),
    amount Int64,
    owner String
)
ENGINE = MergeTree
PARTITION BY month
ORDER BY (kind, owner_key, bucket_id)
SETTINGS index_granularity = 1024, fsync_after_insert = 1, fsync_part_directory = 1;
