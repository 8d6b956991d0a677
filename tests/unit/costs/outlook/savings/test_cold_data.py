"""Cold data: storage, retrieval, dearer requests, moving, minimum duration and size floor, all counted in by hand."""

import msgspec
import pytest

from storekeeper.costs.model import Small
from storekeeper.costs.model.outlook import Confidence
from storekeeper.costs.rules.outlook.savings.cold_data import AgeGroup, ColdData, find
from unit.costs.examples import GIB, KIB, TIB
from unit.costs.outlook.figures import holding, nano

ACCOUNT = holding("aws", 10 * TIB)


def cold(*, days=90, storage_class="STANDARD", small=(), bytes_read=0, reads=0, bytes_deleted=0):
    """A TiB in a thousand objects that is new, and one that is old; what is read and deleted is of both."""
    new = AgeGroup(at_least_days=0, objects=1000, bytes=TIB)
    old = AgeGroup(at_least_days=days, objects=1000, bytes=TIB, small=small)
    return ColdData(
        bucket="photos",
        storage_class=storage_class,
        groups=(new, old),
        bytes_read=bytes_read,
        reads=reads,
        bytes_deleted=bytes_deleted,
    )


def after(monthly, once):
    return monthly - once // 12


def test_data_that_nobody_reads():
    # Glacier Instant Retrieval: 1024 * (0.023 - 0.004) less a month, 1,000 * 0.02 / 1,000 once.
    found = find(cold(), ACCOUNT)
    assert found.amount == after(nano("19.456"), nano("0.02"))
    assert found.confidence is Confidence.MEDIUM
    assert '"StorageClass": "GLACIER_IR"' in found.how
    assert '"Days": 90' in found.how
    assert '"ObjectSizeGreaterThan": 131071' in found.how
    assert (found.figures["bytes"], found.figures["objects"], found.figures["days"]) == (TIB, 1000, 90)


def test_too_young_for_a_minimum_duration_of_90_days():
    # Standard-IA: 1024 * (0.023 - 0.0125), 1,000 * 0.01 / 1,000 once.
    found = find(cold(days=30), ACCOUNT)
    assert found.amount == after(nano("10.752"), nano("0.01"))
    assert '"StorageClass": "STANDARD_IA"' in found.how


def test_what_is_read_costs_retrieval():
    # Half of what is read is cold. Standard-IA: 10.752 less 1024 * 0.01 retrieved; Glacier: 19.456 less 1024 * 0.03.
    found = find(cold(bytes_read=2 * TIB), ACCOUNT)
    assert found.amount == after(nano("10.752") - nano("10.24"), nano("0.01"))
    assert "1.10 TB read of it a month" in found.why


def test_requests_cost_more():
    # A million of two million reads are of cold data: 1,000 * (0.001 - 0.0004) more in Standard-IA, 9.60 in Glacier.
    found = find(cold(days=30, reads=2_000_000), ACCOUNT)
    assert found.amount == after(nano("10.752") - nano("0.6"), nano("0.01"))


@pytest.mark.parametrize("more", [{"bytes_read": 21 * TIB // 10}, {"reads": 40_000_000}])
def test_nothing_is_said_when_it_does_not_pay(more):
    assert find(cold(**more), ACCOUNT) is None


def test_many_objects_are_dear_to_move():
    # A TiB in 20 million objects: 200 to move saves 10.752 a month, which is less than 200 / 12.
    figures = cold(days=30)
    many = msgspec.structs.replace(figures.groups[1], objects=20_000_000)
    assert find(msgspec.structs.replace(figures, groups=(figures.groups[0], many)), ACCOUNT) is None


def test_what_is_deleted_too_early_is_counted_in():
    # Half of the TiB that is deleted a month is cold. In 30 days 512 GiB, of which on average 15 days are left to pay:
    # 512 * 15 / 30 * 0.0125 once.
    found = find(cold(days=30, bytes_deleted=TIB), ACCOUNT)
    assert found.figures["once"] == nano("0.01") + nano("3.2")
    assert found.amount == after(nano("10.752"), nano("3.21"))
    assert "this is counted in" in found.why


def test_small_objects_stay():
    found = find(cold(days=30, small=(Small(128 * KIB, 400, 24 * GIB),)), ACCOUNT)
    assert (found.figures["objects"], found.figures["bytes"]) == (600, 1000 * GIB)
    assert found.amount == after(nano("10.5"), nano("0.006"))
    assert "Objects below 131,072 bytes stay where they are." in found.why


@pytest.mark.parametrize("unknown", ["bytes_read", "reads"])
def test_without_reads_the_amount_is_not_known(unknown):
    found = find(msgspec.structs.replace(cold(), **{unknown: None}), ACCOUNT)
    assert (found.amount, found.confidence) == (None, Confidence.LOW)
    assert "if none of it is read (how much is, is not known)" in found.why


def test_without_deletions_it_is_less_sure():
    found = find(msgspec.structs.replace(cold(), bytes_deleted=None), ACCOUNT)
    assert found.amount is not None
    assert found.confidence is Confidence.LOW
    assert "is not known and not counted in" in found.why


@pytest.mark.parametrize("figures", [cold(days=29), cold(storage_class="GLACIER_IR")])
def test_neither_young_data_nor_what_is_cheap_already(figures):
    assert find(figures, holding("aws", 10 * TIB, figures.storage_class)) is None


@pytest.mark.parametrize("provider", ["wasabi", "b2", "folder", "gcs"])
def test_no_other_class_or_no_price_of_it(provider):
    assert find(cold(), holding(provider, 10 * TIB)) is None


def test_a_class_in_one_zone_is_not_proposed():
    found = find(cold(days=30), ACCOUNT)
    assert "ONEZONE" not in found.how
