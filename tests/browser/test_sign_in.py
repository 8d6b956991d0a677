"""The door: who gets in, who does not, and the way out."""

from playwright.sync_api import expect

EMAIL, PASSWORD = "admin@localhost", "correct horse battery staple"


def test_a_wrong_password_is_refused_in_words_and_the_right_one_opens(open_page, complaints):
    complaints.allow("status of 401")
    page = open_page("/", who=None)
    expect(page).to_have_url("/sign-in")
    expect(page.get_by_label("Email")).to_be_focused()
    page.get_by_label("Email").fill(EMAIL)
    page.get_by_label("Password").fill("not the password")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert")).to_contain_text("do not belong together")
    expect(page.get_by_label("Email")).to_have_value(EMAIL)
    expect(page.get_by_label("Password")).to_have_value("")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Overview")


def test_sign_in_leads_to_where_one_wanted_to_go(open_page):
    page = open_page("/jobs?status=dead", who=None)
    page.get_by_label("Email").fill(EMAIL)
    page.get_by_label("Password").fill(PASSWORD)
    page.keyboard.press("Enter")
    expect(page).to_have_url("/jobs?status=dead")


def test_signing_out_ends_the_session_and_not_only_the_page(open_page):
    page = open_page("/", who=None)
    page.get_by_label("Email").fill(EMAIL)
    page.get_by_label("Password").fill(PASSWORD)
    page.keyboard.press("Enter")
    page.get_by_role("button", name=f"Account: {EMAIL}").click()
    cookies = page.context.cookies()
    page.get_by_role("button", name="Sign out").click()
    expect(page).to_have_url("/sign-in")
    page.goto("/buckets")
    expect(page).to_have_url("/sign-in?next=%2Fbuckets")
    page.context.add_cookies(cookies)
    page.goto("/buckets")
    expect(page).to_have_url("/sign-in?next=%2Fbuckets")
