"""Pages of health: all buckets, one bucket, and what may be done there."""

from datetime import timedelta
from typing import Annotated, Any

from litestar import Request, Response
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, QueryParameter, URLEncodedBody

from storekeeper.access import actor_of
from storekeeper.health import forms, views
from storekeeper.health.alerting import AlertService
from storekeeper.health.alerting.model import AlertStatus
from storekeeper.health.model import BreakerAction, HealthMetrics, Status
from storekeeper.health.service import HealthService
from storekeeper.infra.web import Access, csv_of, get, post, render, see_other, span_of
from storekeeper.kernel.clock import Clock
from storekeeper.kernel.errors import BadInputError, StorekeeperError
from storekeeper.objectstore.probing import ProbeOperation

PageRequest = Request[Any, Any, Any]
Form = URLEncodedBody[dict[str, str]]
Health = NamedDependency[HealthService]
Alerts = NamedDependency[AlertService]
BUCKETS_A_PAGE, CHECKS_A_PAGE, TRANSITIONS_A_PAGE = 25, 25, 10
UPTIME_DAYS = 90
MOST_IN_CSV = 1000
_NOW, _LOG = "now", "log"  # parts of pages that are asked for again and again
_STATUSES = [
    {"value": "", "label": "All statuses"},
    *({"value": one, "label": one.capitalize()} for one in Status),
]
_RESULTS = [{"value": "", "label": "All results"}, {"value": "errors", "label": "Errors only"}]
_OPERATIONS = [{"value": "", "label": "All operations"}, *({"value": one, "label": one.upper()} for one in ProbeOperation)]  # fmt: skip
_DONE = {
    BreakerAction.RESET: "The breaker of {} is reset.",
    BreakerAction.CLOSE: "The breaker of {} is closed.",
    BreakerAction.AUTOMATIC: "The breaker of {} decides by itself again.",
    BreakerAction.OPEN: "The breaker of {} is open.",
    BreakerAction.FORCE_OPEN: "The breaker of {} is forced open.",
    BreakerAction.DISABLE: "The breaker of {} is disabled.",
    BreakerAction.METRICS_ONLY: "The breaker of {} only records.",
}


@get(views.HERE, access=Access.READ, include_in_schema=False)
def health_page(
    request: PageRequest,
    health: Health,
    alerts: Alerts,
    status: FromQuery[str] = "",
    q: FromQuery[str] = "",
    cursor: FromQuery[int] = 0,
    part: FromQuery[str] = "",
) -> Response[Any]:
    statuses = health.statuses()
    found = views.chosen(statuses, status, q)
    start = max(0, cursor)
    shown = found[start : start + BUCKETS_A_PAGE]
    uptime = [] if part == _NOW else [health.uptime(UPTIME_DAYS, one.bucket)[0] for one in shown]
    return render(
        request,
        "health/board_now.html" if part == _NOW else "health/board.html",
        title="Health",
        query=_query(request),
        any=bool(statuses),
        cards=views.board_cards(statuses, health.cost()),
        monitor=views.monitor_view(health.stats(), len(statuses)),
        operations=[one.upper() for one in views.operations_of(shown)],
        rows=views.board_rows(shown),
        filters=[
            {"name": "status", "label": "Status", "value": status, "options": _STATUSES},
            {"name": "q", "label": "Find a bucket", "value": q},
        ],
        paging=_paging(start, len(shown), len(found)),
        uptime=[views.uptime_view(one) for one in uptime],
        alerts=alerts.page(status=AlertStatus.OPEN).items,
        back=views.HERE,
    )


@get(views.HERE + "/{name:str}", access=Access.READ, include_in_schema=False)
def bucket_health_page(
    request: PageRequest,
    name: FromPath[str],
    health: Health,
    alerts: Alerts,
    clock: NamedDependency[Clock],
    span: Annotated[str, QueryParameter(name="range")] = "24h",
    op: FromQuery[str] = "",
    operation: FromQuery[str] = "",
    result: FromQuery[str] = "",
    cursor: FromQuery[str] = "",
    timeline: FromQuery[str] = "",
    part: FromQuery[str] = "",
) -> Response[Any]:
    if part == _LOG:
        log = _log(name, health, operation, result, cursor)
        return render(request, "health/log.html", bucket=name, query=_query(request), **log)
    context = _present(request, name, health, clock, timeline)
    if part == _NOW:
        return render(request, "health/bucket_now.html", **context)
    return render(
        request,
        "health/bucket.html",
        title=name,
        ranges=views.RANGES,
        range=span,
        direct=views.direct_actions(),
        asked=views.asked_actions(name),
        alerts=alerts.page(status=AlertStatus.OPEN, bucket=name).items,
        back=views.bucket_href(name),
        **context,
        **_latency(name, health, clock, span, op),
        **_uptime(name, health),
        **_log(name, health, operation, result, cursor),
    )


@get(views.HERE + "/{name:str}/checks.csv", access=Access.READ, include_in_schema=False)
def checks_csv(
    name: FromPath[str], health: Health, operation: FromQuery[str] = "", result: FromQuery[str] = ""
) -> Response[Any]:
    """The newest checks of a bucket, at most a thousand."""
    found = health.history(
        bucket=name, limit=MOST_IN_CSV, tested=_operation(operation) or "", errors=result == "errors"
    )
    return csv_of(found.items, "checks.csv")


