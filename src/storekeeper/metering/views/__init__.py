"""What the templates show: usage, performance, activity and ingestion turned into cards, charts and tables."""

from storekeeper.metering.views.operations import activity_rows, ingestion_cards
from storekeeper.metering.views.shared import RANGES, View, axis, padded, provenance, steps, tabs
from storekeeper.metering.views.speed import heat, latencies, operation_rows, outcomes, speed_cards
from storekeeper.metering.views.usage import SHOWN, group_rows, mover_rows, over_time, usage_cards

__all__ = [
    "RANGES", "SHOWN", "View", "activity_rows", "axis", "group_rows", "heat", "ingestion_cards", "latencies",
    "mover_rows", "operation_rows", "outcomes", "over_time", "padded", "provenance", "speed_cards", "steps", "tabs",
    "usage_cards",
]  # fmt: skip
