"""Clean-up: a policy is added, planned, confirmed by the bucket's name, carried out and seen in its log."""

import os
import time

import pytest
from playwright.sync_api import expect

import looks


@pytest.fixture(scope="module")
def loft(site, tmp_path_factory):
    """A folder of 30 old and 5 new files."""
    folder = tmp_path_factory.mktemp("loft")
    old = time.time() - 200 * 86400  # noqa: TID251 - files are dated by the real clock
    for number in range(35):
        path = folder / "tmp" / f"{number:03}.bin"
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(b"x" * 1000)
        if number < 30:
            os.utime(path, (old, old))
    site.api.add_bucket(name="loft", url=f"file://{folder}", scanCron="")
    return folder


def test_from_a_policy_to_its_log(loft, open_page, complaints):
    page = open_page("/cleanup")
    page.get_by_label("Name").fill("loft-old")
    page.get_by_role("combobox", name="Bucket").select_option("loft")
    page.get_by_label("Prefixes").fill("tmp/")
    page.get_by_label("Not written for days").fill("90")
    page.get_by_label("Reason").fill("old files")
    page.get_by_role("button", name="Add the policy").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("loft-old")
    page.get_by_role("button", name="Make a plan").click()
    page.get_by_role("button", name="Delete these objects").click()
    dialog = page.get_by_role("dialog", name="Delete 30 objects?")
    dialog.get_by_label("Type the bucket's name").fill("cellar")
    dialog.get_by_role("button", name="Delete them").click()
    expect(dialog).to_be_visible()  # the browser asks for the right name
    assert len(list(loft.rglob("*.bin"))) == 35
    dialog.get_by_label("Type the bucket's name").fill("loft")
    dialog.get_by_role("button", name="Delete them").click()
    expect(page.locator(".page-head")).to_contain_text("succeeded")
    expect(page.locator("#log tbody tr")).to_have_count(30)
    page.get_by_label("Outcome").select_option("failed")
    expect(page.get_by_text("Nothing yet.")).to_be_visible()
    assert len(list(loft.rglob("*.bin"))) == 5


@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (390, "dark")])
def test_a_plan_and_a_run_fit_and_are_accessible(loft, open_page, site, width, scheme):
    plan = site.api.cleanup_plans("loft-old")[0]
    for path in (f"/cleanup/plans/{plan.id}", f"/cleanup/runs/{plan.run_id}"):
        looks.check(open_page(path, width=width, scheme=scheme))
