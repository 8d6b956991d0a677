"""What a scan misses of what the scan before it had found: some providers bill a least time for what is gone."""

from collections.abc import Mapping
from typing import Any

from storekeeper.infra.analytics import Analytics

_SLICE = 2_000_000  # objects that are compared at once, by 128 bits each

# How many objects of a scan are younger than the least time of their storage class.
YOUNG = """
SELECT count() AS objects FROM inventory_object
WHERE scan_id = {scan:String} AND modified > {now:DateTime64(3, 'UTC')}
    - toIntervalDay(transform(storage_class, {classes:Array(String)}, {days:Array(UInt16)}, toUInt16(0)))"""

# Those of the scan before, of one slice, that are no longer there as they were.
FIND = """
INSERT INTO inventory_gone
SELECT {scan:String}, owner, storage_class, toUInt16(greatest(age('day', modified, {now:DateTime64(3, 'UTC')}), 0)) AS age_days_,
    count(), sum(size), countIf(size < 4096), sumIf(size, size < 4096), countIf(size < 131072), sumIf(size, size < 131072)
FROM inventory_object
WHERE scan_id = {previous:String} AND modified > {now:DateTime64(3, 'UTC')}
    - toIntervalDay(transform(storage_class, {classes:Array(String)}, {days:Array(UInt16)}, toUInt16(0)))
    AND cityHash64(prefix, name) % {slices:UInt32} = {slice:UInt32}
    AND sipHash128(prefix, name, modified, storage_class) NOT IN
    (
        SELECT sipHash128(prefix, name, modified, storage_class) FROM inventory_object
        WHERE scan_id = {scan:String} AND storage_class IN {classes:Array(String)}
            AND cityHash64(prefix, name) % {slices:UInt32} = {slice:UInt32}
    )
GROUP BY owner, storage_class, age_days_"""


def find_missing(
    engine: Analytics, scan_id: str, previous: str, least_days: Mapping[str, int], now: str
) -> None:
    """Store what of the scan `previous` was deleted, overwritten or moved to another class before its least time.

    `least_days` are those of storage classes that have one; `now` is when the later scan began. In slices, so that memory is bounded.
    """
    values: dict[str, Any] = {"classes": list(least_days), "days": list(least_days.values()), "now": now}
    young = engine.row(YOUNG, scan=previous, **values)["objects"]
    if not young:
        return
    slices = 1 + (young + engine.row(YOUNG, scan=scan_id, **values)["objects"]) // _SLICE
    for number in range(slices):
        engine.fill(FIND, scan=scan_id, previous=previous, slices=slices, slice=number, **values)
