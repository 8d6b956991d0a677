"""What pages and commands make of costs: money for reading, and tables that add up."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storekeeper.costs import views
from storekeeper.costs.model.report import CostReport, DayCosts, Part, Projection, SheetUsed
from storekeeper_client.costs import money

NANO = st.integers(-(10**15), 10**15)


def text(nano):
    return views.plain(Decimal(nano) / 10**9)


def report(**changes):
    fields = {
        "month": "2026-11", "bucket": "", "currency": "USD", "currencies": ["USD"], "month_to_date": "0.00", "daily_average": "0.00",
        "storage_charges": "0.00", "request_charges": "0.00", "egress_charges": "0.00", "other_charges": "0.00",
        "previous_month": "0.00", "projection": None, "estimated": False, "provenance": "calculated", "trend": [], "by_bucket": [],
        "by_storage_class": [], "by_operation": [], "by_kind": [], "by_owner": [], "unclassified": [], "sheets": [],
        "closed_at": None, "generated_at": datetime(2026, 11, 20, tzinfo=UTC),
    }  # fmt: skip
    return CostReport(**fields | changes)


def sheet(**changes):
    fields = {"id": "a", "title": "A", "source": "x", "read": date(2026, 11, 1), "age_days": 1, "stale": False, "trust": "quoted", "unset": False, "own": False}  # fmt: skip
    return SheetUsed(**fields | changes)


@pytest.mark.parametrize(
    ("amount", "written"),
    [
        ("0.00", "$0.00"),
        ("0.0034", "$0.0034"),
        ("0.000000001", "$0.000000001"),
        ("0.00006061", "$0.00006061"),
        ("0.1793286", "$0.1793"),
        ("0.5", "$0.50"),
        ("0.99999", "$1.00"),
        ("1.005", "$1.00"),
        ("1.015", "$1.02"),
        ("1234567.891", "$1,234,567.89"),
        ("-0.0034", "\u2212$0.0034"),
        ("-12", "\u2212$12.00"),
    ],
)
def test_money_is_rounded_for_reading(amount, written):
    assert money(amount, "USD") == written


def test_currencies_without_a_sign_are_named():
    assert (money("12", "EUR"), money("12", "CHF"), money("0.001", "JPY")) == (
        "€12.00",
        "12.00 CHF",
        "0.001 JPY",
    )


@given(NANO)
def test_what_is_read_is_near_what_is_exact_and_never_a_false_zero(nano):
    amount = Decimal(nano) / 10**9
    read = Decimal(money(amount, "USD").replace("$", "").replace(",", "").replace("\u2212", "-"))
    assert abs(read - amount) <= max(Decimal("0.005") if abs(amount) >= 1 else 0, abs(amount) / 1000)
    assert (read == 0) == (nano == 0)


@given(NANO)
def test_exact_amounts_have_no_exponent_and_lose_nothing(nano):
    written = text(nano)
    assert "E" not in written
    assert Decimal(written) * 10**9 == nano
    assert len(written.partition(".")[2]) >= 2


@given(
    st.lists(st.tuples(st.integers(-(10**6), 10**12), st.integers(0, 2)), max_size=30),
    st.integers(0, 10**12),
)
def test_lines_of_a_breakdown_add_up_to_the_whole(given_parts, left):
    parts = [
        Part(name=f"n{number}", amount=text(nano), share=0, unknown=unknown)
        for number, (nano, unknown) in enumerate(given_parts)
    ]
    whole = sum(nano for nano, _ in given_parts) + left
    found = report(month_to_date=text(whole), by_operation=parts, by_owner=parts)
    for table in views.breakdowns(found, {}, ()):
        if table["id"] in ("operation", "owner"):
            shown = sum((Decimal(row["money"]["exact"]) for row in table["rows"]), Decimal(0))
            assert shown == Decimal(table["total"]["exact"])
            assert all(0 <= row["share"] <= 1 for row in table["rows"])
            assert len(table["rows"]) <= views.ROWS + 2 + sum(1 for one in parts if one.unknown)


def test_what_has_no_known_price_is_never_shown_as_an_amount_nor_hidden():
    parts = [Part(name=f"b{number}", amount="1.00", share=0.05) for number in range(20)]
    parts.append(Part(name="DeleteObjects", amount="0.00", share=0, unknown=3))
    [table] = [one for one in views.breakdowns(report(month_to_date="20.00", by_operation=parts), {}, ()) if one["id"] == "operation"]  # fmt: skip
    [row] = [one for one in table["rows"] if one["name"] == "DeleteObjects"]
    assert row["is_unknown"]
    assert table["rows"][-1]["name"] == "10 others"


def test_names_lead_where_there_is_something():
    parts = [Part(name=name, amount="1.00", share=0.5) for name in ("photos", "gone", "")]
    owners = [Part(name=name, amount="1.00", share=0.5) for name in ("ann & bob", "team/ann", "")]
    tables = views.breakdowns(report(month_to_date="3.00", by_bucket=parts, by_owner=owners), {"bucket": "x"}, ["photos"])  # fmt: skip
    assert [row["href"] for row in tables[0]["rows"]] == ["/costs?month=2026-11&bucket=photos", "", ""]
    assert [row["href"] for row in tables[1]["rows"]] == ["/usage/owners/ann%20%26%20bob", "/usage?owner=team%2Fann", ""]  # fmt: skip
    assert tables[1]["rows"][2]["name"] == "(nobody)"
    assert tables[2]["csv"] == (
        "/api/admin/metrics/costs?month=2026-11&bucket=x&currency=USD&format=csv&table=byStorageClass"
    )


def test_cards_tell_the_month_before_and_the_interval():
    found = report(
        month_to_date="4.00", previous_month="1234.5", storage_charges="1.00", request_charges="3.00",
        projection=Projection(amount="9.00", low="8.00", high="10.00", coverage=0.8, method="by days", learnt_from_days=3),
    )  # fmt: skip
    cards = {card["label"]: card for card in views.cards(found, date(2026, 11, 20))}
    assert list(cards) == [
        "Month to date",
        "Projection of the month",
        "Daily average",
        "Storage",
        "Requests",
        "Egress",
    ]
    assert cards["Month to date"]["note"] == "October 2026: $1,234.50"
    assert cards["Projection of the month"]["note"] == "$8.00 to $10.00 in 80 % of cases"
    assert cards["Requests"]["note"] == "75.0 % of the whole"
    assert views.cards(found, date(2026, 12, 1))[0]["label"] == "November 2026"


@pytest.mark.parametrize(("amount", "unset"), [("0.00", True), ("1.00", False)])
def test_a_zero_that_stands_for_no_price_is_not_shown_as_one(amount, unset):
    found = report(month_to_date=amount, sheets=[sheet(), sheet(unset=True)])
    assert views.cards(found, date(2026, 11, 20))[0]["unset"] is unset


def test_the_chart_is_of_the_whole_month_with_gaps_where_a_day_is_not_known():
    days = [
        DayCosts(day=date(2026, 11, day), amount="1.00", storage="1.00", requests="0.00", egress="0.00", other="0.00")
        for day in (2, 4)
    ]  # fmt: skip
    chart = views.by_day(report(trend=days))
    assert [time[:10] for time in chart["times"]] == [f"2026-11-{day:02}" for day in range(1, 31)]
    assert chart["series"][0] == {"name": "Storage", "values": [None, 1.0, None, 1.0] + 26 * [None]}


def test_months_to_choose_from_include_the_one_that_is_shown():
    offered = [one["value"] for one in views.months(date(2026, 1, 31), "2026-01")]
    assert (offered[0], offered[1], offered[-1], len(offered)) == ("2026-01", "2025-12", "2025-01", 13)
    assert [one["value"] for one in views.months(date(2026, 1, 31), "2020-2")][-1] == "2020-02"
