"""Statements about lines of invoices: each invoice is a partition, which comes and goes as a whole."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import pyarrow as pa

from storekeeper.costs.invoices.model import Line
from storekeeper.infra.analytics import Analytics

_MOST = 200_000
_SETTINGS = {"max_partitions_per_insert_block": 1000}
_NUMBER = pa.decimal256(76, 30)
_COLUMNS: list[tuple[str, pa.DataType]] = [
    ("day", pa.date32()),
    ("until", pa.date32()),
    ("resource", pa.string()),
    ("service", pa.string()),
    ("description", pa.string()),
    ("category", pa.string()),
    ("kind", pa.string()),
    ("amount", _NUMBER),
    ("quantity", _NUMBER),
    ("unit", pa.string()),
    ("region", pa.string()),
]
_SCHEMA = pa.schema([("invoice_id", pa.string()), *_COLUMNS])

# Invoices that have lines.
STORED = """
SELECT DISTINCT partition FROM system.parts
WHERE database = currentDatabase() AND table = 'invoice_line' AND active LIMIT 100000"""

# All lines of one invoice at once.
DROP = "ALTER TABLE invoice_line DROP PARTITION {invoice:String}"

# What invoices bill, by resource, kind and category.
BILLED = f"""
SELECT invoice_id, resource, kind, category, sum(invoice_line.amount) AS amount, count() AS lines,
    min(day) AS first, max(until) AS last
FROM invoice_line WHERE invoice_id IN {{invoices:Array(String)}}
GROUP BY invoice_id, resource, kind, category ORDER BY invoice_id, resource, kind, category LIMIT {_MOST}"""

# What was calculated of a month, by bucket and kind, with all that a difference may come of.
CALCULATED = f"""
SELECT bucket_id, kind, currency, sum(cost_charge.amount) AS amount, countIf(cost_charge.amount IS NULL) AS unknown,
    max(is_estimated) AS is_estimated, max(provenance = 'sampled') AS is_sampled, groupUniqArray(day) AS days, groupUniqArray(sheet) AS sheets
FROM cost_charge WHERE day >= {{since:Date}} AND day < {{until:Date}}
GROUP BY bucket_id, kind, currency ORDER BY bucket_id, kind LIMIT {_MOST}"""

# A page of the lines of an invoice.
LINES = """
SELECT day, until, resource, service, description, category, kind, toString(invoice_line.amount) AS amount,
    toString(quantity) AS quantity, unit, region
FROM invoice_line WHERE invoice_id = {invoice:String}
ORDER BY category, kind, resource, day, description, amount LIMIT {limit:UInt32} OFFSET {offset:UInt32}"""

Row = dict[str, Any]


class InvoiceAnalytics:
    """Stores lines, and reads what they add up to."""

    def __init__(self, engine: Analytics) -> None:
        self._engine = engine
        self.beside = engine.beside

    def insert(self, lines: Mapping[str, Sequence[Line]]) -> None:
        """By the id of their invoice."""
        ids = [invoice_id for invoice_id, found in lines.items() for _ in found]
        rows = [line for found in lines.values() for line in found]
        columns = zip(*rows, strict=True)
        arrays = [
            pa.array(values, field.type) for values, field in zip(columns, list(_SCHEMA)[1:], strict=True)
        ]
        table = pa.table([pa.array(ids, pa.string()), *arrays], schema=_SCHEMA)
        self._engine.insert("invoice_line", table, settings=_SETTINGS)

    def drop(self, invoice_ids: Sequence[str]) -> None:
        stored = self.stored()
        for invoice_id in invoice_ids:
            if invoice_id in stored:
                self._engine.command(DROP, invoice=invoice_id)

    def stored(self) -> set[str]:
        return {row["partition"] for row in self._engine.rows(STORED)}

    def billed(self, invoice_ids: Sequence[str]) -> list[Row]:
        """Rows {invoice_id, resource, kind, category, amount, lines, first, last}."""
        return self._engine.rows(BILLED, invoices=list(invoice_ids)) if invoice_ids else []

    def calculated(self, since: date, until: date) -> list[Row]:
        """Rows {bucket_id, kind, currency, amount (nano), unknown, is_estimated, is_sampled, days, sheets}."""
        return self._engine.rows(CALCULATED, since=since.isoformat(), until=until.isoformat())

    def lines(self, invoice_id: str, *, limit: int, offset: int) -> list[Row]:
        """Rows as a Line has them; numbers are text."""
        return self._engine.rows(LINES, invoice=invoice_id, limit=limit, offset=offset)
