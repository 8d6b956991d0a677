"""Owners of a range and of the one before it, as the statements of `ranking` tell them."""

from functools import partial

import pyarrow as pa

from storekeeper.infra.analytics import Analytics
from storekeeper.infra.caching import ReadCache
from storekeeper.infra.once import Either
from storekeeper.metering.analytics import ranking
from storekeeper.metering.analytics.asking import Rows, conditions, given
from storekeeper.metering.figures import Question


class Ranking:
    """Both ranges are begun at once: one statement at a time, or the longest would have to share its core."""

    def __init__(self, engine: Analytics, over: ReadCache | None, question: Question) -> None:
        asked = given(question)

        def read(one: ranking.Statement) -> pa.Table:
            return engine.table(f"{one.sql}, {engine.half}", **one.values, **asked)

        def known(one: ranking.Statement) -> pa.Table:
            if over is None:
                return read(one)
            key = (one.sql, *one.values.values(), *asked.values())
            return over.get(key, question.bucket_id, lambda: read(one), until=one.until).value

        self._now = Either(partial(read, ranking.now(question, conditions(asked))))
        self._before = Either(partial(known, ranking.before(question, conditions(asked))))
        engine.beside(self._read)

    def rows(self, limit: int) -> Rows:
        """{name, requests, …, previous}: so many of the busiest and of those that changed the most, busiest first."""
        self._read()
        return ranking.ranked(self._now.result(), self._before.result(), limit)

    def _read(self) -> None:
        for one in (self._now, self._before):
            one.take()
