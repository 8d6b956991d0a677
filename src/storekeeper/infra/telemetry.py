"""Structured logs with a request id and without secrets, and metrics in OpenMetrics."""

import logging
import re
from collections.abc import MutableMapping
from typing import Any

import structlog
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.openmetrics.exposition import CONTENT_TYPE_LATEST, generate_latest

_SECRET_NAME = re.compile(
    r"password|secret|token|authorization|cookie|api_?key|credential|session", re.IGNORECASE
)
_SECRET_TEXT = re.compile(
    r"(X-Amz-Signature=|X-Amz-Credential=|Signature=|Bearer |Basic |:\/\/[^/\s:@]+:)[^&\s,@]+"
)
REDACTED = "[redacted]"

registry = CollectorRegistry()
http_requests = Counter(
    "storekeeper_http_requests", "Requests answered.", ("method", "route", "status"), registry=registry
)
http_seconds = Histogram(
    "storekeeper_http_request_duration_seconds",
    "Time to answer a request.",
    ("route",),
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10),
    registry=registry,
)
job_runs = Gauge(
    "storekeeper_job_runs", "Runs kept, by job and status.", ("job", "status"), registry=registry
)
bucket_objects = Gauge(
    "storekeeper_bucket_objects", "Objects by the last complete scan.", ("bucket",), registry=registry
)
bucket_bytes = Gauge(
    "storekeeper_bucket_bytes",
    "Bytes of current objects by the last complete scan.",
    ("bucket",),
    registry=registry,
)
bucket_scan_timestamp = Gauge(
    "storekeeper_bucket_scan_timestamp_seconds",
    "When the last complete scan ended.",
    ("bucket",),
    registry=registry,
)

bucket_up = Gauge(
    "storekeeper_bucket_up",
    "1 while a bucket is healthy or degraded by its checks, 0 while it is unhealthy.",
    ("bucket",),
    registry=registry,
)
bucket_probes = Counter(
    "storekeeper_bucket_probes",
    "Operations tried by health checks.",
    ("bucket", "operation", "outcome"),
    registry=registry,
)
bucket_probe_seconds = Gauge(
    "storekeeper_bucket_probe_duration_seconds",
    "Time that an operation took in the last health check.",
    ("bucket", "operation"),
    registry=registry,
)
breaker_state = Gauge(
    "storekeeper_breaker_state",
    "1 for the state in which a bucket's circuit breaker is, 0 for the others.",
    ("bucket", "state"),
    registry=registry,
)

alerts_open = Gauge(
    "storekeeper_alerts_open", "Alerts of buckets' health that are open.", ("severity",), registry=registry
)
notification_attempts = Counter(
    "storekeeper_notification_attempts",
    "Attempts to tell somebody something.",
    ("target", "outcome"),
    registry=registry,
)

Labeled = Counter | Gauge
METRICS_CONTENT_TYPE = CONTENT_TYPE_LATEST


def exposition() -> bytes:
    """All metrics in OpenMetrics text."""
    return bytes(generate_latest(registry))  # type: ignore[no-untyped-call] # the library lacks types here


def configure_logging(*, form: str = "console", level: str = "info") -> None:
    """`form` is console (for people) or json (one object a line)."""
    renderer: Any = (
        structlog.processors.JSONRenderer()
        if form == "json"
        else structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)
    )
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.StackInfoRenderer(),
        structlog.processors.format_exc_info,
        redact,
        renderer,
    ]
    if form != "json":
        shared.remove(structlog.processors.format_exc_info)
    number = logging.getLevelNamesMapping().get(level.upper(), logging.INFO)
    structlog.configure(
        processors=shared,
        wrapper_class=structlog.make_filtering_bound_logger(number),
        cache_logger_on_first_use=True,
    )


def redact(_logger: Any, _name: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Take secrets out of an event by field name and by what they look like in text."""
    for field, value in event.items():
        if field not in ("event", "level", "timestamp") and _SECRET_NAME.search(field):
            event[field] = REDACTED
        elif isinstance(value, str):
            event[field] = _SECRET_TEXT.sub(lambda match: match[1] + REDACTED, value)
    return event
