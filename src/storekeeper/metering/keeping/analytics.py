"""Statements that move whole days of operations and their sums."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, time

import pyarrow as pa

from storekeeper.infra.analytics import Analytics
from storekeeper.metering import reckoning

_DAILY = (
    "usage_minute", "usage_hour", "usage_day", "owner_hour", "owner_day", "bucket_owner_day", "traffic_minute", "traffic_hour",
    "traffic_day", "speed_minute", "speed_hour", "speed_day", "heat_map",
)  # fmt: skip
# Sums of several days with what they are made of, each before that: what is counted again there is counted here as well.
_LONGER = (
    ("owner_month", "owner_week", reckoning.month_of, reckoning.week_of),
    ("owner_week", "owner_day", reckoning.week_of, reckoning.day_of),
    ("bucket_owner_month", "bucket_owner_week", reckoning.month_of, reckoning.week_of),
    ("bucket_owner_week", "bucket_owner_day", reckoning.week_of, reckoning.day_of),
)
SUMS = (*_DAILY, *(table for table, *_ in _LONGER))
REPORTED = "reported_usage"  # what providers say; goes with the sums
STAGED = "operation_staged"  # operations on their way back; nothing counts them
LEAVING = "operation_leaving"  # operations whose time is over, until they are archived
_DAY = 24 * 3600 * 1000  # milliseconds

# Days of which operations, or months of which sums are stored.
PARTITIONS = """
SELECT DISTINCT partition FROM system.parts
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
DROP_MONTH = "ALTER TABLE {table} DROP PARTITION {{month:UInt32}}"

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

# Sums that have the time of a day, or of the days that begin with it.
DELETE_SUMS = "DELETE FROM {table} WHERE toDate(time) = {{day:Date}}"

# The others of the sums that a longer one is made of, which has the time of its first day.
COUNT_REST = """
INSERT INTO {table} {select}
SETTINGS insert_deduplicate = 0, deduplicate_blocks_in_dependent_materialized_views = 0"""
_REST = """(
    SELECT * FROM {source} WHERE toDate(time) >= {{first:Date}} AND toDate(time) < {{after:Date}} AND toDate(time) != {{day:Date}}
) AS {source}"""

# Sums of a day counted anew. What was removed must not be taken for a repetition.
COUNT_AGAIN = """
INSERT INTO {table} {select}
SETTINGS insert_deduplicate = 0, deduplicate_blocks_in_dependent_materialized_views = 0,
    max_bytes_before_external_group_by = 300000000"""
_SOURCE = re.compile(r"\bFROM\s+(?:\w+\.)?operation\b")


class KeepingAnalytics:
    """Whole days at a time. `changed` is told when what others read is not what it was, also in part."""

    def __init__(self, engine: Analytics, changed: Callable[[], None]) -> None:
        self._engine = engine
        self._changed = changed

    def stored_days(self, table: str = "operation") -> list[date]:
        return [date.fromisoformat(name) for name in self.partitions(table)]

    def partitions(self, table: str) -> list[str]:
        """Days of operations (`2026-11-21`), months of sums (`202611`)."""
        return [row["partition"] for row in self._engine.rows(PARTITIONS, table=table)]

    def drop_month(self, table: str, month: str) -> None:
        with self._changing():
            self._engine.command(DROP_MONTH.format(table=table), month=int(month))

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
            for table, source, whole, part in _LONGER:
                self._leave_out(table, source, views[table], whole(day), part(day)[0])
            for table in _DAILY:
                self._engine.command(DELETE_SUMS.format(table=table), day=day.isoformat())
            for target, select in views.items():
                if _SOURCE.search(select):
                    self._engine.command(
                        COUNT_AGAIN.format(table=target, select=_of_day(select, staged)), day=day.isoformat()
                    )

    def _leave_out(self, table: str, source: str, select: str, whole: tuple[date, date], part: date) -> None:
        """Make the sums of some days without those of `part` of them, which has the time of its first day."""
        first, after = whole
        self._engine.command(DELETE_SUMS.format(table=table), day=first.isoformat())
        rest = re.sub(rf"\bFROM\s+(?:\w+\.)?{source}\b", "FROM " + _REST.format(source=source), select)
        self._engine.command(
            COUNT_REST.format(table=table, select=rest),
            first=first.isoformat(),
            after=after.isoformat(),
            day=part.isoformat(),
        )

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
