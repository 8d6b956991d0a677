"""From scans and operations to money, through the tables and back."""

from datetime import date
from decimal import Decimal

import msgspec
import pytest

from storekeeper.buckets.model import BucketChange
from storekeeper.costs.model.report import MonthOpenError
from storekeeper.costs.service.answers import MOST


def amounts(parts):
    return {part.name: Decimal(part.amount) for part in parts}


def total(parts):
    return sum(amounts(parts).values(), Decimal(0))


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


def test_a_bad_sheet_of_ones_own_is_told_with_its_line_and_left_out(world):
    world.price_as("cloudflare-r2", **{'price = "0.015"': 'price = "-0.015"'})
    found = world.costs.sheets()
    assert [(one.file, one.line > 1) for one in found.problems] == [("memory.toml", True)]
    assert "memory" not in {one.provider for one in found.items}


def test_old_prices_are_said_to_be_old(world):
    assert not any(one.stale for one in world.costs.sheets().items)
    world.pass_hours(24 * 200)
    assert all(one.stale for one in world.costs.sheets().items)


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


def test_all_that_is_old_counts_as_cold(world):
    """Not only the largest of the groups by age that a scan finds, and each storage class by itself."""
    world.price_as("aws-s3-us-east-1")
    store, _ = world.memory()
    store.put("a", b"x" * 3_000_000)
    world.scan()
    world.report_operations(1)
    tenths = [
        ("STANDARD", 2, 1),
        ("STANDARD", 3, 3),
        ("STANDARD", 5, 5),
        ("STANDARD_IA", 5, 7),
        ("GLACIER_IR", 5, 9),
    ]
    for storage_class, index, tenth in tenths:
        world.engine.command(
            "INSERT INTO inventory_group SELECT scan_id, 'age', 100, {name:String}, 10, {tenth:UInt64} * 100000000000 "
            "FROM inventory_group WHERE kind = 'age' AND rank = 0",
            name=f"{index}:{storage_class}",
            tenth=tenth,
        )
    for storage_class in ("STANDARD_IA", "GLACIER_IR"):
        world.engine.command(
            "INSERT INTO inventory_class SELECT scan_id, {name:String}, 10, 700000000000, 0, 0, 0, 0 "
            "FROM inventory_group WHERE kind = 'age' AND rank = 0",
            name=storage_class,
        )
    world.pass_hours(30)
    world.costs.calculate()
    found = [one for one in world.costs.savings().items if one.kind == "cold-data"]
    assert sorted(one.figures["bytes"] for one in found) == [700_000_000_000, 800_000_000_000]
    assert {one.figures["days"] for one in found} == {90, 365}


def test_months_of_operations_alone_are_worked_out_too(world):
    world.price_as("aws-s3-us-east-1")
    world.memory()
    world.report_operations(1, weight=1000, operation="PutObject", time="2026-10-20T12:00:00Z")
    world.costs.calculate()
    assert world.costs.report("2026-10").request_charges == "0.005"


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
    assert (folded["month"].isoformat(), folded["through"].isoformat()) == ("2026-11-01", "2026-11-13")
    report, shares = used.costs.report(), used.shares()
    hours = used.engine.row(
        "SELECT sum(byte_hours) AS all FROM cost_held WHERE kind = 'current' AND day <= '2026-11-13'"
    )["all"]
    kept = used.engine.row("SELECT sum(arraySum(byte_hours)) AS all FROM cost_stored")["all"]
    assert hours == kept > 0
    assert total(report.by_owner) == Decimal(report.month_to_date)
    used.costs.calculate()
    assert used.costs.report() == report
    assert used.shares() == shares


def test_the_day_before_is_folded_when_all_that_ended_in_it_is_written_down(used):
    through = "SELECT max(through) AS through FROM cost_stored"
    used.pass_hours(16)  # midnight
    used.costs.calculate()
    assert used.engine.row(through)["through"].isoformat() == "2026-11-10"
    used.pass_hours(1)
    used.costs.calculate()
    assert used.engine.row(through)["through"].isoformat() == "2026-11-11"


