"""Who does what: usage, performance, activity, ingestion, one owner's storage, and that in a frame of another site."""

import http.server
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest
from playwright.sync_api import expect

import looks

NAME = "metered"


def operation(minutes_ago: float = 1, **fields):
    now = datetime.now(UTC)  # noqa: TID251 - the server runs by the real clock
    return {
        "time": (now - timedelta(minutes=minutes_ago)).isoformat(), "bucket": NAME, "operation": "GetObject",
        "status": 200, "owner": "erin", "key": "a/b.jpg", "bytesOut": 1000, "latencyMs": 30,
    } | fields  # fmt: skip


@pytest.fixture(scope="module", autouse=True)
def reported(site) -> None:
    """Forty reads of erin, ten uploads of frank, five failures, over the last hours."""
    site.register(NAME, "uploads")
    rows = [operation(minutes_ago=70 + 3 * number) for number in range(40)]
    rows += [operation(minutes_ago=75, operation="PutObject", owner="frank", latencyMs=80) for _ in range(10)]
    rows += [operation(minutes_ago=90, status=503, error="SlowDown", latencyMs=900) for _ in range(5)]
    site.report(rows)


def figure(page, label: str):
    return page.locator("article.stat", has_text=label).locator("data").first


def test_from_the_overview_to_one_owner(open_page, drawn):
    page = open_page(f"/?bucket={NAME}")
    page.get_by_role("link", name="Requests in 24 hours").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Usage")
    page.get_by_role("combobox", name="Bucket").select_option(NAME)
    page.wait_for_url(f"/usage?bucket={NAME}")
    drawn(page)
    expect(figure(page, "Requests")).to_have_attribute("value", "55")
    owners = page.get_by_role("region", name="By owner")
    expect(owners.get_by_role("row", name="frank").locator("data").first).to_have_attribute("value", "10")
    owners.get_by_role("link", name="frank").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("frank")
    expect(figure(page, "Requests")).to_have_attribute("value", "10")
    page.get_by_role("link", name="Activity").click()
    expect(page.locator("#recent tbody tr")).to_have_count(10)


def test_the_chart_shows_bytes_and_the_range_stays(open_page, drawn):
    page = open_page(f"/usage?bucket={NAME}")
    page.get_by_role("navigation", name="What the chart shows").get_by_role("link", name="Downloaded").click()
    page.get_by_role("navigation", name="Time range").get_by_role("link", name="Week").click()
    drawn(page)
    assert "show=downloaded" in page.url
    assert "range=7d" in page.url
    page.get_by_role("navigation", name="Usage").get_by_role("link", name="Performance").click()
    expect(page).to_have_url(f"/performance?range=7d&bucket={NAME}")


def test_the_table_behind_the_chart_has_its_numbers(open_page):
    page = open_page(f"/usage?bucket={NAME}", java_script_enabled=False)
    page.get_by_text("Show the numbers").click()
    cells = page.get_by_role("region", name="Numbers of: Over time by bucket").locator("td data")
    assert sum(int(cell.get_attribute("value")) for cell in cells.all()) == 55


def test_performance_of_one_operation(open_page, drawn):
    page = open_page(f"/performance?bucket={NAME}")
    drawn(page)
    expect(figure(page, "Throttled")).to_have_attribute("value", "5")
    expect(page.get_by_role("heading", name="Latency heat map")).to_be_visible()
    page.get_by_role("region", name="By operation").get_by_role("link", name="PutObject").click()
    expect(figure(page, "Requests")).to_have_attribute("value", "10")
    page.get_by_role("link", name="Month").click()
    page.get_by_role("link", name="Show the last day").click()
    drawn(page)
    expect(page.get_by_label("Numbers of: Latency heat map")).to_have_count(1)


def test_activity_is_filtered_without_a_reload(open_page):
    page = open_page(f"/activity?bucket={NAME}")
    page.evaluate("window.opened = 'once'")
    page.get_by_role("combobox", name="Status").select_option("errors")
    expect(page.locator("#recent tbody tr")).to_have_count(5)
    expect(page.locator("#recent tbody tr").first).to_contain_text("SlowDown")
    page.get_by_role("combobox", name="Status").select_option("")
    expect(page.locator("#recent tbody tr")).to_have_count(50)
    page.get_by_role("searchbox", name="Owner").fill("frank")
    expect(page.locator("#recent tbody tr")).to_have_count(10)
    page.get_by_role("searchbox", name="Owner").fill("")
    expect(page.locator("#recent tbody tr")).to_have_count(50)
    page.get_by_role("navigation", name="Pages").get_by_role("link", name="Next").click()
    expect(page.locator("#recent tbody tr")).to_have_count(5)
    assert page.evaluate("window.opened") == "once"


