"""What no price is known for, among the charges in the analytics engine."""

from datetime import date
from typing import NamedTuple

import msgspec

from storekeeper.costs.unclassified.model import Kind
from storekeeper.infra.analytics import Analytics

# What no price is known for, with one of its charges.
UNPRICED = """
SELECT bucket_id, operation, storage_class, any(cost_charge.detail) AS detail FROM cost_charge
WHERE day >= {since:Date} AND day < {until:Date} AND amount IS NULL
GROUP BY bucket_id, operation, storage_class ORDER BY bucket_id, operation, storage_class LIMIT 10000"""


class _Charged(msgspec.Struct, frozen=True):
    reason: str = ""


class Unpriced(NamedTuple):
    bucket_id: str
    kind: Kind
    name: str
    reason: str


def unpriced(engine: Analytics, since: date, until: date) -> list[Unpriced]:
    """Each operation of a bucket once; where there is none, each storage class."""
    found: dict[tuple[str, Kind, str], Unpriced] = {}
    for row in engine.rows(UNPRICED, since=since.isoformat(), until=until.isoformat()):
        kind = Kind.OPERATION if row["operation"] else Kind.STORAGE_CLASS
        name = row["operation"] or row["storage_class"] or "(default)"
        reason = msgspec.json.decode(row["detail"], type=_Charged).reason
        found.setdefault((row["bucket_id"], kind, name), Unpriced(row["bucket_id"], kind, name, reason))
    return list(found.values())
