"""What pages make of alternatives and savings: no zero for what is not known, and commands that can be copied as they are."""

import json
import shlex
from decimal import Decimal

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from storekeeper.costs import compare_views
from storekeeper.costs.model import compared
from storekeeper.costs.model.outlook import SavingKind
from storekeeper.costs.rules.outlook.savings import advice
from storekeeper_client import cost_options

NANO = st.integers(-(10**15), 10**15)


def alternative(**changes):
    fields = {
        "provider": "b2", "region": "*", "title": "Backblaze B2", "storage_class": "STANDARD", "present": False, "total": "6.00",
        "currency": "USD", "parts": [compared.PricedPart(kind="early-deletion", amount="6.00")], "unpriced": [], "comparable": True,
        "unset": False, "estimated": [], "difference": "-4.00", "migration": migration(), "break_even_months": 2.5,
        "reason": "the migration is paid for by then", "sheets": ["b2/*/undated"],
    }  # fmt: skip
    return compared.Alternative(**fields | changes)


def migration(**changes):
    fields = {
        "total": "10.00",
        "leaving": "9.00",
        "writing": "1.00",
        "minimum_duration": None,
        "unpriced": [],
    }
    return compared.MigrationCosts(**fields | changes)


def present(**changes):
    fields = {
        "title": "Amazon S3", "storage_class": "", "present": True, "total": "10.00", "difference": "0.00", "migration": None,
        "break_even_months": None, "reason": "this is how it is stored now",
    }  # fmt: skip
    return alternative(**fields | changes)


def saving(**changes):
    fields = {
        "kind": "cold-data",
        "bucket": "photos",
        "amount": "1.00",
        "currency": "USD",
        "confidence": "medium",
        "why": "old",
        "how": "Look.",
        "figures": {},
    }
    return compared.SavingFound(**fields | changes)


def account(*items, region="*"):
    one = compared.AccountComparison(
        account="aws", provider="aws", region=region, buckets=["photos"], items=items
    )
    (view,) = compare_views.accounts([one])
    return view


def told(**changes):
    (view,) = compare_views.savings(compared.SavingList(items=[saving(**changes)], completed=""))
    return view


def test_present_comparable_and_other_ones_are_told_apart():
    view = account(
        alternative(), present(), alternative(title="Elsewhere", comparable=False, difference=None)
    )
    assert [row["title"] for row in view["rows"]] == ["Backblaze B2"]
    assert [row["title"] for row in view["apart"]] == ["Elsewhere"]
    assert view["present"]["title"] == "Amazon S3"
    assert (view["region"], account(region="us-east-1")["region"]) == ("", "us-east-1")


def test_a_row_has_exact_money_and_readable_words():
    (row,) = account(alternative(total="6.000000001", difference="-3.999999999"), present())["rows"]
    assert row["cost"]["money"] == {"exact": "6.000000001", "currency": "USD", "text": "$6.00"}
    assert row["difference"] == {
        "exact": "-3.999999999", "currency": "USD", "text": "\u2212$4.00", "percent": "\u221240.0 %", "cheaper": True, "dearer": False,
    }  # fmt: skip
    assert row["parts"][0]["name"] == "Early deletion"
    assert row["pays"] == "after 2.5 months"
    assert (row["moving"]["money"]["text"], row["moving"]["minimum_duration"]) == ("$10.00", None)


@pytest.mark.parametrize(
    "changes",
    [{"unset": True, "total": "0.00"}, {"unpriced": ["DeleteObjects: no price"], "total": "0.00"}],
)
def test_what_has_no_price_is_never_zero(changes):
    view = account(alternative(**changes), present())
    assert view["rows"][0]["cost"]["money"] is None
    assert len(view["cards"]) == 1


def test_moving_without_any_known_price_is_not_free():
    nothing, some = (
        migration(total="0.00", unpriced=["PutObject: no price"]),
        migration(unpriced=["PutObject"]),
    )
    rows = account(present(), alternative(migration=nothing), alternative(migration=some))["rows"]
    assert rows[0]["moving"]["money"] is None
    assert rows[1]["moving"]["money"]["exact"] == "10.00"


def test_reading_out_of_where_no_price_is_set_is_not_free():
    free = migration(total="0.00", leaving="0.00")
    (row,) = account(present(unset=True, comparable=False), alternative(migration=free))["rows"]
    assert (row["moving"]["money"], row["moving"]["leaving"]) == (None, None)
    (row,) = account(present(), alternative(migration=free))["rows"]
    assert row["moving"]["money"]["exact"] == "0.00"


@pytest.mark.parametrize("now", [[], [present(unset=True, total="0.00", comparable=False)]])
def test_without_a_price_for_what_is_stored_now_nothing_is_claimed(now):
    view = account(alternative(difference=None, break_even_months=None, reason="not known"), *now)
    (card,) = view["cards"]
    assert card["unset"]
    (row,) = view["rows"]
    assert (row["difference"], row["pays"], row["is_paid_back"]) == (None, "not known", False)


