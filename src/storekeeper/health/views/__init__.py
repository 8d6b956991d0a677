"""What the templates show: statuses, breakers, uptime, checks and settings turned into cards, tables and charts."""

from storekeeper.health.views.board import (
    board_cards,
    board_rows,
    chosen,
    monitor_view,
    open_breakers,
    operations_of,
)
from storekeeper.health.views.breaker import (
    ASKED,
    asked_actions,
    breaker_view,
    direct_actions,
    transition_rows,
)
from storekeeper.health.views.bucket import check_rows, network_facts, operation_rows, status_view
from storekeeper.health.views.latency import RANGES, latency_chart, total_rows
from storekeeper.health.views.shared import HERE, View, bucket_href
from storekeeper.health.views.uptime import budget_view, outages, uptime_view

__all__ = [
    "ASKED", "HERE", "RANGES", "View", "asked_actions", "board_cards", "board_rows", "breaker_view", "bucket_href",
    "budget_view", "check_rows", "chosen", "direct_actions", "latency_chart", "monitor_view", "network_facts",
    "open_breakers", "operation_rows", "operations_of", "outages", "status_view", "total_rows", "transition_rows",
    "uptime_view",
]  # fmt: skip
