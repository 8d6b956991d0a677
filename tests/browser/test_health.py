"""Is each bucket working: the grid, a breaker that opens before one's eyes, what an administrator does to it, settings."""

import csv
import io
import re

import pytest
from playwright.sync_api import Page, expect

from storekeeper.objectstore.faulty import FOREVER, FaultyProxy

EVERY_SECOND = {"checkInterval": 1000, "timeout": 1000, "slowResponseThreshold": 400, "recoveryTimeout": 2000}


@pytest.fixture(scope="module")
def line(site):
    """The S3 server behind a line that misbehaves on demand."""
    with FaultyProxy(site.s3.endpoint) as proxy:
        yield proxy


@pytest.fixture
def checked(site, line):
    """A bucket behind that line, checked every second, by the name that a test gives it."""
    names = []

    def register(name: str, **settings) -> str:
        site.register(name, "uploads", endpoint=line.endpoint)
        names.append(name)
        site.api.call("PUT", f"/api/health/config/{name}", dict, body=EVERY_SECOND | settings)
        return name

    yield register
    for name in names:
        site.api.call("PUT", f"/api/health/config/{name}", dict, body={"enabled": False})


@pytest.fixture(autouse=True)
def well(line):
    """However a test leaves the line, the next one finds it well."""
    yield
    line.faults.errors, line.faults.delay, line.faults.methods = 0, 0.0, frozenset()


def row(page: Page, name: str):
    return page.get_by_role("region", name="Buckets and operations").get_by_role("row", name=name)


def breaker(page: Page):
    return page.get_by_role("region", name="Circuit breaker")


def fail(line, *methods: str) -> None:
    line.faults.methods, line.faults.errors = frozenset(methods), FOREVER


def ask(page: Page, button: str):
    """The dialog behind a button."""
    page.get_by_role("button", name=button, exact=True).click()
    return page.get_by_role("dialog")


def test_the_grid_tells_state_by_word_without_a_reload(open_page, checked, line):
    name = checked("graded")
    page = open_page("/")
    page.get_by_role("navigation", name="Main").get_by_role("link", name="Health").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Health")
    page.evaluate("window.opened = 'once'")
    expect(row(page, name)).to_contain_text("healthy")
    expect(row(page, name).get_by_text("works")).to_have_count(3)
    fail(line, "PUT")
    expect(row(page, name)).to_contain_text("degraded")
    cell = row(page, name).locator(".state").first
    expect(cell).to_contain_text("fails")
    expect(cell).to_have_attribute("title", re.compile("500 InternalError"))
    expect(row(page, name)).to_contain_text("PUT fails since")
    line.faults.errors = 0
    expect(row(page, name)).to_contain_text("All operations work")
    line.faults.methods, line.faults.delay = frozenset(), 0.5
    expect(row(page, name).get_by_text("slow", exact=True)).to_have_count(3)
    assert page.evaluate("window.opened") == "once"


def test_the_grid_is_filtered_and_leads_to_a_bucket(open_page, checked):
    name = checked("sought")
    page = open_page("/health/buckets")
    page.get_by_role("searchbox", name="Find a bucket").fill("SOUGHT")
    expect(page.locator("#board tbody tr")).to_have_count(1)
    page.get_by_role("combobox", name="Status").select_option("unhealthy")
    expect(page.get_by_text("No bucket is like that.")).to_be_visible()
    page.get_by_role("combobox", name="Status").select_option("")
    row(page, name).get_by_role("link", name=name).click()
    expect(page.get_by_role("heading", level=1)).to_have_text(name)


def test_a_breaker_opens_and_closes_while_one_watches(open_page, checked, line):
    name = checked("tripped", recoveryTimeout=4000)
    page = open_page(f"/health/buckets/{name}")
    page.evaluate("window.opened = 'once'")
    expect(page.locator("#now")).to_contain_text("All operations work")
    expect(breaker(page)).to_contain_text("Calls pass.")
    fail(line)
    expect(breaker(page)).to_contain_text("Calls of applications fail at once")
    expect(breaker(page)).to_contain_text(re.compile(r"Is tried again in \d"))
    expect(page.locator("#now")).to_contain_text("unhealthy")
    timeline = page.get_by_role("region", name="Breaker timeline")
    expect(timeline.locator("tbody tr").last).to_contain_text("3 calls in a row failed")
    line.faults.errors = 0
    expect(breaker(page)).to_contain_text("Calls pass.")
    expect(timeline.locator("tbody tr").first).to_contain_text("closed")
    expect(timeline).to_contain_text("half-open")
    assert page.evaluate("window.opened") == "once"
    page.reload()
    expect(page.get_by_role("img", name=re.compile("Uptime of tripped in 90 days"))).to_be_visible()


