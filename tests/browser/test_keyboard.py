"""Everything by keyboard, and always visible where one is."""

import pytest
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.usefixtures("scanned")

OUTLINE = (
    "element => getComputedStyle(element).outlineStyle !== 'none' && getComputedStyle(element).outlineWidth"
)


def focused(page: Page):
    return page.locator(":focus")


def test_the_skip_link_leads_past_the_navigation(open_page):
    page = open_page("/buckets")
    page.keyboard.press("Tab")
    expect(focused(page)).to_have_text("Skip to the content")
    expect(focused(page)).to_be_in_viewport()
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.get_by_role("searchbox", name="Find a bucket")).to_be_focused()


@pytest.mark.parametrize("path", ["/", "/buckets/uploads", "/jobs", "/settings/users"])
def test_whatever_has_the_focus_shows_it(open_page, drawn, path):
    page = open_page(path)
    drawn(page)
    met = []
    for _ in range(40):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement === document.body"):
            break
        met.append(focused(page).evaluate("element => element.outerHTML.slice(0, 80)"))
        assert focused(page).evaluate(OUTLINE) not in (False, "0px"), met[-1]
    assert len(set(met)) > 10


def test_the_navigation_is_walked_with_enter(open_page):
    page = open_page("/")
    page.get_by_role("link", name="Jobs").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Jobs")
    expect(page.get_by_role("link", name="Jobs")).to_have_attribute("aria-current", "page")


def test_the_drawer_of_a_phone_opens_and_closes(open_page):
    page = open_page("/", width=390)
    navigation = page.get_by_role("navigation", name="Main")
    expect(navigation).to_be_hidden()
    page.get_by_role("button", name="Menu").focus()
    page.keyboard.press("Enter")
    expect(navigation).to_be_visible()
    page.keyboard.press("Escape")
    expect(navigation).to_be_hidden()
    expect(page.get_by_role("button", name="Menu")).to_be_focused()
    page.keyboard.press("Enter")
    navigation.get_by_role("link", name="Buckets").press("Enter")
    expect(page).to_have_url("/buckets")


def test_a_dialog_keeps_the_focus_and_gives_it_back(open_page, site):
    page = open_page("/buckets/uploads/edit")
    opener = page.get_by_role("button", name="Remove uploads")
    opener.press("Enter")
    dialog = page.get_by_role("dialog", name="Remove uploads?")
    expect(dialog.get_by_role("button", name="Keep as it is")).to_be_focused()
    page.keyboard.press("Tab")
    expect(dialog.get_by_role("button", name="Remove it")).to_be_focused()
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(opener).to_be_focused()
    assert "uploads" in {bucket.name for bucket in site.api.buckets()}


def test_a_table_is_sorted_by_enter_and_the_focus_stays(open_page):
    page = open_page("/buckets")
    page.get_by_role("link", name="Size").press("Enter")
    expect(page).to_have_url("/buckets?sort=-bytes")
    expect(page.locator("thead [aria-sort=descending]")).to_have_text("Size")
    expect(page.locator("tbody tr").first).to_contain_text("packages")
    expect(page.get_by_role("link", name="Size")).to_be_focused()


def test_after_a_folder_is_opened_the_keyboard_goes_on_from_its_contents(open_page):
    page = open_page("/buckets/uploads")
    page.get_by_role("region", name="By folder").get_by_role("link", name="users/").press("Enter")
    expect(page.locator("#contents")).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="All folders")).to_be_focused()
