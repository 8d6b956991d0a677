"""Non-current versions: what they cost at the margin, over a border of tiers too."""

from storekeeper.costs.model.outlook import Confidence
from storekeeper.costs.rules.outlook.savings.noncurrent_versions import NoncurrentVersions, find
from unit.costs.examples import TIB
from unit.costs.outlook.figures import holding, nano


def test_the_last_tiers_are_saved_first():
    # 51 TiB become 49: one at 0.022 and one at 0.023.
    found = find(NoncurrentVersions(bucket="photos", versions=3, bytes=2 * TIB), holding("aws", 51 * TIB))
    assert found.amount == nano("22.528") + nano("23.552")
    assert found.confidence is Confidence.MEDIUM
    assert found.why.startswith("3 non-current versions: 2.20 TB in S3 Standard cost 46.08 USD a month.")
    assert '"NoncurrentDays": 30' in found.how


def test_a_storage_class_that_the_sheet_does_not_know():
    figures = NoncurrentVersions(bucket="photos", versions=3, bytes=TIB, storage_class="FROZEN")
    found = find(figures, holding("aws", TIB))
    assert (found.amount, found.confidence) == (None, Confidence.LOW)
    assert "FROZEN" in found.why


def test_none():
    assert find(NoncurrentVersions(bucket="photos", versions=0, bytes=0), holding("aws", TIB)) is None
