"""Objects below the floor of their storage class: what the padding costs."""

from storekeeper.costs.model import Small
from storekeeper.costs.rules.outlook.savings.tiny_objects import TinyObjects, find
from unit.costs.examples import GIB, KIB, TB
from unit.costs.outlook.figures import holding, nano


def tiny(storage_class, below, objects, size):
    return TinyObjects(bucket="photos", storage_class=storage_class, small=(Small(below, objects, size),))


def test_padding_at_128_kib():
    # 8,192 objects are billed as 1 GiB and have half of it: 0.5 * 0.0125.
    figures = tiny("STANDARD_IA", 128 * KIB, 8192, GIB // 2)
    found = find(figures, holding("aws", 100 * GIB, "STANDARD_IA"))
    assert found.amount == nano("0.00625")
    assert found.figures == {"objects": 8192, "bytes": GIB // 2, "padding": GIB // 2}
    assert "8,192 × 131,072 bytes: 537 MB of padding cost less than 0.01 USD" in found.why
    assert "or leave them in S3 Standard" in found.how


def test_padding_within_the_minimum_of_the_account_still_has_a_price():
    # Padding is on top of what is stored, which is what counts for the minimum of 1 TB: 250,000 * 4,096 - 24,000,000 bytes.
    found = find(tiny("STANDARD", 4 * KIB, 250_000, 24 * 10**6), holding("wasabi", TB // 2))
    assert found.amount == nano("0.00799")
    assert found.how.endswith("before they are stored.")


def test_a_class_without_a_floor():
    assert find(tiny("STANDARD", 128 * KIB, 8192, 0), holding("aws", GIB)) is None


def test_another_floor_than_that_of_the_class():
    assert find(tiny("STANDARD_IA", 4 * KIB, 8192, 0), holding("aws", GIB)) is None


def test_an_unknown_class():
    assert find(tiny("FROZEN", 128 * KIB, 8192, 0), holding("aws", GIB)) is None


def test_none():
    assert find(tiny("STANDARD_IA", 128 * KIB, 0, 0), holding("aws", GIB)) is None
