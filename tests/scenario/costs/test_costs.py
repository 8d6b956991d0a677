"""From scans and operations to money, through the tables and back."""

from collections import defaultdict
from decimal import Decimal

import msgspec
import pytest

from storekeeper.costs.model import Charge
from storekeeper.costs.model.report import CurrencyError, MonthError, MonthOpenError
from storekeeper.costs.rules.sharing import share


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


WEIGHTS = {
    "byte-hours": "SELECT owner, sum(byte_hours) AS weight FROM cost_storage WHERE bucket_id = {b:String} AND storage_class = {c:String} GROUP BY owner",
    "requests": "SELECT owner, round(sum(usage_day.requests) * 1048576) AS weight FROM usage_day WHERE bucket_id = {b:String} AND storage_class = {c:String} AND operation = {o:String} GROUP BY owner",
    "bytes-out": "SELECT owner, round(sum(usage_day.bytes_out)) AS weight FROM usage_day WHERE bucket_id = {b:String} AND storage_class = {c:String} AND operation = {o:String} GROUP BY owner",
}


def test_shares_are_those_of_the_rule(used):
    """SQL and `share` share charges alike, of every bucket and kind."""
    charges = used.engine.rows(
        "SELECT bucket_id AS b, storage_class AS c, operation AS o, kind, basis, sum(amount) AS total FROM cost_charge "
        "WHERE amount IS NOT NULL GROUP BY b, c, o, kind, basis"
    )
    lines = defaultdict(list)
    for one in charges:
        asked = {name: one[name] for name in "bco" if f"{{{name}:" in WEIGHTS[one["basis"]]}
        weights = {
            row["owner"]: int(row["weight"]) for row in used.engine.rows(WEIGHTS[one["basis"]], **asked)
        }
        lines[one["b"], one["kind"]].append((one["total"], weights))
    expected = {
        (*place, owner): part for place, of_place in lines.items() for owner, part in share(of_place).items()
    }
    stored = used.engine.rows(
        "SELECT bucket_id, kind, owner, sum(amount) AS amount FROM cost_owner GROUP BY bucket_id, kind, owner HAVING amount != 0"
    )
    assert {(one["bucket_id"], one["kind"], one["owner"]): one["amount"] for one in stored} == expected
    assert {kind for _, kind, _ in expected} == {"storage", "requests"}


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
    amount, currency = world.costs.freed(world.buckets.get("photos").id, {"STANDARD": 1_000_000})
    assert abs(Decimal(amount) - Decimal(1_000_000) / 2**30 * Decimal("0.023")) < Decimal("1e-8")
    assert currency == "USD"
    assert world.costs.freed("another", {"STANDARD": 1}) is None


def test_the_same_content_stored_twice_is_told_as_far_as_etags_tell(world):
    world.price_as("aws-s3-us-east-1")
    store, _ = world.memory()
    for name in ("a", "b", "c"):
        store.put(name, b"x" * 3_000_000)
    store.put("d", b"y" * 3_000_000)
    store.put("empty", b"")
    store.put("void", b"")
    world.scan()
    world.pass_hours(30)
    world.costs.calculate()
    (found,) = world.costs.savings().items
    assert (found.kind, found.figures) == ("duplicates", {"groups": 1, "copies": 2, "bytes": 6_000_000})
    exact = Decimal(6_000_000) / 2**30 * Decimal("0.023")
    assert abs(Decimal(found.amount) / exact - 1) < Decimal("0.001")


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


def test_days_that_are_over_are_folded_and_shares_stay(used):
    used.pass_hours(24 * 3)
    used.costs.calculate()
    (folded,) = used.engine.rows("SELECT DISTINCT month, through FROM cost_stored")
    assert (folded["month"].isoformat(), folded["through"].isoformat()) == ("2026-11-01", "2026-11-12")
    single = {row["day"].isoformat() for row in used.engine.rows("SELECT DISTINCT day FROM cost_storage")}
    assert single == {"2026-11-13", "2026-11-14"}
    report = used.costs.report()
    hours = used.engine.row("SELECT sum(byte_hours) AS all FROM cost_held WHERE kind = 'current'")["all"]
    kept = used.engine.row(
        "SELECT (SELECT sum(byte_hours) FROM cost_stored) + (SELECT sum(byte_hours) FROM cost_storage) AS all"
    )["all"]
    assert abs(hours - kept) <= 3 * 4 * 5  # whole hours are cut for each owner, bucket and day
    assert total(report.by_owner) == Decimal(report.month_to_date)
    used.costs.calculate()
    assert used.costs.report() == report


