"""Figures of different provenance side by side: nothing is added up across, lines add up to the whole, causes are told."""

import re
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storekeeper.costs.invoices import causes, comparing, layouts, reading, reported
from storekeeper.costs.invoices.causes import Known
from storekeeper.costs.invoices.comparing import Figure, Side
from storekeeper.costs.invoices.model import Category
from storekeeper.costs.invoices.reconciliation import BilledApart
from storekeeper.costs.invoices.taking import Taking

HOW_TO = Path(__file__).parents[4] / "docs" / "how-to" / "check-an-invoice.md"
KNOWN = Known(
    currency="USD", under_way=False, expected=30, days={"photos": 30}, not_watched={}, not_invoiced=(), unassigned=Decimal(0),
    unknown_prices=0, unset=(), stale=(), is_sampled=False, is_estimated=False, apart=(), invoiced=True,
)  # fmt: skip
AMOUNTS = st.decimals(min_value=-1000, max_value=1000, places=9)
FIGURES = st.builds(
    Figure, st.sampled_from(Side), st.just("aws"), st.just("USD"), st.sampled_from(["photos", "videos", ""]),
    st.sampled_from(comparing.GROUPS), AMOUNTS, st.sampled_from([Category.USAGE, Category.USAGE, Category.TAX]),
)  # fmt: skip


@given(st.lists(FIGURES, max_size=30))
def test_lines_of_each_table_add_up_to_the_whole_of_each_side(figures):
    known = [
        side for side in Side if any(one.side is side and one.category is Category.USAGE for one in figures)
    ]
    whole = comparing.sides(figures, known)
    parts = comparing.parts(figures, known)
    for by in ("kind", "bucket"):
        for name in ("calculated", "reported", "invoiced", "difference"):
            told = [
                Decimal(getattr(one, name))
                for one in parts
                if one.by == by and getattr(one, name) is not None
            ]
            assert sum(told) == Decimal(whole[name] or 0)


@given(st.lists(FIGURES, max_size=30), AMOUNTS)
def test_a_side_says_nothing_of_another(figures, amount):
    """More of one changes its own figure only, and the difference where it is part of it."""
    before = comparing.sides(figures, list(Side))
    extra = Figure(Side.REPORTED, "aws", "USD", "photos", "storage", amount)
    after = comparing.sides([*figures, extra], list(Side))
    assert {name for name in before if before[name] != after[name]} <= {"reported"}


def test_what_is_billed_beside_usage_is_compared_with_nothing():
    tax = Figure(Side.INVOICED, "aws", "USD", "", "other", Decimal("1.43"), Category.TAX)
    assert comparing.sides([tax], [Side.INVOICED])["invoiced"] is None
    assert comparing.parts([tax], [Side.INVOICED]) == []
    assert comparing.apart([tax]) == [BilledApart(category="tax", amount="1.43")]


def test_a_share_of_nothing_is_none():
    assert comparing.percent(Decimal(1), Decimal(0)) is None
    assert comparing.percent(Decimal("-0.2"), Decimal("7.5")) == -2.67
    assert comparing.percent(Decimal(1), Decimal(-4)) == 25.0


