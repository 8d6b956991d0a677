"""People, keys and the own password. What is shown once is shown once."""

import urllib.error
import urllib.request

import pytest
from playwright.sync_api import Page, expect

from storekeeper_client import ApiError, Client


def shown_once(page: Page) -> str:
    """The secret on the page, which is gone when the page is asked for again."""
    secret = page.locator(".notice .command code").inner_text()
    page.goto(page.url)
    expect(page.get_by_role("heading", level=1)).to_have_text("Settings")
    assert secret not in page.content()
    return secret


def test_a_user_is_added_and_signs_in(open_page, site):
    page = open_page("/settings/users")
    page.get_by_label("Email").fill("grace@example.com")
    page.locator("#field-role").select_option("readonly")
    page.get_by_role("button", name="Add the user").click()
    expect(page.get_by_text("The password of grace@example.com", exact=True)).to_be_visible()
    password = shown_once(page)
    expect(page.get_by_role("row", name="grace@example.com")).to_contain_text("readonly")
    with Client(site.url) as client:
        client.sign_in("grace@example.com", password)
        assert client.me().role == "readonly"


def test_a_user_is_disabled_and_enabled_again(open_page, site):
    site.api.add_user("henry@example.com", role="user", password="a-fine-long-password")
    page = open_page("/settings/users")
    row = page.get_by_role("row", name="henry@example.com")
    row.get_by_role("button", name="Disable").click()
    page.get_by_role("dialog", name="Disable henry@example.com?").get_by_role(
        "button", name="Disable"
    ).click()
    expect(page.get_by_role("status")).to_contain_text("henry@example.com is disabled")
    with Client(site.url) as client, pytest.raises(ApiError):
        client.sign_in("henry@example.com", "a-fine-long-password")
    row.get_by_role("button", name="Enable").click()
    expect(row).to_contain_text("active")


def test_an_address_that_is_taken_is_told_at_its_field(open_page, complaints):
    complaints.allow("status of 409")
    page = open_page("/settings/users")
    page.get_by_label("Email").fill("admin@localhost")
    page.get_by_role("button", name="Add the user").click()
    expect(page.get_by_label("Email")).to_have_attribute("aria-invalid", "true")
    expect(page.get_by_label("Email")).to_have_value("admin@localhost")
    expect(page.locator("#error-email")).to_be_visible()


def status_with(site, key: str) -> int:
    """The status of a request with that key."""
    request = urllib.request.Request(f"{site.url}/api/buckets", headers={"Authorization": f"Bearer {key}"})
    try:
        with urllib.request.urlopen(request) as answer:
            return answer.status
    except urllib.error.HTTPError as error:
        with error:
            return error.code


def test_a_key_is_made_works_and_is_revoked(open_page, site):
    page = open_page("/settings/tokens")
    page.get_by_label("Name").fill("weekly export")
    page.get_by_label("Expires").select_option("never")
    page.get_by_role("button", name="Make the key").click()
    key = shown_once(page)
    assert status_with(site, key) == 200
    row = page.get_by_role("row", name="weekly export")
    expect(row).to_contain_text("never")
    row.get_by_role("button", name="Revoke").click()
    page.get_by_role("dialog").get_by_role("button", name="Revoke it").click()
    expect(page.get_by_role("status")).to_contain_text("The key is revoked")
    expect(row).to_have_count(0)
    assert status_with(site, key) == 401


def test_the_own_password_is_changed(open_page, site, complaints):
    complaints.allow("status of 40[01]")
    site.api.add_user("iris@example.com", role="user", password="the-first-password")
    page = open_page("/sign-in?next=/settings/me", who=None)
    page.get_by_label("Email").fill("iris@example.com")
    page.get_by_label("Password").fill("the-first-password")
    page.keyboard.press("Enter")
    for current, new in (
        ("a-wrong-password", "the-second-password"),
        ("the-first-password", "the-second-password"),
    ):
        page.get_by_label("Current password").fill(current)
        page.get_by_label("New password").fill(new)
        page.get_by_role("button", name="Change the password").click()
        if current == "a-wrong-password":
            expect(page.locator("#error-current")).to_be_visible()
    expect(page.get_by_role("status")).to_contain_text("The password is changed")
    expect(page.get_by_role("region", name="Sessions").get_by_text("this one")).to_be_visible()
    with Client(site.url) as client:
        client.sign_in("iris@example.com", "the-second-password")
