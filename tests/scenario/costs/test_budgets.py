"""Budgets over days: how they stand, what they were, and that each change is told once."""

from decimal import Decimal

import pytest

from storekeeper.costs.budgets.model import BadBudgetError, BudgetChange, BudgetExistsError, NewBudget
from storekeeper.costs.model.outlook import Scope
from storekeeper.costs.model.report import MonthError
from storekeeper.kernel.errors import UnavailableError

WHO = "admin@example.com"


def limit(world, amount, scope=Scope.EVERYTHING, name="", **more):
    return world.budgets.add(
        NewBudget(scope=scope, name=name, amount=amount, reason="agreed", **more), actor=WHO
    )


@pytest.fixture
def used(world):
    """Two buckets, whose reads and writes of the 10th cost 100 and 50 dollars: ann's and bob's."""
    world.price_as("aws-s3-us-east-1")
    for name in ("photos", "videos"):
        store, _ = world.memory(name=name, owner_pattern="users/{owner}/")
        store.put("users/ann/a", b"x")
        world.scan(name)
    world.report_operations(20, weight=1_000_000, owner="ann", operation="PutObject")
    world.report_operations(10, weight=1_000_000, owner="bob", operation="PutObject", bucket="videos")
    world.pass_hours(12)  # midnight
    world.costs.calculate()
    return world


def test_what_is_spent_is_what_the_costs_say_and_each_change_is_told_once(used):
    whole = limit(used, "1000")
    photos, ann = limit(used, "400", Scope.BUCKET, "photos"), limit(used, "90.50", Scope.OWNER, "ann")
    videos = limit(used, "60", Scope.BUCKET, "videos")
    report = used.costs.report()
    assert whole.currency == "USD"
    assert whole.use.spent == report.month_to_date
    assert Decimal(whole.use.projected) == Decimal(report.projection.amount)
    assert [Decimal(one.use.spent) for one in (photos, videos)] == [
        Decimal(next(part.amount for part in report.by_bucket if part.name == name)) for name in ("photos", "videos")
    ]  # fmt: skip
    assert ann.use.spent == used.costs.own("ann").month_to_date
    assert (ann.use.state, photos.use.state, videos.use.state) == ("exceeded", "at-risk", "at-risk")
    assert Decimal(ann.use.low) <= Decimal(ann.use.projected) <= Decimal(ann.use.high)
    assert used.budgets.page().items[0].name == "ann"
    assert used.logged("budget.") == []

    used.costs.calculate()
    used.costs.calculate()
    told = used.logged("budget.")
    assert sorted((event, data["name"]) for event, data in told) == [
        ("budget.at-risk", ""), ("budget.at-risk", "photos"), ("budget.at-risk", "videos"), ("budget.exceeded", "ann"),
    ]  # fmt: skip
    data = next(data for _, data in told if data["name"] == "ann")
    assert (data["use"]["spent"], data["amount"]) == (ann.use.spent, "90.50")
    assert "too much" in data["use"]["reason"]

    used.budgets.edit(ann.id, BudgetChange(amount="900", reason="grew"), actor=WHO)
    with used.database.write() as connection:
        connection.exec_driver_sql("ALTER TABLE notification RENAME TO away")
    with pytest.raises(UnavailableError):
        used.costs.calculate()
    with used.database.write() as connection:  # what could not be told was not noted either
        connection.exec_driver_sql("ALTER TABLE away RENAME TO notification")
    used.costs.calculate()
    assert [(event, one["name"]) for event, one in used.logged("budget.")[4:]] == [("budget.at-risk", "ann")]
    used.buckets.remove("videos", actor=WHO)
    assert [one.name for one in used.budgets.page().items if one.scope is Scope.BUCKET] == ["photos"]
    audited = [one for one in used.audit.page(limit=50).items if one.action.startswith("budget.")]
    assert [(one.action, one.target) for one in audited] == [
        ("budget.update", "ann"), ("budget.create", "videos"), ("budget.create", "ann"), ("budget.create", "photos"),
        ("budget.create", "everything"),
    ]  # fmt: skip
    assert audited[0].details["before"] == "90.50 USD"
    assert (audited[0].details["reason"], audited[0].actor) == ("grew", WHO)


