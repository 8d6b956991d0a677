"""The same workload elsewhere, by hand; and laws: the present sheet gives the present price, cheaper comes first."""

import time
from datetime import date

import msgspec
import pytest
from hypothesis import given, settings

from storekeeper.costs import sheets
from storekeeper.costs.model import Kind
from storekeeper.costs.rules.outlook.comparison import compare
from storekeeper.costs.rules.price import price
from thoroughness import examples
from unit.costs.examples import GB, GIB, NOV, TIB, account, asked, gone, sheets_for, stored
from unit.costs.outlook.figures import nano
from unit.costs.outlook.test_workload import workloads

BOOK = [entry.sheet for entry in sheets.load().entries]
# 1 TiB in a million objects, read once a month, at AWS.
WORKLOAD = account(
    stored=stored(NOV, TIB, objects=1_000_000),
    asked=[asked("GetObject", 1_000_000, bytes_out=100 * GIB, bytes_retrieved=100 * GIB)],
)


def compared(facts=WORKLOAD, provider="aws", **more):
    found = compare(facts, sheets_for(provider), BOOK, **more)
    return {(one.provider, one.storage_class): one for one in found}


def test_the_present():
    here = compared()["aws", ""]
    # 1024 * 0.023 + 1000 * 0.0004, and 100 GiB out are free.
    assert here.total == nano("23.552") + nano("0.4")
    assert (here.is_present, here.difference, here.migration) == (True, 0, None)
    assert here.reason == "this is how it is stored now"


def test_another_provider():
    there = compared()["r2", "STANDARD"]
    # 2^40 bytes are 1099.5… GB: 1,100 whole ones, of which 10 are free, as are the first 10 million reads.
    assert there.total == nano("16.35") == sum(there.parts.values())
    assert there.parts == {Kind.STORAGE: nano("16.35"), Kind.REQUESTS: 0, Kind.EGRESS: 0}
    assert there.difference == nano("16.35") - nano("23.952")
    # A TiB more out of AWS: 1024 * 0.09. A million more reads: 0.40. At R2 the first million writes are free.
    assert there.migration.leaving == nano("92.16") + nano("0.4")
    assert there.migration.writing == 0
    # 92.56 / 7.602 = 12.17…, rounded up to a tenth.
    assert there.break_even_months == 12.2
    assert "without what is left of minimum durations" in there.reason


def test_another_storage_class_of_the_same_provider():
    there = compared()["aws", "STANDARD_IA"]
    # 1024 * 0.0125 + 1000 * 0.001 + 100 * 0.01
    assert there.total == nano("12.8") + nano("1") + nano("1")
    # Nothing is sent out; a million copies into the class: 1000 * 0.01.
    assert (there.migration.leaving, there.migration.writing) == (0, nano("10"))
    assert there.break_even_months == 1.1  # 10 / 9.152


def test_leaving_an_infrequent_class_costs_its_retrieval():
    facts = account(stored=stored(NOV, TIB, "STANDARD_IA", objects=1000))
    found = compared(facts)
    assert found["aws", "STANDARD"].migration.leaving == nano("10.24")
    # Also sent out: the first 100 GiB are free, the others 0.09; a thousand reads are 0.001.
    assert found["r2", "STANDARD"].migration.leaving == nano("10.24") + nano("83.16") + nano("0.001")
    assert ("aws", "STANDARD_IA") not in found  # that is how it is stored now


def test_what_is_left_of_minimum_durations():
    facts = account(stored=stored(NOV, 1000 * GB, "STANDARD_IA"))
    # 1,000 GB that are 5 days old, at R2: 25 of 30 days are left.
    found = compared(facts, "r2", remainders=[gone(1000 * GB, 5, "STANDARD_IA", day=date(2020, 1, 1))])
    assert found["b2", "STANDARD"].migration.minimum_duration == nano("8.34")  # ceil(833.3…) * 0.01
    assert found["b2", "STANDARD"].break_even_months is not None
    assert found["b2", "STANDARD"].reason == "the migration is paid for by then"
    assert compared(facts, "r2")["b2", "STANDARD"].migration.minimum_duration is None


def test_what_costs_more_never_pays():
    there = compared(provider="b2")["aws", "STANDARD"]
    assert there.difference > 0
    assert (there.break_even_months, there.reason) == (None, "never: it does not cost less")


