"""JSON routes of quotas."""

from typing import Annotated, Any

from litestar import Request
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter

from storekeeper.access import actor_of
from storekeeper.infra.web import Access, Principal, Role, delete, get, patch, post
from storekeeper.kernel.errors import BadInputError, NotAllowedError
from storekeeper.quotas.model import (
    MOST,
    Answer,
    Measure,
    NewQuota,
    NewRaise,
    OwnQuotas,
    Question,
    QuotaChange,
    QuotaPage,
    QuotaView,
    Settlement,
    State,
    ViolationPage,
)
from storekeeper.quotas.repository import SORTS, Wanted
from storekeeper.quotas.service import QuotaService
from storekeeper.quotas.violations.repository import Filter

WebRequest = Request[Any, Any, Any]
Service = NamedDependency[QuotaService]
_TAGS = ["Quotas"]
_PATH = "/api/quotas"


@get(_PATH, access=Access.READ, tags=_TAGS, summary="Quotas, and how much of them is used")
def list_quotas(
    quotas: Service,
    owner: FromQuery[str] = "",
    bucket: FromQuery[str] = "",
    measure: FromQuery[Measure | None] = None,
    standing: Annotated[State | None, QueryParameter(name="state")] = None,
    q: FromQuery[str] = "",
    sort: FromQuery[str] = "-share",
    cursor: FromQuery[str] = "",
    limit: FromQuery[int] = 100,
) -> QuotaPage:
    """Those that are used up most first; `q` is part of the owner or bucket, `sort` has a `-` in front for falling."""
    return quotas.page(
        wanted_of(
            owner=owner,
            bucket=bucket,
            measure=measure,
            state=standing,
            text=q,
            sort=sort,
            cursor=cursor,
            limit=limit,
        )
    )


@post(_PATH, access=Access.ADMIN, tags=_TAGS, summary="Limit an owner, a bucket, or an owner in a bucket")
def add_quota(data: JSONBody[NewQuota], request: WebRequest, quotas: Service) -> QuotaView:
    return quotas.add(data, actor=actor_of(request.scope["user"]))


@get(f"{_PATH}/{{quota_id:str}}", access=Access.READ, tags=_TAGS, summary="One quota")
def show_quota(quota_id: FromPath[str], quotas: Service) -> QuotaView:
    return quotas.get(quota_id)


@patch(f"{_PATH}/{{quota_id:str}}", access=Access.ADMIN, tags=_TAGS, summary="Change a quota")
def edit_quota(
    quota_id: FromPath[str], data: JSONBody[QuotaChange], request: WebRequest, quotas: Service
) -> QuotaView:
    """What is not given stays. A raise that is not above the new limit ends."""
    return quotas.edit(quota_id, data, actor=actor_of(request.scope["user"]))


@delete(f"{_PATH}/{{quota_id:str}}", access=Access.ADMIN, tags=_TAGS, summary="Remove a quota")
def remove_quota(
    quota_id: FromPath[str], request: WebRequest, quotas: Service, reason: FromQuery[str]
) -> None:
    quotas.remove(quota_id, reason, actor=actor_of(request.scope["user"]))


@post(
    f"{_PATH}/{{quota_id:str}}/raise",
    access=Access.ADMIN,
    tags=_TAGS,
    status_code=200,
    summary="Raise a quota for a while",
)
def raise_quota(
    quota_id: FromPath[str], data: JSONBody[NewRaise], request: WebRequest, quotas: Service
) -> QuotaView:
    """It ends by itself."""
    return quotas.raise_for(quota_id, data, actor=actor_of(request.scope["user"]))


@delete(
    f"{_PATH}/{{quota_id:str}}/raise",
    access=Access.ADMIN,
    tags=_TAGS,
    status_code=200,
    summary="End a raise before its time",
)
def end_quota_raise(
    quota_id: FromPath[str], request: WebRequest, quotas: Service, reason: FromQuery[str]
) -> QuotaView:
    return quotas.end_raise(quota_id, reason, actor=actor_of(request.scope["user"]))