def test_a_new_month_begins_anew_and_the_old_one_stays_as_it_was(used):
    budget = limit(used, "100")
    limit(used, "60", Scope.BUCKET, "videos")
    used.costs.calculate()
    assert budget.use.state == "exceeded"
    later = used.budgets.edit(
        budget.id, BudgetChange(amount="5000", active_from="2026-12", reason="next year's plan"), actor=WHO
    )
    assert (later.amount, [one.active_from for one in later.terms]) == ("100.00", ["2026-12", "2026-11"])
    used.pass_hours(24 * 19 + 23)  # the last hour of November, of which nobody hears in it
    used.report_operations(4, weight=1_000_000, operation="PutObject", bucket="videos")
    used.pass_hours(31)  # 2 December
    for name in ("photos", "videos"):
        used.scan(name)
    used.costs.calculate()
    late = [data for event, data in used.logged("budget.") if data["name"] == "videos"]
    assert [(one["month"], one["use"]["state"]) for one in late] == [
        ("2026-11", "at-risk"),
        ("2026-11", "exceeded"),
        ("2026-12", "ok"),
    ]
    now = used.budgets.get(budget.id)
    assert (now.month, now.amount, now.use.state, now.active_from) == ("2026-12", "5000.00", "ok", "2026-12")
    told = [event for event, data in used.logged("budget.") if not data["name"]]
    assert told == ["budget.exceeded", "budget.ok"]
    then = used.budgets.get(budget.id, "2026-11")
    assert (then.amount, then.use.state, then.use.projected) == ("100.00", "exceeded", None)
    assert then.use.spent == used.costs.report("2026-11").month_to_date
    assert "was spent" in then.use.reason
    with pytest.raises(MonthError, match="still to come"):
        used.budgets.page("2027-01")
    with pytest.raises(BadBudgetError, match="2026-11 is over"):
        used.budgets.edit(budget.id, BudgetChange(active_from="2026-11", reason="x"), actor=WHO)


def test_what_is_kept_follows_calculations_prices_and_what_has_failed(used, monkeypatch):
    ids = [limit(used, "1000").id, limit(used, "90.50", Scope.OWNER, "ann").id]

    def spent():
        told = {one.id: one.use.spent for one in used.budgets.page().items}
        assert told[ids[0]] == used.costs.report().month_to_date
        assert told[ids[1]] == used.costs.own("ann").month_to_date
        return [Decimal(told[one]) for one in ids]

    first = spent()
    assert spent() == first
    used.report_operations(20, weight=1_000_000, owner="ann", operation="PutObject")
    used.costs.calculate()
    more = spent()
    assert more[0] > first[0]
    assert more[1] > first[1]
    used.report_operations(20, weight=1_000_000, owner="ann", operation="PutObject")
    monkeypatch.setattr(used.costs._calculator, "_close", fail)  # after the month is stored
    with pytest.raises(UnavailableError):
        used.costs.calculate()
    assert spent()[0] > more[0]


def fail(_today):
    raise UnavailableError("The disk is full.", hint="Free some space.")


def test_what_is_refused_and_what_nothing_is_known_of(world):
    world.memory()
    budget = limit(world, "10", active_from="2026-12")
    assert (budget.currency, budget.use) == ("USD", None)
    assert world.budgets.of_everything() == budget
    in_euro = limit(world, "10", Scope.BUCKET, "photos", currency="EUR")
    assert (in_euro.use.state, in_euro.use.projected) == ("ok", None)
    assert in_euro.use.reason == "No cost in EUR is known of this month."
    for wrong in (
        {"amount": "0"}, {"amount": "0.0", "scope": Scope.OWNER, "name": "ann"}, {"currency": "XYZ"}, {"name": "ann"},
        {"scope": Scope.OWNER}, {"active_from": "2026-10"},
    ):  # fmt: skip
        with pytest.raises(BadBudgetError):
            limit(world, **{"amount": "1", **wrong})
    with pytest.raises(BudgetExistsError) as error:
        limit(world, "20")
    assert error.value.extra["budgetId"] == budget.id
    assert world.budgets.of_owner("ann").budget is None
    assert world.budgets.watch() == 2
    assert world.logged("budget.") == []


def test_what_has_no_price_is_told_once_and_is_over_when_one_is_known(used):
    used.price_as("cloudflare-r2")
    used.report_operations(5, operation="DeleteObjects")
    used.report_operations(5, operation="DeleteObjects", bucket="videos")
    used.costs.calculate()
    used.costs.calculate()
    told = used.logged("cost.")
    assert [(event, one["bucket"], one["operations"]) for event, one in told] == [
        ("cost.unclassified", name, ["DeleteObjects"]) for name in sorted(("photos", "videos"), key=lambda name: used.buckets.get(name).id)
    ]  # fmt: skip
    assert told[0][1]["reason"]
    assert {(one.bucket, one.name) for one in used.unclassified.now()} == {
        ("photos", "DeleteObjects"),
        ("videos", "DeleteObjects"),
    }
    budget = limit(used, "1000000")
    assert (budget.use.unknown, "unknown price" in budget.use.reason) == (2, True)
    used.price_as("cloudflare-r2", **{'"DeleteObject",': '"DeleteObject", "DeleteObjects",'})
    used.costs.calculate()
    assert used.unclassified.now() == []
    assert len(used.logged("cost.")) == 2
