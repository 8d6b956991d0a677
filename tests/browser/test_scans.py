"""A scan as one sees it: started, followed live, finished without a reload, or cancelled."""

import re

import pytest
from playwright.sync_api import Page, expect

from storekeeper.objectstore.faulty import FaultyProxy


@pytest.fixture
def slow_s3(site):
    """The S3 server behind a line on which every listing takes a while."""
    with FaultyProxy(site.s3.endpoint) as proxy:
        proxy.faults.only, proxy.faults.delay = "list-type=2", 0.5
        yield proxy


def figure(page: Page, label: str):
    """The exact figure on a card."""
    card = page.locator("article.stat").filter(has=page.get_by_role("heading", name=label, exact=True))
    return card.locator(".stat-value data")


def test_a_scan_is_followed_live_and_its_figures_are_the_disk_s(open_page, site, slow_s3, buckets):
    page = open_page(f"/buckets/{site.register('live', 'packages', endpoint=slow_s3.endpoint)}")
    page.get_by_role("button", name="Scan now").click()
    run = page.get_by_role("region", name="Scan of live")
    expect(run).to_be_visible()
    page.evaluate("window.opened = 'once'")
    expect(run.locator("[data-field=status]")).to_have_text("running")
    expect(run.locator("[data-field=objects]")).to_have_text(re.compile("^[1-9]"))
    slow_s3.faults.delay = 0
    sizes = buckets["packages"].sizes()
    expect(figure(page, "Objects")).to_have_attribute("value", str(len(sizes)))
    expect(figure(page, "Stored")).to_have_attribute("value", str(sum(sizes.values())))
    expect(page.get_by_role("region", name="Past scans").get_by_text("complete")).to_be_visible()
    expect(run).to_have_count(0)
    expect(page.get_by_role("status")).to_contain_text("Scan of live: succeeded")
    expect(page.get_by_role("button", name="Scan now")).to_be_visible()
    assert page.evaluate("window.opened") == "once"


def test_the_overview_shows_a_scan_under_way(open_page, site, slow_s3):
    slow_s3.faults.delay = 4
    name = site.register("busy", "uploads", endpoint=slow_s3.endpoint)
    run_id = site.api.start_scan(name)
    page = open_page("/")
    run = page.get_by_role("region", name="Scan of busy")
    expect(run.locator("[data-field=status]")).to_have_text("running")
    slow_s3.faults.delay = 0
    expect(run).to_have_count(0)
    assert site.api.scan(run_id).status == "succeeded"
    expect(
        page.get_by_role("region", name="Largest buckets").get_by_role("link", name="busy")
    ).to_be_visible()


def test_a_scan_is_cancelled_and_leaves_no_snapshot(open_page, site, slow_s3):
    slow_s3.faults.delay = 5
    page = open_page(f"/buckets/{site.register('stopped', 'packages', endpoint=slow_s3.endpoint)}")
    page.get_by_role("button", name="Scan now").click()
    expect(page.locator("[data-field=status]")).to_have_text("running")
    page.get_by_role("button", name="Cancel").click()
    dialog = page.get_by_role("dialog", name="Cancel this scan?")
    expect(dialog).to_contain_text("The last complete snapshot stays as it is")
    dialog.get_by_role("button", name="Cancel the scan").click()
    expect(page.get_by_role("status")).to_contain_text("The scan stops")
    slow_s3.faults.delay = 0
    expect(page.get_by_role("region", name="Past scans").get_by_text("cancelled")).to_be_visible()
    expect(page.get_by_text("Not scanned yet")).to_be_visible()


def test_a_scan_that_fails_says_why(open_page, site):
    page = open_page(f"/buckets/{site.register('denied', 'uploads', secret='not-the-secret')}")
    page.get_by_role("button", name="Scan now").click()
    past = page.get_by_role("region", name="Past scans")
    expect(past.get_by_text("failed")).to_be_visible()
    expect(past).to_contain_text("key", ignore_case=True)
    page.goto("/buckets")
    expect(page.get_by_role("row", name="denied")).to_contain_text("scan failed")
