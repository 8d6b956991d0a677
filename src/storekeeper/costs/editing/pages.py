"""Pages: a price sheet with its text, and a form for storage of one's own."""

from typing import Any

from litestar import Request, Response
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, URLEncodedBody

from storekeeper.access import actor_of
from storekeeper.costs import views as cost_views
from storekeeper.costs.editing import views
from storekeeper.costs.editing.model import NewSheet, SheetText, UnknownSheetError
from storekeeper.costs.editing.service import SheetEditor
from storekeeper.costs.editing.views import PricesForm, RemoveForm, TextForm
from storekeeper.costs.sheets import PriceSheetError
from storekeeper.costs.sheets.writing import text_of
from storekeeper.infra.web import Access, get, may_write, post, render, see_other
from storekeeper.kernel.clock import Clock
from storekeeper.kernel.errors import StorekeeperError

HERE = "/costs/prices"
PageRequest = Request[Any, Any, Any]
Service = NamedDependency[SheetEditor]
Time = NamedDependency[Clock]
_ONE = HERE + "/{file:str}"


@get(f"{HERE}/new", access=Access.ADMIN, include_in_schema=False)
def new_prices_page(request: PageRequest) -> Response[Any]:
    return _form(request, PricesForm())


@post(f"{HERE}/new", access=Access.ADMIN, status_code=200, include_in_schema=False)
def new_prices_form(
    request: PageRequest, editor: Service, clock: Time, data: URLEncodedBody[PricesForm]
) -> Response[Any]:
    """The text that comes of it is shown before anything is saved."""
    try:
        text = text_of(views.own_prices(data), clock.now().date())
        shown = editor.preview(data.file, text)
    except StorekeeperError as error:
        return _form(request, data, error)
    return _sheet(request, _draft(data.file, text), preview=views.preview(shown))


@get(_ONE, access=Access.READ, include_in_schema=False)
def price_sheet_page(
    request: PageRequest,
    editor: Service,
    file: FromPath[str],
    shipped: FromQuery[bool] = False,
    copy: FromQuery[bool] = False,
) -> Response[Any]:
    """With `copy`, what comes with Storekeeper as the beginning of one's own."""
    found = editor.read(file, shipped=shipped)
    if copy and not found.own and may_write(request):
        found = _draft(file, found.text)
    return _sheet(request, found)


@post(_ONE, access=Access.ADMIN, status_code=200, include_in_schema=False)
def save_price_sheet_form(
    request: PageRequest, editor: Service, file: FromPath[str], data: URLEncodedBody[TextForm]
) -> Response[Any]:
    draft = _draft(file, views.plain(data.text), data.digest)
    try:
        if data.do == "preview":
            return _sheet(request, draft, preview=views.preview(editor.preview(file, draft.text)))
        new = NewSheet(text=draft.text, digest=data.digest)
        saved = editor.save(file, new, actor=actor_of(request.scope["user"]))
    except StorekeeperError as error:
        return _sheet(request, draft, problem=error)
    return see_other(HERE, f"{saved.title} is saved. Costs are being worked out by it.")


@post(f"{_ONE}/remove", access=Access.ADMIN, status_code=200, include_in_schema=False)
def remove_price_sheet_form(
    request: PageRequest, editor: Service, file: FromPath[str], data: URLEncodedBody[RemoveForm]
) -> Response[Any]:
    try:
        editor.remove(file, data.digest, actor=actor_of(request.scope["user"]))
    except UnknownSheetError as error:
        return see_other(HERE, error.detail, tone="warn")
    except StorekeeperError as error:
        return _sheet(request, editor.read(file), problem=error)
    return see_other(HERE, f"{file} is removed. Costs are being worked out without it.")


def _draft(file: str, text: str, digest: str = "") -> SheetText:
    """A text of one's own that is not saved yet."""
    return SheetText(file=file, own=True, text=text, digest=digest, problems=())


def _sheet(
    request: PageRequest,
    sheet: SheetText,
    *,
    preview: views.View | None = None,
    problem: StorekeeperError | None = None,
) -> Response[Any]:
    is_wrong = isinstance(problem, PriceSheetError)
    found = problem.problems if isinstance(problem, PriceSheetError) else sheet.problems
    return render(
        request,
        "costs/price_sheet.html",
        title=sheet.file,
        sheet=sheet,
        is_new=sheet.own and not sheet.digest,
        mistakes=views.mistakes(found, sheet.file, sheet.text),
        status=problem.status if problem else 200,
        problem=None if is_wrong else problem,  # what is wrong in it is told at its lines
        preview=preview,
        rows=min(max(len(sheet.text.splitlines()) + 1, 12), 40),
        tabs=cost_views.tabs(HERE, {}),
    )


def _form(request: PageRequest, values: PricesForm, problem: StorekeeperError | None = None) -> Response[Any]:
    return render(
        request,
        "costs/price_form.html",
        title="Prices of your own",
        values=values,
        providers=views.PROVIDERS,
        problem=problem,
        tabs=cost_views.tabs(HERE, {}),
    )


ROUTES = [
    new_prices_page,
    new_prices_form,
    price_sheet_page,
    save_price_sheet_form,
    remove_price_sheet_form,
]
