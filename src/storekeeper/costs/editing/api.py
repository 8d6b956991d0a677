"""JSON routes to edit price sheets."""

from typing import Any

from litestar import Request
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody

from storekeeper.access import actor_of
from storekeeper.costs.editing.model import NewSheet, Preview, SavedSheet, SheetText, Tried
from storekeeper.costs.editing.service import SheetEditor
from storekeeper.infra.web import Access, delete, get, post, put

WebRequest = Request[Any, Any, Any]
Service = NamedDependency[SheetEditor]
_TAGS = ["Costs"]
_ONE = "/api/prices/{file:str}"


@get(_ONE, access=Access.READ, tags=_TAGS, summary="A price sheet as it is written")
def show_price_sheet(file: FromPath[str], editor: Service, shipped: FromQuery[bool] = False) -> SheetText:
    """One's own, else that which comes with Storekeeper; `shipped` asks for the latter."""
    return editor.read(file, shipped=shipped)


@put(_ONE, access=Access.ADMIN, tags=_TAGS, summary="Write a price sheet of one's own")
def save_price_sheet(
    file: FromPath[str], data: JSONBody[NewSheet], request: WebRequest, editor: Service
) -> SavedSheet:
    """409 when the file is not what `digest` says. The open months are worked out again."""
    return editor.save(file, data, actor=actor_of(request.scope["user"]))


@delete(_ONE, access=Access.ADMIN, tags=_TAGS, summary="Remove a price sheet of one's own")
def remove_price_sheet(
    file: FromPath[str], request: WebRequest, editor: Service, digest: FromQuery[str] = ""
) -> None:
    """What comes with Storekeeper for the same counts again."""
    editor.remove(file, digest, actor=actor_of(request.scope["user"]))


@post(
    f"{_ONE}/preview",
    access=Access.ADMIN,
    tags=_TAGS,
    status_code=200,
    summary="What the present month would cost by a price sheet",
)
def preview_price_sheet(file: FromPath[str], data: JSONBody[Tried], editor: Service) -> Preview:
    """Nothing is stored."""
    return editor.preview(file, data.text)


ROUTES = [show_price_sheet, save_price_sheet, remove_price_sheet, preview_price_sheet]