def test_what_the_present_lacks_is_said_beside_it():
    (card, _) = account(present(unpriced=["DeleteObjects: no price", "DeleteObjects: twice"]), alternative())[
        "cards"
    ]
    assert card["note"] == "plus what has no known price: DeleteObjects"


def test_the_cheapest_is_told_only_where_it_is_cheaper():
    (_, card) = account(alternative(), present())["cards"]
    assert (
        card["note"],
        card["money"]["exact"],
    ) == ("\u2212$4.00 a month (\u221240.0 %), pays after 2.5 months", "6.00")
    (_, card) = account(alternative(break_even_months=None, reason="not known"), present())["cards"]
    assert card["note"] == "\u2212$4.00 a month (\u221240.0 %)"
    assert len(account(alternative(difference="4.00"), present())["cards"]) == 1
    (_, card) = account(alternative(unpriced=["ListObjects: no price"]), present())["cards"]
    assert card["title"].endswith("ListObjects: no price")
    assert card["note"].endswith("plus unknown prices")


@pytest.mark.parametrize(
    ("months", "said"),
    [
        (None, "never"), (0.0, "at once"), (1.0, "after 1 month"), (0.1, "after 0.1 months"), (12.0, "after 12 months"),
        (123456.7, "after 123,456.7 months"),
    ],
)  # fmt: skip
def test_when_moving_pays(months, said):
    assert cost_options.pays(months, "never") == said


@pytest.mark.parametrize(
    ("difference", "whole", "said"),
    [
        ("1", "8", "+12.5 %"),
        ("-2", "3", "\u221266.7 %"),
        ("50", "2", "+2,500 %"),
        ("0", "5", "0.0 %"),
        ("3", "0", ""),
    ],
)
def test_a_difference_in_percent(difference, whole, said):
    assert cost_options.percent(difference, whole) == said


@given(NANO, st.integers(1, 10**15))
def test_amount_and_percent_of_a_difference_have_the_same_sign(nano, whole):
    difference = Decimal(nano) / 10**9
    amount = cost_options.signed(difference, "USD")
    share = cost_options.percent(difference, Decimal(whole) / 10**9)
    signs = ("+", "\u2212")
    assert [text[0] if text[0] in signs else "" for text in (amount, share)] == [
        "+" if nano > 0 else "\u2212" if nano < 0 else ""
    ] * 2


@pytest.mark.parametrize("provider", ["aws", "minio", "b2", "gcs"])
def test_how_to_act_is_a_command_that_a_shell_takes(provider):
    view = told(how=advice.abort_uploads(provider, "photo's", 7))
    assert shlex.split(view["command"])[0] in ("aws", "b2", "gcloud")
    assert "with {" not in view["command"]
    assert view["advice"].startswith("This replaces all rules of the bucket")
    if provider == "gcs":
        assert view["file"]["name"] == "rules.json"
        assert json.loads(view["file"]["content"])["rule"]
        assert view["command"].endswith("--lifecycle-file=rules.json")
    else:
        assert view["file"] is None


def test_advice_in_words_is_no_command():
    view = told(how="Pack small objects, with {care} in mind")
    assert (view["command"], view["file"], view["advice"]) == (
        "",
        None,
        "Pack small objects, with {care} in mind",
    )


def test_an_amount_that_can_not_be_known_is_none():
    assert told(amount=None)["money"] is None
    assert told()["money"]["text"] == "$1.00"


@pytest.mark.parametrize("kind", list(SavingKind))
def test_every_kind_of_saving_has_a_name(kind):
    assert compare_views.saving_name(kind) != kind


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [
        (compared.Alternative, cost_options.Alternative),
        (compared.MigrationCosts, cost_options.MigrationCosts),
        (compared.AccountComparison, cost_options.AccountComparison),
        (compared.Comparison, cost_options.Comparison),
        (compared.SavingFound, cost_options.Saving),
    ],
)
def test_the_client_knows_all_that_the_server_tells(theirs, ours):
    def names(struct):
        return {field.encode_name for field in msgspec.structs.fields(struct)}

    assert names(theirs) == names(ours)


@given(
    st.integers(0, 60),
    st.one_of(st.integers(0, 99).map(str), st.sampled_from(["", "-5", "x", "٣", "9" * 12])),
)
def test_pages_follow_each_other_and_none_is_empty(total, cursor):
    start, links = compare_views.page(total, cursor, 5)
    assert 0 <= start <= max(total - 1, 0)
    assert start % 5 == 0
    assert (links is None) == (total <= 5)
    if links:
        assert (links["first"], links["last"]) == (start + 1, min(start + 5, total))
        after = links["next"] and compare_views.page(total, links["next"], 5)[0]
        before = links["previous"] and compare_views.page(total, links["previous"], 5)[0]
        assert after == (start + 5 if start + 5 < total else None)
        assert before == (start - 5 if start else None)
