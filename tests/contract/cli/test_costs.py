"""`cost` and `prices`: what they ask of the server, and what they say."""

from decimal import Decimal

import pytest

from storekeeper.cli import costs

COSTS, OWN, CHARGES = "/api/admin/metrics/costs", "/api/user/storage/costs", "/api/costs/charges"
PRICES, CALCULATE = "/api/prices", "/api/monitoring/calculate-costs"
SHEET = {
    "id": "folder/*/undated", "title": "Shelf", "source": "our books", "read": "2026-01-20", "ageDays": 305, "stale": True,
    "trust": "verified", "unset": False, "own": True,
}  # fmt: skip
PARTS = [
    {"name": "photos", "amount": "1.000000001", "share": 0.8, "estimated": True, "unknown": 2},
    {"name": "videos", "amount": "0.25", "share": 0.2},
]
FOUND = {
    "month": "2026-11", "bucket": "", "currency": "EUR", "currencies": ["EUR"], "monthToDate": "1.250000001",
    "dailyAverage": "0.625", "storageCharges": "1.20", "requestCharges": "0.050000001", "egressCharges": "0.00",
    "otherCharges": "0.00", "previousMonth": "2.00", "estimated": True, "provenance": "calculated",
    "projection": {"amount": "9.00", "low": "8.00", "high": "10.00", "coverage": 0.8, "method": "guessed", "learntFromDays": 2},
    "trend": [{"day": "2026-11-01", "amount": "1.250000001", "storage": "1.20", "requests": "0.050000001", "egress": "0.00", "other": "0.00"}],
    "byBucket": PARTS, "byOwner": [{"name": "", "amount": "1.250000001", "share": 1}], "byStorageClass": [], "byKind": [],
    "byOperation": [{"name": "GetObject", "amount": "0.05", "share": 0.04}, {"name": "DeleteObjects", "amount": "0.00", "unknown": 1}],
    "unclassified": ["DeleteObjects"], "sheets": [SHEET], "generatedAt": "2026-11-20T12:00:00Z",
}  # fmt: skip
CHARGE = {
    "day": "2026-11-01", "bucket": "photos", "storageClass": "STANDARD", "operation": "GetObject", "operationClass": "B",
    "kind": "requests", "amount": "0.0000005", "currency": "EUR", "unitPrice": "0.0005", "quantity": "0.001", "unit": "1,000 requests",
    "provenance": "measured", "sheet": "folder/*/undated", "trust": "verified", "estimated": [], "sentence": "1 request × 0.0005 EUR = 0.0000005 EUR.",
}  # fmt: skip
RUN = {"id": "r1", "job": "calculate-costs", "status": "succeeded"}


@pytest.fixture
def answered(server):
    server.answer("GET", COSTS, FOUND)
    return server


def test_a_month_for_people(ran, answered):
    said = ran("cost", "--month", "2026-11", "--bucket", "photos")
    assert (said.status, said.err) == (0, "")
    for words in (
        "€1.25 (the month before: €2.00)", "€9.00, €8.00 to €10.00 in 80 % of cases", "DeleteObjects: in no sum",
        "Shelf, read 2026-01-20, verified (your own, stale)", "80.0 %", "estimated, and unknown prices", "1 known day",
    ):  # fmt: skip
        assert words in said.out
    assert answered.asked[0].query == {"month": "2026-11", "bucket": "photos"}


def test_lines_are_those_of_the_server_and_what_is_left(ran, answered):
    out = ran("cost", "--by", "operation").out
    rows = {line.split("  ")[0]: line.split()[-1] for line in out.splitlines() if line}
    assert rows["DeleteObjects"] == "unknown"
    assert rows["(without an operation)"] == "€1.20"
    assert rows["Total"] == "€1.25"
    assert "(none)" in ran("cost", "--by", "owner").out
    days = ran("cost", "--by", "day").out
    assert "2026-11-01" in days
    assert "€0.05" in days


def test_many_lines_are_summed_up(ran, server):
    parts = [{"name": f"b{number:02}", "amount": "1.00", "share": 0.02} for number in range(50)]
    server.answer("GET", COSTS, FOUND | {"byBucket": parts, "monthToDate": "50.00"})
    out = ran("cost").out
    assert "(30 others)" in out
    assert "€30.00" in out
    assert "b20" not in out


def test_a_month_for_programs_is_exact(ran, answered):
    assert ran("cost", "--json").json["monthToDate"] == "1.250000001"
    found = ran("cost", "--by", "bucket", "--json").json["items"]
    assert sum(Decimal(one["amount"]) for one in found) == Decimal("1.250000001")
    assert [one["day"] for one in ran("cost", "--by", "day", "--json").json["items"]] == ["2026-11-01"]


def test_what_nobody_entered_a_price_for_is_said(ran, server):
    server.answer("GET", COSTS, FOUND | {"sheets": [SHEET | {"unset": True}]})
    assert "Shelf: counts as zero until you enter a price" in ran("cost").out


