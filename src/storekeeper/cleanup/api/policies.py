"""Routes of policies."""

from typing import Any

import msgspec
from litestar import Request
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody

from storekeeper.access import actor_of
from storekeeper.cleanup.model import NewPolicy, Policy, PolicyChange, PolicyList
from storekeeper.cleanup.service import CleanupService
from storekeeper.infra.web import Access, delete, get, patch, post

WebRequest = Request[Any, Any, Any]
Service = NamedDependency[CleanupService]
TAGS = ["Clean-up"]
_PATH = "/api/cleanup/policies"
_ONE = _PATH + "/{name:str}"


class Started(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What now runs in the background."""

    run_id: str


@get(_PATH, access=Access.READ, tags=TAGS, summary="Clean-up policies")
def list_cleanup_policies(cleanup: Service, bucket: FromQuery[str] = "") -> PolicyList:
    """By name."""
    return PolicyList(items=cleanup.policies.all(bucket))


@post(_PATH, access=Access.ADMIN, tags=TAGS, summary="Say what may go from a bucket")
def add_cleanup_policy(data: JSONBody[NewPolicy], request: WebRequest, cleanup: Service) -> Policy:
    """Deletes nothing: that takes a plan that is confirmed."""
    return cleanup.policies.add(data, actor=actor_of(request.scope["user"]))


@get(_ONE, access=Access.READ, tags=TAGS, summary="One clean-up policy")
def show_cleanup_policy(name: FromPath[str], cleanup: Service) -> Policy:
    return cleanup.policies.get(name)


@patch(_ONE, access=Access.ADMIN, tags=TAGS, summary="Change a clean-up policy")
def edit_cleanup_policy(
    name: FromPath[str], data: JSONBody[PolicyChange], request: WebRequest, cleanup: Service
) -> Policy:
    """What is not given stays. After a change of what may go, its schedule waits until a person confirms a plan."""
    return cleanup.policies.edit(name, data, actor=actor_of(request.scope["user"]))


@delete(_ONE, access=Access.ADMIN, tags=TAGS, summary="Remove a clean-up policy")
def remove_cleanup_policy(
    name: FromPath[str], request: WebRequest, cleanup: Service, reason: FromQuery[str]
) -> None:
    """A clean-up under way stops. Logs stay."""
    cleanup.policies.remove(name, reason, actor=actor_of(request.scope["user"]))


@post(
    _ONE + "/plan", access=Access.ADMIN, tags=TAGS, status_code=202, summary="List what would go, with sizes"
)
def plan_cleanup(name: FromPath[str], request: WebRequest, cleanup: Service) -> Started:
    """The plan has the id of the run. Deletes nothing."""
    return Started(run_id=cleanup.plans.start(name, actor=actor_of(request.scope["user"])).id)


ROUTES = [
    list_cleanup_policies,
    add_cleanup_policy,
    show_cleanup_policy,
    edit_cleanup_policy,
    remove_cleanup_policy,
    plan_cleanup,
]