def test_forcing_a_breaker_open_is_asked_about_first(open_page, site, checked):
    name = checked("forced")
    page = open_page(f"/health/buckets/{name}")
    dialog = ask(page, "Force open…")
    expect(dialog).to_contain_text("Applications stop using forced at once")
    expect(dialog).to_contain_text("No check closes it")
    dialog.get_by_role("button", name="Keep as it is").click()
    expect(dialog).to_be_hidden()
    assert site.api.call("GET", f"/api/health/circuit-breaker/{name}", dict)["mode"] == "automatic"
    dialog = ask(page, "Force open…")
    dialog.get_by_label("Why").fill("moving to another provider")
    dialog.get_by_role("button", name="Force open").click()
    expect(page.get_by_role("status")).to_contain_text("The breaker of forced is forced open.")
    expect(breaker(page)).to_contain_text("forced open")
    expect(breaker(page)).to_contain_text("moving to another provider")
    expect(breaker(page)).to_contain_text("It stays so until somebody undoes it.")
    page.get_by_role("button", name="Automatic", exact=True).click()
    expect(page.get_by_role("status")).to_contain_text("decides by itself again")
    expect(page.get_by_role("region", name="Breaker timeline")).to_contain_text("admin@localhost")


def test_a_dialog_stays_open_while_the_page_changes(open_page, checked, line):
    page = open_page(f"/health/buckets/{checked('asked')}")
    expect(page.locator("#now")).to_contain_text("All operations work")
    dialog = ask(page, "Disable…")
    dialog.get_by_label("Why").fill("half a sentence")
    fail(line)
    expect(page.locator("#now")).to_contain_text("unhealthy")
    expect(dialog).to_be_visible()
    expect(dialog.get_by_label("Why")).to_have_value("half a sentence")


def test_a_breaker_is_opened_for_a_time_and_reset(open_page, checked):
    page = open_page(f"/health/buckets/{checked('opened')}")
    dialog = ask(page, "Open…")
    dialog.get_by_label("Why").fill("maintenance")
    dialog.get_by_label("For how many minutes").fill("5")
    dialog.get_by_role("button", name="Open", exact=True).click()
    expect(breaker(page)).to_contain_text(re.compile(r"Is tried again in (5m|4m \d+s)"))
    page.get_by_role("button", name="Reset", exact=True).click()
    expect(breaker(page)).to_contain_text("Calls pass.")
    dialog = ask(page, "Metrics only…")
    dialog.get_by_label("Why").fill("a trial")
    dialog.get_by_role("button", name="Metrics only", exact=True).click()
    expect(breaker(page)).to_contain_text("All calls pass, whatever checks say.")


def test_settings_hold_at_once(open_page, site, line):
    name = site.register("retimed", "uploads", endpoint=line.endpoint)
    page = open_page(f"/health/buckets/{name}")
    expect(page.locator("#now")).to_contain_text("All operations work")
    page.get_by_role("link", name="Settings").last.click()
    expect(page.get_by_label("Check every")).to_have_attribute("placeholder", "30")
    page.get_by_label("Check every").fill("1")
    page.get_by_label("Time-out").fill("1000")
    page.get_by_label("Slow from").fill("500")
    page.get_by_label("LIST").check()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("status")).to_contain_text("The settings of retimed hold from now on.")
    expect(page.locator("#now")).to_contain_text("every 1 s")
    expect(
        page.get_by_role("region", name="Operations", exact=True).get_by_role("row", name="LIST")
    ).to_contain_text("works")
    rounds = breaker(page).locator("dd data").first
    expect(rounds).to_have_attribute(
        "value", re.compile("^([4-9]|[1-9][0-9])$")
    )  # by 30 s it would take minutes
    page.goto("/health/settings")
    own = page.get_by_role("region", name="Settings of single buckets").get_by_role("row", name=name)
    expect(own).to_contain_text("check every 1 seconds")
    site.api.call("PUT", f"/api/health/config/{name}", dict, body={"enabled": False})


