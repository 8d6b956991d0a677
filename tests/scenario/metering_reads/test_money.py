"""The dashboard tells what storage costs and how much of a quota is used."""

import html
import json

import msgspec
import pytest

from storekeeper.costs.budgets.model import NewBudget
from storekeeper.costs.model.outlook import Scope
from storekeeper.costs.sheets import package_entries
from storekeeper.quotas.model import Measure, NewQuota

pytestmark = pytest.mark.slow


@pytest.fixture
def priced(world, report):
    """`photos` at the prices of AWS S3, with a megabyte of ann's and 2,000 requests."""
    (entry,) = (one for one in package_entries() if one.sheet.provider == "aws")
    (world.folder / "prices").mkdir()
    text = entry.text.replace('provider = "aws"', 'provider = "memory"').replace(
        f'region = "{entry.sheet.region}"', 'region = "*"'
    )
    (world.folder / "prices" / "own.toml").write_text(text)
    world.bucket("owned", owner_pattern="{owner}/")
    world.stores["owned"].put("ann/a", b"x" * 1_000_000)
    world.scan("owned")
    report(bucket="owned", operation="PutObject", owner="ann", weight=2000)
    world.costs.calculate()
    return world


def test_costs_are_those_of_the_report(priced, client):
    told = client.get("/api/dashboard").json()["costs"]
    report = priced.costs.report()
    assert told["monthlyTotal"] == report.month_to_date
    assert told["requestCharges"] == "0.01"
    assert (told["projected"], told["currency"]) == (report.projection.amount, "USD")
    assert [day["amount"] for day in told["trend"]] == [day.amount for day in report.trend]


def test_of_one_owner_their_share_is_told(priced, client):
    told = client.get("/api/dashboard", params={"owner": "ann"}).json()["costs"]
    assert told["monthlyTotal"] == priced.costs.own("ann").month_to_date != "0.00"
    assert (told["projected"], told["trend"], told["dailyAverage"]) == (None, None, None)


def test_the_budget_of_everything_is_that_of_the_list(priced, client):
    def told(**asked):
        priced.metering.cache.changed()
        return client.get("/api/dashboard", params=asked).json()["budget"]

    new = NewBudget(scope=Scope.BUCKET, name="owned", amount="5", reason="agreed")
    priced.budgets.add(new, actor="test")
    assert told() is None
    priced.budgets.add(NewBudget(scope=Scope.EVERYTHING, amount="0.001", reason="agreed"), actor="test")
    listed = json.loads(msgspec.json.encode(priced.budgets.page()))["items"]
    assert told() == next(one for one in listed if one["scope"] == "everything")
    assert (told()["use"]["state"], told()["use"]["spent"]) == (
        "exceeded",
        priced.costs.report().month_to_date,
    )
    assert (told(bucket="owned"), told(owner="ann")) == (None, None)


def test_a_quota_of_stored_bytes_is_told_where_it_is_asked_for(priced, client):
    def storage(**asked):
        return client.get("/api/dashboard", params=asked).json()["storage"]

    assert (storage(owner="ann")["quota"], storage()["usagePercent"]) == (None, None)
    wanted = NewQuota(owner="ann", measure=Measure.BYTES, limit=4_000_000, reason="the small plan")
    priced.quotas.add(wanted, actor="test")
    priced.metering.cache.changed()
    assert (storage(owner="ann")["quota"], storage(owner="ann")["usagePercent"]) == (4_000_000, 25.0)
    assert storage()["quota"] is None


def test_budgets_and_what_has_no_price_are_on_the_first_page(priced, client, report):
    def page(path, role="admin"):
        headers = {"Accept": "text/html", "Authorization": f"Bearer {role}"}
        return html.unescape(client.get(path, headers=headers).text)

    assert "Growth" in page("/")
    assert "Budget spent" not in page("/")
    for scope, name in ((Scope.EVERYTHING, ""), (Scope.OWNER, "ann"), (Scope.OWNER, "user@example.com")):
        wanted = NewBudget(scope=scope, name=name, amount="0.0125", currency="USD", reason="a plan")
        priced.budgets.add(wanted, actor="test")
    report(bucket="owned", operation="DeleteObjects")
    priced.costs.calculate()
    priced.unclassified.watch()
    shown = page("/")
    assert "No price is known for DeleteObjects" in shown
    card = shown.partition("Budget spent")[2].partition("</article>")[0]
    assert "of $0.0125" in card
    assert "Growth" not in shown
    assert "Budget spent" not in page("/?bucket=owned")
    own = page("/me/storage?owner=ann")
    assert "of $0.0125" in own
    share = priced.costs.own("ann").month_to_date
    assert f'value="{share}"' in own.partition("Costs this month")[2].partition("</article>")[0]
    assert "Costs this month" not in page("/me/storage?owner=nobody@example.com")
    assert "$0.00 of $0.0125" in page("/me/storage", "user")
