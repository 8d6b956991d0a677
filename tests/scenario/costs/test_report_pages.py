"""Pages of costs that were worked out once, the API behind them, and CSV: the same figures everywhere."""

import csv
import io
import re
from decimal import Decimal

import pytest

from storekeeper.infra.jobs import repository


@pytest.fixture(scope="module")
def used(made_world):
    """Two buckets and three owners, whose operations are billed as R2 does, but for one that it knows no price of."""
    made_world.price_as("cloudflare-r2")
    for name in ("photos", "videos"):
        store, _ = made_world.memory(name=name, owner_pattern="users/{owner}/")
        store.put("users/ann/a", b"x" * 3_000_000)
        made_world.scan(name)
    made_world.report_operations(20, weight=1_000_000, owner="ann")
    made_world.report_operations(7, weight=1_000_000, owner="bob", operation="PutObject", bucket="videos")
    made_world.report_operations(2, operation="DeleteObjects")
    made_world.pass_hours(20)
    made_world.costs.calculate()
    return made_world


@pytest.fixture(scope="module")
def client(used, serve):
    with serve(used) as client:
        yield client


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


def test_users_see_no_page_of_costs(used, client):
    for path in ("/costs", "/costs/charges", "/costs/prices"):
        assert client.get(path, headers={"Authorization": "Bearer user"}).status_code == 403


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
