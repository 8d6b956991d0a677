"""Pages of costs, the API behind them, and CSV: the same figures everywhere."""

import csv
import io
import re
from decimal import Decimal
from pathlib import Path

import pytest

from storekeeper.costs import views
from storekeeper.costs.sheets import read_sheet
from storekeeper.infra.jobs import repository

ROOT = Path(__file__).parents[3]


@pytest.fixture
def used(world):
    """Two buckets and three owners, whose operations are billed as R2 does, but for one that it knows no price of."""
    world.price_as("cloudflare-r2")
    for name in ("photos", "videos"):
        store, _ = world.memory(name=name, owner_pattern="users/{owner}/")
        store.put("users/ann/a", b"x" * 3_000_000)
        world.scan(name)
    world.report_operations(20, weight=1_000_000, owner="ann")
    world.report_operations(7, weight=1_000_000, owner="bob", operation="PutObject", bucket="videos")
    world.report_operations(2, operation="DeleteObjects")
    world.pass_hours(20)
    world.costs.calculate()
    return world


def exact(page):
    return [
        Decimal(value)
        for value in re.findall(r'<data class="num" value="(-?[\d.]+)" title="[^"]* USD">', page)
    ]


def table(page, by):
    """(exact amounts of the lines, of the total) of a breakdown."""
    section = page.partition(f'id="by-{by}"')[2].partition("</section>")[0]
    body, _, foot = section.partition("<tfoot>")
    return exact(body), exact(foot)


def test_every_breakdown_of_the_page_adds_up_to_what_the_api_says(used, client, read):
    told = client.get("/api/admin/metrics/costs").json()
    whole = Decimal(told["monthToDate"])
    page = read("/costs")
    assert whole > 30
    assert exact(page)[0] == whole
    for by in ("bucket", "owner", "class", "operation", "kind"):
        lines, total = table(page, by)
        assert (sum(lines), total) == (whole, [whole])


@pytest.mark.parametrize("query", [{}, {"bucket": "videos"}, {"month": "2026-11", "bucket": "photos"}])
def test_each_table_has_a_csv_with_the_same_lines(used, client, read, query):
    page = read("/costs", **query)
    links = re.findall(r'href="(/api/admin/metrics/costs\?[^"]+)"', page)
    assert len(links) == 6
    for link, by in zip(links[1:], ("bucket", "owner", "class", "operation", "kind"), strict=True):
        rows = list(csv.DictReader(io.StringIO(client.get(link).text)))
        lines, _ = table(page, by)
        known = [Decimal(row["amount"]) for row in rows if Decimal(row["amount"])]
        assert known == lines[: len(known)]
    days = csv.DictReader(io.StringIO(client.get(links[0]).text))
    assert sum(Decimal(row["amount"]) for row in days) == exact(page)[0]


def test_one_bucket_is_part_of_all(used, read):
    whole = exact(read("/costs"))[0]
    assert sum(exact(read("/costs", bucket=name))[0] for name in ("photos", "videos")) == whole


def test_what_has_no_known_price_is_a_warning_and_no_amount(used, read):
    page = read("/costs")
    assert "No price is known for DeleteObjects" in page
    assert "unknown price" in page.partition('id="by-operation"')[2].partition("</section>")[0]
    charges = read("/costs/charges")
    assert "requests of unknown price" in charges


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


def test_charges_are_all_there_page_by_page(used, client, read, monkeypatch):
    monkeypatch.setattr("storekeeper.costs.pages.CHARGES", 2)
    whole = client.get("/api/costs/charges").json()["items"]
    seen, cursor = 0, ""
    while True:
        page = read("/costs/charges", cursor=cursor)
        told = whole[seen : seen + 2]
        for line in told:
            assert line["sentence"] in page
        seen += len(told)
        found = re.search(r'href="[^"]*[?&]cursor=(\d+)"[^>]*>Next<', page)
        if not found:
            break
        cursor = found[1]
    assert seen == len(whole) > 4


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


def test_working_out_now_starts_the_job_once(used, client, read):
    def press(role="admin"):
        return client.post(
            "/costs/calculate", data={"month": "2026-11"}, headers={"Authorization": f"Bearer {role}"}
        )

    assert press("readonly").status_code == 403
    assert "Work out now" not in client.get("/costs", headers={"Authorization": "Bearer readonly"}).text
    answer = press()
    assert (answer.status_code, answer.headers["location"]) == (303, "/costs?month=2026-11")
    assert "Costs are being worked out." in read("/costs")
    assert press().status_code == 303
    [run] = used.jobs.find(job="calculate-costs")
    used.jobs._execute_run(run.id)
    page = read("/costs")
    assert "hx-trigger" not in page.partition('id="costs"')[2].partition(">")[0]
    assert "Worked out" in page


def test_a_calculation_that_failed_is_told(used, read):
    run = used.jobs.start("calculate-costs")
    with used.database.write() as connection:
        repository.finish(connection, run.id, "dead", "no room is left", used.clock.now())
    page = read("/costs")
    assert "The last calculation failed" in page
    assert "no room is left" in page


def test_users_see_no_page_of_costs(used, client):
    for path in ("/costs", "/costs/charges", "/costs/prices"):
        assert client.get(path, headers={"Authorization": "Bearer user"}).status_code == 403


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
