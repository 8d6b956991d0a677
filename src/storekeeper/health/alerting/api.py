"""JSON routes of health's alerts."""

from typing import Any

from litestar import Request
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody
from litestar.status_codes import HTTP_200_OK

from storekeeper.access import actor_of
from storekeeper.health.alerting.model import Alert, AlertPage, AlertStatus, Resolution
from storekeeper.health.alerting.service import AlertService
from storekeeper.infra.web import Access, get, post

_TAGS = ["Health"]
Alerts = NamedDependency[AlertService]


@get("/api/health/alerts", access=Access.READ, tags=_TAGS, summary="Alerts of buckets' health")
def list_health_alerts(
    alerts: Alerts,
    status: FromQuery[AlertStatus | None] = None,
    bucket: FromQuery[str] = "",
    limit: FromQuery[int] = 100,
    cursor: FromQuery[str] = "",
) -> AlertPage:
    """Newest first."""
    return alerts.page(status=status, bucket=bucket, limit=limit, cursor=cursor)


@get("/api/health/alerts/{alert_id:str}", access=Access.READ, tags=_TAGS, summary="One alert")
def show_health_alert(alert_id: FromPath[str], alerts: Alerts) -> Alert:
    return alerts.get(alert_id)


@post(
    "/api/health/alerts/{alert_id:str}/resolve",
    access=Access.ADMIN,
    tags=_TAGS,
    status_code=HTTP_200_OK,
    summary="Resolve an alert by hand",
)
def resolve_health_alert(
    alert_id: FromPath[str], data: JSONBody[Resolution], request: Request[Any, Any, Any], alerts: Alerts
) -> Alert:
    """While its condition holds, no other alert of its kind is made for the bucket: that needs a new beginning."""
    return alerts.resolve(alert_id, data.notes, actor=actor_of(request.scope["user"]))


ROUTES = [list_health_alerts, show_health_alert, resolve_health_alert]
