"""What a report says of a month: all that is read of costs that were worked out once."""

from collections import defaultdict
from datetime import UTC, datetime
from decimal import Decimal

import msgspec
import pytest

from storekeeper.costs.analytics import shelves
from storekeeper.costs.model import Charge
from storekeeper.costs.model.report import CurrencyError, MonthError
from storekeeper.costs.rules.sharing import share


def amounts(parts):
    return {part.name: Decimal(part.amount) for part in parts}


def total(parts):
    return sum(amounts(parts).values(), Decimal(0))


@pytest.fixture(scope="module")
def used(made_used):
    """One for all tests here, which change nothing that another looks at."""
    return made_used


def test_all_parts_of_a_report_add_up_to_the_whole(used):
    report = used.costs.report()
    whole = Decimal(report.month_to_date)
    assert whole > 0
    for parts in (report.by_bucket, report.by_storage_class, report.by_kind, report.by_owner):
        assert total(parts) == whole
    assert sum(Decimal(day.amount) for day in report.trend) == whole
    groups = (report.storage_charges, report.request_charges, report.egress_charges, report.other_charges)
    assert sum(map(Decimal, groups)) == whole
    for day in report.trend:
        assert Decimal(day.amount) == sum(map(Decimal, (day.storage, day.requests, day.egress, day.other)))
    assert [day.day.isoformat() for day in report.trend] == ["2026-11-10", "2026-11-11"]


def test_requests_cost_what_the_sheet_says(used):
    """7,000 PUT and one LIST at 0.005 a thousand; 1,000 GET at 0.0004, and 300 refused ones, which are billed."""
    report = used.costs.report()
    assert Decimal(report.request_charges) == Decimal("0.005") * 7001 / 1000 + Decimal("0.0004") * 1300 / 1000
    assert amounts(report.by_operation)["PutObject"] == Decimal("0.035")


def test_storage_is_billed_by_byte_hours_since_the_day_of_the_first_scan(used):
    """Both buckets hold 4,000,078 bytes for 32 hours of the 720 that November has."""
    report = used.costs.report()
    exact = Decimal(2 * 4_000_078 * 32) / 720 / 2**30 * Decimal("0.023")
    assert abs(Decimal(report.storage_charges) - exact) < Decimal("1e-8")
    assert report.estimated


def test_a_bucket_alone_is_its_part_of_all(used):
    everything = used.costs.report()
    for name, amount in amounts(everything.by_bucket).items():
        report = used.costs.report(bucket=name)
        assert Decimal(report.month_to_date) == total(report.by_owner) == amount


def test_an_owner_sees_their_share(used):
    shares = amounts(used.costs.report().by_owner)
    for owner in ("ann", "bob", ""):
        own = used.costs.own(owner)
        assert Decimal(own.month_to_date) == shares[owner] == total(own.by_bucket) == total(own.by_kind)
    assert shares["bob"] > shares["ann"] > shares[""] > 0
    assert used.costs.own("carol").month_to_date == "0.00"


DAY = datetime(2026, 11, 10, tzinfo=UTC)
WEIGHTS = {
    "byte-hours": "SELECT owner, sum(bytes) * 32 AS weight FROM inventory_share WHERE scan_id = {s:String} AND storage_class = {c:String} GROUP BY owner",
    "requests": "SELECT owner, round(sum(usage_day.requests) * 1048576) AS weight FROM usage_day WHERE bucket_id = {b:String} AND storage_class = {c:String} AND operation = {o:String} GROUP BY owner",
    "bytes-out": "SELECT owner, round(sum(usage_day.bytes_out)) AS weight FROM usage_day WHERE bucket_id = {b:String} AND storage_class = {c:String} AND operation = {o:String} GROUP BY owner",
}


