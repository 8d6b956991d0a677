"""Copies of the same content."""

from storekeeper.costs.model.outlook import Confidence
from storekeeper.costs.rules.outlook.savings.duplicates import Duplicates, find
from unit.costs.examples import GIB
from unit.costs.outlook.figures import holding, nano


def test_the_amount():
    found = find(Duplicates(bucket="photos", groups=2, copies=5, bytes=10 * GIB), holding("aws", 100 * GIB))
    assert found.amount == nano("0.23")
    assert found.confidence is Confidence.MEDIUM
    assert found.why == (
        "2 contents are stored more than once, by ETag and size: 5 copies, 10.7 GB in S3 Standard cost 0.23 USD a month."
    )


def test_monitoring_of_each_copy_is_saved_too():
    figures = Duplicates(
        bucket="photos", groups=1, copies=1000, bytes=10 * GIB, storage_class="INTELLIGENT_TIERING"
    )
    assert find(figures, holding("aws", 100 * GIB)).amount == nano("0.23") + nano("0.0025")


def test_none():
    account = holding("aws", GIB)
    assert find(Duplicates(bucket="photos", groups=0, copies=0, bytes=0), account) is None
    assert find(Duplicates(bucket="photos", groups=1, copies=9, bytes=0), account) is None  # empty objects
