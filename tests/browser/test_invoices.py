"""Invoices as a person sees and uses them: uploaded, compared, looked into, removed; the figures are those of the API."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from playwright.sync_api import expect

import looks

COLUMNS = {"date": "Day", "description": "What", "resource": "Space", "amount": "Net", "category": "Type"}


@pytest.fixture(scope="module")
def month():
    return f"{datetime.now(UTC):%Y-%m}"  # noqa: TID251 - the server runs by the real clock


@pytest.fixture(scope="module")
def bill(tmp_path_factory, month):
    file = tmp_path_factory.mktemp("bill") / "bill.csv"
    lines = [("Storage used", "packages", "1.25", "Usage"), ("PUT requests", "a-bucket-that-nobody-watches", "0.50", "Usage"), ("VAT", "", "0.30", "Tax")]  # fmt: skip
    file.write_text("Day,What,Space,Net,Type\n" + "".join(f"{month},{','.join(line)}\n" for line in lines))
    return file


def fill(page, file, **changes):
    page.get_by_label("File").set_input_files(file)
    page.get_by_label("Format").select_option("csv")
    page.get_by_text("For CSV of any origin").click()
    mapping = "\n".join(f"{field}={column}" for field, column in COLUMNS.items())
    typed = {"Columns": mapping, "Provider": "other", "Account": "by-hand", "Currency": "EUR"} | changes
    for label, value in typed.items():
        page.get_by_role("textbox", name=label).fill(value)
    page.get_by_role("button", name="Import it").click()


@pytest.fixture(scope="module")
def imported(scanned, bill):
    """Already, and by a program."""
    mapping = [f"{field}={column}" for field, column in COLUMNS.items()]
    (found,) = scanned.api.import_invoice(
        bill, form="csv", mapping=mapping, provider="other", account="acme-1", currency="EUR"
    ).invoices
    return found.invoice


def test_a_file_is_uploaded_and_what_is_wrong_with_it_is_told(scanned, open_page, bill, month, complaints):
    complaints.allow(r"status of 400|/costs/invoices")
    page = open_page(f"/costs/invoices?month={month}")
    fill(page, bill, Columns="date=Day\namount=What")
    alert = page.get_by_role("alert")
    expect(alert).to_contain_text("3 of 3 lines can not be read")
    expect(alert).to_contain_text("line 2: amount: 'Storage used' is not a number")
    expect(page.get_by_label("Columns")).to_have_value("date=Day\namount=What")
    page = open_page(f"/costs/invoices?month={month}")
    fill(page, bill)
    expect(page.get_by_text("3 lines of object storage")).to_be_visible()
    expect(page.get_by_role("region", name="Imported invoices")).to_contain_text("by-hand")
    (invoice,) = [one for one in scanned.api.invoices(month=month).items if one.account == "by-hand"]
    assert (invoice.total, invoice.file) == ("2.05", "bill.csv")
    scanned.api.remove_invoice(invoice.id)


def test_figures_are_those_of_the_api(imported, scanned, open_page, month):
    found = scanned.api.reconcile_costs(month=month).items
    (item,) = [one for one in found if (one.provider, one.currency) == (imported.provider, "EUR")]
    page = open_page(f"/costs/invoices?month={month}")
    table = page.get_by_role("region", name=f"By kind, {item.provider} in EUR")
    section = page.locator("section", has=table).last
    for caption, by in (("By kind", "kind"), ("By bucket", "bucket")):
        rows = section.get_by_role("region", name=f"{caption}, {item.provider} in EUR").locator("tbody tr")
        told = [*(one for one in item.parts if one.by == by), item]
        expect(rows).to_have_count(len(told))
        for row, one in zip(rows.all(), told, strict=True):
            shown = [Decimal(data.get_attribute("value")) for data in row.locator("data").all()]
            assert shown == [
                Decimal(side) for side in (one.calculated, one.reported, one.invoiced, one.difference) if side
            ]
    expect(section).to_contain_text("not watched: a-bucket-that-nobody-watches (0.50 EUR)")
    expect(section).to_contain_text("beside usage: tax")


def test_an_invoice_is_looked_into(imported, open_page, month):
    page = open_page(f"/costs/invoices?month={month}")
    page.get_by_role("region", name="Imported invoices").get_by_role("link", name=month).first.click()
    rows = page.get_by_role("region", name="Lines").locator("tbody tr")
    expect(rows).to_have_count(3)
    expect(rows.filter(has_text="PUT requests")).to_contain_text("Requests")
    expect(
        page.get_by_role("navigation", name="Costs").get_by_role("link", name="Invoices")
    ).to_have_attribute("aria-current", "page")


@pytest.mark.parametrize(("width", "scheme"), looks.ROOMS)
def test_both_pages_fit_and_are_accessible(imported, open_page, month, width, scheme):
    for path in (f"/costs/invoices?month={month}", f"/costs/invoices/{imported.id}"):
        page = open_page(path, width=width, scheme=scheme)
        for summary in page.locator("main details summary").all()[:3]:
            summary.click()
        looks.check(page)


def test_a_removed_invoice_is_told_among_the_earlier_ones(imported, scanned, open_page, month):
    """The last one here."""
    page = open_page(f"/costs/invoices/{imported.id}")
    page.get_by_role("button", name="Remove").click()
    page.get_by_role("button", name="Remove it").click()
    expect(page.get_by_text("The invoice is removed.")).to_be_visible()
    expect(page.get_by_text("None was imported.")).to_be_visible()
    page.get_by_role("link", name="Also earlier ones").click()
    expect(page.get_by_role("region", name="Imported invoices")).to_contain_text("removed")
    assert scanned.api.invoices().items == []
