"""What holds for every page: it fits, it is quiet, it is accessible, it is light, it reads without scripts."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import expect

import looks
from storekeeper import app
from storekeeper_client.budgets import Budgets

PAGES = (
    "/",
    "/buckets",
    "/buckets/new",
    "/buckets/packages",
    "/buckets/uploads?prefix=users%2Fann%2F",
    "/buckets/unscanned",
    "/buckets/uploads/edit",
    "/usage",
    "/usage/owners/ann?range=7d",
    "/performance",
    "/performance?range=30d",
    "/activity?live=1",
    "/ingestion",
    "/imports",
    "/imports/new?form=cloudwatch",
    "/imports/photos-logs/edit",
    "/me/storage?owner=ann",
    "/health/buckets",
    "/health/buckets/packages",
    "/health/buckets/refused?result=errors",
    "/health/settings",
    "/health/buckets/uploads/settings",
    "/quotas",
    "/cleanup",
    "/cleanup/policies/old-files",
    "/costs",
    "/costs/charges",
    "/costs/budgets",
    "/costs/prices",
    "/costs/prices/new",
    "/costs/prices/cloudflare-r2.toml",
    "/costs/prices/cloudflare-r2.toml?copy=true",
    "/costs/compare",
    "/costs/savings",
    "/costs/invoices",
    "/jobs",
    "/settings/me",
    "/settings/users",
    "/settings/tokens",
    "/settings/webhooks",
    "/settings/webhooks/desk",
)
FOR_STRANGERS = ("/sign-in", "/problems/not-found", "/nothing-here")
# One leads on, one needs a signed link (see test_usage), others have an id in their address (see test_quotas, test_costs, test_invoices).
LEFT_OUT = {
    "/settings",
    "/embed/storage",
    "/quotas/{quota_id:str}",
    "/costs/budgets/{budget_id:str}",
    "/costs/invoices/{invoice_id:str}",
}
LEFT_OUT |= {"/cleanup/plans/{plan_id:str}", "/cleanup/runs/{cleanup_id:str}"}  # see test_cleanup
PROGRAMS = {"/health", "/metrics", "/health/buckets/{name:str}/checks.csv"}
MOST_BYTES = 500_000


@pytest.fixture(scope="module")
def furnished(scanned) -> None:
    """Something of everything that a page can show."""
    scanned.register("unscanned", "uploads")
    scanned.api.create_token("nightly report", scopes=["read"])
    address = "a.person.with.quite.a.long.name@a-department.of-a-company.example"
    scanned.api.add_user(address, role="readonly")
    scanned.register("refused", "uploads", secret="not-the-secret")
    assert scanned.scan("refused") == "dead"
    old = {"name": "old-files", "bucket": "uploads", "prefixes": ["users/"], "minAgeDays": 90}
    scanned.api.add_cleanup_policy(**old, reason="old files")
    logs = {"logBucket": "packages", "prefix": "photos/"}
    scanned.api.add_webhook(name="desk", url="http://127.0.0.1:9/hook", allowPrivate=True)
    scanned.api.test_webhook("desk")
    Budgets(scanned.api).add(scope="owner", name="ann", amount="10", currency="USD", reason="a plan")
    scanned.api.add_import_source(name="photos-logs", format="s3-access-log", bucket="uploads", settings=logs)
    now = datetime.now(UTC)  # noqa: TID251 - the server runs by the real clock
    scanned.report(
        [
            {"time": (now - timedelta(minutes=17 * number)).isoformat(), "bucket": "uploads", "owner": "ann",
             "operation": "GetObject", "status": 200 if number % 5 else 404, "error": "" if number % 5 else "NoSuchKey",
             "key": "users/ann/" + "a-long-name/" * 9 + "x.jpg", "bytesOut": number * 1000, "latencyMs": number + 1}
            for number in range(60)
        ]
    )  # fmt: skip


@pytest.mark.parametrize("path", PAGES)
def test_a_page_fits_is_quiet_and_accessible(furnished, open_page, drawn, path):
    page = open_page(path)
    drawn(page)
    looks.check_rooms(page)


@pytest.mark.parametrize("path", FOR_STRANGERS)
def test_so_does_a_page_for_strangers(open_page, complaints, path):
    complaints.allow(r"status of 404 .* at \S*/nothing-here$")
    looks.check_rooms(open_page(path, who=None))


def test_no_page_is_forgotten():
    """A new page must be added to the lists above."""
    known = {path.partition("?")[0] for path in (*PAGES, *FOR_STRANGERS)}
    shown = {
        path
        for handler in app.routes()
        for path in handler.paths
        if "GET" in handler.http_methods and path not in PROGRAMS and not path.startswith("/api/")
    }
    patterns = {path: re.sub(r"{[^}]*}", "[^/]+", path) for path in shown - LEFT_OUT}
    assert [
        path for path, pattern in patterns.items() if not any(re.fullmatch(pattern, one) for one in known)
    ] == []


def test_the_overview_is_light(furnished, open_page, drawn):
    page = open_page("/sign-in", who=None)
    session = page.context.new_cdp_session(page)
    loaded: list[float] = []
    session.send("Network.enable")
    session.send("Network.clearBrowserCache")
    session.on("Network.loadingFinished", lambda event: loaded.append(event["encodedDataLength"]))
    page.get_by_label("Email").fill("admin@localhost")
    page.get_by_label("Password").fill("correct horse battery staple")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Overview")
    drawn(page)
    assert len(loaded) > 10
    assert sum(loaded) < MOST_BYTES


def test_nothing_moves_while_a_page_is_drawn(furnished, open_page, drawn):
    page = open_page("/buckets/packages")
    drawn(page)
    shift = page.evaluate(
        """() => new Promise((resolve) => new PerformanceObserver((list) => resolve(
            list.getEntries().reduce((sum, entry) => sum + (entry.hadRecentInput ? 0 : entry.value), 0)
        )).observe({ type: "layout-shift", buffered: true }) || requestIdleCallback(() => resolve(0), { timeout: 500 }))"""
    )
    assert shift < 0.05


def test_a_chart_that_is_not_drawn_anew_yet_makes_no_page_wider(furnished, open_page, drawn):
    """On a busy machine a while passes between the window's new size and the chart's."""
    page = open_page("/")
    page.add_init_script("window.ResizeObserver = class { observe() {} unobserve() {} }")
    page.goto("/performance")
    drawn(page)
    before = page.locator(".chart-canvas canvas").first.bounding_box()["width"]
    page.set_viewport_size({"width": 390, "height": 900})
    assert page.locator(".chart-canvas canvas").first.bounding_box()["width"] == before > 390
    looks.check_width(page)


def test_pages_read_without_scripts(furnished, open_page, buckets):
    page = open_page("/buckets/uploads", java_script_enabled=False)
    sizes = buckets["uploads"].sizes()
    expect(page.locator("article.stat data").nth(1)).to_have_attribute("value", str(len(sizes)))
    expect(page.locator(".chart-canvas").first).to_be_hidden()
    page.locator("figure", has_text="By age").get_by_text("Show the numbers").click()
    expect(page.get_by_role("region", name="Numbers of: By age").get_by_role("row")).not_to_have_count(0)
    page.get_by_role("searchbox", name="Find in keys").fill("carla")
    page.locator("#files").get_by_role("button", name="Filter").click()
    expect(page.locator("#files tbody tr")).to_have_count(5)
    page.locator("#files").get_by_role("link", name="Size").click()
    expect(page.locator("#files tbody td.key").first).to_have_text("users/carla/2026/000.jpg")
    page.get_by_role("region", name="By folder").get_by_role("link", name="users/").click()
    expect(page.get_by_role("navigation", name="Folder").locator("[aria-current]")).to_have_text("users/")
    page.goto("/")
    page.get_by_role("combobox", name="Bucket").select_option("packages")
    page.get_by_role("button", name="Apply").click()
    expect(page.get_by_role("region", name="Largest buckets").locator("tbody tr")).to_have_count(1)


def test_what_is_not_there_and_what_is_not_allowed_is_told_in_words(scanned, open_page, complaints):
    complaints.allow("status of 40[34]")
    page = open_page("/buckets/nowhere")
    expect(page.get_by_role("heading", level=1)).to_have_text("Unknown bucket")
    expect(page.get_by_text("404", exact=True)).to_be_visible()
    expect(page.get_by_text("Nothing was changed.")).to_be_visible()
    page.get_by_role("link", name="Back to the overview").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Overview")
    scanned.api.add_user("joan@example.com", role="readonly", password="a-fine-long-password")
    page = open_page("/sign-in?next=/settings/users", who=None)
    page.get_by_label("Email").fill("joan@example.com")
    page.get_by_label("Password").fill("a-fine-long-password")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Not allowed")
    expect(page.get_by_text("403", exact=True)).to_be_visible()
