"""From scans and operations to money, through the tables and back."""

from collections import Counter
from decimal import Decimal

import msgspec
import pytest

from storekeeper.costs.model import Charge
from storekeeper.costs.model.report import CurrencyError, MonthError
from storekeeper.costs.rules.apportion import apportion


def amounts(parts):
    return {part.name: Decimal(part.amount) for part in parts}


def total(parts):
    return sum(amounts(parts).values(), Decimal(0))


@pytest.fixture
def used(world):
    """Two buckets of two owners and nobody, read and written for a day, at the prices of AWS S3."""
    world.price_as("aws-s3-us-east-1")
    for name in ("photos", "videos"):
        store, _ = world.memory(name=name, owner_pattern="users/{owner}/")
        store.put("users/ann/a", b"x" * 3_000_000)
        store.put("users/bob/b", b"x" * 1_000_001)
        store.put("shared", b"x" * 77)
        world.scan(name)
    world.report_operations(20, weight=50, owner="ann", bytesOut=2_000_000, latencyMs=5)
    world.report_operations(7, weight=1000, owner="bob", operation="PutObject")
    world.report_operations(1, operation="ListObjectsV2")
    world.report_operations(3, weight=100, owner="ann", status=403)
    world.pass_hours(20)  # eight o'clock of the next day
    world.costs.calculate()
    return world


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
        assert Decimal(used.costs.report(bucket=name).month_to_date) == amount


def test_an_owner_sees_their_share(used):
    shares = amounts(used.costs.report().by_owner)
    for owner in ("ann", "bob", ""):
        own = used.costs.own(owner)
        assert Decimal(own.month_to_date) == shares[owner] == total(own.by_bucket) == total(own.by_kind)
    assert shares["bob"] > shares["ann"] > shares[""] > 0
    assert used.costs.own("carol").month_to_date == "0.00"


def test_shares_are_those_of_the_rule(used):
    """SQL and `apportion` share a charge alike."""
    expected = Counter()
    for charged in used.engine.rows(
        "SELECT bucket_id, sum(amount) AS amount FROM cost_charge WHERE kind = 'storage' GROUP BY bucket_id"
    ):
        weights = used.engine.rows(
            "SELECT owner, sum(byte_hours) AS weight FROM cost_storage WHERE bucket_id = {b:String} GROUP BY owner ORDER BY owner",
            b=charged["bucket_id"],
        )
        parts = apportion(charged["amount"], [one["weight"] for one in weights])
        expected.update({one["owner"]: part for one, part in zip(weights, parts, strict=True) if part})
    stored = used.engine.rows(
        "SELECT owner, sum(amount) AS amount FROM cost_owner WHERE kind = 'storage' GROUP BY owner"
    )
    assert {one["owner"]: one["amount"] for one in stored} == expected
    assert len(expected) == 2


def test_working_it_out_again_changes_nothing(used):
    before = used.costs.report()
    again = used.costs.calculate()
    assert again.charges > 0
    assert used.costs.report() == before


def test_what_comes_late_is_counted(used):
    before = Decimal(used.costs.report().request_charges)
    used.report_operations(1, weight=1000, operation="PutObject", time="2026-11-10T13:00:00Z")
    used.costs.calculate()
    report = used.costs.report()
    assert Decimal(report.request_charges) - before == Decimal("0.005")
    assert total(report.by_owner) == Decimal(report.month_to_date)


def test_another_price_changes_the_open_month(used):
    before = Decimal(used.costs.report().request_charges)
    used.price_as("aws-s3-us-east-1", **{'price = "0.005"': 'price = "0.010"'})
    used.costs.calculate()
    assert Decimal(used.costs.report().request_charges) > before


def test_what_no_price_is_known_for_is_told_and_never_zero(used):
    used.price_as("cloudflare-r2")
    used.report_operations(5, operation="DeleteObjects", owner="ann")
    used.costs.calculate()
    report = used.costs.report()
    assert report.unclassified == ["DeleteObjects"]
    lines = [one for one in used.costs.charges(limit=500).items if one.operation == "DeleteObjects"]
    assert [(one.kind, one.amount) for one in lines] == [("unclassified", None)]
    assert "unknown price" in lines[0].sentence


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
def test_a_bad_month_is_refused(world, month):
    with pytest.raises(MonthError):
        world.costs.report(month)


