"""The settings of checks: those that hold for all buckets, and those of one."""

from typing import Any

from litestar import Request, Response
from litestar.di import NamedDependency
from litestar.params import FromPath, URLEncodedBody

from storekeeper.access import actor_of
from storekeeper.health import forms
from storekeeper.health.model import HealthChange, HealthConfig, HealthConfigError
from storekeeper.health.service import HealthService
from storekeeper.health.views import HERE, View, bucket_href
from storekeeper.health.views import settings as views
from storekeeper.infra.web import Access, get, post, render, see_other

PageRequest = Request[Any, Any, Any]
Form = URLEncodedBody[dict[str, str]]
Health = NamedDependency[HealthService]
SETTINGS = "/health/settings"


@get(SETTINGS, access=Access.ADMIN, include_in_schema=False)
def health_settings_page(request: PageRequest, health: Health) -> Response[Any]:
    return _general(request, health, views.stored_values(health.config()), {})


@post(SETTINGS, access=Access.ADMIN, status_code=200, include_in_schema=False)
def health_settings_form(request: PageRequest, health: Health, data: Form) -> Response[Any]:
    change, errors = forms.general_change(data)
    if not errors:
        try:
            health.configure(change, actor=actor_of(request.scope["user"]))
        except HealthConfigError as error:
            errors = _placed(error)
    if errors:
        return _general(request, health, data, errors)
    return see_other(SETTINGS, "The settings hold from now on.")


@get(HERE + "/{name:str}/settings", access=Access.ADMIN, include_in_schema=False)
def bucket_settings_page(request: PageRequest, name: FromPath[str], health: Health) -> Response[Any]:
    own = health.overrides().get(name, HealthChange())
    return _of_bucket(request, name, health, views.own_values(own, health.effective(name)), {})


@post(HERE + "/{name:str}/settings", access=Access.ADMIN, status_code=200, include_in_schema=False)
def bucket_settings_form(
    request: PageRequest, name: FromPath[str], health: Health, data: Form
) -> Response[Any]:
    health.effective(name)
    change, errors = forms.own_change(data, health.config())
    if not errors:
        try:
            health.override(name, change, actor=actor_of(request.scope["user"]))
        except HealthConfigError as error:
            errors = _placed(error)
    if errors:
        return _of_bucket(request, name, health, data, errors)
    return see_other(bucket_href(name), f"The settings of {name} hold from now on.")


def _general(
    request: PageRequest, health: HealthService, values: View, errors: dict[str, str]
) -> Response[Any]:
    names = [one.bucket for one in health.statuses()]
    return render(
        request,
        "health/settings.html",
        title="Settings of checks",
        action=SETTINGS,
        bucket="",
        back=HERE,
        cost=views.cost_words(health.cost()),
        overrides=views.override_rows(health.overrides(), names),
        **_fields(values, errors, above=None),
    )


def _of_bucket(
    request: PageRequest, name: str, health: HealthService, values: View, errors: dict[str, str]
) -> Response[Any]:
    return render(
        request,
        "health/settings.html",
        title=f"Settings of checks of {name}",
        action=f"{bucket_href(name)}/settings",
        bucket=name,
        back=bucket_href(name),
        cost=views.cost_words(health.cost(name)),
        inherited_operations=views.written_operations(health.config().test_operations),
        **_fields(values, errors, above=health.config()),
    )


def _fields(values: View, errors: dict[str, str], *, above: HealthConfig | None) -> View:
    return {
        "status": 400 if errors else 200,
        "numbers": views.number_fields(values, errors, above),
        "switches": views.switch_fields(values, above),
        "operations": views.operation_fields(values),
        "operations_error": errors.get(views.OPERATIONS, ""),
        "problem": errors.get("", ""),
        "wrong": len(errors),
    }


def _placed(error: HealthConfigError) -> dict[str, str]:
    field, words = views.placed(error.detail)
    return {field: " ".join(filter(None, (words, error.hint)))}


ROUTES = [health_settings_page, health_settings_form, bucket_settings_page, bucket_settings_form]