def test_wrong_settings_are_told_at_their_fields(open_page, complaints):
    complaints.allow("status of 400")
    page = open_page("/health/settings")
    page.get_by_label("Check every").fill("0.2")
    page.get_by_label("Time-out").fill("soon")
    page.get_by_role("button", name="Save").click()
    expect(page.locator("#error-check_interval")).to_have_text("From 1 to 86,400 seconds.")
    expect(page.locator("#error-timeout")).to_have_text("Write a number.")
    expect(page.get_by_label("Time-out")).to_have_value("soon")
    page.goto("/health/settings")
    page.get_by_label("Slow from").fill("60000")
    page.get_by_role("button", name="Save").click()
    expect(page.locator("#error-slow_response_threshold")).to_contain_text("nothing could ever be slow")
    page.goto("/health/settings")
    expect(page.get_by_label("Slow from")).to_have_value("2000")


def test_the_log_of_checks_is_filtered_and_handed_out(open_page, checked, line):
    name = checked("logged")
    page = open_page(f"/health/buckets/{name}")
    expect(page.locator("#now")).to_contain_text("All operations work")
    fail(line, "PUT")
    expect(page.locator("#now")).to_contain_text("PUT fails since")
    log = page.get_by_role("region", name="Checks", exact=True).locator("tbody tr")
    page.goto(f"/health/buckets/{name}?result=errors&operation=put")
    expect(log.first).to_contain_text("failed")
    expect(log.first).to_contain_text("500 InternalError")
    assert log.get_by_text("PUT", exact=True).count() == log.count()
    page.get_by_role("combobox", name="Result").select_option("")
    expect(page).not_to_have_url(re.compile("result="))
    answer = page.request.get(f"/health/buckets/{name}/checks.csv?result=errors")
    rows = list(csv.DictReader(io.StringIO(answer.text())))
    assert {(one["operation"], one["outcome"]) for one in rows} >= {("put", "failure")}
    assert "ok" not in {one["outcome"] for one in rows}


def test_checks_are_stopped_and_started(open_page, site):
    page = open_page("/health/buckets")
    dialog = ask(page, "Stop checks")
    expect(dialog).to_contain_text("After three intervals nothing is known of them")
    dialog.get_by_role("button", name="Stop checks").click()
    expect(page.locator("#monitor")).to_contain_text("stopped")
    assert site.api.call("GET", "/api/health/config", dict)["enabled"] is False
    page.get_by_role("button", name="Start checks").click()
    expect(page.locator("#monitor")).to_contain_text("running")


def test_a_bucket_is_checked_on_demand(open_page, checked):
    page = open_page(f"/health/buckets/{checked('demanded', enabled=False)}")
    expect(page.locator("#now")).to_contain_text("not on schedule")
    page.get_by_role("button", name="Check now").click()
    expect(page.get_by_role("status")).to_contain_text("demanded is being checked")
    expect(page.locator("#now")).to_contain_text("checked just now")


def test_the_overview_counts_healthy_buckets(open_page, checked):
    name = checked("counted")
    page = open_page(f"/health/buckets/{name}")
    expect(page.locator("#now")).to_contain_text("All operations work")
    page = open_page(f"/?bucket={name}")
    card = page.locator("article.stat").filter(has=page.get_by_role("link", name="Healthy buckets"))
    expect(card.locator("data")).to_have_attribute("value", "1")
    expect(card).to_contain_text("all breakers closed")


def test_readers_see_and_do_not_touch(open_page, site, checked):
    name = checked("seen")
    email, password = "health-reader@example.com", "a-fine-long-password"
    site.api.add_user(email, role="readonly", password=password)
    page = open_page(f"/sign-in?next=/health/buckets/{name}", who=None)
    page.get_by_label("Email").fill(email)
    page.get_by_label("Password").fill(password)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text(name)
    expect(breaker(page)).to_contain_text("Calls pass.")
    expect(page.get_by_role("button", name="Force open…")).to_have_count(0)
    expect(page.get_by_role("button", name="Check now")).to_have_count(0)


def test_strangers_are_asked_to_sign_in_and_unknown_buckets_told_in_words(open_page, complaints):
    complaints.allow("status of 404")
    page = open_page("/health/buckets", who=None)
    expect(page.get_by_label("Password")).to_be_visible()
    page = open_page("/health/buckets/nowhere")
    expect(page.get_by_role("heading", level=1)).to_have_text("Unknown bucket")


def test_it_reads_without_scripts(open_page, checked):
    name = checked("plain")
    page = open_page(f"/health/buckets/{name}", java_script_enabled=False)
    expect(page.get_by_role("region", name="Operations", exact=True)).to_be_visible()
    expect(breaker(page)).to_contain_text("Calls pass.")
    expect(page.get_by_role("button", name="Filter")).to_be_visible()
