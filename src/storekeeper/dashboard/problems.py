"""Where the `type` of a problem leads to: what it means."""

import inspect
from collections.abc import Iterator
from typing import Any

import msgspec
from litestar import Request, Response
from litestar.params import FromPath

from storekeeper.infra.web import Access, get, render, wants_page
from storekeeper.kernel.errors import NotFoundError, StorekeeperError


class ProblemType(msgspec.Struct, frozen=True, kw_only=True):
    """One kind of problem."""

    type: str
    title: str
    status: int
    about: str


@get("/problems/{slug:str}", access=Access.PUBLIC, tags=["Health"], summary="What a type of problem means")
def show_problem_type(request: Request[Any, Any, Any], slug: FromPath[str]) -> Response[Any]:
    kind = next((kind for kind in _kinds(StorekeeperError) if kind.slug == slug), None)
    if kind is None:
        raise NotFoundError(f"There is no type of problem {slug!r}.")
    about = " ".join((inspect.getdoc(kind) or "").split())
    if wants_page(request):
        return render(
            request, "web/problem.html", title=kind.title, problem_status=kind.status, slug=slug, about=about
        )
    return Response(ProblemType(type=f"/problems/{slug}", title=kind.title, status=kind.status, about=about))


def _kinds(kind: type[StorekeeperError]) -> Iterator[type[StorekeeperError]]:
    yield kind
    for child in kind.__subclasses__():
        yield from _kinds(child)


ROUTES = [show_problem_type]
