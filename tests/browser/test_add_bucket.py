"""Registering a bucket with the form, tried out before anything is saved; and removing it."""

import pytest
from playwright.sync_api import expect


@pytest.fixture
def form(open_page, site):
    """The form, filled with all but a name of its own."""

    def fill(name: str, *, secret: str = "", bucket: str = "uploads"):
        page = open_page("/buckets/new")
        page.get_by_label("Name", exact=True).fill(name)
        page.get_by_label("URL").fill(f"s3://{bucket}")
        page.get_by_label("Endpoint").fill(site.s3.endpoint)
        page.get_by_label("Access key id").fill(site.s3.credentials.access_key_id)
        page.get_by_label("Secret access key").fill(secret or site.s3.credentials.secret_access_key)
        return page

    return fill


def test_a_bucket_is_tested_tried_and_added(form, site, buckets):
    page = form("tried")
    page.get_by_role("button", name="Test the connection").click()
    result = page.locator("#test-result")
    expect(result).to_contain_text("The bucket can be watched")
    expect(result.get_by_text("works").first).to_be_visible()
    page.get_by_label("Owner pattern").fill("users/{owner}/")
    page.get_by_role("button", name="Try the pattern").click()
    found = page.locator("#pattern-result")
    expect(found).to_contain_text(
        f"{len(buckets['uploads'].sizes('users/'))} of {len(buckets['uploads'].sizes())} keys"
    )
    expect(found.get_by_role("row", name="users/ann/2026/000.jpg ann")).to_be_visible()
    assert "tried" not in {bucket.name for bucket in site.api.buckets()}
    page.get_by_role("button", name="Add the bucket").click()
    expect(page).to_have_url("/buckets/tried")
    expect(page.get_by_role("status")).to_contain_text("tried is registered")
    expect(page.get_by_text("Not scanned yet")).to_be_visible()
    assert site.api.bucket("tried").owner_pattern == "users/{owner}/"


def test_the_test_names_what_is_wrong(form):
    page = form("locked", secret="not-the-secret")
    page.get_by_role("button", name="Test the connection").click()
    expect(page.locator("#test-result")).to_contain_text("can not be watched yet")
    expect(page.locator("#test-result").get_by_text("fails").first).to_be_visible()
    page = form("absent", bucket="no-such-bucket")
    page.get_by_role("button", name="Test the connection").click()
    expect(page.locator("#test-result").get_by_role("alert")).to_contain_text("no-such-bucket")


def test_what_was_typed_is_kept_when_it_is_refused_but_never_the_secret(form, site, complaints):
    complaints.allow("status of 409")
    site.register("taken", "uploads")
    page = form("taken")
    page.get_by_role("button", name="Add the bucket").click()
    expect(page.get_by_role("alert")).to_contain_text("Nothing was saved")
    expect(page.get_by_label("Name", exact=True)).to_have_value("taken")
    expect(page.get_by_label("Secret access key")).to_have_value("")
    assert site.s3.credentials.secret_access_key not in page.content()


def test_a_bucket_is_edited_and_removed(open_page, site):
    site.register("brief", "uploads")
    page = open_page("/buckets/brief/edit")
    page.get_by_label("Schedule").select_option("Every hour")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("status")).to_contain_text("brief is saved")
    assert site.api.bucket("brief").scan_cron == "0 * * * *"
    page.get_by_role("link", name="Edit").click()
    page.get_by_role("button", name="Remove brief").click()
    dialog = page.get_by_role("dialog", name="Remove brief?")
    expect(dialog).to_contain_text("stay as they are")
    dialog.get_by_role("button", name="Keep as it is").click()
    expect(dialog).to_be_hidden()
    page.get_by_role("button", name="Remove brief").click()
    dialog.get_by_role("button", name="Remove it").click()
    expect(page.get_by_role("status")).to_contain_text("no longer watched")
    assert "brief" not in {bucket.name for bucket in site.api.buckets()}