@get("/api/user/storage/quota", access=Access.OWN, tags=_TAGS, summary="The quotas of one owner")
def show_own_quota(request: WebRequest, quotas: Service, owner: FromQuery[str] = "") -> OwnQuotas:
    """Those of the caller, by their email address as owner; who may read everything may name another."""
    principal: Principal = request.scope["user"]
    if principal.role is Role.USER and owner not in ("", principal.email):
        raise NotAllowedError("This is another owner's.")
    return quotas.of_owner(owner or principal.email)


@get("/api/admin/users/quota-violations", access=Access.ADMIN, tags=_TAGS, summary="Who is over, and was")
def list_quota_violations(
    quotas: Service,
    status: FromQuery[str] = "open",
    level: FromQuery[State | None] = None,
    owner: FromQuery[str] = "",
    bucket: FromQuery[str] = "",
    cursor: FromQuery[str] = "",
    limit: FromQuery[int] = 100,
) -> ViolationPage:
    """Newest first. `status` is `open`, `closed` or `all`; `level` is `warned` or `exceeded`."""
    chosen = {"open": True, "closed": False, "all": None}
    if status not in chosen:
        raise BadInputError(f"status: {status!r} is none of {', '.join(chosen)}.")
    return quotas.violations(
        Filter(is_open=chosen[status], level=level, owner=owner, bucket=bucket, before=cursor, limit=limit)
    )


@get("/api/quota/check", access=Access.READ, tags=_TAGS, summary="May this owner write so many bytes?")
def look_at_quota(
    quotas: Service,
    bucket: FromQuery[str],
    owner: FromQuery[str] = "",
    size: Annotated[int, QueryParameter(name="bytes", ge=0, le=MOST)] = 0,
) -> Answer:
    """Without a lease: somebody else may write before the caller does."""
    return quotas.leasing.look(Question(owner=owner, bucket=bucket, bytes=size))


@post(
    "/api/quota/check",
    access=Access.IMPORT,
    tags=_TAGS,
    status_code=200,
    summary="May this owner write so many bytes? With a lease",
)
def check_quota(data: JSONBody[Question], request: WebRequest, quotas: Service) -> Answer:
    """What is leased counts as used until it is settled. Deletes need not ask."""
    principal: Principal = request.scope["user"]
    _check_bucket(principal, data.bucket)
    return quotas.leasing.ask(data, actor=actor_of(principal))


@post(
    "/api/quota/settle",
    access=Access.IMPORT,
    tags=_TAGS,
    status_code=204,
    summary="Tell what became of leases",
)
def settle_quota(data: JSONBody[Settlement], request: WebRequest, quotas: Service) -> None:
    """Only the first word on a lease counts, and only by who has it; anything else changes nothing."""
    quotas.leasing.settle(data.settled, actor=actor_of(request.scope["user"]))


def wanted_of(
    *,
    owner: str = "",
    bucket: str = "",
    measure: Measure | None = None,
    state: State | None = None,
    text: str = "",
    sort: str = "-share",
    cursor: str = "",
    limit: int = 100,
) -> Wanted:
    """Raises BadInputError."""
    if sort.removeprefix("-") not in SORTS:
        raise BadInputError(f"sort: {sort!r} is none of {', '.join(SORTS)}.")
    if cursor and not (cursor.isascii() and cursor.isdecimal() and len(cursor) < 10):
        raise BadInputError("cursor: not one of this server's.")
    return Wanted(owner, bucket, measure, state, text, sort, int(cursor or 0), limit)


def _check_bucket(principal: Principal, bucket: str) -> None:
    if principal.buckets and bucket not in principal.buckets:
        raise NotAllowedError(f"The API key is not for the bucket {bucket!r}.")


ROUTES = [
    list_quotas,
    add_quota,
    show_quota,
    edit_quota,
    remove_quota,
    raise_quota,
    end_quota_raise,
    show_own_quota,
    list_quota_violations,
    look_at_quota,
    check_quota,
    settle_quota,
]
