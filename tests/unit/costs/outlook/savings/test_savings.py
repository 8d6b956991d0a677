"""What holds for all findings: never negative, never more than the bill, the largest first; and how to act can be typed."""

import json
import re
import shlex

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from storekeeper.costs.model import Small
from storekeeper.costs.rules.outlook.savings import (
    advice,
    chatty_listing,
    cold_data,
    duplicates,
    noncurrent_versions,
    ranked,
    tiny_objects,
    unfinished_uploads,
)
from thoroughness import examples
from unit.costs.examples import GB, KIB, asked
from unit.costs.outlook.figures import holding

PROVIDERS = ["r2", "aws", "b2", "wasabi", "gcs", "folder"]
counts = st.integers(0, 10**8)
sizes = st.integers(0, 10**15)


def everything(account, count, size, read):
    """All rules, about a bucket whose figures are all these."""
    small = (Small(128 * KIB, count, min(size, count * KIB)), Small(4 * KIB, count, min(size, count * KIB)))
    groups = tuple(
        cold_data.AgeGroup(at_least_days=days, objects=count, bytes=size, small=small) for days in (0, 30, 90)
    )
    return [
        unfinished_uploads.find(
            unfinished_uploads.UnfinishedUploads(bucket="a", count=count, bytes=size), account
        ),
        noncurrent_versions.find(
            noncurrent_versions.NoncurrentVersions(bucket="b", versions=count, bytes=size), account
        ),
        tiny_objects.find(
            tiny_objects.TinyObjects(bucket="c", storage_class="STANDARD_IA", small=small), account
        ),
        chatty_listing.find(
            chatty_listing.Listing(bucket="d", listings=count, requests=count, objects=count), account
        ),
        duplicates.find(duplicates.Duplicates(bucket="e", groups=count, copies=count, bytes=size), account),
        cold_data.find(
            cold_data.ColdData(
                bucket="f", storage_class="STANDARD", groups=groups, bytes_read=read, reads=count, bytes_deleted=read
            ),
            account,
        ),
    ]  # fmt: skip


@given(st.sampled_from(PROVIDERS), sizes, sizes, counts, sizes, sizes)
@settings(deadline=None, max_examples=examples(100))
def test_savings_are_never_negative_and_the_largest_comes_first(provider, held, sent, count, size, read):
    account = holding(provider, held, asked=[asked("GetObject", count, bytes_out=sent)])
    found = ranked(everything(account, count, size, read))
    amounts = [one.amount for one in found if one.amount is not None]
    assert amounts == sorted(amounts, reverse=True)
    assert all(amount >= 0 for amount in amounts)
    assert [one.amount for one in found][: len(amounts)] == amounts


@pytest.mark.parametrize("provider", PROVIDERS)
def test_an_empty_bucket_has_no_findings(provider):
    assert ranked(everything(holding(provider, GB), 0, 0, 0)) == []


@pytest.mark.parametrize("provider", ["r2", "aws", "b2", "gcs"])
@pytest.mark.parametrize("rule", [advice.abort_uploads, advice.expire_versions])
def test_what_is_proposed_can_be_typed(provider, rule):
    command = rule(provider, "it's mine", 30)
    typed = shlex.split(command.splitlines()[0].split(", with ")[0])
    assert any("it's mine" in word for word in typed)
    rules = json.loads(re.search(r"\{.*\}", command)[0].replace("'\"'\"'", "'"))
    assert "30" in json.dumps(rules)
    assert ("--endpoint-url" in typed) == (provider == "r2")


def test_a_move_at_google():
    assert '"storageClass": "NEARLINE"' in advice.move("gcs", "photos", "NEARLINE", 30)
