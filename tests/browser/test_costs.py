"""Costs as a person sees and uses them; and the same figure on the page, in the API, by command and in CSV."""

import csv
import io
import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from playwright.sync_api import expect
from typer.testing import CliRunner

import looks
from storekeeper.cli.root import app

SHELF = """
provider = "folder"
region = "*"
title = "Shelf"
currency = "EUR"
source = "https://books.example/storage"
read = 2026-11-20
trust = "verified"
default_storage_class = "STANDARD"

[storage]
unit = "GB"
period = "byte-hours-month"

[[operation_class]]
name = "read"
operations = ["GetObject", "HeadObject"]

[[storage_class]]
name = "STANDARD"
title = "Standard"

[[storage_class.tier]]
price = "0.02"

[[storage_class.requests]]
class = "read"
price = "0.0004"
per = 1000

[egress]
unit = "GB"

[[egress.tier]]
price = "0.05"
"""
NAME, OTHER = "shelf", "attic"


@pytest.fixture(scope="module")
def priced(site, buckets):
    """Two folders at prices of our own: read today, one of them with an operation that has no price."""
    (site.data / "prices").mkdir(exist_ok=True)
    (site.data / "prices" / "shelf.toml").write_text(SHELF)
    for name in (NAME, OTHER):
        site.api.add_bucket(
            name=name, url=buckets["uploads"].path.as_uri(), ownerPattern="users/{owner}/", scanCron=""
        )
        assert site.scan(name) == "succeeded"
    now = datetime.now(UTC)  # noqa: TID251 - the server runs by the real clock
    begun = max(now.replace(hour=0, minute=0, second=1), now - timedelta(minutes=5)).isoformat()
    read = {
        "time": begun, "bucket": NAME, "operation": "GetObject", "status": 200, "owner": "ann", "bytesOut": 2_500_000_000, "weight": 400,
    }  # fmt: skip
    site.report(
        [read, read | {"owner": "bob", "bucket": OTHER}, read | {"operation": "DeleteObjects", "bytesOut": 0}]
    )
    site.calculate_costs()
    return site


def exact(locator) -> Decimal:
    return Decimal(locator.locator("data").first.get_attribute("value"))


def card(page, label: str):
    return page.locator("article.stat", has_text=label)


def test_page_api_command_and_csv_have_the_same_figures(priced, open_page, monkeypatch):
    page = open_page("/costs")
    told = priced.api.costs()
    monkeypatch.setenv("STOREKEEPER_URL", priced.url)
    monkeypatch.setenv("STOREKEEPER_TOKEN", priced.api.create_token("costs", scopes=["read"]).secret)
    said = json.loads(CliRunner().invoke(app, ["cost", "--json"]).stdout)
    assert Decimal(told.month_to_date) > 100
    assert exact(card(page, "Month to date")) == Decimal(told.month_to_date) == Decimal(said["monthToDate"])
    for caption, parts, label in (
        ("By bucket", told.by_bucket, "Bucket"),
        ("By owner", told.by_owner, "Owner"),
        ("By kind", told.by_kind, "Kind"),
    ):
        region = page.get_by_role("region", name=caption)
        shown = [Decimal(cell.get_attribute("value")) for cell in region.locator("tbody td:last-child data").all()]  # fmt: skip
        link = page.locator("section", has=region).get_by_role("link", name="CSV").get_attribute("href")
        rows = list(csv.DictReader(io.StringIO(page.request.get(link).text())))
        assert [row["name"] for row in rows] == [part.name for part in parts], label
        amounts = [Decimal(row["amount"]) for row in rows if Decimal(row["amount"])]
        assert shown == amounts
        assert sum(shown) == exact(region.locator("tfoot")) == Decimal(told.month_to_date)
    words = CliRunner().invoke(app, ["cost"]).stdout
    assert card(page, "Month to date").locator("data").inner_text() in words


