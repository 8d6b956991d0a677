"""`cost --compare` and `cost --savings`: what they ask of the server, and what they say."""

import pytest

COMPARISON, SAVINGS = "/api/costs/comparison", "/api/costs/savings"
NOW = {
    "provider": "aws", "region": "us-east-1", "title": "Amazon S3", "storageClass": "", "present": True, "total": "10.000000001",
    "currency": "USD", "parts": [{"kind": "storage", "amount": "10.000000001"}], "unpriced": [], "comparable": True, "unset": False,
    "estimated": [], "difference": "0.00", "migration": None, "breakEvenMonths": None, "reason": "this is how it is stored now", "sheets": [],
}  # fmt: skip
MOVING = {"total": "12.00", "leaving": "11.00", "writing": "1.00", "minimumDuration": None, "unpriced": []}
CHEAP = NOW | {
    "provider": "b2", "title": "Backblaze B2", "storageClass": "STANDARD", "present": False, "total": "6.00", "difference": "-4.000000001",
    "migration": MOVING, "breakEvenMonths": 3.0, "reason": "the migration is paid for by then",
}  # fmt: skip
DEAR = CHEAP | {
    "title": "Wasabi", "total": "11.00", "difference": "0.999999999", "breakEvenMonths": None, "reason": "never: it does not cost less",
    "migration": MOVING | {"unpriced": ["PutObject: the sheet does not say"]}, "unpriced": ["DeleteObjects: the sheet does not say"],
}  # fmt: skip
FOREIGN = CHEAP | {
    "title": "Shelf", "comparable": False, "total": "0.00", "unset": True, "difference": None, "breakEvenMonths": None,
    "reason": "not known: nobody entered a price",
}  # fmt: skip
ACCOUNT = {"account": "aws", "provider": "aws", "region": "us-east-1", "buckets": ["photos", "videos"], "items": [CHEAP, NOW, DEAR, FOREIGN]}  # fmt: skip
FOUND = {"month": "2026-11", "completed": "the rest is guessed", "accounts": [ACCOUNT]}
COMMAND = (
    "aws s3api put-bucket-lifecycle-configuration --bucket photos --lifecycle-configuration " + "x" * 200
)
UPLOADS = {
    "kind": "unfinished-uploads", "bucket": "photos", "amount": "0.0034", "currency": "USD", "confidence": "high", "why": "2 unfinished uploads.",
    "how": f"{COMMAND}\nThis replaces all rules.", "figures": {"uploads": 2},
}  # fmt: skip


def line(out, name):
    (found,) = [one for one in out.splitlines() if one.startswith(name)]
    return found


def test_alternatives_for_people(ran, server):
    server.answer("GET", COMPARISON, FOUND)
    said = ran("cost", "--compare", "--month", "2026-11")
    assert (said.status, said.err) == (0, "")
    assert server.asked[0].query == {"month": "2026-11"}
    for words in ("the rest is guessed", "photos, videos", "us-east-1", "$10.00 a month"):
        assert words in said.out
    cheap = line(said.out, "Backblaze B2")
    for words in ("STANDARD", "$6.00", "\u2212$4.00", "\u221240.0 %", "$12.00", "after 3 months"):
        assert words in cheap
    assert said.out.index("Backblaze B2") < said.out.index("Wasabi")


def test_what_is_not_known_is_never_an_amount(ran, server):
    server.answer("GET", COMPARISON, FOUND)
    out = ran("cost", "--compare").out
    dear = line(out, "Wasabi")
    for words in ("$11.00 + unknown", "+$1.00", "$12.00 + unknown", "never: it does not cost less"):
        assert words in dear
    apart = out.partition("Can not be compared:")[2]
    assert "nobody entered a price" in line(apart, "Shelf")
    assert "no price set" in line(apart, "Shelf")
    assert "$0.00" not in out
    assert "  DeleteObjects: the sheet does not say: Wasabi STANDARD" in out


@pytest.mark.parametrize(
    ("now", "said"),
    [
        ([], "there is no price sheet for it"),
        ([NOW | {"unset": True, "total": "0.00", "comparable": False}], "no price is set"),
        ([NOW | {"unpriced": ["GetObject: no"], "total": "0.00"}], "unknown a month"),
    ],
)
def test_a_present_without_a_price_is_told(ran, server, now, said):
    unknown = CHEAP | {"difference": None, "breakEvenMonths": None, "reason": "not known: see there"}
    server.answer("GET", COMPARISON, FOUND | {"accounts": [ACCOUNT | {"items": [unknown, *now]}]})
    out = ran("cost", "--compare").out
    assert said in line(out, "Costs now")
    assert "not known: see there" in line(out, "Backblaze B2")
    assert "$0.00" not in out


def test_an_account_without_a_whole_day_is_not_free(ran, server):
    empty = ACCOUNT | {"buckets": [], "items": [NOW | {"total": "0.00"}]}
    server.answer("GET", COMPARISON, FOUND | {"accounts": [empty]})
    out = ran("cost", "--compare").out
    assert "Account aws: no whole day" in out
    assert "$0.00" not in out


def test_programs_get_all_exactly(ran, server):
    server.answer("GET", COMPARISON, FOUND)
    assert ran("cost", "--compare", "--json").json == FOUND
    server.answer("GET", SAVINGS, {"items": [UPLOADS], "completed": "guessed"})
    assert ran("cost", "--savings", "--json").json == {"items": [UPLOADS], "completed": "guessed"}


def test_nothing_to_compare_or_to_save_says_what_to_do(ran, server):
    server.answer("GET", COMPARISON, FOUND | {"accounts": []})
    said = ran("cost", "--compare").out
    assert said.startswith("Nothing is known of 2026-11 that could be compared.")
    assert "storekeeper cost --calculate --compare" in said
    server.answer("GET", SAVINGS, {"items": [], "completed": ""})
    assert ran("cost", "--savings").out.startswith("Nothing to save is known.")


def test_savings_for_people_with_a_command_to_copy(ran, server):
    cold = UPLOADS | {"kind": "cold-data", "amount": None, "confidence": "low", "how": "Look."}
    server.answer("GET", SAVINGS, {"items": [UPLOADS, cold], "completed": "the rest is guessed"})
    said = ran("cost", "--savings")
    assert (said.status, said.err) == (0, "")
    for words in (
        "$0.0034 a month",
        "2 unfinished uploads.",
        "can not be known",
        "This replaces all rules.",
        "the rest is guessed",
    ):
        assert words in said.out
    assert f"  {COMMAND}\n" in said.out


def test_calculating_first_works_with_both(ran, server):
    server.answer("POST", "/api/monitoring/calculate-costs", {"runId": "r1"}, status=202)
    server.answer("GET", "/api/jobs/r1", {"id": "r1", "job": "calculate-costs", "status": "succeeded"})
    server.answer("GET", SAVINGS, {"items": [], "completed": ""})
    assert ran("cost", "--savings", "--calculate").status == 0
    assert [one.path for one in server.asked] == [
        "/api/monitoring/calculate-costs",
        "/api/jobs/r1",
        SAVINGS,
    ]


@pytest.mark.parametrize(
    "options",
    [
        ("--compare", "--savings"),
        ("--compare", "--bucket", "photos"),
        ("--compare", "--owner", "ann"),
        ("--compare", "--by", "day"),
        ("--savings", "--month", "2026-11"),
        ("--savings", "--explain"),
    ],
)
def test_what_makes_no_sense_together_is_wrong_use(ran, server, options):
    assert ran("cost", *options).status == 2
    assert server.asked == []