def test_a_bad_sheet_of_ones_own_is_told_with_its_line_and_left_out(world):
    world.price_as("cloudflare-r2", **{'price = "0.015"': 'price = "-0.015"'})
    found = world.costs.sheets()
    assert [(one.file, one.line > 1) for one in found.problems] == [("memory.toml", True)]
    assert "memory" not in {one.provider for one in found.items}


def test_old_prices_are_said_to_be_old(world):
    assert not any(one.stale for one in world.costs.sheets().items)
    world.pass_hours(24 * 200)
    assert all(one.stale for one in world.costs.sheets().items)


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


def test_a_whole_month_is_compared_by_what_it_cost(used):
    used.pass_hours(24 * 30)
    used.costs.calculate()
    found = used.costs.compare("2026-11")
    present = sum(Decimal(one.total) for account in found.accounts for one in account.items if one.present)
    assert found.completed == ""
    assert abs(present - Decimal(used.costs.report("2026-11").month_to_date)) < Decimal("1e-8")


def test_savings_are_found_with_their_arithmetic_and_what_to_do(world):
    """Ten thousand listings of a bucket that changes once a day, an upload that nobody finished, and a version too many."""
    world.price_as("aws-s3-us-east-1")
    store, _ = world.memory()
    store.enable_versioning()
    store.put("a", b"x" * 3_000_000)
    store.put("a", b"x" * 1_000_000)
    store.begin_upload("big", "upload-1", [2_000_000])
    world.scan()
    world.report_operations(10, weight=1000, operation="ListObjectsV2")
    world.pass_hours(30)
    world.costs.calculate()
    found = {one.kind: one for one in world.costs.savings().items}
    assert set(found) == {"chatty-listing", "unfinished-uploads", "noncurrent-versions"}
    needless = found["chatty-listing"].figures["needless"]
    assert Decimal(found["chatty-listing"].amount) == Decimal("0.005") * needless / 1000 > 0
    assert found["unfinished-uploads"].figures["bytes"] == 2_000_000
    assert found["noncurrent-versions"].figures == {"versions": 1, "bytes": 3_000_000}
    assert "aws s3api put-bucket-lifecycle-configuration" in found["unfinished-uploads"].how
    assert {one.bucket for one in found.values()} == {"photos"}


def test_months_of_operations_alone_are_worked_out_too(world):
    world.price_as("aws-s3-us-east-1")
    world.memory()
    world.report_operations(1, weight=1000, operation="PutObject", time="2026-10-20T12:00:00Z")
    world.costs.calculate()
    assert world.costs.report("2026-10").request_charges == "0.005"


def test_another_currency_than_those_of_the_month_is_refused(used):
    with pytest.raises(CurrencyError, match="EUR"):
        used.costs.report(currency="EUR")
    assert used.costs.report(currency="USD") == used.costs.report()


def test_sheets_are_those_of_the_bucket(used):
    assert [one.id for one in used.costs.report(bucket="photos").sheets] == ["memory/*/undated"]
    used.memory(name="empty")
    assert used.costs.report(bucket="empty").sheets == []


def test_who_works_costs_out_is_written_down(world):
    run = world.costs.start(actor="ann@example.com")
    (record,) = world.audit.page(action="job.run").items
    assert (record.actor, record.target, run.job) == ("ann@example.com", "calculate-costs", "calculate-costs")


@pytest.mark.parametrize("day", [10, 1])
def test_on_its_first_day_a_bucket_is_compared_as_if_it_had_held_that_all_day(world, day):
    world.clock.today = world.clock.today.replace(day=day)
    world.price_as("aws-s3-us-east-1")
    store, _ = world.memory()
    store.put("a", b"x" * 10_000_000)
    world.scan()
    world.pass_hours(2)
    world.costs.calculate()
    (account,) = world.costs.compare().accounts
    (present,) = [one for one in account.items if one.present]
    days = 31 - day
    exact = Decimal(10_000_000 * days) / 30 / 2**30 * Decimal("0.023")
    assert abs(Decimal(present.total) - exact) < Decimal("1e-8")


def test_nothing_is_compared_where_nothing_is_known(world):
    world.memory()
    assert world.costs.compare().accounts == []
    assert world.costs.savings().items == []


def test_what_leaving_costs_is_not_known_without_a_price(world):
    store, _ = world.memory()
    store.put("a", b"x" * 1_000_000)
    world.scan()
    world.pass_hours(30)
    world.costs.calculate()
    (account,) = world.costs.compare().accounts
    assert {one.migration for one in account.items} == {None}
