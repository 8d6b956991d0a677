"""What every control database must do for invoices, SQLite and PostgreSQL alike."""

from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from storekeeper.costs.invoices import repository
from storekeeper.costs.invoices.model import Invoice, Key, State

NOW = datetime(2026, 12, 3, 9, tzinfo=UTC)
KEY = Key("aws", "123456789012", "2026-11", "USD")


@pytest.fixture
def add(database):
    def insert(number, key=KEY, state=State.CURRENT, digest="d"):
        invoice = Invoice(
            id=f"i{number}", **key._asdict(), format="focus", file="bill.csv", lines=3,
            total="12345678901234567890.000000000000000000000000000001", by_category={"tax": "1.43", "usage": "7.50"},
            left_out={"Amazon EC2, Ünïcode": 9}, state=state, imported_at=NOW + timedelta(seconds=number), imported_by="ann@example.com",
        )  # fmt: skip
        with database.write() as connection:
            repository.insert(connection, invoice, digest)
        return invoice

    return insert


def test_an_invoice_comes_back_as_it_was_with_all_digits(database, add):
    invoice = add(1, digest="x" * 64)
    with database.read() as connection:
        assert repository.get(connection, "i1") == invoice
        assert repository.current(connection, KEY) == (invoice, "x" * 64)
        assert repository.get(connection, "i2") is None
        assert repository.current(connection, KEY._replace(currency="EUR")) is None


def test_only_one_of_an_account_month_and_currency_holds(database, add):
    first = add(1)
    with pytest.raises(sa.exc.IntegrityError):
        add(2)
    with database.write() as connection:
        repository.end(connection, first.id, State.REPLACED, NOW)
    second = add(2)
    add(3, KEY._replace(currency="EUR"))
    with database.read() as connection:
        assert repository.current(connection, KEY)[0] == second
        ended = repository.get(connection, first.id)
        assert (ended.state, ended.ended_at) == (State.REPLACED, NOW)


def test_pages_are_newest_first_and_leave_out_what_does_not_hold(database, add):
    for number in range(1, 6):
        add(number, KEY._replace(account=str(number)), State.REMOVED if number == 3 else State.CURRENT)
    add(6, KEY._replace(month="2026-10"))
    with database.read() as connection:

        def ids(**wanted):
            options = {"month": "", "history": False, "before": "", "limit": 10} | wanted
            return [one.id for one in repository.page(connection, **options)]

        assert ids() == ["i6", "i5", "i4", "i2", "i1"]
        assert ids(month="2026-11", history=True) == ["i5", "i4", "i3", "i2", "i1"]
        assert ids(before="i5", limit=2) == ["i4", "i2"]
        assert [one.account for one in repository.of_month(connection, "2026-11")] == ["1", "2", "4", "5"]
        assert repository.with_lines(connection) == {"i1", "i2", "i4", "i5", "i6"}
