"""A month to date that is completed, and facts that are summed up without changing their price."""

from datetime import date

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from storekeeper.costs.model import Provenance, Small
from storekeeper.costs.rules.outlook.bill import bill
from storekeeper.costs.rules.outlook.workload import (
    COMPLETED,
    at_once,
    in_class,
    last_day,
    summed,
    whole_month,
)
from thoroughness import examples
from unit.costs.examples import GB, KIB, NOV, NOVEMBER, account, asked, days, gone, sheets_for, stored


def on(number):
    return date(2026, 11, number)


def test_the_days_to_come_are_as_full_as_the_last_one():
    found = whole_month(account(stored=stored(days(NOVEMBER, 9), GB) + stored([on(10)], 3 * GB)), on(10))
    assert [fact.day for fact in found.storage] == NOV
    assert {fact.byte_hours for fact in found.storage if fact.day > on(10)} == {72 * GB}
    assert {fact.estimated for fact in found.storage if fact.day > on(10)} == {COMPLETED}
    assert {fact.estimated for fact in found.storage if fact.day <= on(10)} == {""}


def test_requests_repeat_the_last_week():
    # Of the days 5 to 11, one asks on the 6th: it is repeated on the 13th, 20th and 27th.
    facts = account(asked=[asked("GetObject", 3, day=on(2)), asked("GetObject", 7, day=on(6))])
    found = whole_month(facts, on(11))
    assert [(fact.day.day, fact.succeeded) for fact in found.requests] == [
        (2, 3),
        (6, 7),
        (13, 7),
        (20, 7),
        (27, 7),
    ]


def test_less_than_a_week_repeats_what_there_is():
    facts = account(asked=[asked("GetObject", 1, day=on(1)), asked("GetObject", 5, day=on(3))])
    found = whole_month(facts, on(3))
    assert sum(fact.succeeded for fact in found.requests) == 10 * (1 + 5)


def test_deletions_are_repeated_and_today_is_left_out():
    facts = account(gone=[gone(GB, 3, "STANDARD", day=on(7)), gone(5 * GB, 3, "STANDARD", day=on(8))])
    found = whole_month(facts, on(7))
    assert [(fact.day.day, fact.bytes) for fact in found.deletions] == [
        (7, GB),
        (14, GB),
        (21, GB),
        (28, GB),
    ]


def test_a_whole_month_stays_as_it_is():
    facts = account(stored=stored(NOV, GB), asked=[asked("GetObject", 3)], gone=[])
    assert whole_month(facts, on(30)) == facts


def test_a_day_of_another_month_is_refused():
    with pytest.raises(ValueError, match="2026-12-01 is not in the month of 2026-11-01"):
        whole_month(account(), date(2026, 12, 1))


def test_what_is_stored_at_the_end():
    facts = account(stored=stored(NOV, GB) + stored(days(NOVEMBER, 3), GB, "STANDARD_IA"))
    assert [(fact.day.day, fact.storage_class) for fact in last_day(facts)] == [(30, "STANDARD")]
    assert last_day(account()) == []


def test_what_was_sent_has_been_read():
    facts = account(
        asked=[
            asked("GetObject", 1, bytes_out=50),
            asked("GetObject", 1, bytes_out=50, bytes_retrieved=70),
            asked("ListObjects", 1, bytes_out=5),
        ]
    )
    found = in_class(facts, "STANDARD_IA")
    assert {(one.operation, one.bytes_retrieved, one.storage_class) for one in found.requests} == {
        ("GetObject", 120, "STANDARD_IA"),
        ("ListObjects", 0, "STANDARD_IA"),
    }


sizes = st.integers(0, 10**15)
classes = st.sampled_from(["", "STANDARD", "STANDARD_IA"])
buckets = st.sampled_from(["photos", "videos", "logs"])
some_days = st.sampled_from(NOV)
smalls = st.builds(
    lambda objects, size: (Small(128 * KIB, objects, objects * size),),
    st.integers(0, 10**6),
    st.integers(0, 128 * KIB - 1),
)
held = st.builds(
    lambda day, bucket, name, size, small: msgspec.structs.replace(
        stored([day], size, name, objects=small[0].objects, small=small)[0], bucket=bucket
    ),
    some_days, buckets, classes, sizes, smalls,
)  # fmt: skip
requests = st.builds(
    lambda day, bucket, name, operation, count, size: msgspec.structs.replace(
        asked(operation, count, name, day=day, bytes_out=size, bytes_retrieved=size), bucket=bucket
    ),
    some_days, buckets, classes, st.sampled_from(["GetObject", "PutObject", "DeleteObjects"]), st.integers(0, 10**8), sizes,
)  # fmt: skip
deletions = st.builds(
    lambda day, bucket, age, size: msgspec.structs.replace(gone(size, age, "STANDARD_IA", day=day), bucket=bucket),
    some_days, buckets, st.integers(0, 40), sizes,
)  # fmt: skip
workloads = st.builds(
    lambda held, asked, gone: account(stored=held, asked=asked, gone=gone),
    st.lists(held, max_size=8), st.lists(requests, max_size=8), st.lists(deletions, max_size=4),
)  # fmt: skip


@given(workloads, st.sampled_from(["r2", "aws"]))
@settings(deadline=None, max_examples=examples(60))
def test_summing_up_changes_no_price(facts, provider):
    sheets = sheets_for(provider)
    whole, short = bill(facts, sheets), bill(summed(facts), sheets)
    assert short.total == whole.total
    assert short.unpriced == whole.unpriced


@given(workloads, st.sampled_from(["r2", "aws", "b2", "wasabi", "gcs"]), st.lists(some_days, max_size=2))
@settings(deadline=None, max_examples=examples(100))
def test_a_month_at_once_costs_the_same(facts, provider, changes):
    """Also where prices change in the month, and where they depend on how many days something was stored."""
    sheets = list(sheets_for(provider))
    for day in sorted(set(changes)):
        before = sheets.pop()
        sheets += [
            msgspec.structs.replace(before, effective_until=day),
            msgspec.structs.replace(before, effective_from=day),
        ]
    whole, short = bill(facts, sheets), bill(at_once(facts, sheets), sheets)
    assert short.total == whole.total
    # Kinds that share a meter share it by the day or by the month; notes come in the order of days.
    assert set(short.estimated) == set(whole.estimated)
    assert short == whole._replace(parts=short.parts, estimated=short.estimated)


def test_figures_of_different_provenance_are_not_added_up():
    sampled = [msgspec.structs.replace(fact, provenance=Provenance.SAMPLED) for fact in stored([on(1)], GB)]
    facts = summed(account(stored=stored([on(1)], GB) + sampled))
    assert len(facts.storage) == 2
    assert "some quantities are sampled" in bill(facts, sheets_for("aws")).estimated
