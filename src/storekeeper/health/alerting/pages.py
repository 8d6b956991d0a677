"""The form of `health/alerts.html`, which pages include."""

from typing import Any

import msgspec
from litestar import Request, Response
from litestar.di import NamedDependency
from litestar.params import FromPath, URLEncodedBody

from storekeeper.access import actor_of
from storekeeper.health.alerting.model import AlertResolvedError, Resolution
from storekeeper.health.alerting.service import AlertService
from storekeeper.infra.web import Access, post, see_other
from storekeeper.kernel.errors import BadInputError


class ResolveForm(msgspec.Struct, frozen=True):
    notes: str = ""
    back: str = "/health/buckets"  # the page that the form is on


@post("/alerts/{alert_id:str}/resolve", access=Access.ADMIN, status_code=200, include_in_schema=False)
def resolve_alert_form(
    request: Request[Any, Any, Any],
    alert_id: FromPath[str],
    data: URLEncodedBody[ResolveForm],
    alerts: NamedDependency[AlertService],
) -> Response[Any]:
    back = data.back if _is_here(data.back) else "/health/buckets"
    try:
        given = msgspec.convert({"notes": data.notes.strip()}, Resolution)
        alert = alerts.resolve(alert_id, given.notes, actor=actor_of(request.scope["user"]))
    except msgspec.ValidationError as error:
        raise BadInputError(f"notes: {error}") from None
    except AlertResolvedError as error:
        return see_other(back, error.detail, tone="warn")
    return see_other(back, f"The alert of {alert.bucket} is resolved.")


def _is_here(path: str) -> bool:
    """Whether it is a path of this server; a second slash or a backslash would lead to another."""
    return path.startswith("/") and not path.startswith("//") and "\\" not in path and path.isprintable()


ROUTES = [resolve_alert_form]
