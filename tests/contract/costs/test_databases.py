"""What every control database must do for budgets and for what has no price, SQLite and PostgreSQL alike."""

from datetime import date

import pytest
import sqlalchemy as sa

from storekeeper.costs.budgets import repository
from storekeeper.costs.budgets.model import Standing
from storekeeper.costs.budgets.repository import Known, TermRow
from storekeeper.costs.model.outlook import BudgetState, Scope
from storekeeper.costs.unclassified import repository as unclassified
from storekeeper.costs.unclassified.model import Kind, Unclassified
from storekeeper.costs.unclassified.repository import Key
from storekeeper.kernel.clock import ManualClock
from storekeeper.kernel.ids import new_id

CLOCK = ManualClock()


def term(month, amount=10**18 - 1):
    return TermRow(month, amount, "USD", 80, "plan", CLOCK.now(), "eve@x")


def known(scope=Scope.OWNER, subject="ann", *terms):
    return Known(new_id(CLOCK.now()), scope, subject, subject, CLOCK.now(), terms or (term("2026-11"),), None)


def test_a_budget_comes_back_as_it_was_and_there_is_one_for_each(database):
    one = known(Scope.OWNER, "ann", term("2026-12", 7), term("2026-11"))
    standing = Standing(month=date(2026, 11, 1), state=BudgetState.EXCEEDED, amount=5, since=CLOCK.now())
    with database.write() as connection:
        repository.insert(connection, one)
        repository.insert(connection, known(Scope.BUCKET, "ann"))
        repository.put_term(connection, one.id, term("2026-12", 8))
        for state in (BudgetState.AT_RISK, BudgetState.EXCEEDED):
            repository.save_standing(
                connection,
                one.id,
                Standing(month=standing.month, state=state, amount=5, since=standing.since),
            )
    with database.read() as connection:
        found = repository.get(connection, one.id)
        assert found == one._replace(terms=(term("2026-12", 8), term("2026-11")), standing=standing)
        assert repository.find_same(connection, Scope.OWNER, "ann") == found
        assert (repository.count(connection), len(repository.every(connection))) == (2, 2)
        assert repository.standing_states(connection, "2026-11") == [("owner", "ann", "exceeded")]
        assert repository.standing_states(connection, "2026-12") == []
    with pytest.raises(sa.exc.IntegrityError), database.write() as connection:
        repository.insert(connection, known())
    with database.write() as connection:
        repository.delete(connection, [one.id])
        assert repository.find_same(connection, Scope.OWNER, "ann") is None
        assert repository.count(connection) == 1


def test_a_hundred_budgets_are_read_at_once(database):
    with database.write() as connection:
        for number in range(101):
            repository.insert(connection, known(Scope.OWNER, f"owner-{number}"))
        found = repository.every(connection)
    assert [len(one.terms) for one in found] == [1] * 101


def test_what_has_no_price_is_remembered_for_its_month(database):
    def seen(name, month="2026-11"):
        return Unclassified(
            bucket="photos",
            month=month,
            kind=Kind.OPERATION,
            name=name,
            reason="why",
            first_seen_at=CLOCK.now(),
        )

    with database.write() as connection:
        unclassified.insert(
            connection, "b1", [seen("DeleteObjects"), seen("PostObject"), seen("PostObject", "2026-10")]
        )
        unclassified.settle(connection, "2026-11", [Key("b1", "2026-11", Kind.OPERATION, "DeleteObjects")])
        assert unclassified.lasting(connection) == [seen("DeleteObjects")]
        assert {one.name for one in unclassified.known(connection, "2026-11")} == {
            "DeleteObjects",
            "PostObject",
        }
        unclassified.forget_before(connection, "2026-11")
        assert unclassified.known(connection, "2026-10") == set()
    with pytest.raises(sa.exc.IntegrityError), database.write() as connection:
        unclassified.insert(connection, "b1", [seen("PostObject")])
    with database.write() as connection:
        unclassified.forget_bucket(connection, "b1")
        assert unclassified.lasting(connection) == []
