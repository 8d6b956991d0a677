"""What the pages of editing price sheets show, and what their forms hold."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec

from storekeeper.costs import views
from storekeeper.costs.editing.model import Preview
from storekeeper.costs.model.report import SheetProblem
from storekeeper.costs.sheets import Problem
from storekeeper.costs.sheets.writing import SELF_HOSTED, OwnPrices

View = Mapping[str, Any]
AROUND = 2  # lines before and after one with a mistake
PROVIDERS = [
    {"value": SELF_HOSTED, "label": "MinIO, Ceph and folders"},
    {"value": "minio", "label": "Only MinIO"},
    {"value": "ceph", "label": "Only Ceph"},
    {"value": "folder", "label": "Only folders"},
    {"value": "other", "label": "Other endpoints"},
]


class TextForm(msgspec.Struct, frozen=True):
    """As it was typed. `do` is the button that was pressed: preview or save."""

    text: str = ""
    digest: str = ""
    do: str = "save"


class RemoveForm(msgspec.Struct, frozen=True):
    digest: str = ""


class PricesForm(msgspec.Struct, frozen=True):
    """As it was typed."""

    name: str = ""
    title: str = ""
    provider: str = SELF_HOSTED
    currency: str = "USD"
    storage: str = ""
    requests: str = ""
    egress: str = ""
    effective_from: str = ""

    @property
    def file(self) -> str:
        name = self.name.strip()
        return name if name.endswith(".toml") else f"{name}.toml"


def own_prices(form: PricesForm) -> OwnPrices:
    return OwnPrices(
        title=form.title.strip(), provider=form.provider, currency=form.currency.strip().upper(), storage=form.storage,
        requests=form.requests, egress=form.egress, effective_from=form.effective_from,
    )  # fmt: skip


def plain(text: str) -> str:
    """Browsers send line ends as CRLF."""
    return text.replace("\r\n", "\n")


def mistakes(problems: Iterable[Problem | SheetProblem], file: str, text: str) -> list[View]:
    """Each with the lines around it: {file, line, message, lines: [{number, text, wrong}]}; none of another file."""
    written = text.splitlines()
    return [
        {
            "file": one.file,
            "line": one.line,
            "message": one.message,
            "lines": _around(written, one.line) if one.file == file else [],
        }
        for one in problems
    ]


def _around(written: Sequence[str], line: int) -> list[View]:
    first = max(1, line - AROUND)
    shown = written[first - 1 : line + AROUND]
    return [
        {"number": number, "text": text, "wrong": number == line} for number, text in enumerate(shown, first)
    ]


def preview(found: Preview) -> View:
    return {
        "found": found,
        "rows": [
            {
                "before": views.figure(one.before, one.currency),
                "after": views.figure(one.after, one.currency),
            }
            for one in found.items
        ],
    }
