"""The route that hands charges out in the form of FOCUS."""

from typing import Annotated, Any

from litestar import Request
from litestar.di import NamedDependency
from litestar.params import FromQuery, QueryParameter
from litestar.response import Stream

from storekeeper.costs.focus.service import FocusService, Split
from storekeeper.infra.web import Access, get, openapi, tables

UNPRICED = "X-Unpriced-Charges"
_FORMS = ("csv", "parquet")


@get(
    "/api/costs/focus",
    access=Access.READ,
    tags=["Costs"],
    summary="A month's calculated charges in the form of FOCUS 1.2",
    operation_class=openapi.File,
)
def export_focus(
    request: Request[Any, Any, Any],
    focus: NamedDependency[FocusService],
    month: Annotated[
        str, QueryParameter(description="For example `2026-11`; the present one when it is left out.")
    ] = "",
    split: FromQuery[Split] = Split.NONE,
    form: tables.Form = "",
) -> Stream:
    """CSV, or Parquet with `format=parquet`; one row for each charge of a day and bucket, or with `split=owner` for each owner's share.

    Charges of unknown price are left out, and counted in the header `X-Unpriced-Charges`.
    """
    form = tables.form_of(request, form, _FORMS)
    found = focus.export(month, split)
    if form == "parquet":
        answer = tables.stream(found.tables(), form=form, name=found.name)
    else:
        headers = {"Content-Disposition": f'attachment; filename="{found.name}.csv"'}
        answer = Stream(found.csv(), media_type="text/csv", headers=headers)
    answer.headers[UNPRICED] = str(found.unpriced)
    return answer


ROUTES = [export_focus]