def test_a_month_of_which_nothing_is_known_says_what_to_do(ran, server):
    server.answer("GET", COSTS, FOUND | {"trend": []})
    said = ran("cost")
    assert said.out.startswith("Nothing is known of 2026-11 yet.")
    assert "storekeeper cost --calculate" in said.out


def test_one_owner(ran, server):
    server.answer(
        "GET", OWN,
        {"month": "2026-11", "owner": "ann", "currency": "USD", "monthToDate": "1.25", "byBucket": PARTS[1:], "byKind": [], "rule": "shared"},
    )  # fmt: skip
    out = ran("cost", "--owner", "ann").out
    assert "$1.25" in out
    assert "videos" in out
    assert server.asked[0].query == {"owner": "ann"}
    assert ran("cost", "--owner", "ann", "--by", "kind", "--json").json == {"items": []}
    assert "No charge is known" in ran("cost", "--owner", "ann", "--by", "kind").out


@pytest.mark.parametrize(
    "options",
    [
        ("--owner", "ann", "--bucket", "photos"),
        ("--owner", "ann", "--by", "day"),
        ("--owner", "ann", "--explain"),
        ("--explain", "--by", "day"),
        ("--by", "mood"),
        ("--limit", "0"),
    ],
)
def test_what_makes_no_sense_together_is_wrong_use(ran, server, options):
    assert ran("cost", *options).status == 2
    assert server.asked == []


def test_a_refusal_is_told_with_its_hint(ran, server):
    problem = {"type": "/problems/bad-month", "title": "Not a month", "status": 400, "detail": "'x' is not a month.", "hint": "Write it as 2026-11."}  # fmt: skip
    server.answer("GET", COSTS, problem, status=400)
    said = ran("cost", "--month", "x")
    assert said.status == 2
    assert "'x' is not a month." in said.err
    assert "Write it as 2026-11." in said.err


def test_charges_are_explained_page_by_page_up_to_the_limit(ran, server):
    server.answer("GET", CHARGES, {"items": [CHARGE, CHARGE | {"amount": None}], "nextCursor": "2"})
    server.answer("GET", CHARGES, {"items": [CHARGE], "nextCursor": "3"})
    said = ran("cost", "--explain", "--limit", "3")
    assert said.status == 0
    assert "1 request × 0.0005 EUR" in said.out
    assert "€0.0000005" in said.out
    assert "unknown" in said.out
    assert "The first 3 charges" in said.err
    assert [one.query.get("cursor", "") for one in server.asked] == ["", "2"]
    assert [one.query["limit"] for one in server.asked] == ["3", "1"]
    found = ran("cost", "--explain", "--limit", "1", "--json").json
    assert (found["items"][0]["amount"], found["nextCursor"]) == ("0.0000005", "3")


def test_calculating_waits_and_then_shows(ran, answered, monkeypatch):
    monkeypatch.setattr(costs, "PAUSE", 0)
    answered.answer("POST", CALCULATE, {"runId": "r1"}, status=202)
    answered.answer("GET", "/api/jobs/r1", RUN | {"status": "running"})
    answered.answer("GET", "/api/jobs/r1", RUN | {"status": "retrying", "error": "the disk is full"})
    answered.answer("GET", "/api/jobs/r1", RUN)
    said = ran("cost", "--calculate")
    assert said.status == 0
    assert "It will be tried again after this: the disk is full" in said.err
    assert "€1.25" in said.out


def test_a_calculation_that_is_under_way_is_joined(ran, answered):
    problem = {"type": "/problems/conflict", "title": "Conflict", "status": 409, "detail": "under way", "runId": "r1"}  # fmt: skip
    answered.answer("POST", CALCULATE, problem, status=409)
    answered.answer("GET", "/api/jobs/r1", RUN)
    assert ran("cost", "--calculate").status == 0


def test_a_calculation_that_failed_ends_so(ran, answered):
    answered.answer("POST", CALCULATE, {"runId": "r1"}, status=202)
    answered.answer("GET", "/api/jobs/r1", RUN | {"status": "dead", "error": "no room"})
    said = ran("cost", "--calculate")
    assert (said.status, said.out) == (1, "")
    assert "no room" in said.err
    assert "storekeeper job show r1" in said.err


def test_prices_and_what_is_wrong_with_ones_own(ran, server):
    listed = SHEET | {"provider": "folder", "region": "*", "currency": "EUR", "effectiveFrom": None, "effectiveUntil": "2027-01-01", "file": "a.toml"}  # fmt: skip
    server.answer("GET", PRICES, {"items": [listed], "problems": []})
    said = ran("prices")
    assert (said.status, said.err) == (0, "")
    for words in ("Shelf", "folder", "2027-01-01", "EUR", "verified", "your own, stale"):
        assert words in said.out
    server.answer("GET", PRICES, {"items": [listed], "problems": [{"file": "b.toml", "line": 4, "message": "unknown key 'price'"}]})  # fmt: skip
    said = ran("prices")
    assert said.status == 1
    assert "Left out: b.toml, line 4: unknown key 'price'" in said.err
    assert ran("prices", "--json").json["problems"][0]["line"] == 4