@post("/health/check", access=Access.ADMIN, status_code=200, include_in_schema=False)
def check_form(health: Health, data: Form) -> Response[Any]:
    """The page shows results as they come: a round of a bucket that hangs takes long."""
    name = data.get("bucket", "")
    if name:
        health.effective(name)
    for bucket, _ in health.watched():
        if name in ("", bucket.name):
            health.monitor.submit(bucket.id)
    target = views.bucket_href(name) if name else views.HERE
    return see_other(target, f"{name or 'Every bucket'} is being checked. What comes out shows here.")


@post("/health/monitoring/start", access=Access.ADMIN, status_code=200, include_in_schema=False)
def start_monitoring_form(request: PageRequest, health: Health) -> Response[Any]:
    health.start(actor=actor_of(request.scope["user"]))
    return see_other(views.HERE, "Buckets are checked on schedule again.")


@post("/health/monitoring/stop", access=Access.ADMIN, status_code=200, include_in_schema=False)
def stop_monitoring_form(request: PageRequest, health: Health) -> Response[Any]:
    health.stop(actor=actor_of(request.scope["user"]))
    return see_other(views.HERE, "Checks are stopped.", tone="warn")


@post(views.HERE + "/{name:str}/breaker", access=Access.ADMIN, status_code=200, include_in_schema=False)
def breaker_form(request: PageRequest, name: FromPath[str], health: Health, data: Form) -> Response[Any]:
    here = views.bucket_href(name)
    health.breakers.get(name)
    try:
        order = forms.order(data)
        health.breakers.act(name, order, actor=actor_of(request.scope["user"]))
    except StorekeeperError as error:
        return see_other(here, error.detail or error.title, tone="bad")
    return see_other(here, _DONE[order.action].format(name))


def _present(
    request: PageRequest, name: str, health: HealthService, clock: Clock, timeline: str
) -> views.View:
    """What the page asks for again and again."""
    found, breaker, now = health.status(name), health.breakers.get(name), clock.now()
    changes = health.breakers.transitions(bucket=name, cursor=timeline, limit=TRANSITIONS_A_PAGE)
    return {
        "bucket": name,
        "query": _query(request),
        "health": views.status_view(found, health.effective(name)),
        "operations": views.operation_rows(found),
        "network": views.network_facts(found.network),
        "breaker": views.breaker_view(breaker, now),
        "transitions": views.transition_rows(changes.items),
        "timeline_next": changes.next_cursor,
        "timeline": timeline,
    }


def _latency(name: str, health: HealthService, clock: Clock, span: str, op: str) -> views.View:
    length, now = span_of(span), clock.now()
    found: HealthMetrics = health.metrics(hours=max(1, int(length / timedelta(hours=1))), bucket=name)
    totals, config = views.total_rows(found.totals), health.effective(name)
    measured = [row["operation"] for row in totals]
    known = _operation(op)
    operation = known or (measured[0] if measured else config.test_operations[0])
    changes = list(reversed(health.changes(bucket=name, limit=MOST_IN_CSV).items))
    return {
        "totals": totals,
        "op": operation,
        "latency": views.latency_chart(found, operation, config, views.outages(changes, found.since, now)),
        "slow_from": config.slow_response_threshold / 1000,
    }


def _uptime(name: str, health: HealthService) -> views.View:
    found = health.uptime(UPTIME_DAYS, name)[0]
    return {"uptime": views.uptime_view(found), "budget": views.budget_view(found.budget)}


def _log(name: str, health: HealthService, operation: str, result: str, cursor: str) -> views.View:
    found = health.history(
        bucket=name,
        limit=CHECKS_A_PAGE,
        cursor=cursor,
        tested=_operation(operation) or "",
        errors=result == "errors",
    )
    asked = "&".join(
        f"{key}={value}" for key, value in (("operation", operation), ("result", result)) if value
    )
    return {
        "checks": views.check_rows(found.items),
        "filters": [
            {"name": "result", "label": "Result", "value": result, "options": _RESULTS},
            {"name": "operation", "label": "Operation", "value": operation, "options": _OPERATIONS},
        ],
        "paging": {
            "first": 1 if found.items else 0,
            "last": len(found.items),
            "next": found.next_cursor or "",
            "previous": "" if cursor else None,
        },
        "csv": f"{views.bucket_href(name)}/checks.csv" + (f"?{asked}" if asked else ""),
    }


def _paging(start: int, shown: int, total: int) -> views.View:
    return {
        "first": start + 1 if shown else 0,
        "last": start + shown,
        "total": total,
        "previous": str(max(0, start - BUCKETS_A_PAGE)) if start else None,
        "next": str(start + BUCKETS_A_PAGE) if start + BUCKETS_A_PAGE < total else "",
    }


def _operation(text: str) -> ProbeOperation | None:
    if not text:
        return None
    try:
        return ProbeOperation(text)
    except ValueError:
        raise BadInputError(f"{text[:50]!r} is no operation of checks.") from None


def _query(request: PageRequest) -> dict[str, str]:
    """The page's parameters without the one that asks for a part of it, which no link is to carry on."""
    return {name: value for name, value in request.query_params.items() if name != "part"}


ROUTES = [
    health_page,
    bucket_health_page,
    checks_csv,
    check_form,
    start_monitoring_form,
    stop_monitoring_form,
    breaker_form,
]
