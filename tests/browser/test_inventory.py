"""Looking into a bucket: folders by treemap and table, files by filter, sort and page."""

import csv
import io
import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.usefixtures("scanned")
# A request for what was typed up to then gives way to the next one, and htmx calls that an error.
GIVEN_WAY = "htmx:(afterRequest|sendAbort)"


def folders(page: Page):
    return page.get_by_role("region", name="By folder")


def trail(page: Page):
    return page.get_by_role("navigation", name="Folder")


def test_a_click_in_the_treemap_opens_the_folder(open_page, drawn, buckets):
    page = open_page("/buckets/packages")
    drawn(page)
    page.evaluate("window.opened = 'once'")
    sizes = buckets["packages"].sizes()
    largest = max(
        {key.split("/")[0] for key in sizes},
        key=lambda name: sum(buckets["packages"].sizes(f"{name}/").values()),
    )
    page.locator("#contents .chart-canvas").click(
        position={"x": 60, "y": 120}
    )  # the largest tile is at the top left
    expect(page).to_have_url(f"/buckets/packages?prefix={largest}%2F")
    expect(trail(page).locator("[aria-current]")).to_have_text(f"{largest}/")
    drawn(page)
    inside = [size for key, size in sizes.items() if key.startswith(f"{largest}/") and key.count("/") == 1]
    row = folders(page).get_by_role("row", name="files in this folder")
    expect(row.locator("td data").first).to_have_attribute("value", str(sum(inside)))
    assert page.evaluate("window.opened") == "once"


def test_folders_open_by_link_and_the_trail_leads_back(open_page, drawn, buckets):
    page = open_page("/buckets/uploads?range=7d")
    folders(page).get_by_role("link", name="users/").click()
    folders(page).get_by_role("link", name="ann/").click()
    expect(page).to_have_url("/buckets/uploads?range=7d&prefix=users%2Fann%2F")
    row = folders(page).get_by_role("row", name="2026/")
    photos = buckets["uploads"].sizes("users/ann/2026/")
    expect(row.locator("td data").first).to_have_attribute("value", str(sum(photos.values())))
    trail(page).get_by_role("link", name="users/").click()
    expect(folders(page).get_by_role("link", name="bob/")).to_be_visible()
    trail(page).get_by_role("link", name="All folders").click()
    expect(folders(page).get_by_role("link", name="users/")).to_be_visible()
    drawn(page)
    page.go_back()
    expect(trail(page).locator("[aria-current]")).to_have_text("users/")
    page.reload()
    expect(folders(page).get_by_role("link", name="carla/")).to_be_visible()


def keys(page: Page) -> list[str]:
    return page.locator("#files tbody td.key").all_inner_texts()


def test_files_are_filtered_sorted_and_paged_without_a_reload(open_page, buckets, complaints):
    complaints.allow(GIVEN_WAY)
    page = open_page("/buckets/uploads")
    page.evaluate("window.opened = 'once'")
    sizes = buckets["uploads"].sizes()
    by_size = sorted(sizes, key=sizes.__getitem__, reverse=True)
    assert keys(page) == by_size[:25]
    pager = page.get_by_role("navigation", name="Pages: Files of uploads")
    pager.get_by_role("link", name="Next").click()
    expect(pager).to_contain_text("26–50")
    assert keys(page) == by_size[25:50]
    pager.get_by_role("link", name="Previous").click()
    expect(pager).to_contain_text("1–25")
    page.locator("#files").get_by_role("link", name="Size").click()
    expect(page.locator("#files thead [aria-sort=ascending]")).to_have_text("Size")
    assert keys(page) == by_size[::-1][:25]
    page.get_by_role("searchbox", name="Find in keys").press_sequentially("bob/2026/01")
    expect(page.locator("#files tbody tr")).to_have_count(5)
    assert keys(page) == [f"users/bob/2026/01{n}.jpg" for n in range(5)]
    expect(page.get_by_role("searchbox", name="Find in keys")).to_be_focused()
    page.get_by_role("searchbox", name="Find in keys").fill("")
    page.get_by_role("combobox", name="Extension").select_option(".pptx")
    expect(page.locator("#files tbody tr")).to_have_count(1)
    assert page.evaluate("window.opened") == "once"


def test_what_is_typed_while_an_answer_comes_is_not_lost(open_page, complaints):
    complaints.allow(GIVEN_WAY)
    page, held = open_page("/buckets/uploads"), []
    page.route(re.compile("q=bob"), lambda route: held.append(route), times=1)  # noqa: PLW0108 - it must be a function
    search = page.get_by_role("searchbox", name="Find in keys")
    search.fill("bob/2026/0")
    while not held:
        page.wait_for_timeout(10)
    answer = held[0].fetch()
    search.press_sequentially("1")
    held[0].fulfill(response=answer)
    expect(page.locator("#files tbody tr")).to_have_count(5)
    expect(search).to_have_value("bob/2026/01")
    expect(search).to_be_focused()
    assert page.url.endswith("q=bob%2F2026%2F01")


def test_all_that_match_come_as_csv(open_page, buckets):
    page = open_page("/buckets/uploads?q=users%2Fann")
    with page.expect_download() as download:
        page.locator("#files").get_by_role("link", name="CSV").click()
    assert download.value.suggested_filename == "uploads-files.csv"
    rows = list(csv.DictReader(io.StringIO(Path(download.value.path()).read_text())))
    assert {row["key"]: int(row["size"]) for row in rows} == buckets["uploads"].sizes("users/ann")


def test_owners_are_counted(open_page, buckets):
    page = open_page("/buckets/uploads")
    row = page.get_by_role("region", name="By owner").get_by_role("row", name="bob")
    mine = buckets["uploads"].sizes("users/bob/")
    expect(row.locator("td data").first).to_have_attribute("value", str(sum(mine.values())))
    expect(row.locator("td data").last).to_have_attribute("value", str(len(mine)))
