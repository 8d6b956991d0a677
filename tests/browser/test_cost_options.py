"""Alternatives and savings: what pages, the API and the commands' client tell is the same, and nothing without a price is zero."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from playwright.sync_api import expect

import looks


@pytest.fixture(scope="module")
def listed(scanned):
    """A bucket at the prices of Amazon S3 that is listed far too often, now and before in the month, and one that has no price."""
    scanned.api.add_bucket(
        name="album",
        url="s3://uploads",
        endpoint=scanned.s3.endpoint,
        provider="aws",
        region="us-east-1",
        accessKeyId=scanned.s3.credentials.access_key_id,
        secretAccessKey=scanned.s3.credentials.secret_access_key,
        scanCron="",
    )
    assert scanned.scan("album") == "succeeded"
    now = datetime.now(UTC)  # noqa: TID251 - the server runs by the real clock
    begin = now.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    scanned.report(
        [
            {"time": time.isoformat(), "bucket": bucket, "operation": operation,
             "status": 200, "weight": weight, "latencyMs": 1}
            for time in (max(now - timedelta(hours=30), begin), now)
            for bucket in ("album", "packages")
            for operation, weight in (("ListObjectsV2", 900_000), ("GetObject", 100_000), ("DeleteObjects", 10))
        ]
    )  # fmt: skip
    scanned.calculate_costs()
    return scanned


def of_album(found):
    (account,) = [one for one in found.accounts if one.account == "aws"]
    return account


def test_alternatives_are_those_of_the_api_the_cheapest_first(listed, open_page):
    account = of_album(listed.api.compare_costs())
    page = open_page("/costs/compare")
    section = page.get_by_role("region", name="aws", exact=False).first
    (now,) = [one for one in account.items if one.present]
    expect(section.locator("article.stat data").first).to_have_attribute("value", now.total)
    rows = section.get_by_role("region", name="Alternatives for aws").locator("tbody tr")
    comparable = [one for one in account.items if one.comparable and not one.present]
    assert len(comparable) > 3
    expect(rows).to_have_count(len(comparable))
    for row, one in zip(rows.all(), comparable, strict=True):
        expect(row.get_by_role("rowheader")).to_contain_text(one.title)
        shown = [Decimal(data.get_attribute("value") or "") for data in row.locator("td data").all()]
        assert shown == [Decimal(one.total), Decimal(one.difference), Decimal(one.migration.total)]


def test_an_amount_unfolds_into_its_parts(listed, open_page):
    page = open_page("/costs/compare")
    row = page.get_by_role("region", name="Alternatives for aws").locator("tbody tr").first
    parts = row.locator("details > *").nth(1)
    expect(parts).to_be_hidden()
    row.get_by_text("What it is made of").click()
    expect(parts).to_be_visible()
    expect(parts).to_contain_text("Requests")
    expect(row).to_contain_text("Writing it there")
    page.keyboard.press("Enter")
    expect(parts).to_be_hidden()


def test_what_has_no_price_is_said_and_never_zero(listed, open_page):
    page = open_page("/costs/compare")
    section = page.locator("section", has=page.get_by_role("heading", name="other:")).last
    expect(section).to_contain_text("There is no price sheet for what is stored now")
    expect(section.locator("article.stat")).to_contain_text("no price is set")
    expect(section.locator(".change")).to_have_count(0)
    apart = page.get_by_role("region", name="What can not be compared with aws")
    own = apart.get_by_role("row", name="Self-hosted storage")
    expect(own).to_contain_text("nobody entered a price")
    expect(own.locator("td")).to_have_text("no price set")


def test_another_month_is_chosen_and_has_nothing(listed, open_page):
    page = open_page("/costs/compare")
    month = page.get_by_role("combobox", name="Month")
    month.select_option(index=12)
    expect(page.get_by_text("There is nothing to compare in this month")).to_be_visible()
    expect(page.get_by_text("storekeeper cost --calculate --compare")).to_be_visible()
    assert "month=" in page.url
    page.get_by_role("navigation", name="Costs").get_by_role("link", name="Savings").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Savings")


def test_savings_are_those_of_the_api(listed, open_page):
    found = listed.api.savings().items
    assert ("chatty-listing", "album") in {(one.kind, one.bucket) for one in found}
    page = open_page("/costs/savings")
    cards = page.locator("main article")
    expect(cards).to_have_count(len(found))
    for card, one in zip(cards.all(), found, strict=True):
        expect(card).to_contain_text(one.why)
        expect(card.get_by_role("link", name=one.bucket)).to_be_visible()
        expect(card).to_contain_text(f"{one.confidence} confidence")
        if one.amount is None:
            expect(card).to_contain_text("can not be known")
        else:
            expect(card.locator("data")).to_have_attribute("value", one.amount)


@pytest.mark.parametrize("path", ["/costs/compare", "/costs/savings"])
@pytest.mark.parametrize(("width", "scheme"), looks.ROOMS)
def test_both_fit_and_are_accessible(listed, open_page, path, width, scheme):
    page = open_page(path, width=width, scheme=scheme)
    for summary in page.locator("main details summary").all()[:3]:
        summary.click()
    looks.check(page)