@pytest.mark.parametrize("listed", [64, 1])
def test_shares_are_those_of_the_rule(used, monkeypatch, listed):
    """SQL and `share` share charges alike, of every bucket, storage class and kind, however many buckets are listed together."""
    monkeypatch.setattr(shelves, "MOST", listed)
    used.costs.calculate()
    scans = {one.bucket_id: one.id for one in used.inventory.complete_between(DAY, used.clock.now())}
    charges = used.engine.rows(
        "SELECT bucket_id AS b, storage_class AS c, operation AS o, kind, basis, sum(amount) AS total FROM cost_charge "
        "WHERE amount IS NOT NULL GROUP BY b, c, o, kind, basis"
    )
    lines = defaultdict(list)
    for one in charges:
        known = one | {"s": scans[one["b"]]}
        asked = {name: known[name] for name in "bcos" if f"{{{name}:" in WEIGHTS[one["basis"]]}
        weights = {
            row["owner"]: int(row["weight"]) for row in used.engine.rows(WEIGHTS[one["basis"]], **asked)
        }
        lines[one["b"], one["c"], one["kind"]].append((one["total"], weights))
    expected = {
        (*place, owner): part for place, of_place in lines.items() for owner, part in share(of_place).items()
    }
    stored = {
        (one["bucket_id"], one["storage_class"], one["kind"], one["owner"]): one["amount"]
        for one in used.shares()
    }
    assert stored == expected
    assert {kind for _, _, kind, _ in expected} == {"storage", "requests"}


def test_every_charge_explains_itself_and_pages_tell_each_once(used):
    whole = used.costs.charges(limit=1000).items
    assert sum(Decimal(one.amount) for one in whole) == Decimal(used.costs.report().month_to_date)
    for one in whole:
        assert one.amount in one.sentence.replace("\u2212", "-") or Decimal(one.amount) == 0
        assert one.sheet in one.sentence
    paged, cursor = [], ""
    while True:
        page = used.costs.charges(limit=3, cursor=cursor)
        paged += page.items
        cursor = page.next_cursor
        if not cursor:
            break
    assert paged == whole


def test_charges_are_stored_whole(used):
    stored = used.engine.rows("SELECT detail, amount FROM cost_charge")
    for row in stored:
        assert msgspec.json.decode(row["detail"], type=Charge).amount == row["amount"]


def test_a_projection_is_never_below_what_is_spent(used):
    report = used.costs.report()
    assert Decimal(report.projection.low) >= Decimal(report.month_to_date)
    assert (
        Decimal(report.projection.low) <= Decimal(report.projection.amount) <= Decimal(report.projection.high)
    )
    assert used.costs.report("2026-10").projection is None


def test_a_month_without_anything_is_empty(used):
    report = used.costs.report("2026-09")
    assert (report.month_to_date, report.daily_average, report.trend) == ("0.00", "0.00", [])


@pytest.mark.parametrize("month", ["2026", "2026-13", "x", "2026-11-01", "0001-01", "9999-12"])
def test_a_bad_month_is_refused(used, month):
    with pytest.raises(MonthError):
        used.costs.report(month)


def test_the_same_month_is_priced_everywhere_beside_what_it_costs_now(used):
    found = used.costs.compare()
    (account,) = {one.account: one for one in found.accounts if one.buckets == ["photos"]}.values()
    assert found.completed
    (present,) = [one for one in account.items if one.present]
    assert (present.migration, present.break_even_months) == (None, None)
    cheaper = [one for one in account.items if one.difference and Decimal(one.difference) < 0]
    for one in cheaper:
        assert Decimal(one.total) - Decimal(present.total) == Decimal(one.difference)
        months = Decimal(str(one.break_even_months))
        assert months * -Decimal(one.difference) >= Decimal(one.migration.total)
    assert {"r2", "b2", "aws"} <= {one.provider for one in account.items}
    comparable = [Decimal(one.total) for one in account.items if one.comparable]
    assert comparable == sorted(comparable)


def test_another_currency_than_those_of_the_month_is_refused(used):
    with pytest.raises(CurrencyError, match="EUR"):
        used.costs.report(currency="EUR")
    assert used.costs.report(currency="USD") == used.costs.report()


def test_working_it_out_again_changes_nothing(used):
    before = used.costs.report()
    again = used.costs.calculate()
    assert again.charges > 0
    assert used.costs.report() == before


def test_sheets_are_those_of_the_bucket(used):
    assert [one.id for one in used.costs.report(bucket="photos").sheets] == ["memory/*/undated"]
    used.memory(name="empty")
    assert used.costs.report(bucket="empty").sheets == []
