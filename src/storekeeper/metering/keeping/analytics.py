"""Statements that move whole days of operations and their sums."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, time

import pyarrow as pa

from storekeeper.infra.analytics import Analytics
from storekeeper.metering import reckoning
from storekeeper.metering.analytics.ranking import SUMS as OF_OWNERS
from storekeeper.metering.sums import FIGURES

_DAILY = (
    "usage_minute", "usage_hour", "usage_day", "traffic_minute", "traffic_hour", "traffic_day", "speed_minute", "speed_hour",
    "speed_day", "heat_map",
)  # fmt: skip
SUMS = (*_DAILY, OF_OWNERS)
# Units of owners' sums that are longer than a day: what is counted again is counted there as well.
_LONGER = {"eighth": reckoning.eighth_of, "month": reckoning.month_of}
REPORTED = "reported_usage"  # what providers say; goes with the sums
STAGED = "operation_staged"  # operations on their way back; nothing counts them
LEAVING = "operation_leaving"  # operations whose time is over, until they are archived
_DAY = 24 * 3600 * 1000  # milliseconds

# Days of which operations, or months of which sums are stored; of owners' sums, long units, short ones and hours of a month are apart.
PARTITIONS = """
SELECT DISTINCT partition_id FROM system.parts
WHERE database = currentDatabase() AND table = {table:String} AND active LIMIT 10000"""

# How many operations of a day are stored.
COUNT_DAY = "SELECT count() AS found FROM {table} WHERE toDate(time) = {{day:Date}}"

# How many operations the sums of a day know of.
COUNTED = "SELECT sum(samples) AS counted FROM traffic_day WHERE time = toDateTime({day:Date}, 'UTC')"

# The operations of a part of a day, in the order in which they are stored.
SPAN = """
SELECT * FROM {table}
WHERE time >= fromUnixTimestamp64Milli({{since:Int64}}, 'UTC') AND time < fromUnixTimestamp64Milli({{until:Int64}}, 'UTC')
ORDER BY bucket_id, time"""

# A day of operations at once.
DROP_DAY = "ALTER TABLE {table} DROP PARTITION {{day:Date}}"

# A place for operations that leave.
MAKE_LEAVING = f"CREATE TABLE IF NOT EXISTS {LEAVING} AS operation"

# A day of operations leaves, in one step.
LEAVE = f"ALTER TABLE operation MOVE PARTITION {{day:Date}} TO TABLE {LEAVING}"

# A month of sums at once.
DROP_PARTITION = "ALTER TABLE {table} DROP PARTITION ID '{name}'"

# A table like that of operations, empty, that feeds no sums.
STAGE = (
    f"DROP TABLE IF EXISTS {STAGED}",
    f"CREATE TABLE {STAGED} AS operation",
)
UNSTAGE = f"DROP TABLE IF EXISTS {STAGED}"

# What was staged takes its place among the operations, in one step and without being counted again.
ATTACH_DAY = f"ALTER TABLE operation ATTACH PARTITION {{day:Date}} FROM {STAGED}"

# The statements of the views that make sums.
VIEWS = """
SELECT name, as_select FROM system.tables
WHERE database = currentDatabase() AND engine = 'MaterializedView' LIMIT 100"""

# Sums of a day.
DELETE_SUMS = "DELETE FROM {table} WHERE toDate(time) = {{day:Date}}"

# Of owners, also those of longer units that it is in, which have the time of their first day.
DELETE_OF_OWNERS = f"""
DELETE FROM {OF_OWNERS} WHERE unit IN ('hour', 'quarter', 'day') AND toDate(time) = {{day:Date}}
    OR unit = 'eighth' AND toDate(time) = {{eighth:Date}} OR unit = 'month' AND toDate(time) = {{month:Date}}"""

# What was removed must not be taken for a repetition.
_ANEW = """SETTINGS insert_deduplicate = 0, deduplicate_blocks_in_dependent_materialized_views = 0,
    max_bytes_before_external_group_by = 300000000"""

# The other days of a longer unit. The day itself is among its sums no more, and comes back as all of its sums do.
COUNT_REST = f"""
INSERT INTO {OF_OWNERS} (bucket_id, unit, time, owner, {", ".join(FIGURES)})
SELECT bucket_id, {{unit:String}}, toDateTime({{first:Date}}, 'UTC'), owner, {", ".join(f"sum({name})" for name in FIGURES)}
FROM {OF_OWNERS} WHERE unit = 'day' AND toDate(time) >= {{first:Date}} AND toDate(time) < {{after:Date}}
GROUP BY bucket_id, owner {_ANEW}"""

# Sums of a day counted anew.
COUNT_AGAIN = f"INSERT INTO {{table}} {{select}} {_ANEW}"
_SOURCE = re.compile(r"\bFROM\s+(?:\w+\.)?operation\b")


class KeepingAnalytics:
    """Whole days at a time. `changed` is told when what others read is not what it was, also in part."""

    def __init__(self, engine: Analytics, changed: Callable[[], None]) -> None:
        self._engine = engine
        self._changed = changed

    def stored_days(self, table: str = "operation") -> list[date]:
        return [date.fromisoformat(name) for name in self.partitions(table)]

    def partitions(self, table: str) -> list[str]:
        """Days of operations (`20261121`), months of sums (`202611`), which may be in parts: those of owners (`202611-0`)."""
        return [row["partition_id"] for row in self._engine.rows(PARTITIONS, table=table)]

    def drop_partition(self, table: str, name: str) -> None:
        with self._changing():
            self._engine.command(DROP_PARTITION.format(table=table, name=name))

    def drop_day(self, day: date, table: str = "operation") -> None:
        with self._changing():
            self._engine.command(DROP_DAY.format(table=table), day=day.isoformat())

    def count(self, day: date, table: str = "operation") -> int:
        return int(self._engine.row(COUNT_DAY.format(table=table), day=day.isoformat())["found"])

    def counted(self, day: date) -> int:
        return int(self._engine.row(COUNTED, day=day.isoformat())["counted"])

    def leave(self, day: date) -> None:
        """Take a day out of what can be read, in one step; `spans` still finds it."""
        self._engine.command(MAKE_LEAVING)
        with self._changing():
            self._engine.command(LEAVE, day=day.isoformat())

    def spans(self, day: date, count: int) -> Iterator[pa.Table]:
        """The operations of a day that leaves, in `count` pieces of equal time; empty ones are left out."""
        begin = int(datetime.combine(day, time.min, UTC).timestamp() * 1000)
        step = -(-_DAY // count)
        for since in range(begin, begin + _DAY, step):
            rows = self._engine.table(
                SPAN.format(table=LEAVING), since=since, until=min(since + step, begin + _DAY)
            )
            if rows.num_rows:
                yield rows

    def stage(self) -> None:
        """An empty place for operations that come back."""
        for statement in STAGE:
            self._engine.command(statement)

    def put_staged(self, rows: pa.Table) -> None:
        self._engine.insert(STAGED, rows)

    def attach_staged(self, day: date) -> None:
        with self._changing():
            self._engine.command(ATTACH_DAY, day=day.isoformat())

    def unstage(self) -> None:
        self._engine.command(UNSTAGE)

    def count_again(self, day: date, *, staged: bool) -> None:
        """Replace all sums of a day by sums of its operations, also of the staged ones if `staged`."""
        with self._changing():
            views = self._views()
            self._leave_out(day)
            for table in _DAILY:
                self._engine.command(DELETE_SUMS.format(table=table), day=day.isoformat())
            for target, select in views.items():
                if _SOURCE.search(select):
                    self._engine.command(
                        COUNT_AGAIN.format(table=target, select=_of_day(select, staged)), day=day.isoformat()
                    )

    def _leave_out(self, day: date) -> None:
        """Make the sums of owners without that day."""
        firsts = {unit: whole(day)[0].isoformat() for unit, whole in _LONGER.items()}
        self._engine.command(DELETE_OF_OWNERS, day=day.isoformat(), **firsts)
        for unit, whole in _LONGER.items():
            first, after = (one.isoformat() for one in whole(day))
            self._engine.command(COUNT_REST, unit=unit, first=first, after=after)

    @contextmanager
    def _changing(self) -> Iterator[None]:
        try:
            yield
        finally:
            self._changed()

    def _views(self) -> dict[str, str]:
        """Statement by table. Where that reads operations, they are counted; the other sums follow from those."""
        return {row["name"].removesuffix("_view"): row["as_select"] for row in self._engine.rows(VIEWS)}


def _of_day(select: str, staged: bool) -> str:
    one = "SELECT * FROM {table} WHERE toDate(time) = {{day:Date}}"
    sources = [one.format(table=name) for name in ("operation", *([STAGED] if staged else []))]
    return _SOURCE.sub(f"FROM ({' UNION ALL '.join(sources)}) AS operation", select)
