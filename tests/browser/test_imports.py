"""Sources of imports: added, run, paused, changed and removed by hand; and links to embedded pages taken back."""

import re
import urllib.error
import urllib.request

import pytest
from playwright.sync_api import expect

from storekeeper_client import ApiError


@pytest.fixture
def row(site, scanned, open_page):
    """The page of imports, and the row of a source in it."""

    def look(page, name):
        return page.get_by_role("region", name="Sources of imports").get_by_role(
            "row", name=re.compile(f"^{name}")
        )

    return look


def add(page, name, **settings):
    page.get_by_label("Name", exact=True).fill(name)
    page.get_by_label("Bucket", exact=True).select_option("uploads")
    for label, value in settings.items():
        page.get_by_label(label.replace("_", " ")).fill(value)
    page.get_by_role("button", name="Add the source").click()


def test_a_source_is_added_run_paused_edited_and_removed(scanned, open_page, row):
    page = open_page("/imports")
    page.get_by_role("link", name="Add a source").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Import by schedule")
    page.get_by_label("Log bucket").select_option("packages")
    add(page, "by-hand", Prefix="nothing-begins-so/")
    expect(page.get_by_role("status")).to_contain_text("by-hand is added")
    source = row(page, "by-hand")
    expect(source).to_contain_text("not run yet")

    source.get_by_role("button", name="Run now").click()
    expect(page.get_by_role("status")).to_contain_text("by-hand is in the queue")
    expect(source.get_by_text("ready", exact=True)).to_be_visible()

    source.get_by_role("button", name="Pause").click()
    expect(source.locator(".badge")).to_have_text("paused")
    source.get_by_role("button", name="Resume").click()
    expect(source.locator(".badge")).to_have_text("ready")

    source.get_by_role("link", name="by-hand").click()
    page.get_by_label("Schedule").select_option("10 3 * * *")
    page.get_by_label("Prefix").fill("other/")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("status")).to_contain_text("by-hand is saved")
    saved = scanned.api.import_source("by-hand")
    assert (saved.cron, saved.settings) == ("10 3 * * *", {"logBucket": "packages", "prefix": "other/"})

    source.get_by_role("link", name="by-hand").click()
    page.get_by_role("button", name="Remove by-hand").click()
    page.get_by_role("dialog", name="Remove by-hand?").get_by_role("button", name="Remove it").click()
    expect(page.get_by_role("status")).to_contain_text("What it brought stays")
    expect(source).to_have_count(0)
    with pytest.raises(ApiError):
        scanned.api.import_source("by-hand")


def test_what_is_refused_is_told_and_what_was_typed_stays(scanned, open_page, complaints):
    complaints.allow("status of 400")
    page = open_page("/imports/new?form=cloudwatch")
    page.get_by_label("Token or secret key").fill("a-secret-key")
    add(page, "refused", Access_key_id="AKIA1", Endpoint="http://169.254.169.254")
    expect(page.get_by_text("Nothing was saved")).to_be_visible()
    expect(page.get_by_label("Access key id")).to_have_value("AKIA1")
    expect(page.get_by_label("Token or secret key")).to_have_value("")
    assert "a-secret-key" not in page.content()
    expect(page.get_by_role("link", name="CloudWatch")).to_have_attribute("aria-current", "true")


def test_why_a_source_failed_stands_in_the_list(scanned, open_page, row):
    nowhere = {"account": "a", "endpoint": "http://127.0.0.1:9"}
    source = {"format": "r2-analytics", "bucket": "uploads", "settings": nowhere, "secret": "s", "cron": ""}
    scanned.api.add_import_source(name="away", **source)
    page = open_page("/imports")
    expect(row(page, "away")).to_contain_text("on demand")
    expect(row(page, "away").get_by_role("button", name="Pause")).to_have_count(0)
    scanned.api.edit_import_source("away", cron="10 * * * *")
    row(page, "away").get_by_role("button", name="Run now").click()
    expect(row(page, "away")).to_contain_text("127.0.0.1")
    for name in scanned.api.runs(job="pull-imports", status="retrying"):
        scanned.api.cancel_run(name.id)
    expect(row(page, "away").locator(".badge")).to_have_text("failed")
    scanned.api.remove_import_source("away")


def test_links_of_an_owner_are_revoked(scanned, open_page):
    link = scanned.api.make_embed_link("gwen").url
    with urllib.request.urlopen(link) as answer:
        assert answer.status == 200
    page = open_page("/usage/owners/gwen")
    page.get_by_role("button", name="Revoke links").click()
    page.get_by_role("dialog").get_by_role("button", name="Revoke them").click()
    expect(page.get_by_role("status")).to_contain_text("Links to the storage of gwen are revoked")
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(link)
    with refused.value as answer:
        assert answer.status == 410
    with urllib.request.urlopen(scanned.api.make_embed_link("gwen").url) as answer:
        assert answer.status == 200
