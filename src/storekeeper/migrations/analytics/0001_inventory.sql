-- Objects as the scans under way and the newest complete scan of each bucket saw them. A scan is dropped as one partition.
CREATE TABLE IF NOT EXISTS inventory_object
(
    scan_id String,
    batch UInt32,
    prefix String,
    name String,
    extension LowCardinality(String),
    owner String,
    size Int64,
    modified DateTime64(3, 'UTC'),
    storage_class LowCardinality(String),
    etag String EPHEMERAL,
    content UInt64 DEFAULT if(etag = '', 0, sipHash64(etag)) -- the same for the same ETag; zero where the provider tells none
)
ENGINE = MergeTree
PARTITION BY scan_id
ORDER BY prefix
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1;

-- Totals of one complete scan by extension, owner, storage class, age and size, the largest group first.
CREATE TABLE IF NOT EXISTS inventory_group
(
    scan_id String,
    kind LowCardinality(String),
    rank UInt32,
    name String,
    objects UInt64,
    bytes Int64
)
ENGINE = MergeTree
ORDER BY (scan_id, kind, rank);

-- Totals of one complete scan by folder, on every level; `direct` counts what lies in the folder itself. A folder with
-- folders in it is listed under its parent and under itself.
CREATE TABLE IF NOT EXISTS inventory_prefix
(
    scan_id String,
    parent String,
    prefix String,
    objects UInt64,
    bytes Int64,
    direct_objects UInt64,
    direct_bytes Int64
)
ENGINE = MergeTree
ORDER BY (scan_id, parent, prefix);

-- The largest and the oldest objects of one complete scan, in order.
CREATE TABLE IF NOT EXISTS inventory_extreme
(
    scan_id String,
    kind LowCardinality(String),
    rank UInt32,
    prefix String,
    name String,
    extension String,
    owner String,
    size Int64,
    modified DateTime64(3, 'UTC'),
    storage_class String
)
ENGINE = MergeTree
ORDER BY (scan_id, kind, rank);

-- Every owner's part of one complete scan by storage class: what is stored in all, and of that what is small.
CREATE TABLE IF NOT EXISTS inventory_share
(
    scan_id LowCardinality(String),
    owner String,
    storage_class LowCardinality(String),
    objects UInt64,
    bytes UInt64,
    objects_below_4k UInt64,
    bytes_below_4k UInt64,
    objects_below_128k UInt64,
    bytes_below_128k UInt64
)
ENGINE = MergeTree
ORDER BY (scan_id, owner, storage_class);

-- The same of all owners together.
CREATE TABLE IF NOT EXISTS inventory_class
(
    scan_id LowCardinality(String),
    storage_class LowCardinality(String),
    objects UInt64,
    bytes UInt64,
    objects_below_4k UInt64,
    bytes_below_4k UInt64,
    objects_below_128k UInt64,
    bytes_below_128k UInt64
)
ENGINE = SummingMergeTree
ORDER BY (scan_id, storage_class);

CREATE MATERIALIZED VIEW IF NOT EXISTS inventory_class_view TO inventory_class AS
SELECT scan_id, storage_class,
    sum(inventory_share.objects) AS objects, sum(inventory_share.bytes) AS bytes,
    sum(inventory_share.objects_below_4k) AS objects_below_4k, sum(inventory_share.bytes_below_4k) AS bytes_below_4k,
    sum(inventory_share.objects_below_128k) AS objects_below_128k, sum(inventory_share.bytes_below_128k) AS bytes_below_128k
FROM inventory_share GROUP BY scan_id, storage_class;

-- What one complete scan missed of what the scan before it had found, by age in days: those objects only whose providers bill a least
-- time for their storage class, and that were younger.
CREATE TABLE IF NOT EXISTS inventory_gone
(
    scan_id String,
    owner String,
    storage_class LowCardinality(String),
    age_days UInt16,
    objects UInt64,
    bytes UInt64,
    objects_below_4k UInt64,
    bytes_below_4k UInt64,
    objects_below_128k UInt64,
    bytes_below_128k UInt64
)
ENGINE = MergeTree
ORDER BY (scan_id, owner, storage_class, age_days);

-- What one complete scan found stored more than once, by ETag and size: `copies` and `bytes` are those beyond the first of each group.
CREATE TABLE IF NOT EXISTS inventory_duplicate
(
    scan_id String,
    storage_class LowCardinality(String),
    groups UInt64,
    copies UInt64,
    bytes UInt64
)
ENGINE = MergeTree
ORDER BY (scan_id, storage_class);
