"""Quotas: set, seen, found, changed, raised, removed. Figures are those of the buckets and of what was reported."""

from datetime import UTC, datetime

import pytest
from playwright.sync_api import expect

import looks
from storekeeper_client.quotas import Quotas


@pytest.fixture(scope="module")
def limited(scanned, buckets):
    """Ann is over her quota, bob beyond his warning, a bucket is well."""
    quotas = Quotas(scanned.api)
    sizes = {owner: sum(buckets["uploads"].sizes(f"users/{owner}/").values()) for owner in ("ann", "bob")}
    quotas.add(
        owner="ann", bucket="uploads", measure="bytes", limit=sizes["ann"] - 1, reason="too small", hard=False
    )
    # In this bucket: other tests register others that hold the same files.
    quotas.add(
        owner="bob", bucket="uploads", measure="bytes", limit=sizes["bob"] * 10 // 9, reason="just enough"
    )
    quotas.add(bucket="uploads", measure="objects", limit=10_000, reason="a whole bucket")
    now = datetime.now(UTC).isoformat()  # noqa: TID251 - the server runs by the real clock
    operation = {"time": now, "bucket": "uploads", "owner": "carla", "operation": "GetObject", "status": 200}
    scanned.report([operation | {"bytesOut": 5000}])
    quotas.add(owner="carla", bucket="uploads", measure="egress", limit=1_000_000, reason="reads little")
    return sizes


def test_who_is_over_comes_first(limited, open_page):
    page = open_page("/quotas")
    rows = page.locator("#quotas tbody tr")
    expect(rows).to_have_count(4)
    expect(rows.first).to_contain_text("ann in uploads")
    expect(rows.first).to_contain_text("exceeded")
    expect(rows.first.locator("data").first).to_have_attribute("value", str(limited["ann"]))
    expect(rows.nth(1)).to_contain_text("warned")
    expect(page.get_by_role("row", name="carla").locator("data").first).to_have_attribute("value", "5000")
    over = page.get_by_role("region", name="Violations").locator("tbody tr")
    expect(over).to_have_count(3)
    page.get_by_label("Find an owner or bucket").fill("bob")
    expect(rows).to_have_count(1)
    page.get_by_label("State").select_option("ok")
    expect(page.get_by_text("No quota matches.")).to_be_visible()


def test_a_quota_is_added_changed_raised_and_removed(limited, open_page, site):
    page = open_page("/quotas")
    page.get_by_role("textbox", name="Owner").fill("dora")
    page.get_by_label("Limit", exact=True).fill("10 GB")
    page.get_by_role("textbox", name="Reason", exact=True).fill("the small plan")
    page.get_by_role("button", name="Add the quota").click()
    expect(page.get_by_role("status")).to_contain_text("There is a quota for dora now.")
    page.get_by_role("link", name="dora").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("dora")
    expect(page.get_by_label("Limit", exact=True)).to_have_value("10 GB")
    page.get_by_label("Limit", exact=True).fill("12 GB")
    page.get_by_role("textbox", name="Reason", exact=True).fill("asked for it")
    page.get_by_role("button", name="Save").click()
    expect(page.locator(".page-head")).to_contain_text("asked for it")
    page.get_by_label("Raised limit").fill("20 GB")
    page.get_by_label("Reason of the raise").fill("moves house")
    page.get_by_role("button", name="Raise it").click()
    expect(page.get_by_text("Raised to 20 GB")).to_be_visible()
    assert Quotas(site.api).find("dora", "", "bytes").effective_limit == 20 * 10**9
    page.get_by_role("button", name="End it now").click()
    dialog = page.get_by_role("dialog", name="End the raise?")
    dialog.get_by_label("Reason").fill("moved")
    dialog.get_by_role("button", name="End it").click()
    expect(page.get_by_role("status")).to_contain_text("The raise is over.")
    page.get_by_role("button", name="Remove").click()
    dialog = page.get_by_role("dialog", name="Remove this quota?")
    dialog.get_by_label("Reason").fill("left")
    dialog.get_by_role("button", name="Remove it").click()
    expect(page.get_by_role("status")).to_contain_text("The quota for dora is removed.")
    expect(page.get_by_role("link", name="dora")).to_have_count(0)


def test_what_is_wrong_is_told_and_what_was_typed_stays(limited, open_page, complaints):
    complaints.allow("status of 40[09]")
    page = open_page("/quotas")
    page.get_by_role("textbox", name="Owner").fill("erik")
    page.get_by_label("Limit", exact=True).fill("plenty")
    page.get_by_role("textbox", name="Reason", exact=True).fill("no idea")
    page.get_by_role("button", name="Add the quota").click()
    expect(page.get_by_role("alert")).to_contain_text("'plenty' is not a size")
    expect(page.get_by_role("textbox", name="Owner")).to_have_value("erik")
    page.get_by_role("textbox", name="Owner").fill("bob")
    page.get_by_role("combobox", name="Bucket").select_option("uploads")
    page.get_by_label("Limit", exact=True).fill("1 GB")
    page.get_by_role("button", name="Add the quota").click()
    expect(page.get_by_role("alert")).to_contain_text("There is a quota of bytes for bob in uploads already.")


def test_who_only_reads_sees_no_forms(limited, open_page, site, complaints):
    site.api.add_user("quentin@example.com", role="readonly", password="a-fine-long-password")
    page = open_page("/sign-in?next=/quotas", who=None)
    page.get_by_label("Email").fill("quentin@example.com")
    page.get_by_label("Password").fill("a-fine-long-password")
    page.keyboard.press("Enter")
    expect(page.locator("#quotas tbody tr")).to_have_count(4)
    expect(page.get_by_role("button", name="Add the quota")).to_have_count(0)


@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (390, "dark")])
def test_the_page_of_a_quota_fits_and_is_accessible(limited, open_page, site, width, scheme):
    quota = Quotas(site.api).find("ann", "uploads", "bytes")
    page = open_page(f"/quotas/{quota.id}", width=width, scheme=scheme)
    expect(page.get_by_role("region", name="Violations").locator("tbody tr")).to_have_count(2)
    looks.check(page)
