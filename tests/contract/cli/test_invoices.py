"""`invoice` and `export focus`: what they ask of the server, and what they say."""

import json

import pytest

from storekeeper.cli.invoices import Format, import_files
from storekeeper.costs.invoices.layouts import FIELDS, LAYOUTS

INVOICES, RECONCILIATION, COSTS = (
    "/api/costs/invoices",
    "/api/costs/reconciliation",
    "/api/admin/metrics/costs",
)
INVOICE = {
    "id": "i1", "provider": "aws", "account": "123", "month": "2026-11", "currency": "USD", "format": "focus", "file": "bill.csv",
    "lines": 3, "total": "7.93", "byCategory": {"tax": "1.43", "usage": "7.50"}, "leftOut": {"Amazon EC2": 9}, "state": "current",
    "importedAt": "2026-12-03T09:00:00Z", "importedBy": "ann@example.com", "endedAt": None,
}  # fmt: skip
LINE = {
    "day": "2026-11-03", "until": "2026-11-04", "resource": "photos", "service": "Amazon S3", "description": "PUT requests", "category": "usage",
    "kind": "requests", "amount": "0.0000005", "quantity": "1", "unit": "Requests", "region": "",
}  # fmt: skip
SIDES = {
    "calculated": "7.30",
    "reported": None,
    "invoiced": "7.50",
    "difference": "-0.20",
    "differencePercent": -2.67,
}
FOUND = {
    "month": "2026-11", "generatedAt": "2026-12-03T09:00:00Z",
    "items": [
        {"provider": "aws", "currency": "USD", "accounts": ["123"], "invoices": ["i1"], "invoiceTotal": "7.93", "reportedBy": [], **SIDES,
         "parts": [{"by": "kind", "name": "requests", **SIDES}, {"by": "bucket", "name": "", **SIDES, "calculated": None}],
         "apart": [{"category": "tax", "amount": "1.43"}], "causes": [{"cause": "sampled", "detail": "Operations are a sample."}]}
    ],
}  # fmt: skip


@pytest.fixture
def bill(tmp_path):
    file = tmp_path / "bill.csv"
    file.write_text(json.dumps("the fake server takes JSON only"))
    return str(file)


def test_a_file_is_sent_with_all_that_was_said(ran, server, bill):
    found = {"format": "csv", "lines": 12, "taken": 3, "leftOut": {"Amazon EC2": 9}, "invoices": [{"outcome": "replaced", "invoice": INVOICE}]}  # fmt: skip
    server.answer("POST", INVOICES, found)
    said = ran("invoice", "import", bill, "--format", "csv", "--map", "amount=Net", "--provider", "aws", "--account", "1", "--currency", "USD")  # fmt: skip
    assert said.status == 0
    assert "3 lines of object storage, 9 others left out" in said.out
    assert "replaced: aws 123, 2026-11: $7.93" in said.out
    assert "left out: 9 lines of Amazon EC2" in said.err
    (asked,) = server.asked
    assert asked.query == {"format": "csv", "file": "bill.csv", "map": "amount=Net", "provider": "aws", "account": "1", "currency": "USD"}  # fmt: skip
    assert asked.body == "the fake server takes JSON only"
    told = ran("invoice", "import", bill, "--json").json["items"]
    assert [(one["file"], one["result"]["taken"]) for one in told] == [(bill, 3)]


def test_what_is_wrong_with_lines_is_told(ran, server, bill, tmp_path):
    errors = [{"key": "line 4", "message": "amount: 'x' is not a number"}]
    server.refuse("POST", INVOICES, "bad-invoice", 400, detail="1 of 3 lines can not be read.", hint="Mend it.", errors=errors)  # fmt: skip
    said = ran("invoice", "import", bill)
    assert (said.status, said.out) == (2, "")
    assert "line 4: amount: 'x' is not a number" in said.err
    assert "Mend it." in said.err
    assert ran("invoice", "import", str(tmp_path / "none.csv")).status == 2
    assert len(server.asked) == 1


def test_invoices_are_listed_shown_and_removed(ran, server):
    server.answer("GET", INVOICES, {"items": [INVOICE], "nextCursor": None})
    server.answer("GET", f"{INVOICES}/i1", INVOICE)
    server.answer("GET", f"{INVOICES}/i1/lines", {"items": [LINE], "nextCursor": "1"})
    server.answer("DELETE", f"{INVOICES}/i1")
    out = ran("invoice", "list", "--month", "2026-11", "--history").out
    assert all(words in out for words in ("i1", "$7.93", "ann@example.com", "current"))
    assert server.asked[0].query == {"month": "2026-11", "history": "true", "limit": "1000"}
    said = ran("invoice", "show", "i1", "--limit", "1")
    assert all(
        words in said.out
        for words in ("tax $1.43, usage $7.50", "9 lines of Amazon EC2", "PUT requests", "$0.0000005")
    )
    assert "The first 1 line; --limit shows more." in said.err
    assert ran("invoice", "show", "i1", "--json").json["lines"][0]["amount"] == "0.0000005"
    assert ran("invoice", "remove", "i1").status == 2
    assert ran("invoice", "remove", "i1", "--yes").out == "Removed i1.\n"
    assert ran("invoice", "list", "--json").json["items"][0]["total"] == "7.93"


def test_sides_stand_beside_each_other_with_what_a_difference_may_come_of(ran, server):
    server.answer("GET", RECONCILIATION, FOUND)
    out = ran("invoice", "compare", "--month", "2026-11").out
    rows = {
        line.split("  ")[0] or line.strip().split("  ")[0]: line.split()
        for line in out.splitlines()
        if line.strip()
    }
    assert rows["All"][1:] == ["$7.30", "-", "$7.50", "−$0.20", "−2.67", "%"]
    assert rows["bucket (none named)"][3:5] == ["-", "-"]
    assert "tax $1.43" in out
    assert "What a difference may come of:\n  Operations are a sample." in out
    assert server.asked[0].query == {"month": "2026-11"}
    assert ran("invoice", "compare", "--json").json["items"][0]["differencePercent"] == -2.67
    server.answer("GET", RECONCILIATION, FOUND | {"items": []})
    assert "storekeeper invoice import FILE" in ran("invoice", "compare").out


def test_focus_is_written_whole_and_what_is_left_out_is_said(ran, server, tmp_path):
    server.answer("GET", "/api/costs/focus", "a file")
    server.answer(
        "GET",
        COSTS,
        {"month": "2026-11", "currency": "USD", "monthToDate": "1.00", "unclassified": ["DeleteObjects"]},
    )
    out = tmp_path / "focus.csv"
    said = ran("export", "focus", "--month", "2026-11", "--split", "owner", "--out", str(out))
    assert (said.status, out.read_text()) == (0, '"a file"')
    assert "Left out, because no price is known: DeleteObjects." in said.err
    assert server.asked[0].query == {"month": "2026-11", "split": "owner", "format": "csv"}
    server.refuse("GET", "/api/costs/focus", "bad-month", 400, detail="no")
    assert ran("export", "focus", "--out", str(tmp_path / "other")).status == 2
    assert [file.name for file in tmp_path.iterdir() if file.is_file()] == ["focus.csv"]


def test_formats_and_fields_are_those_of_the_server():
    assert {str(form) for form in Format} == set(LAYOUTS)
    told = import_files.__doc__.partition("Fields: ")[2].partition(".")[0].split()
    assert {field.strip(",") for field in told} == set(FIELDS)