def test_the_worked_example_is_true(tmp_path):
    """The bill of the how-to, against what it says was calculated."""
    page = HOW_TO.read_text()
    bill = re.search(r"^```csv\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)[1].encode()
    told = re.findall(
        r"^\| ([a-z ]+) \| ([\d.]+) \| ([\d.]+) \| (-?[\d.]+) \| (-?[\d.]+) % \|$", page, re.MULTILINE
    )
    mapping = re.findall(
        r"--map (\w+=\w+)",
        re.search(r"import bill\.csv.*?```", page[: page.index("worked example")], re.DOTALL)[0],
    )
    layout = layouts.mapped(layouts.CSV, mapping)
    with (tmp_path / "bill.csv").open("w+b") as file:
        file.write(bill)
        file.seek(0)
        with reading.opened(file, tmp_path) as opened:
            taking = Taking(layout, opened, {"provider": "aws", "currency": "USD"}, mapping)
            lines = [line for part in taking.parts() for found in part.values() for line in found]
    assert (taking.bad, len(lines)) == ([], 4)
    figures = [
        Figure(Side.INVOICED, "aws", "USD", line.resource, line.kind, line.amount, line.category)
        for line in lines
    ]
    for group, amount in (("storage", "2.30"), ("requests", "5.00")):
        figures.append(Figure(Side.CALCULATED, "aws", "USD", "photos", group, Decimal(amount)))
    both = [Side.CALCULATED, Side.INVOICED]
    parts = {
        ("bucket " if one.by == "bucket" else "") + one.name: one for one in comparing.parts(figures, both)
    }
    found = {
        name: (one.calculated, one.invoiced, one.difference, one.difference_percent)
        for name, one in parts.items()
    }
    whole = comparing.sides(figures, both)
    found["all"] = (whole["calculated"], whole["invoiced"], whole["difference"], whole["difference_percent"])
    assert found == {name: (one, two, three, float(four)) for name, one, two, three, four in told}
    (gathered,) = taking.keys.values()
    assert sum(gathered.sums.values()) == Decimal("7.93")
    assert "comes to 7.93" in page


@pytest.mark.parametrize(
    ("changes", "cause", "words"),
    [
        ({"under_way": True}, "month-under-way", "under way"),
        ({"days": {"photos": 30, "videos": 29}}, "missing-days", "videos (29 of 30 days known)"),
        (
            {"not_watched": {"attic": Decimal("1.5"), "loft": Decimal(7)}},
            "not-watched",
            "loft (7.00 USD), attic (1.50 USD)",
        ),
        ({"not_invoiced": ["photos"]}, "not-invoiced", "but not photos"),
        ({"unassigned": Decimal("0.5")}, "unassigned", "0.50 USD of the invoice names no bucket"),
        ({"unknown_prices": 3}, "unknown-price", "in no calculated sum: 3"),
        ({"unset": ["Shelf"]}, "no-price-set", "Shelf"),
        ({"stale": [f"s{n}" for n in range(7)]}, "stale-prices", "s4 and 2 more"),
        ({"is_sampled": True}, "sampled", "sample"),
        ({"is_estimated": True}, "estimated", "assumed"),
        ({"apart": [BilledApart(category="tax", amount="1.43")]}, "apart", "tax 1.43 USD"),
    ],
)
def test_each_cause_is_told_alone(changes, cause, words):
    (found,) = causes.likely(KNOWN._replace(**changes))
    assert found.cause == cause
    assert words in found.detail
    assert causes.likely(KNOWN) == []


def row(**changes):
    return {
        "day": date(2026, 11, 10), "bucket_id": "b", "source": "cloudwatch", "resolution": 3600, "operation": "GetRequests", "detail": "",
        "is_total": 0, "requests": 10.0, "errors": None, "bytes_out": None, "objects": None, "bytes": None,
    } | changes  # fmt: skip


def test_what_providers_report_becomes_facts():
    rows = [
        row(),
        row(resolution=60, requests=9.0),  # the same in shorter windows
        row(operation="AllRequests", is_total=1, requests=50.0),
        row(operation="BytesDownloaded", requests=None, bytes_out=1000.0),
        row(operation="4xxErrors", requests=None, errors=3.0),
        row(operation="BucketSizeBytes", detail="StandardStorage", requests=None, bytes=500.0),
        row(operation="NumberOfObjects", requests=None, objects=5.0),
        row(source="ceph-usage", operation="PutObject", detail="ann", requests=4.0, errors=1.0),
        row(source="r2-analytics", operation="ListObjectsV2", detail="InfrequentAccess", requests=2.0),
    ]
    stored, asked = reported.facts(rows)
    ((held),) = stored
    assert (held.storage_class, held.byte_hours, held.peak_bytes, held.provenance) == (
        "STANDARD",
        12_000,
        500,
        "provider-reported",
    )
    told = [
        (
            one.operation,
            one.storage_class,
            one.succeeded,
            one.client_errors,
            one.bytes_out,
            one.bytes_retrieved,
        )
        for one in asked
    ]
    assert told == [
        ("GetObject", "", 10, 0, 0, 0),
        ("GetObject", "", 0, 0, 1000, 1000),
        ("PutObject", "", 3, 1, 0, 0),
        ("ListObjectsV2", "STANDARD_IA", 2, 0, 0, 0),
    ]