@pytest.mark.parametrize(
    "at", ["cost_stored REPLACE", "INTO cost_stored_next", "cost_owner REPLACE", "INTO cost_owner_next"]
)
def test_what_was_cut_off_counts_nothing_twice(used, monkeypatch, at):
    used.pass_hours(24 * 3)
    command = used.engine.command

    def until_then(sql, **values):
        if at in sql:
            raise ConnectionError("killed")
        command(sql, **values)

    monkeypatch.setattr(used.engine, "command", until_then)
    with pytest.raises(ConnectionError):
        used.costs.calculate()
    monkeypatch.undo()
    used.costs.calculate()
    report = used.costs.report()
    assert total(report.by_owner) == Decimal(report.month_to_date)
    for owner, amount in amounts(report.by_owner).items():
        assert total(used.costs.own(owner).by_bucket) == amount
    stored = used.engine.row("SELECT sum(arraySum(byte_hours)) AS all FROM cost_stored")["all"]
    until = used.engine.row("SELECT sum(byte_hours) AS all FROM cost_held WHERE day <= '2026-11-13'")["all"]
    assert stored == until > 0


@pytest.fixture
def turned(used):
    """`turned()`: which months the next calculation works out; it is the second day of another month, and both were worked out."""
    used.pass_hours(24 * 22)
    used.costs.calculate()
    return lambda: used.costs.calculate().months


def test_a_month_that_is_over_is_left_alone_while_nothing_changes(used, turned):
    november = used.costs.report("2026-11")
    assert [turned(), turned()] == [["2026-12"], ["2026-12"]]
    used.report_operations(1, operation="PutObject")
    used.pass_hours(24)
    used.scan("photos")
    assert turned() == ["2026-12"]
    told = used.costs.report("2026-11")
    passed = {"generated_at": november.generated_at, "sheets": november.sheets}  # whose age is told
    assert msgspec.structs.replace(told, **passed) == november


@pytest.mark.parametrize(
    "change",
    [
        lambda used: used.report_operations(1, operation="PutObject", time="2026-11-12T12:00:00Z"),
        lambda used: used.price_as("aws-s3-us-east-1", **{'price = "0.005"': 'price = "0.010"'}),
        lambda used: used.buckets.edit("photos", BucketChange(owner_pattern=""), actor="test"),
        lambda used: used.engine.command("ALTER TABLE cost_owner DROP PARTITION '2026-11-01'"),  # by whoever
    ],
    ids=["operations", "prices", "buckets", "shares"],
)
def test_a_month_that_is_over_is_worked_out_again_when_something_does(used, turned, change):
    change(used)
    assert [turned(), turned()] == [["2026-11", "2026-12"], ["2026-12"]]
    report = used.costs.report("2026-11")
    assert total(report.by_owner) == Decimal(report.month_to_date) > 0


def test_what_comes_while_a_month_is_worked_out_is_not_overlooked(used, turned, monkeypatch):
    store = used.costs._analytics.store_charges

    def late(month, charges):
        store(month, charges)
        if month == date(2026, 11, 1):
            used.report_operations(1, weight=1000, operation="PutObject", time="2026-11-12T12:00:00Z")

    used.report_operations(1, operation="PutObject", time="2026-11-12T12:00:00Z")
    monkeypatch.setattr(used.costs._analytics, "store_charges", late)
    turned()
    monkeypatch.undo()
    before = Decimal(used.costs.report("2026-11").request_charges)
    assert turned() == ["2026-11", "2026-12"]
    assert Decimal(used.costs.report("2026-11").request_charges) - before == Decimal("0.005")


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
    owned = [row for row in world.shares() if row["kind"] == "early-deletion"]
    assert {row["owner"]: round(Decimal(row["amount"]) / Decimal(early) / 10**9 * 3) for row in owned} == {
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


def test_answers_of_one_kind_do_not_give_way_to_those_of_another(world):
    read = []

    def ask(kind, asked):
        return world.costs.answers.get(kind, asked, lambda: read.append((kind, asked)) or len(read))

    first = ask("large", 0)
    for number in range(MOST + 1):
        ask("small", number)
    assert (ask("large", 0), len(read)) == (first, MOST + 2)
    assert ask("small", 0) == len(read) == MOST + 3
    world.costs.calculate()
    assert ask("large", 0) == len(read) == MOST + 4
    world.price_as("aws-s3-us-east-1")
    assert ask("large", 0) == len(read) == MOST + 5


def test_a_clock_that_is_set_back_stops_nothing(used):
    used.clock.sleep(2 * 86400)
    used.costs.calculate()
    ahead = used.costs.report()
    used.clock.sleep(-2 * 86400)
    used.costs.calculate()
    report = used.costs.report()
    assert total(report.by_owner) == Decimal(report.month_to_date) > 0
    assert Decimal(report.projection.amount) > 0
    used.clock.sleep(2 * 86400)
    used.costs.calculate()
    assert used.costs.report().month_to_date == ahead.month_to_date