def test_live_shows_what_comes(site, open_page):
    page = open_page(f"/activity?bucket={NAME}&owner=newcomer&operation=CopyObject")
    expect(page.get_by_text("No operation matches.")).to_be_visible()
    with page.expect_request("**/activity/events?*"):
        page.get_by_role("link", name="Follow live").click()
    expect(page.get_by_role("link", name="Stop following")).to_be_visible()
    site.report([operation(minutes_ago=0.01, owner="newcomer", operation="CopyObject")])
    expect(page.locator("#recent tbody")).to_contain_text("newcomer")


def test_ingestion_tells_what_was_rejected(site, open_page):
    key = site.api.create_token("careless", scopes=["ingest"]).secret
    answer = open_page("/ingestion").request.post(
        "/api/operations",
        data=[operation(bucket="no-such-bucket")],
        headers={"Authorization": f"Bearer {key}"},
    )
    assert answer.json()["rejectedCount"] == 1
    page = open_page("/ingestion")
    expect(page.get_by_role("region", name="Rejected, by reason")).to_contain_text(
        "bucket: not registered here"
    )
    assert int(figure(page, "Received").get_attribute("value")) >= 55


# Own storage


def test_a_user_sees_their_own_storage(site, open_page, drawn):
    email, password = "erin@example.com", "a-fine-long-password"
    site.api.add_user(email, role="user", password=password)
    site.report([operation(owner=email, minutes_ago=100) for _ in range(7)])
    page = open_page("/sign-in", who=None)
    page.get_by_label("Email").fill(email)
    page.get_by_label("Password").fill(password)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Your storage")
    drawn(page)
    expect(figure(page, "Requests")).to_have_attribute("value", "7")
    page.get_by_role("link", name="Day", exact=True).click()
    expect(figure(page, "Requests")).to_have_attribute("value", "7")
    links = page.get_by_role("navigation", name="Main").get_by_role("listitem").get_by_role("link")
    expect(links).to_have_text(["Your storage"])


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, format, *args):  # noqa: A002 - the name that http.server gives
        """Say nothing."""


@pytest.fixture
def other_site(tmp_path) -> Iterator[str]:
    """The address of a site that serves `tmp_path`."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=str(tmp_path)))
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    yield f"http://localhost:{server.server_address[1]}"
    server.shutdown()
    server.server_close()


def test_another_site_shows_it_in_a_frame(site, open_page, other_site, tmp_path, complaints):
    body = {"owner": "erin", "expiresIn": 600}
    link = site.api.call("POST", "/api/user/storage/embed-link", dict[str, str], body=body)["url"]
    (tmp_path / "favicon.ico").write_bytes(b"")
    (tmp_path / "app.html").write_text(
        f'<!doctype html><html lang="en"><title>App</title><iframe title="Storage" src="{link}" width="900" height="900"></iframe>'
    )
    page = open_page(f"{other_site}/app.html", who=None)
    frame = page.frame_locator("iframe")
    expect(frame.get_by_role("heading", level=1)).to_have_text("Storage of erin")
    expect(frame.locator("figure.chart[data-state=drawn]")).to_have_count(1)
    complaints.allow("frame-ancestors|X-Frame-Options|Refused to frame|violates the following")
    (tmp_path / "app.html").write_text(f'<iframe title="x" src="{site.url}/sign-in"></iframe>')
    page = open_page(f"{other_site}/app.html", who=None)
    expect(page.frame_locator("iframe").get_by_label("Email")).to_have_count(0)


@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (390, "dark")])
def test_the_embedded_page_fits_and_is_accessible(site, open_page, drawn, width, scheme):
    body = {"owner": "erin"}
    link = site.api.call("POST", "/api/user/storage/embed-link", dict[str, str], body=body)["url"]
    page = open_page(link, who=None, width=width, scheme=scheme)
    drawn(page)
    looks.check(page)
