"""Pages: invoices beside what was calculated, and one invoice."""

from typing import Any, cast

import anyio.to_thread
from litestar import Request, Response
from litestar.datastructures import UploadFile
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery

from storekeeper.access import actor_of
from storekeeper.buckets import BucketService
from storekeeper.costs import views as shared
from storekeeper.costs.invoices import views
from storekeeper.costs.invoices.api import wanted_of
from storekeeper.costs.invoices.model import InvoiceFormatError, InvoiceImport
from storekeeper.costs.invoices.reconciler import Reconciler
from storekeeper.costs.invoices.service import InvoiceService, Wanted
from storekeeper.infra.web import Access, get, post, render, see_other
from storekeeper.kernel.clock import Clock
from storekeeper.kernel.errors import StorekeeperError

HERE = "/costs/invoices"
MOST_BYTES = 256 << 20  # by a browser; larger files by the command
LISTED, LINES = 50, 50
PageRequest = Request[Any, Any, Any]
Service = NamedDependency[InvoiceService]
Reconciling = NamedDependency[Reconciler]
Buckets = NamedDependency[BucketService]
Time = NamedDependency[Clock]
_TYPED = ("format", "mapping", "provider", "account", "currency")


@get(HERE, access=Access.READ, include_in_schema=False)
def invoices_page(
    request: PageRequest, invoices: Service, reconciler: Reconciling, buckets: Buckets, clock: Time, month: FromQuery[str] = "",
    history: FromQuery[str] = "", cursor: FromQuery[str] = "",
) -> Response[Any]:  # fmt: skip
    return _page(
        request, invoices, reconciler, buckets, clock, month=month, history=bool(history), cursor=cursor
    )


@post(HERE, access=Access.ADMIN, status_code=200, include_in_schema=False, request_max_body_size=MOST_BYTES)
async def import_invoice_form(
    request: PageRequest, invoices: Service, reconciler: Reconciling, buckets: Buckets, clock: Time
) -> Response[Any]:
    """A form with a file; what is wrong with it is told on the page, with what was typed."""
    form = await request.form()
    typed = {name: str(form.get(name, "")) for name in _TYPED}
    file = form.get("file")
    actor = actor_of(request.scope["user"])
    try:
        wanted = _wanted(typed, file.filename if isinstance(file, UploadFile) else "")
        taken = await anyio.to_thread.run_sync(lambda: _taken(invoices, file, wanted, actor))
    except StorekeeperError as error:
        problem = error
        return await anyio.to_thread.run_sync(
            lambda: _page(request, invoices, reconciler, buckets, clock, typed=typed, problem=problem)
        )
    month = max(one.invoice.month for one in taken.invoices)
    return see_other(f"{HERE}?month={month}", views.in_words(taken))


@get(HERE + "/{invoice_id:str}", access=Access.READ, include_in_schema=False)
def invoice_page(
    request: PageRequest, invoices: Service, invoice_id: FromPath[str], cursor: FromQuery[str] = ""
) -> Response[Any]:
    invoice = invoices.get(invoice_id)
    found = invoices.lines(invoice_id, cursor=cursor, limit=LINES)
    before, shown = int(cursor) if cursor.isdecimal() else 0, len(found.items)
    return render(
        request,
        "costs/invoice.html",
        title=f"Invoice of {invoice.month}",
        row=views.invoice_row(invoice),
        lines=[views.line_row(line, invoice.currency) for line in found.items],
        paging={
            "first": before + 1 if shown else 0,
            "last": before + shown if shown else 0,
            "total": invoice.lines if shown else 0,
            "previous": (str(before - LINES) if before > LINES else "") if before else None,
            "next": found.next_cursor,
        },
        tabs=shared.tabs(HERE, {"month": invoice.month}),
    )


@post(HERE + "/{invoice_id:str}/remove", access=Access.ADMIN, status_code=200, include_in_schema=False)
def remove_invoice_form(request: PageRequest, invoices: Service, invoice_id: FromPath[str]) -> Response[Any]:
    month = invoices.get(invoice_id).month
    invoices.remove(invoice_id, actor=actor_of(request.scope["user"]))
    return see_other(f"{HERE}?month={month}", "The invoice is removed.")


def _page(
    request: PageRequest, invoices: InvoiceService, reconciler: Reconciler, buckets: BucketService, clock: Clock,
    *, month: str = "", history: bool = False, cursor: str = "", typed: dict[str, str] | None = None,
    problem: StorekeeperError | None = None,
) -> Response[Any]:  # fmt: skip
    found = reconciler.reconcile(month)
    listed = invoices.page(month=month, history=history, cursor=cursor, limit=LISTED)
    return render(
        request,
        "costs/invoices.html",
        title="Invoices",
        month=found.month,
        months=shared.months(clock.now().date(), found.month),
        items=[views.compared(item) for item in found.items],
        csv=f"/api/costs/reconciliation?month={found.month}&format=csv",
        rows=[views.invoice_row(one) for one in listed.items],
        paging={"first": 1, "last": len(listed.items), "next": listed.next_cursor}
        if listed.next_cursor
        else None,
        history=history,
        formats=views.FORMATS,
        fields=views.FIELD_NAMES,
        values=typed or dict.fromkeys(_TYPED, ""),
        problem=problem,
        bad=[
            f"{one['key']}: {one['message']}" for one in (problem.extra.get("errors", ()) if problem else ())
        ][:10],
        buckets=[one.name for one in buckets.all()],
        tabs=shared.tabs(HERE, dict(request.query_params)),
    )


def _taken(invoices: InvoiceService, file: Any, wanted: Wanted, actor: str) -> InvoiceImport:
    if not isinstance(file, UploadFile) or not file.filename:
        raise InvoiceFormatError("There is no file.", hint="Choose the file of an invoice, then import it.")
    return invoices.take(cast("Any", file.file), wanted, actor=actor)


def _wanted(typed: dict[str, str], name: str) -> Wanted:
    pairs = [
        pair.strip() for line in typed["mapping"].splitlines() for pair in line.split(",") if pair.strip()
    ]
    given = {field: typed[field] for field in ("provider", "account", "currency")}
    return wanted_of(typed["format"] or "focus", name, pairs, given)


ROUTES = [invoices_page, import_invoice_form, invoice_page, remove_invoice_form]
