-- Lines of invoices as providers bill them, kept apart from what was calculated. An invoice is a partition; the control database says which ones hold.
CREATE TABLE IF NOT EXISTS invoice_line
(
    invoice_id String,
    day Date,
    until Date,
    resource String,
    service LowCardinality(String),
    description String,
    category LowCardinality(String),
    kind LowCardinality(String),
    amount Decimal(76, 30),
    quantity Nullable(Decimal(76, 30)),
    unit LowCardinality(String),
    region LowCardinality(String)
)
ENGINE = MergeTree
PARTITION BY invoice_id
ORDER BY (category, kind, resource, day)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1;
