"""JSON routes of invoices and reconciliation, and its CSV."""

import io
from collections.abc import Mapping
from typing import Annotated, Any

import anyio
import anyio.to_thread
from litestar import Request, Response
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, QueryParameter
from litestar.status_codes import HTTP_200_OK

from storekeeper.access import actor_of
from storekeeper.costs.invoices.model import Invoice, InvoiceImport, InvoicePage, LinePage
from storekeeper.costs.invoices.reconciler import Reconciler, lines
from storekeeper.costs.invoices.reconciliation import Reconciliation
from storekeeper.costs.invoices.service import MOST_LISTED, InvoiceService, Wanted
from storekeeper.infra.web import Access, csv_of, delete, get, openapi, post, tables
from storekeeper.metering import Incoming

Service = NamedDependency[InvoiceService]
Limit = Annotated[int, QueryParameter(ge=1, le=MOST_LISTED)]
_TAGS = ["Costs"]
_BUFFER = 1 << 18
_FILES = anyio.CapacityLimiter(2)  # of the threads that requests need


@post(
    "/api/costs/invoices",
    access=Access.ADMIN,
    tags=_TAGS,
    status_code=HTTP_200_OK,
    request_max_body_size=None,
    summary="Import an invoice",
    operation_class=openapi.TakesFile,
)
async def import_invoice(
    request: Request[Any, Any, Any],
    invoices: Service,
    form: Annotated[str, QueryParameter(name="format", description="`focus`, `aws-cur` or `csv`.")] = "focus",
    file: Annotated[str, QueryParameter(description="The file's name, to be shown.")] = "",
    mapping: Annotated[
        list[str] | None, QueryParameter(name="map", description="`FIELD=COLUMN`, for csv.")
    ] = None,
    provider: FromQuery[str] = "",
    account: FromQuery[str] = "",
    currency: FromQuery[str] = "",
) -> InvoiceImport:
    """The body is the file: CSV or Parquet, as it is or compressed by gzip. All of its lines of object storage are taken, or none.

    The same lines again change nothing; others of the same account, month and currency take the place of those before.
    `provider`, `account` and `currency` hold where the file does not say.
    """
    wanted = wanted_of(
        form, file, mapping or (), {"provider": provider, "account": account, "currency": currency}
    )
    body = io.BufferedReader(Incoming(request.stream()), _BUFFER)
    actor = actor_of(request.scope["user"])
    return await anyio.to_thread.run_sync(lambda: invoices.take(body, wanted, actor=actor), limiter=_FILES)


@get("/api/costs/invoices", access=Access.READ, tags=_TAGS, summary="Invoices that were imported")
def list_invoices(
    invoices: Service,
    month: FromQuery[str] = "",
    history: FromQuery[bool] = False,
    cursor: FromQuery[str] = "",
    limit: Limit = 100,
) -> InvoicePage:
    """Newest first; `history` has those that were replaced or removed, too."""
    return invoices.page(month=month, history=history, cursor=cursor, limit=limit)


@get("/api/costs/invoices/{invoice_id:str}", access=Access.READ, tags=_TAGS, summary="One invoice")
def show_invoice(invoices: Service, invoice_id: FromPath[str]) -> Invoice:
    return invoices.get(invoice_id)


@get(
    "/api/costs/invoices/{invoice_id:str}/lines",
    access=Access.READ,
    tags=_TAGS,
    summary="Lines of an invoice",
)
def list_invoice_lines(
    invoices: Service, invoice_id: FromPath[str], cursor: FromQuery[str] = "", limit: Limit = 100
) -> LinePage:
    return invoices.lines(invoice_id, cursor=cursor, limit=limit)


@delete("/api/costs/invoices/{invoice_id:str}", access=Access.ADMIN, tags=_TAGS, summary="Remove an invoice")
def remove_invoice(request: Request[Any, Any, Any], invoices: Service, invoice_id: FromPath[str]) -> None:
    """Its lines go; that it was there stays."""
    invoices.remove(invoice_id, actor=actor_of(request.scope["user"]))


@get(
    "/api/costs/reconciliation",
    access=Access.READ,
    tags=_TAGS,
    summary="Calculated, reported by providers, and invoiced, side by side",
    operation_class=openapi.OrCsv,
)
def show_reconciliation(
    request: Request[Any, Any, Any],
    reconciler: NamedDependency[Reconciler],
    month: Annotated[
        str, QueryParameter(description="For example `2026-11`; the present one when it is left out.")
    ] = "",
    form: tables.Form = "",
) -> Response[Reconciliation]:
    """With the difference of what was calculated to what is invoiced, and what it may come of."""
    form = tables.form_of(request, form, tables.CSV)
    found = reconciler.reconcile(month)
    if form == "json":
        return Response(found)
    return csv_of(lines(found), f"reconciliation-{found.month}.csv")


def wanted_of(form: str, file: str, mapping: Any, given: Mapping[str, str]) -> Wanted:
    """What is asked for beside the file; values that are too long to be meant are cut."""
    short = {name: value.strip()[:200] for name, value in given.items()}
    return Wanted(format=form, file=file.strip(), mapping=tuple(mapping), given=short)


ROUTES = [
    import_invoice,
    list_invoices,
    show_invoice,
    list_invoice_lines,
    remove_invoice,
    show_reconciliation,
]
