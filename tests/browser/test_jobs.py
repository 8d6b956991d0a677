"""Background work: looked through, started, and taken up again after it died."""

import pytest
from playwright.sync_api import expect


@pytest.fixture
def dead(site) -> str:
    """A bucket whose scan died of a wrong key, which is then put right."""
    name = site.register(f"mended-{len(site.api.buckets())}", "uploads", secret="not-the-secret")
    assert site.scan(name) == "dead"
    keys = {
        "accessKeyId": site.s3.credentials.access_key_id,
        "secretAccessKey": site.s3.credentials.secret_access_key,
    }
    site.api.edit_bucket(name, **keys)
    return name


def test_a_job_is_run_now_and_its_end_is_seen_without_a_reload(open_page):
    page = open_page("/jobs")
    page.get_by_role("row", name="housekeeping").get_by_role("button", name="Run now").click()
    expect(page.get_by_role("status")).to_contain_text("housekeeping is in the queue")
    run = page.get_by_role("region", name="Runs").get_by_role("row", name="housekeeping")
    expect(run).to_contain_text("succeeded")


def test_a_dead_run_says_why_and_is_retried(open_page, dead):
    page = open_page("/jobs")
    expect(page.get_by_role("alert")).to_contain_text("used up all attempts")
    page.get_by_role("combobox", name="State").select_option("dead")
    expect(page).to_have_url("/jobs?status=dead")
    run = page.get_by_role("region", name="Runs").get_by_role("row", name=f"scan of {dead}")
    expect(run).to_contain_text("key", ignore_case=True)
    run.get_by_role("button", name="Retry").click()
    expect(page.get_by_role("status")).to_contain_text("scan is in the queue again")
    expect(run).to_contain_text("succeeded")


def test_runs_are_filtered_by_job(open_page, dead):
    page = open_page("/jobs")
    runs = page.get_by_role("region", name="Runs").locator("tbody tr")
    page.get_by_role("combobox", name="Job").select_option("inventory-retention")
    expect(runs).to_have_text(["No runs match."])
    page.get_by_role("combobox", name="Job").select_option("scan")
    expect(runs.filter(has_text=dead)).not_to_have_count(0)
    expect(runs.filter(has_not_text="scan")).to_have_count(0)
