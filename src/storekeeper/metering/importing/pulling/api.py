"""JSON routes of sources that are imported from by schedule."""

from typing import Any

import msgspec
from litestar import Request
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from litestar.status_codes import HTTP_202_ACCEPTED

from storekeeper.access import actor_of
from storekeeper.infra.web import Access, delete, get, patch, post
from storekeeper.metering.importing.pulling.model import (
    ImportSource,
    ImportSourceChange,
    ImportSourcePage,
    NewImportSource,
)
from storekeeper.metering.importing.pulling.service import ImportSourceService

_TAGS = ["Imports"]
Sources = NamedDependency[ImportSourceService]
WebRequest = Request[Any, Any, Any]


class StartedPull(msgspec.Struct, frozen=True, rename="camel"):
    run_id: str


@get("/api/import-sources", access=Access.READ, tags=_TAGS, summary="Sources of scheduled imports")
def list_import_sources(import_sources: Sources) -> ImportSourcePage:
    return ImportSourcePage(items=import_sources.all())


@post("/api/import-sources", access=Access.ADMIN, tags=_TAGS, summary="Import from a source by schedule")
def add_import_source(
    data: JSONBody[NewImportSource], request: WebRequest, import_sources: Sources
) -> ImportSource:
    """Nothing is connected to yet. The secret is write-only."""
    return import_sources.add(data, actor=actor_of(request.scope["user"]))


@get("/api/import-sources/{name:str}", access=Access.READ, tags=_TAGS, summary="One source")
def show_import_source(name: FromPath[str], import_sources: Sources) -> ImportSource:
    return import_sources.get(name)


@patch("/api/import-sources/{name:str}", access=Access.ADMIN, tags=_TAGS, summary="Edit a source")
def edit_import_source(
    name: FromPath[str], data: JSONBody[ImportSourceChange], request: WebRequest, import_sources: Sources
) -> ImportSource:
    """Only what is given changes."""
    return import_sources.edit(name, data, actor=actor_of(request.scope["user"]))


@delete("/api/import-sources/{name:str}", access=Access.ADMIN, tags=_TAGS, summary="Remove a source")
def remove_import_source(name: FromPath[str], request: WebRequest, import_sources: Sources) -> None:
    """What it brought stays."""
    import_sources.remove(name, actor=actor_of(request.scope["user"]))


@post(
    "/api/import-sources/{name:str}/run",
    access=Access.ADMIN,
    tags=_TAGS,
    status_code=HTTP_202_ACCEPTED,
    summary="Pull a source now",
)
def run_import_source(name: FromPath[str], import_sources: Sources) -> StartedPull:
    """In the background; the run tells how it went, and so does the source."""
    return StartedPull(import_sources.start(name))


ROUTES = [
    list_import_sources,
    add_import_source,
    show_import_source,
    edit_import_source,
    remove_import_source,
    run_import_source,
]
