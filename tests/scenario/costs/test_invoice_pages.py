"""Invoices over HTTP and on pages: the same figures everywhere, and nothing for those who may only read."""

import csv
import html
import io
import json
import re
from decimal import Decimal

import pyarrow.parquet as pq
import pytest

pytestmark = pytest.mark.slow

INVOICES, RECONCILIATION = "/api/costs/invoices", "/api/costs/reconciliation"
GIVEN = {"format": "csv", "file": "bill.csv", "provider": "memory", "account": "a-1", "currency": "USD"}
BILL = (
    b"date,resource,amount,category\n2026-11,photos,1.25,Usage\n2026-11,attic,0.50,Usage\n2026-11,,0.30,Tax\n"
)


@pytest.fixture(scope="module")
def charged(made_world):
    made_world.price_as("aws-s3-us-east-1")
    store, _ = made_world.memory(owner_pattern="users/{owner}/")
    store.put("users/ann/a", b"x" * 4_000_000)
    made_world.scan("photos")
    made_world.report_operations(7, weight=1000, operation="PutObject")
    made_world.pass_hours(20)
    made_world.costs.calculate()
    return made_world


@pytest.fixture(scope="module")
def client(charged, serve):
    with serve(charged) as client:
        yield client


@pytest.fixture(scope="module")
def bill(client):
    answer = client.post(INVOICES, params=GIVEN, content=BILL)
    assert answer.status_code == 200, answer.text
    return answer.json()["invoices"][0]["invoice"]


def page(client, path, status=200, **query):
    answer = client.get(path, params=query, headers={"Accept": "text/html"})
    assert answer.status_code == status
    return html.unescape(answer.text)


def test_an_invoice_is_listed_shown_and_its_lines_page_by_page(client, bill):
    assert (bill["total"], bill["byCategory"], bill["state"]) == (
        "2.05",
        {"usage": "1.75", "tax": "0.30"},
        "current",
    )
    assert bill["id"] in [
        one["id"] for one in client.get(INVOICES, params={"month": "2026-11"}).json()["items"]
    ]
    assert client.get(f"{INVOICES}/{bill['id']}").json() == bill
    first = client.get(f"{INVOICES}/{bill['id']}/lines", params={"limit": 2}).json()
    rest = client.get(f"{INVOICES}/{bill['id']}/lines", params={"cursor": first["nextCursor"]}).json()
    amounts = [Decimal(line["amount"]) for line in [*first["items"], *rest["items"]]]
    assert (len(first["items"]), sum(amounts), rest["nextCursor"]) == (2, Decimal("2.05"), None)
    assert client.get(f"{INVOICES}/nothing").json()["type"] == "/problems/unknown-invoice"


def test_what_is_wrong_is_told_by_line(client):
    answer = client.post(INVOICES, params=GIVEN, content=BILL.replace(b"0.50", b"half"))
    told = answer.json()
    assert (answer.status_code, told["type"]) == (400, "/problems/bad-invoice")
    assert told["errors"] == [{"key": "line 3", "message": "amount: 'half' is not a number such as -1234.5"}]


def test_api_page_and_csv_tell_the_same(client, bill):
    (item,) = client.get(RECONCILIATION, params={"month": "2026-11"}).json()["items"]
    assert item["invoices"] == [bill["id"]]
    text = client.get(RECONCILIATION, params={"month": "2026-11", "format": "csv"}).text
    rows = list(csv.DictReader(io.StringIO(text)))
    expected = [item, *item["parts"]]
    for name in ("calculated", "invoiced"):
        assert [row[name] or None for row in rows] == [one[name] for one in expected]
    assert [row["difference"] for row in rows] == [one["difference"] for one in expected]
    shown = set(
        re.findall(r'<data class="num" value="([-\d.]+)"', page(client, "/costs/invoices", month="2026-11"))
    )
    told = {one[name] for one in expected for name in ("calculated", "invoiced", "difference") if one[name]}
    assert told <= shown


def test_the_page_tells_what_a_difference_may_come_of_and_leads_to_the_invoice(client, bill):
    text = page(client, "/costs/invoices", month="2026-11")
    assert "The invoice bills buckets that are not watched: attic (0.50 USD)." in text
    assert "The invoice has, beside usage: tax" in text
    assert f'href="/costs/invoices/{bill["id"]}"' in text
    one = page(client, f"/costs/invoices/{bill['id']}")
    assert "a-1" in one
    assert one.count('<time datetime="2026-11-01">') == 3


def test_a_form_with_a_file_imports_it_and_says_what_is_wrong(client, charged):
    fields = {
        "format": "csv",
        "mapping": "amount=Net\n",
        "provider": "memory",
        "account": "form",
        "currency": "USD",
    }
    good, bad = b"date,Net\n2026-10,1.50\n", b"date,Net\n2026-10,much\n"
    answer = client.post("/costs/invoices", data=fields, files={"file": ("a.csv", bad, "text/csv")})
    text = html.unescape(answer.text)
    assert answer.status_code == 400
    assert "line 2: amount: 'much' is not a number" in text
    assert "amount=Net" in text
    answer = client.post("/costs/invoices", data=fields, files={"file": ("a.csv", good, "text/csv")})
    assert (answer.status_code, answer.headers["location"]) == (303, "/costs/invoices?month=2026-10")
    (made,) = [one for one in charged.invoices.page(month="2026-10").items if one.account == "form"]
    assert (made.total, made.file, made.imported_by) == ("1.50", "a.csv", "admin@example.com")
    assert (
        client.post(f"/costs/invoices/{made.id}/remove").headers["location"]
        == "/costs/invoices?month=2026-10"
    )
    assert "removed" in page(client, "/costs/invoices", month="2026-10", history="1")
    assert (
        client.post("/costs/invoices", data=fields, files={"file": ("", b"", "text/csv")}).status_code == 400
    )


def test_a_month_without_anything_tells_what_to_do(client):
    text = page(client, "/costs/invoices", month="2026-02")
    assert "There is nothing to compare in this month" in text
    assert "storekeeper invoice import FILE" in text


def test_focus_is_a_file_and_says_how_much_has_no_price(client, charged):
    answer = client.get("/api/costs/focus", params={"month": "2026-11"})
    assert answer.headers["x-unpriced-charges"] == "0"
    assert answer.headers["content-disposition"] == 'attachment; filename="focus-2026-11.csv"'
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    assert sum(Decimal(row["BilledCost"]) for row in rows) == Decimal(
        charged.costs.report("2026-11").month_to_date
    )
    answer = client.get(
        "/api/costs/focus", params={"month": "2026-11", "format": "parquet", "split": "owner"}
    )
    table = pq.read_table(io.BytesIO(answer.content))
    assert {json.loads(tags).get("storekeeper/owner") for tags in table["Tags"].to_pylist()} == {"ann", None}
    assert client.get("/api/costs/focus", params={"format": "arrow"}).status_code == 400
    assert client.get("/api/costs/focus", params={"month": "x"}).json()["type"] == "/problems/bad-month"


def test_who_may_only_read_can_not_import_or_remove(client, bill):
    reader = {"Authorization": "Bearer readonly"}
    assert client.post(INVOICES, params=GIVEN, content=BILL, headers=reader).status_code == 403
    assert client.delete(f"{INVOICES}/{bill['id']}", headers=reader).status_code == 403
    answer = client.get("/costs/invoices", headers=reader | {"Accept": "text/html"})
    assert "Import an invoice" not in answer.text
    assert client.get(RECONCILIATION, headers={"Authorization": "Bearer user"}).status_code == 403
