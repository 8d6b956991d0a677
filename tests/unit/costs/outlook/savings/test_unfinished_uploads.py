"""Unfinished uploads: what they cost at the margin of the account's bill."""

import pytest

from storekeeper.costs.model.outlook import Confidence
from storekeeper.costs.rules.outlook.savings.unfinished_uploads import UnfinishedUploads, find
from unit.costs.examples import GB, GIB, TB
from unit.costs.outlook.figures import holding, nano


def uploads(size, count=12):
    return UnfinishedUploads(bucket="photos", count=count, bytes=size)


@pytest.mark.parametrize(
    ("provider", "held", "size", "amount"),
    [
        ("r2", 1000 * GB, 40 * GB, "0.60"),  # 40 * 0.015
        ("r2", 12 * GB, 4 * GB, "0.03"),  # 10 GB are free: two of them cost
        ("r2", 10 * GB, 4 * GB, "0"),
        ("aws", 1000 * GIB, 100 * GIB, "2.30"),  # 100 * 0.023
        ("aws", 0, 100 * GIB, "2.30"),  # where the account's facts do not have them
        ("wasabi", TB // 2, 100 * GB, "0"),  # a TB is paid for in any case
        ("wasabi", 2 * TB, 100 * GB, "0.799"),
    ],
)
def test_the_amount(provider, held, size, amount):
    found = find(uploads(size), holding(provider, held))
    assert found.amount == nano(amount)
    assert (found.currency, found.confidence) == ("USD", Confidence.HIGH)


def test_what_is_said():
    found = find(uploads(40 * GB), holding("r2", 1000 * GB))
    assert found.why == "12 unfinished uploads: 40 GB in Standard cost 0.60 USD a month."
    assert '"DaysAfterInitiation": 7' in found.how
    assert found.figures == {"uploads": 12, "bytes": 40 * GB}


def test_a_size_that_could_not_be_counted():
    found = find(uploads(None, count=1), holding("r2", GB))
    assert (found.amount, found.confidence) == (None, Confidence.LOW)
    assert found.why == "1 unfinished upload, whose size could not be counted."


def test_nobody_entered_a_price():
    found = find(uploads(GB), holding("folder", GB))
    assert found.amount is None
    assert "does not tell" in found.why


def test_none():
    assert find(uploads(0, count=0), holding("r2", GB)) is None
