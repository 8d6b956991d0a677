"""Listings beyond one of the whole bucket a day."""

import pytest

from storekeeper.costs.model.outlook import Confidence
from storekeeper.costs.rules.outlook.savings.chatty_listing import Listing, find
from unit.costs.examples import GB, asked
from unit.costs.outlook.figures import holding, nano


def listing(listings, requests=200_000, objects=99_001, **more):
    return Listing(bucket="photos", listings=listings, requests=requests, objects=objects, **more)


def test_the_amount():
    # 99,001 objects are 100 pages, 3,000 in 30 days: 97,000 * 0.005 / 1,000.
    found = find(listing(100_000), holding("aws", GB))
    assert found.amount == nano("0.485")
    assert found.confidence is Confidence.MEDIUM
    assert found.why == (
        "100,000 of 200,000 requests (50%) list the bucket; to list all of it once a day takes 3,000 in 30 days. "
        "The other 97,000 cost 0.48 USD a month."
    )


@pytest.mark.parametrize(("asks", "amount"), [(1_000_000, "0"), (1_500_000, "4.5"), (2_500_000, "4.5")])
def test_what_is_free(asks, amount):
    # At R2 a million are free, and each million begun costs 4.50: half a million less is one million less, or none.
    account = holding("r2", GB, asked=[asked("ListObjectsV2", asks)])
    found = find(listing(503_000, requests=asks), account)
    assert found.amount == nano(amount)


def test_an_operation_without_a_price():
    found = find(listing(100_000, operation="ListObjectVersions"), holding("r2", GB))
    assert (found.amount, found.confidence) == (None, Confidence.LOW)


@pytest.mark.parametrize("few", [listing(3_000, 4_000), listing(39_999), listing(0, 0)])
def test_not_much(few):
    assert find(few, holding("aws", GB)) is None


def test_a_fifth_is_much():
    assert find(listing(40_000), holding("aws", GB)) is not None


def test_an_empty_bucket_is_a_page():
    assert find(listing(31, requests=31, objects=0), holding("aws", GB)).figures["needless"] == 1
