"""Pages of costs, the API behind them, and CSV: the same figures everywhere."""

import re
from pathlib import Path

import pytest

from storekeeper.costs import views
from storekeeper.costs.sheets import read_sheet

ROOT = Path(__file__).parents[3]


def test_a_price_that_nobody_entered_is_not_shown_as_zero(world, read):
    store, _ = world.memory()
    store.put("a", b"x" * 1000)
    world.scan("photos")
    world.pass_hours(20)
    world.costs.calculate()
    page = read("/costs")
    assert "No price is set for Self-hosted storage" in page
    assert "no price is set" in page.partition('id="cards"')[2].partition("</article>")[0]
    assert "$0.00" not in page.partition('id="cards"')[2].partition("</article>")[0]


def test_a_bucket_of_which_nothing_is_known_tells_what_to_do(world, read):
    page = read("/costs")
    for command in ("storekeeper scan NAME --wait", "storekeeper prices", "storekeeper cost --calculate"):
        assert f'data-copy="{command}"' in page
    assert "Never worked out yet." in page


@pytest.mark.parametrize("path", ["/costs", "/costs/charges"])
def test_a_month_that_is_none_is_told_in_words(world, read, path):
    assert "is not a month" in read(path, status=400, month="2026-13")
    assert "Unknown bucket" in read(path, status=404, bucket="nowhere")
    assert "November 2026" in read(path, month="2026-11")


def test_accounts_are_compared_a_page_at_a_time_and_the_api_has_all(world, read, client):
    for number in range(7):
        world.memory(name=f"bucket-{number}")
    for number in range(7):
        world.report_operations(1, bucket=f"bucket-{number}")
    world.costs.calculate()
    accounts = [one["account"] for one in client.get("/api/costs/comparison").json()["accounts"]]
    assert len(accounts) == 7

    def shown(page):
        return re.findall(r'<h2 id="account-\d-name">([^<]+?)\s*<', page)

    first = read("/costs/compare", month="2026-11")
    (following,) = re.findall(r'href="([^"]+)"[^>]*>Next<', first)
    second = read("/costs/compare", month="2026-11", cursor="5")
    assert following == "?month=2026-11&cursor=5"
    assert shown(first) + shown(second) == accounts
    assert ("1–5 of 7" in first, "6–7 of 7" in second) == (True, True)
    assert re.findall(r'href="([^"]+)"[^>]*>Previous<', second) == ["?month=2026-11&cursor=0"]
    assert shown(read("/costs/compare", cursor="500")) == accounts[5:]


def test_a_sheet_with_a_mistake_is_told_with_file_and_line(world, read):
    world.price_as("cloudflare-r2", **{'price = "0.015"': 'price = "-0.015"'})
    for path in ("/costs", "/costs/prices"):
        assert re.search(r"<code>memory.toml</code>, line \d+: ", read(path))


def test_all_sheets_are_shown_with_their_age(world, client, read):
    world.price_as("cloudflare-r2")
    world.pass_hours(24 * 200)
    page = read("/costs/prices")
    for sheet in client.get("/api/prices").json()["items"]:
        assert sheet["title"] in page
        assert f"{sheet['ageDays']} days ago" in page
    assert page.count("stale") == len(client.get("/api/prices").json()["items"])
    assert len(re.findall(r"your own</span>", page)) == 1


def test_tabs_keep_month_and_bucket():
    tabs = views.tabs("/costs", {"month": "2026-10", "bucket": "a b", "cursor": "7"})
    assert [tab["href"] for tab in tabs] == [
        "/costs?month=2026-10&bucket=a+b",
        "/costs/charges?month=2026-10&bucket=a+b",
        "/costs/budgets?month=2026-10&bucket=a+b",
        "/costs/compare?month=2026-10&bucket=a+b",
        "/costs/savings",
        "/costs/invoices?month=2026-10&bucket=a+b",
        "/costs/prices",
    ]


def test_the_sheet_of_the_how_to_is_one():
    page = (ROOT / "docs" / "how-to" / "enter-own-prices.md").read_text()
    text = re.findall(r"^```\n(provider = .*?)^```$", page, re.MULTILINE | re.DOTALL)[0]
    sheet = read_sheet(text, "cellar.toml")
    assert (sheet.provider, sheet.currency, str(sheet.storage_class[0].tier[0].price)) == ("folder", "EUR", "0.004")  # fmt: skip


def test_closed_months_over_http(client, world):
    assert client.get("/api/costs/months").json() == {"items": [], "nextCursor": None}
    reason = {"reason": "a price was wrong"}
    answer = client.post("/api/costs/months/2026-10/reopen", json=reason)
    assert (answer.status_code, answer.json()["type"]) == (409, "/problems/month-open")
    assert client.post("/api/costs/months/2026-13/reopen", json=reason).status_code == 400
    assert client.post("/api/costs/months/2026-10/reopen", json={"reason": ""}).status_code == 400
    reader = {"Authorization": "Bearer readonly"}
    assert client.post("/api/costs/months/2026-10/reopen", json=reason, headers=reader).status_code == 403