def test_what_is_not_known_is_said_and_never_zero(priced, open_page):
    page = open_page("/costs")
    expect(page.get_by_text("No price is known for DeleteObjects")).to_be_visible()
    row = page.get_by_role("region", name="By operation").get_by_role("row", name="DeleteObjects")
    expect(row).to_contain_text("unknown price")
    expect(row.locator("td:last-child data")).to_have_count(0)
    sheets = page.get_by_role("region", name="Price sheets used")
    expect(sheets.get_by_role("row", name="Shelf")).to_contain_text("verified")
    expect(sheets.get_by_role("link", name="books.example")).to_have_attribute(
        "href", "https://books.example/storage"
    )


def test_bucket_and_month_are_chosen_and_stay_in_the_address(priced, open_page, drawn):
    page = open_page("/costs")
    drawn(page)
    whole = exact(card(page, "Month to date"))
    page.get_by_role("combobox", name="Bucket").select_option(NAME)
    page.wait_for_url(f"/costs?bucket={NAME}")
    drawn(page)
    part = exact(card(page, "Month to date"))
    assert 0 < part < whole
    page.get_by_role("combobox", name="Month").select_option(index=2)
    expect(page.get_by_text("Nothing is known of this month")).to_be_visible()
    assert f"bucket={NAME}" in page.url
    assert "month=" in page.url
    page.get_by_role("navigation", name="Costs").get_by_role("link", name="Charges").click()
    expect(page.get_by_role("combobox", name="Bucket")).to_have_value(NAME)
    expect(page.get_by_text("No charge is known.")).to_be_visible()
    page.get_by_role("combobox", name="Month").select_option(index=0)
    rows = page.locator("#charges tbody tr")
    expect(rows.filter(has_text="requests of unknown price")).to_have_count(1)
    shown = sum(Decimal(cell.get_attribute("value")) for cell in page.locator("#charges data").all())
    assert shown == part


def test_the_numbers_behind_the_chart_read_without_scripts(priced, open_page):
    page = open_page("/costs", java_script_enabled=False)
    page.get_by_text("Show the numbers").click()
    days = page.get_by_role("region", name="Numbers of: By day").locator("tbody tr td:last-child data")
    assert sum(Decimal(day.get_attribute("value")) for day in days.all()) == exact(card(page, "Month to date"))  # fmt: skip


def test_working_out_now_brings_new_figures_by_itself(priced, open_page, drawn):
    page = open_page(f"/costs?bucket={OTHER}")
    before = exact(card(page, "Requests"))
    now = datetime.now(UTC)  # noqa: TID251 - the server runs by the real clock
    priced.report(
        [{"time": now.isoformat(), "bucket": OTHER, "operation": "HeadObject", "status": 200, "weight": 10_000}]
    )  # fmt: skip
    page.get_by_role("button", name="Work out now").click()
    expect(page.get_by_role("status")).to_contain_text("Costs are being worked out.")
    expect(page.locator("#costs")).not_to_have_attribute("hx-trigger", "every 2s")
    expect(page.locator("#costs").get_by_text("Worked out")).to_be_visible()
    drawn(page)
    assert exact(card(page, "Requests")) - before == Decimal("0.004")
    assert f"bucket={OTHER}" in page.url


def test_a_sheet_with_a_mistake_is_told(priced, site, open_page):
    wrong = site.data / "prices" / "wrong.toml"
    wrong.write_text('provider = "minio"\nprice = "-3"\n')
    try:
        page = open_page("/costs/prices")
        expect(page.get_by_role("alert")).to_contain_text("wrong.toml, line 2: unknown key 'price'")
        expect(page.get_by_role("row", name="Shelf")).to_contain_text("your own")
    finally:
        wrong.unlink()


def test_who_only_reads_can_not_work_it_out(priced, open_page):
    priced.api.add_user("rita@example.com", role="readonly", password="a-fine-long-password")
    page = open_page("/sign-in?next=/costs", who=None)
    page.get_by_label("Email").fill("rita@example.com")
    page.get_by_label("Password").fill("a-fine-long-password")
    page.keyboard.press("Enter")
    expect(card(page, "Month to date")).to_be_visible()
    expect(page.get_by_role("button", name="Work out now")).to_have_count(0)


