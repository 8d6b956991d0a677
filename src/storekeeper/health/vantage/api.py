"""JSON routes of other vantage points."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any

import msgspec
from litestar import Request, Response
from litestar.di import NamedDependency
from litestar.params import FromQuery, JSONBody

from storekeeper.health.api.checks import TAGS
from storekeeper.health.sightings import VantagePoint
from storekeeper.health.vantage.service import VantageService
from storekeeper.infra.web import Access, get, post
from storekeeper.kernel.errors import BadInputError
from storekeeper.prober.model import PLAN_PATH, ROUNDS_PATH, ReportReply, RoundReport, VantagePlan

WebRequest = Request[Any, Any, Any]
Moment = Annotated[datetime, msgspec.Meta(tz=True)]
Service = NamedDependency[VantageService]


class VantagePoints(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    items: Sequence[VantagePoint]
    next_cursor: str | None = None


@get(
    "/api/health/vantage",
    access=Access.READ,
    tags=TAGS,
    summary="The other vantage points, and what each sees",
)
def list_vantage_points(vantage: Service) -> VantagePoints:
    """By name; those that were heard in the last day."""
    return VantagePoints(items=vantage.points())


@get(PLAN_PATH, access=Access.PROBE, tags=TAGS, summary="The next rounds of a vantage point, signed")
def show_vantage_plan(
    request: WebRequest, vantage: Service, after: FromQuery[str] = "", version: FromQuery[str] = ""
) -> Response[VantagePlan]:
    """At most five minutes ahead. `after` and `version` are `until` and `version` of the plan that is known, if there is one."""
    plan = vantage.plan(request.scope["user"], after=_moment(after), version=version)
    return Response(plan, headers={"Cache-Control": "no-store"})


@post(
    ROUNDS_PATH,
    access=Access.PROBE,
    tags=TAGS,
    status_code=200,
    summary="Report what a vantage point found",
)
def take_vantage_rounds(data: JSONBody[RoundReport], request: WebRequest, vantage: Service) -> ReportReply:
    """Answers when all that was accepted is recorded. The same round again changes nothing; a rejected one is not worth sending again."""
    return vantage.take(request.scope["user"], data.rounds)


def _moment(text: str) -> datetime | None:
    if not text:
        return None
    try:
        return msgspec.convert(text, Moment)
    except msgspec.ValidationError:
        raise BadInputError(f"after: {text[:100]!r} is not a time such as 2026-11-21T14:02:00Z.") from None


ROUTES = [list_vantage_points, show_vantage_plan, take_vantage_rounds]
