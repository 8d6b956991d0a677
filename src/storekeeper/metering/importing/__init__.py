"""Operations, and sums that providers report, from files of many kinds: a module for each, and this list of them."""

from collections.abc import Mapping

from storekeeper.metering.importing import (
    ceph_usage,
    cloudwatch,
    csv_rows,
    minio_audit,
    ndjson_rows,
    parquet_rows,
    r2_access_log,
    r2_analytics,
    s3_access_log,
)
from storekeeper.metering.importing.model import Format

FORMATS: Mapping[str, Format] = {
    one.name: one
    for one in (
        s3_access_log.FORMAT,
        r2_access_log.FORMAT,
        minio_audit.FORMAT,
        csv_rows.FORMAT,
        ndjson_rows.FORMAT,
        parquet_rows.FORMAT,
        cloudwatch.FORMAT,
        ceph_usage.FORMAT,
        r2_analytics.FORMAT,
    )
}

__all__ = ["FORMATS"]
