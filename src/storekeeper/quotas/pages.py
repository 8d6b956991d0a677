"""Pages: all quotas with who is over, and one quota."""

from typing import Annotated, Any

from litestar import Request, Response
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, QueryParameter, URLEncodedBody

from storekeeper.access import actor_of
from storekeeper.buckets import BucketService
from storekeeper.infra.web import Access, get, post, render, see_other
from storekeeper.kernel.clock import Clock
from storekeeper.kernel.errors import StorekeeperError
from storekeeper.quotas import views
from storekeeper.quotas.api import wanted_of
from storekeeper.quotas.model import Measure, QuotaPage, State
from storekeeper.quotas.service import QuotaService
from storekeeper.quotas.views import EndForm, QuotaForm, RaiseForm, RemoveForm
from storekeeper.quotas.violations.repository import Filter

HERE = "/quotas"
SHOWN, VIOLATIONS = 50, 20
PageRequest = Request[Any, Any, Any]
Service = NamedDependency[QuotaService]
Buckets = NamedDependency[BucketService]
_ONE = HERE + "/{quota_id:str}"


@get(HERE, access=Access.READ, include_in_schema=False)
def quotas_page(
    request: PageRequest,
    quotas: Service,
    buckets: Buckets,
    q: FromQuery[str] = "",
    standing: Annotated[str, QueryParameter(name="state")] = "",
    measure: FromQuery[str] = "",
    sort: FromQuery[str] = "-share",
    cursor: FromQuery[str] = "",
) -> Response[Any]:
    return _list(request, quotas, buckets, q=q, standing=standing, measure=measure, sort=sort, cursor=cursor)


@post(HERE, access=Access.ADMIN, status_code=200, include_in_schema=False)
def new_quota_form(
    request: PageRequest, quotas: Service, buckets: Buckets, data: URLEncodedBody[QuotaForm]
) -> Response[Any]:
    try:
        made = quotas.add(views.new_quota(data), actor=_actor(request))
    except StorekeeperError as error:
        return _list(request, quotas, buckets, form=data, problem=error)
    return see_other(HERE, f"There is a quota for {views.row(made)['subject']} now.")


@get(_ONE, access=Access.READ, include_in_schema=False)
def quota_page(request: PageRequest, quotas: Service, quota_id: FromPath[str]) -> Response[Any]:
    return _one(request, quotas, quota_id)


@post(_ONE, access=Access.ADMIN, status_code=200, include_in_schema=False)
def edit_quota_form(
    request: PageRequest, quotas: Service, quota_id: FromPath[str], data: URLEncodedBody[QuotaForm]
) -> Response[Any]:
    before = quotas.get(quota_id)
    try:
        quotas.edit(quota_id, views.change(data, before.measure), actor=_actor(request))
    except StorekeeperError as error:
        return _one(request, quotas, quota_id, form=data, problem=error)
    return see_other(f"{HERE}/{quota_id}", "Saved.")


@post(f"{_ONE}/raise", access=Access.ADMIN, status_code=200, include_in_schema=False)
def raise_quota_form(
    request: PageRequest,
    quotas: Service,
    clock: NamedDependency[Clock],
    quota_id: FromPath[str],
    data: URLEncodedBody[RaiseForm],
) -> Response[Any]:
    before = quotas.get(quota_id)
    try:
        wanted = views.new_raise(data, before.measure, clock.now())
        quotas.raise_for(quota_id, wanted, actor=_actor(request))
    except StorekeeperError as error:
        return _one(request, quotas, quota_id, raising=data, problem=error)
    return see_other(f"{HERE}/{quota_id}", "The limit is raised; it falls back by itself.")


@post(f"{_ONE}/end-raise", access=Access.ADMIN, status_code=200, include_in_schema=False)
def end_quota_raise_form(
    request: PageRequest, quotas: Service, quota_id: FromPath[str], data: URLEncodedBody[EndForm]
) -> Response[Any]:
    try:
        quotas.end_raise(quota_id, data.end_reason, actor=_actor(request))
    except StorekeeperError as error:
        return _one(request, quotas, quota_id, problem=error)
    return see_other(f"{HERE}/{quota_id}", "The raise is over.")


@post(f"{_ONE}/remove", access=Access.ADMIN, status_code=200, include_in_schema=False)
def remove_quota_form(
    request: PageRequest, quotas: Service, quota_id: FromPath[str], data: URLEncodedBody[RemoveForm]
) -> Response[Any]:
    subject = views.row(quotas.get(quota_id))["subject"]
    try:
        quotas.remove(quota_id, data.remove_reason, actor=_actor(request))
    except StorekeeperError as error:
        return _one(request, quotas, quota_id, problem=error)
    return see_other(HERE, f"The quota for {subject} is removed.")


def _list(
    request: PageRequest,
    quotas: QuotaService,
    buckets: BucketService,
    *,
    q: str = "",
    standing: str = "",
    measure: str = "",
    sort: str = "-share",
    cursor: str = "",
    form: QuotaForm | None = None,
    problem: StorekeeperError | None = None,
) -> Response[Any]:
    wanted = wanted_of(
        text=q, state=State(standing) if standing in set(State) else None, sort=sort, cursor=cursor,
        measure=Measure(measure) if measure in set(Measure) else None, limit=SHOWN,
    )  # fmt: skip
    found = quotas.page(wanted)
    choices = [{"value": "", "label": "All buckets"}]
    return render(
        request,
        "quotas/quotas.html",
        title="Quotas",
        rows=[views.row(one) for one in found.items],
        any=bool(found.total or q or standing or measure),
        sort=sort,
        filters=_filters(q, standing, measure),
        paging=_paging(wanted.skip, found),
        open=quotas.open_violations(),
        violations=[
            views.violation_row(one)
            for one in quotas.violations(Filter(is_open=True, limit=VIOLATIONS)).items
        ],
        buckets=[*choices, *({"value": one.name, "label": one.name} for one in buckets.all())],
        measures=views.MEASURES,
        values=form or QuotaForm(hard=True),
        problem=problem,
    )


def _one(
    request: PageRequest,
    quotas: QuotaService,
    quota_id: str,
    *,
    form: QuotaForm | None = None,
    raising: RaiseForm | None = None,
    problem: StorekeeperError | None = None,
) -> Response[Any]:
    quota = quotas.get(quota_id)
    row = views.row(quota)
    past = quotas.violations(Filter(quota_id=quota_id, limit=VIOLATIONS)).items
    return render(
        request,
        "quotas/quota.html",
        title=row["subject"],
        row=row,
        cards=views.cards(quota),
        values=form or views.form_of(quota),
        raising=raising or RaiseForm(),
        problem=problem,
        violations=[views.violation_row(one) for one in past],
    )


def _paging(start: int, found: QuotaPage) -> dict[str, Any]:
    return {
        "first": start + 1 if found.items else 0,
        "last": start + len(found.items),
        "total": found.total,
        "previous": str(max(0, start - SHOWN)) if start else None,
        "next": found.next_cursor,
    }


def _filters(q: str, standing: str, measure: str) -> list[dict[str, Any]]:
    return [
        {"name": "q", "label": "Find an owner or bucket", "value": q},
        {"name": "state", "label": "State", "value": standing, "options": views.STATE_FILTER},
        {"name": "measure", "label": "Measure", "value": measure, "options": views.MEASURE_FILTER},
    ]


def _actor(request: PageRequest) -> str:
    return actor_of(request.scope["user"])


ROUTES = [
    quotas_page,
    new_quota_form,
    quota_page,
    edit_quota_form,
    raise_quota_form,
    end_quota_raise_form,
    remove_quota_form,
]