def test_a_fold_that_was_cut_off_counts_no_day_twice(used, monkeypatch):
    used.pass_hours(24 * 3)
    command = used.engine.command

    def until_days_are_dropped(sql, **values):
        if "cost_storage DROP PARTITION" in sql:
            raise ConnectionError("killed")
        command(sql, **values)

    monkeypatch.setattr(used.engine, "command", until_days_are_dropped)
    with pytest.raises(ConnectionError):
        used.costs.calculate()
    monkeypatch.undo()
    used.costs.calculate()
    report = used.costs.report()
    assert total(report.by_owner) == Decimal(report.month_to_date)
    stored = used.engine.row("SELECT sum(byte_hours) AS all FROM cost_stored")["all"]
    until = used.engine.row("SELECT sum(byte_hours) AS all FROM cost_held WHERE day <= '2026-11-12'")["all"]
    assert abs(stored - until) <= 3 * 4 * 5


def test_a_month_is_closed_with_its_sheets_and_stays(used):
    used.pass_hours(24 * 20)
    used.costs.calculate()
    before = used.costs.report("2026-11")
    assert before.closed_at is None
    used.pass_hours(24 * 6)
    used.costs.calculate()
    closed = used.costs.report("2026-11")
    assert closed.closed_at == used.clock.now()
    (listed,) = used.costs.closed_months().items
    assert (listed.month, dict(listed.totals)) == ("2026-11", {"USD": closed.month_to_date})
    assert [(one.id, one.changed) for one in listed.sheets] == [("memory/*/undated", False)]
    used.price_as("aws-s3-us-east-1", **{'price = "0.005"': 'price = "0.010"'})
    used.pass_hours(24)
    used.costs.calculate()
    assert used.costs.report("2026-11").month_to_date == closed.month_to_date
    assert [one.changed for one in used.costs.closed_months().items[0].sheets] == [True]
    (record,) = used.audit.page(action="cost.month-closed").items
    assert (record.target, record.details["USD"]) == ("2026-11", closed.month_to_date)


def test_a_closed_month_can_be_opened_again_by_name_and_reason(used):
    used.pass_hours(24 * 26)
    used.costs.calculate()
    before = used.costs.report("2026-11")
    used.price_as("aws-s3-us-east-1", **{'price = "0.005"': 'price = "0.010"'})
    used.costs.reopen("2026-11", actor="ann@example.com", reason="prices were wrong")
    assert used.costs.report("2026-11").closed_at is None
    with pytest.raises(MonthOpenError, match="2026-11"):
        used.costs.reopen("2026-11", actor="ann@example.com", reason="again")
    used.costs.calculate()
    after = used.costs.report("2026-11")
    assert Decimal(after.request_charges) > Decimal(before.request_charges)
    assert after.closed_at is not None
    (record,) = used.audit.page(action="cost.month-reopened").items
    assert (record.actor, record.details) == ("ann@example.com", {"reason": "prices were wrong"})


def test_what_goes_before_its_least_time_is_billed_for_the_rest(world):
    """Wasabi bills 90 days: of what was deleted, overwritten or is too young, the days that are missing."""
    world.price_as("wasabi-2026-07")
    store, _ = world.memory(owner_pattern="users/{owner}/")
    store.put("users/ann/deleted", b"x" * 1_000_000)
    store.put("users/bob/overwritten", b"x" * 2_000_000)
    store.put("users/bob/stays", b"x" * 4_000_000)
    world.scan()
    world.pass_hours(24 * 10)
    store.delete("users/ann/deleted")
    store.put("users/bob/overwritten", b"x" * 3)
    world.scan()
    world.pass_hours(1)
    world.costs.calculate()
    charges = [one for one in world.costs.charges(limit=1000).items if one.kind == "early-deletion"]
    assert {one.day.isoformat() for one in charges} == {"2026-11-20"}
    (charge,) = charges
    assert Decimal(charge.quantity) * 10**12 * 30 * 24 == 3_000_000 * 80 * 24
    assert charge.estimated[0].startswith("deleted, overwritten or moved between two scans")
    gone = world.engine.rows("SELECT owner, age_days, objects, bytes FROM cost_gone ORDER BY owner")
    assert [tuple(row.values()) for row in gone] == [("ann", 10, 1, 1_000_000), ("bob", 10, 1, 2_000_000)]
    report = world.costs.report()
    assert total(report.by_owner) == Decimal(report.month_to_date)
    early = sum(Decimal(one.amount) for one in charges)
    owned = world.engine.rows(
        "SELECT owner, sum(amount) AS a FROM cost_owner WHERE kind = 'early-deletion' GROUP BY owner"
    )
    assert {row["owner"]: round(Decimal(row["a"]) / Decimal(early) / 10**9 * 3) for row in owned} == {
        "ann": 1,
        "bob": 2,
    }


def test_nothing_is_looked_for_where_no_least_time_is_billed_or_versions_are_kept(world):
    world.price_as("aws-s3-us-east-1")
    store, _ = world.memory()
    store.put("a", b"x")
    world.scan()
    store.delete("a")
    world.scan()
    world.price_as("wasabi-2026-07")
    store.enable_versioning()
    store.put("b", b"x")
    world.scan()
    store.delete("b")
    world.scan()
    assert world.engine.rows("SELECT * FROM inventory_gone") == []
