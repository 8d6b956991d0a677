"""What a line of an invoice says."""

import contextlib
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storekeeper.costs.invoices import rules
from storekeeper.costs.invoices.model import Category
from storekeeper.costs.invoices.rules import MalformedError


@given(st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**12), max_value=10**12, places=12))
def test_a_number_is_read_as_it_is_written(number):
    assert rules.decimal(f"{number:f}", "amount") == number
    assert rules.decimal(str(number), "amount") == number


@given(st.floats(allow_nan=False, allow_infinity=False, min_value=1e-12, max_value=1e12))
def test_a_double_is_its_shortest_decimal_form(number):
    assert rules.decimal(repr(number), "amount") == Decimal(repr(number))


@pytest.mark.parametrize(
    "text", ["", "1,5", "1 000", "0x10", "Infinity", "nan", "1e9999", "--1", "١", f"1{'0' * 41}", "1e-31"]
)
def test_what_is_no_such_number_is_refused(text):
    with pytest.raises(MalformedError, match="amount: "):
        rules.decimal(text, "amount")


@pytest.mark.parametrize(
    ("start", "end", "first", "last"),
    [
        ("2026-11", "", date(2026, 11, 1), date(2026, 12, 1)),
        ("2026-12", "", date(2026, 12, 1), date(2027, 1, 1)),
        ("2026-11-03", "", date(2026, 11, 3), date(2026, 11, 4)),
        ("2026-11-03T00:00:00Z", "2026-11-04T00:00:00Z", date(2026, 11, 3), date(2026, 11, 4)),
        ("2026-11-03T05:00:00Z", "2026-11-03T06:00:00Z", date(2026, 11, 3), date(2026, 11, 4)),
        ("2026-11-01T00:00:00Z", "2026-12-01T00:00:00Z", date(2026, 11, 1), date(2026, 12, 1)),
        ("2026-11-03T23:30:00-05:00", "", date(2026, 11, 4), date(2026, 11, 5)),
        ("2026-11-03 00:00:00.000 UTC", "2026-11-03", date(2026, 11, 3), date(2026, 11, 4)),
    ],
)
def test_periods_are_whole_days_in_utc(start, end, first, last):
    assert rules.period(start, end) == (first, last)


@pytest.mark.parametrize("text", ["", "yesterday", "2026-13", "1999-01-01", "2026-11-03T25:00:00Z"])
def test_what_is_no_day_is_refused(text):
    with pytest.raises(MalformedError, match="date: "):
        rules.period(text, "")


@pytest.mark.parametrize(
    ("text", "category"),
    [
        ("", Category.USAGE), ("Usage", Category.USAGE), ("DiscountedUsage", Category.USAGE), ("RIFee", Category.PURCHASE),
        ("Tax", Category.TAX), ("Credit", Category.CREDIT), ("Refund", Category.REFUND), ("EdpDiscount", Category.ADJUSTMENT),
    ],
)  # fmt: skip
def test_categories_of_focus_and_of_aws(text, category):
    assert rules.category(text, is_correction=False) is category
    assert rules.category(text, is_correction=True) is Category.CORRECTION


@pytest.mark.parametrize(
    ("service", "subcategory", "words", "is_taken"),
    [
        ("Amazon Simple Storage Service", "", "", True),
        ("AmazonS3", "", "", True),
        ("Cloud Storage", "", "", True),
        ("R2", "", "", True),
        ("Anything", "Object Storage", "", True),
        ("Amazon Simple Storage Service", "Backup Storage", "", False),
        ("Storage Accounts", "", "Blob Hot LRS Data Stored", True),
        ("Storage Accounts", "", "Files Hot LRS", False),
        ("Amazon Elastic Block Store", "", "snapshot storage", False),
        ("", "", "", False),
    ],
)
def test_which_lines_are_of_object_storage(service, subcategory, words, is_taken):
    assert rules.is_object_storage(service, subcategory, words) is is_taken


@pytest.mark.parametrize(
    ("hints", "unit", "description", "kind"),
    [
        ("USW2-TimedStorage-ByteHrs StandardStorage", "", "", "storage"),
        ("Requests-Tier1 PutObject", "", "", "requests"),
        ("DataTransfer-Out-Bytes GetObject", "", "", "egress"),
        ("Retrieval-SIA", "GB", "storage", "other"),
        ("EarlyDelete-SIA", "GB-Mo", "", "storage"),
        ("", "Requests", "", "requests"),
        ("", "", "$0.023 per GB - first 50 TB / month of storage used", "storage"),
        ("", "", "$0.090 per GB - first 10 TB / month data transfer out", "egress"),
        ("", "", "Class A Operations", "requests"),
        ("", "", "VAT", "other"),
    ],
)
def test_words_tell_what_a_line_is_for(hints, unit, description, kind):
    assert rules.kind(hints, unit, description) == kind


@pytest.mark.parametrize(
    ("resource", "name"),
    [
        ("arn:aws:s3:::photos", "photos"),
        ("arn:aws-cn:s3:::photos/users/a", "photos"),
        ("//storage.googleapis.com/projects/_/buckets/photos", "photos"),
        ("s3://photos/users", "photos"),
        ("r2://account/photos", "photos"),
        ("photos", "photos"),
        ("file:///srv/photos", "file:///srv/photos"),
        ("", ""),
    ],
)
def test_buckets_are_found_in_arns_and_urls(resource, name):
    assert rules.bucket_in(resource) == name


@given(st.text(max_size=50))
def test_nothing_that_people_write_breaks_it(text):
    rules.bucket_in(text)
    rules.provider(text)
    rules.kind(text, text, text)
    rules.is_object_storage(text, "", text)
    for read in (
        lambda: rules.period(text, text),
        lambda: rules.month(text, date(2026, 1, 1)),
        lambda: rules.category(text, is_correction=False),
    ):
        with contextlib.suppress(MalformedError):
            read()
