"""Pages of sources that are imported from by schedule: the list, and the form that adds or changes one."""

from typing import Any
from urllib.parse import quote

from litestar import Request, Response
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, URLEncodedBody

from storekeeper.access import actor_of
from storekeeper.buckets import BucketService
from storekeeper.infra.web import Access, get, post, render, see_other
from storekeeper.kernel.clock import Clock
from storekeeper.kernel.errors import ConflictError, StorekeeperError
from storekeeper.metering import views
from storekeeper.metering.importing.pulling import PULLERS, forms, rules
from storekeeper.metering.importing.pulling.model import ImportSource, ImportSourceChange
from storekeeper.metering.importing.pulling.service import ImportSourceService

HERE = "/imports"
PageRequest = Request[Any, Any, Any]
Form = URLEncodedBody[dict[str, str]]
Sources = NamedDependency[ImportSourceService]
Buckets = NamedDependency[BucketService]


@get(HERE, access=Access.READ, include_in_schema=False)
def imports_page(
    request: PageRequest, import_sources: Sources, clock: NamedDependency[Clock]
) -> Response[Any]:
    pulled, now = import_sources.being_pulled(), clock.now()
    return render(
        request,
        "metering/imports.html",
        title="Imports",
        sources=[forms.row(one, now, pulled=one.name in pulled) for one in import_sources.all()],
        under_way=bool(pulled),
        tabs=views.tabs(HERE, dict(request.query_params)),
    )


@get(HERE + "/new", access=Access.ADMIN, include_in_schema=False)
def new_source_page(
    request: PageRequest, buckets: Buckets, form: FromQuery[str] = "s3-access-log"
) -> Response[Any]:
    rules.puller(form)
    return _form(request, buckets, forms.EMPTY | {"format": form})


@post(HERE + "/new", access=Access.ADMIN, status_code=200, include_in_schema=False)
def new_source_form(
    request: PageRequest, data: Form, import_sources: Sources, buckets: Buckets
) -> Response[Any]:
    try:
        source = import_sources.add(forms.new_source(data), actor=_actor(request))
    except StorekeeperError as error:
        return _form(request, buckets, forms.typed(data), problem=error)
    return see_other(HERE, f"{source.name} is added. Run it now, or wait for its schedule.")


@get(HERE + "/{name:str}/edit", access=Access.ADMIN, include_in_schema=False)
def edit_source_page(
    request: PageRequest, name: FromPath[str], import_sources: Sources, buckets: Buckets
) -> Response[Any]:
    source = import_sources.get(name)
    return _form(request, buckets, forms.stored(source), editing=source)


@post(HERE + "/{name:str}/edit", access=Access.ADMIN, status_code=200, include_in_schema=False)
def edit_source_form(
    request: PageRequest, name: FromPath[str], data: Form, import_sources: Sources, buckets: Buckets
) -> Response[Any]:
    source = import_sources.get(name)
    try:
        import_sources.edit(name, forms.change(data), actor=_actor(request))
    except StorekeeperError as error:
        values = forms.typed(data) | {"name": name, "format": source.format, "bucket": source.bucket}
        return _form(request, buckets, values, editing=source, problem=error)
    return see_other(HERE, f"{name} is saved.")


@post(HERE + "/{name:str}/run", access=Access.ADMIN, status_code=200, include_in_schema=False)
def run_source_form(name: FromPath[str], import_sources: Sources) -> Response[Any]:
    try:
        import_sources.start(name)
    except ConflictError as error:
        return see_other(HERE, error.detail, tone="warn")
    return see_other(HERE, f"{name} is in the queue.")


@post(HERE + "/{name:str}/pause", access=Access.ADMIN, status_code=200, include_in_schema=False)
def pause_source_form(request: PageRequest, name: FromPath[str], import_sources: Sources) -> Response[Any]:
    import_sources.edit(name, ImportSourceChange(paused=True), actor=_actor(request))
    return see_other(HERE, f"{name} is paused. It goes on from the same place when it is resumed.")


@post(HERE + "/{name:str}/resume", access=Access.ADMIN, status_code=200, include_in_schema=False)
def resume_source_form(request: PageRequest, name: FromPath[str], import_sources: Sources) -> Response[Any]:
    import_sources.edit(name, ImportSourceChange(paused=False), actor=_actor(request))
    return see_other(HERE, f"{name} is resumed.")


@post(HERE + "/{name:str}/remove", access=Access.ADMIN, status_code=200, include_in_schema=False)
def remove_source_form(request: PageRequest, name: FromPath[str], import_sources: Sources) -> Response[Any]:
    import_sources.remove(name, actor=_actor(request))
    return see_other(HERE, f"{name} is removed. What it brought stays.")


def _form(
    request: PageRequest,
    buckets: BucketService,
    values: views.View,
    *,
    editing: ImportSource | None = None,
    problem: StorekeeperError | None = None,
) -> Response[Any]:
    names = [bucket.name for bucket in buckets.all()]
    return render(
        request,
        "metering/import_source.html",
        title=f"Edit {editing.name}" if editing else "Import by schedule",
        action=f"{HERE}/{quote(editing.name, safe='')}/edit" if editing else f"{HERE}/new",
        editing=editing,
        values=values,
        problem=problem,
        formats=forms.formats(),
        fields=forms.fields(rules.puller(values["format"]), values["settings"], names),
        needs_secret=PULLERS[values["format"]].needs_secret,
        schedules=forms.schedules(values["cron"]),
        buckets=[{"value": name, "label": name} for name in names],
    )


def _actor(request: PageRequest) -> str:
    return actor_of(request.scope["user"])


ROUTES = [
    imports_page,
    new_source_page,
    new_source_form,
    edit_source_page,
    edit_source_form,
    run_source_form,
    pause_source_form,
    resume_source_form,
    remove_source_form,
]
