"""One SQLite file for each plan: a plan may have millions of objects, which would weigh down the control database for all others."""

from collections.abc import Sequence
from datetime import datetime
from enum import IntEnum
from pathlib import Path
from typing import Any, NamedTuple, Self

import sqlalchemy as sa

from storekeeper.cleanup.model import LoggedObject, Outcome, PlannedObject, Totals
from storekeeper.infra.db import Connection, Database, Timestamp
from storekeeper.objectstore import Described

_tables = sa.MetaData()
_object = sa.Table(
    "object",
    _tables,
    sa.Column("seq", sa.Integer, primary_key=True),
    sa.Column("key", sa.Text, nullable=False),
    sa.Column("size", sa.BigInteger, nullable=False),
    sa.Column("modified", Timestamp, nullable=False),
    sa.Column("etag", sa.Text, nullable=False),
    sa.Column("owner", sa.Text, nullable=False),
    sa.Column("step", sa.SmallInteger, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("marker", sa.Text, nullable=False),
    sa.Column("time", Timestamp),
)
_o = _object.c
_SUFFIXES = ("", "-wal", "-shm")


class Step(IntEnum):
    """How far an object is. Only what is `INTENDED` may be deleted, and that is written down before."""

    PLANNED = 0
    INTENDED = 1
    DELETED = 2
    SPARED = 3
    GONE = 4
    FAILED = 5
    RESTORED = 6


_OUTCOMES = {step: Outcome(step.name.lower()) for step in Step if step > Step.INTENDED}
_STEPS = {outcome: step for step, outcome in _OUTCOMES.items()}


class Entry(NamedTuple):
    """One planned object."""

    seq: int
    key: str
    planned: Described
    marker: str = ""


class Settled(NamedTuple):
    """Where an object is now."""

    seq: int
    step: Step
    reason: str = ""
    marker: str = ""


class Ledger:
    """One thread at a time writes; others may read. What a method wrote is on disk when it returns."""

    def __init__(self, path: Path) -> None:
        self._db = Database(f"sqlite:///{path}")
        self._last = 0

    @classmethod
    def create(cls, path: Path) -> "Ledger":
        """An empty one, in place of what may be there."""
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        remove(path)
        made = cls(path)
        with made._db.write() as connection:
            _tables.create_all(connection)
        return made

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._db.close()

    def add(self, objects: Sequence[PlannedObject]) -> None:
        """Into the plan, in this order."""
        fresh = {"step": Step.PLANNED, "reason": "", "marker": ""}
        with self._db.write() as connection:
            connection.execute(_object.insert(), [_columns(one) | fresh for one in objects])

    def intend(self, count: int) -> list[Entry]:
        """The next ones that may be deleted; that they may is written down. Empty at the end."""
        query = _object.select().where(_o.step == Step.PLANNED, _o.seq > self._last)
        with self._db.write() as connection:
            found = _entries(connection, query.order_by(_o.seq).limit(count))
            if found:
                self._last = found[-1].seq
                connection.execute(
                    _object.update().where(_o.seq.in_([one.seq for one in found])).values(step=Step.INTENDED)
                )
        return found

    def in_flight(self) -> list[Entry]:
        """Those of which it is not known whether they were deleted."""
        with self._db.read() as connection:
            return _entries(connection, _object.select().where(_o.step == Step.INTENDED).order_by(_o.seq))

    def settle(self, settled: Sequence[Settled], now: datetime) -> None:
        """What became of them, all in one transaction."""
        rows = [
            {"this": one.seq, "step": one.step, "reason": one.reason, "marker": one.marker, "time": now}
            for one in settled
        ]
        if not rows:
            return
        this: sa.BindParameter[int] = sa.bindparam("this")
        values: dict[str, Any] = {name: sa.bindparam(name) for name in ("step", "reason", "marker", "time")}
        with self._db.write() as connection:
            connection.execute(_object.update().where(_o.seq == this).values(values), rows)
        if any(one.step is Step.PLANNED for one in settled):
            self._last = 0  # they come up again

    def restorable(self, after: int, count: int) -> list[Entry]:
        """The next deleted ones that a delete marker hides."""
        query = _object.select().where(_o.step == Step.DELETED, _o.marker != "", _o.seq > after)
        with self._db.read() as connection:
            return _entries(connection, query.order_by(_o.seq).limit(count))

    def totals(self) -> Totals:
        marked = sa.case((sa.and_(_o.step == Step.DELETED, _o.marker != ""), 1), else_=0)
        query = sa.select(_o.step, sa.func.count(), sa.func.sum(_o.size), sa.func.sum(marked)).group_by(
            _o.step
        )
        with self._db.read() as connection:
            found = {
                Step(step): (count, size, marks) for step, count, size, marks in connection.execute(query)
            }
        count = {step: found.get(step, (0, 0, 0))[0] for step in Step}
        return Totals(
            deleted=count[Step.DELETED] + count[Step.RESTORED],
            deleted_bytes=sum(found.get(step, (0, 0, 0))[1] for step in (Step.DELETED, Step.RESTORED)),
            spared=count[Step.SPARED],
            gone=count[Step.GONE],
            failed=count[Step.FAILED],
            restored=count[Step.RESTORED],
            restorable=found.get(Step.DELETED, (0, 0, 0))[2],
        )

    def planned(self, after: int, count: int) -> list[tuple[int, PlannedObject]]:
        """One page of the plan, whatever became of it since; each with the number that continues after it."""
        query = _object.select().where(_o.seq > after).order_by(_o.seq).limit(count)
        with self._db.read() as connection:
            return [(row["seq"], _planned(row)) for row in connection.execute(query).mappings()]

    def log(self, after: int, count: int, outcome: Outcome | None = None) -> list[tuple[int, LoggedObject]]:
        """One page of what became of objects."""
        chosen = _o.step == _STEPS[outcome] if outcome else _o.step > Step.INTENDED
        query = _object.select().where(_o.seq > after, chosen).order_by(_o.seq).limit(count)
        with self._db.read() as connection:
            return [(row["seq"], _logged(row)) for row in connection.execute(query).mappings()]


def remove(path: Path) -> None:
    """The file and what SQLite keeps beside it; none of it need be there."""
    for suffix in _SUFFIXES:
        path.with_name(path.name + suffix).unlink(missing_ok=True)


def _columns(one: PlannedObject) -> dict[str, Any]:
    return {name: getattr(one, name) for name in PlannedObject.__struct_fields__}


def _entries(connection: Connection, query: Any) -> list[Entry]:
    return [
        Entry(
            row["seq"],
            row["key"],
            Described(size=row["size"], modified=row["modified"], etag=row["etag"]),
            row["marker"],
        )
        for row in connection.execute(query).mappings()
    ]


def _planned(row: Any) -> PlannedObject:
    return PlannedObject(**{name: row[name] for name in PlannedObject.__struct_fields__})


def _logged(row: Any) -> LoggedObject:
    told = {name: row[name] for name in (*PlannedObject.__struct_fields__, "reason", "marker", "time")}
    return LoggedObject(**told, outcome=_OUTCOMES[Step(row["step"])])