def test_what_has_no_price_is_shown():
    facts = account(stored=stored(NOV, GB), asked=[asked("GetObject", 10**6), asked("DeleteObjects", 7)])
    there = compared(facts, "b2")["r2", "STANDARD"]
    assert [(one.what, one.quantity) for one in there.unpriced] == [("DeleteObjects", 7)]
    assert there.is_comparable  # seven of a million requests


def test_a_total_that_leaves_much_out_is_not_compared():
    facts = account(stored=stored(NOV, GB), asked=[asked("GetObject", 900), asked("DeleteObjects", 100)])
    there = compared(facts, "b2")["r2", "STANDARD"]
    assert (there.is_comparable, there.difference) == (False, None)
    assert there.reason == "not known: 100 requests have no known price"


def test_bytes_of_unknown_price_are_not_compared():
    # Sent out of Wasabi beyond what is stored: there is a policy, no price.
    facts = account(stored=stored(NOV, GB), asked=[asked("GetObject", 1, bytes_out=10 * GB)])
    there = compared(facts)["wasabi", "STANDARD"]
    assert there.reason == "not known: some bytes have no known price"
    assert there.unpriced[0].what == "bytes-out"


def test_a_migration_that_has_no_known_price_has_no_break_even():
    found = compared(account(stored=stored(NOV, TIB), asked=[asked("GetObject", 1, bytes_out=TIB)]), "wasabi")
    there = found["r2", "STANDARD_IA"]
    assert there.difference > 0
    cheaper = found["b2", "STANDARD"]
    assert cheaper.difference < 0
    assert [one.what for one in cheaper.migration.unpriced] == ["bytes-out"]
    assert cheaper.reason == "not known: a part of the migration has no known price"


def test_nobody_entered_a_price():
    there = compared()["self-hosted", "STANDARD"]
    assert (there.total, there.unset, there.is_comparable, there.difference) == (0, True, False, None)
    assert there.reason == "not known: nobody entered a price"


def test_a_present_price_that_is_not_known():
    found = compared(provider="folder")
    assert not found["self-hosted", ""].is_comparable
    assert found["b2", "STANDARD"].total > 0
    assert found["b2", "STANDARD"].difference is None
    assert "what it costs now" in found["b2", "STANDARD"].reason


def test_no_sheet_for_the_present():
    found = compare(WORKLOAD, [], BOOK)
    assert not any(one.is_present for one in found)
    assert {one.difference for one in found} == {None}


def test_another_currency_is_not_compared():
    euros = [msgspec.structs.replace(one, currency="EUR") for one in BOOK if one.provider == "r2"]
    there = next(one for one in compare(WORKLOAD, sheets_for("aws"), euros) if one.provider == "r2")
    assert (there.currency, there.difference, there.is_comparable) == ("EUR", None, False)
    assert there.reason == "not known: prices are in EUR"


def test_names_of_ours_are_no_candidates():
    assert not [name for _, name in compared() if ":" in name]


def test_the_cheapest_comes_first_and_those_that_say_too_little_last():
    found = compare(WORKLOAD, sheets_for("aws"), BOOK)
    comparable = [one.total for one in found if one.is_comparable]
    assert comparable == sorted(comparable)
    assert [one.is_comparable for one in found] == [True] * len(comparable) + [False] * (
        len(found) - len(comparable)
    )


@given(workloads)
@settings(deadline=None, max_examples=examples(15))
def test_the_present_sheet_gives_the_present_price(facts):
    own = sheets_for("aws")
    here = next(one for one in compare(facts, own, own) if one.is_present)
    assert here.total == sum(charge.amount or 0 for charge in price(facts, own))


@pytest.mark.slow
def test_a_month_of_fifty_buckets_at_every_provider():
    operations = ("GetObject", "PutObject", "HeadObject", "ListObjectsV2", "DeleteObject", "CopyObject")
    buckets = [f"bucket-{number}" for number in range(50)]
    facts = account(
        stored=[msgspec.structs.replace(fact, bucket=name) for name in buckets for fact in stored(NOV, TIB)],
        asked=[
            msgspec.structs.replace(asked(operation, 1000, day=day), bucket=name)
            for name in buckets for day in NOV for operation in operations
        ],
    )  # fmt: skip
    begun = time.process_time()
    assert len(compare(facts, sheets_for("aws"), BOOK)) > 10
    assert time.process_time() - begun < 1.0