@pytest.mark.parametrize(("width", "scheme"), looks.ROOMS)
@pytest.mark.parametrize("path", ["/costs", "/costs/charges", "/costs/prices", "/costs?month=2020-01"])
def test_pages_of_costs_fit_and_are_accessible(priced, open_page, drawn, path, width, scheme):
    page = open_page(path, width=width, scheme=scheme)
    drawn(page)
    looks.check(page)


def test_a_budget_is_set_seen_changed_and_removed(priced, open_page, complaints):
    complaints.allow("status of 400")
    page = open_page("/costs/budgets")
    page.get_by_label("For", exact=True).select_option("bucket")
    page.get_by_role("combobox", name="Bucket").select_option(NAME)
    page.get_by_label("Amount a month").fill("plenty")
    page.get_by_role("textbox", name="Currency").fill("EUR")
    page.get_by_role("textbox", name="Reason").fill("what was agreed")
    page.get_by_role("button", name="Add the budget").click()
    expect(page.get_by_role("alert")).to_contain_text("'plenty' is not an amount of money")
    expect(page.get_by_role("textbox", name="Reason")).to_have_value("what was agreed")
    page.get_by_label("Amount a month").fill("20")
    page.get_by_role("button", name="Add the budget").click()
    expect(page.get_by_role("status")).to_contain_text(f"There is a budget for bucket {NAME} now.")
    row = page.get_by_role("row", name=NAME)
    spent = priced.api.costs(bucket=NAME).month_to_date
    expect(row.locator("data").first).to_have_attribute("value", spent)
    expect(row).to_contain_text("exceeded")
    row.get_by_role("link", name=NAME).click()
    expect(page.get_by_role("heading", level=1)).to_contain_text(f"Budget of bucket {NAME}")
    expect(page.locator("#standing")).to_contain_text("too much")
    page.get_by_label("Amount a month").fill("100000000")
    page.get_by_role("textbox", name="Reason").fill("grew")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("status")).to_contain_text("Saved.")
    expect(page.locator("#standing")).to_contain_text("ok")
    for width, scheme in ((1280, "dark"), (390, "light")):
        looks.check(open_page(page.url, width=width, scheme=scheme))
    page.get_by_role("button", name="Remove").click()
    dialog = page.get_by_role("dialog", name="Remove this budget?")
    dialog.get_by_label("Reason").fill("over")
    dialog.get_by_role("button", name="Remove it").click()
    expect(page.get_by_role("status")).to_contain_text(f"The budget for bucket {NAME} is removed.")


def test_a_price_sheet_is_made_mended_saved_and_removed(priced, open_page, complaints):
    """For a provider that no bucket here is at, so that no figure changes."""
    complaints.allow("status of 400")
    page = open_page("/costs/prices")
    page.get_by_role("link", name="Enter prices of your own").click()
    page.get_by_label("File").fill("rack")
    page.get_by_label("Title").fill("Rack of Ceph")
    page.get_by_label("For", exact=True).select_option("ceph")
    page.get_by_label("A GB for a month").fill("0.004")
    page.get_by_role("button", name="Look at the sheet").click()
    text = page.get_by_label("The file prices/rack.toml in TOML")
    expect(page.get_by_text("Nothing of this month")).to_be_visible()
    good = text.input_value()
    text.fill(good.replace('"USD"', '"EURO"'))
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("alert")).to_contain_text("rack.toml, line 4: not a currency: 'EURO'")
    expect(page.locator(".source .wrong")).to_contain_text('currency = "EURO"')
    assert looks.violations(page) == []
    text.fill(good)
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("status")).to_contain_text("Rack of Ceph is saved.")
    page.get_by_role("link", name="Rack of Ceph").click()
    expect(text).to_have_value(good)
    page.get_by_role("button", name="Remove").click()
    page.get_by_role("dialog", name="Remove rack.toml?").get_by_role("button", name="Remove it").click()
    expect(page.get_by_role("status")).to_contain_text("rack.toml is removed.")
    expect(page.get_by_role("link", name="Rack of Ceph")).to_have_count(0)
