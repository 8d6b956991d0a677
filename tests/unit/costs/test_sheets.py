"""Reading price sheets: those of the package, one's own beside them, and bad ones, each refused with its line."""

from datetime import date, timedelta

import pytest

from storekeeper.costs import sheets
from storekeeper.costs.model import Period, Trust, Unit
from storekeeper.costs.rules.periods import is_stale
from storekeeper.costs.sheets.lines import line_of, locate

GOOD = """\
provider = "acme"
region = "*"
title = "Acme"
currency = "USD"
source = "https://acme.example/prices"
read = 2026-11-20
trust = "quoted"
default_storage_class = "STANDARD"
class_blind = ["ListObjects"]

[storage]
unit = "GB"
period = "byte-hours-month"

[[operation_class]]
name = "A"
operations = [
    "PutObject",
    "ListObjects",
]

[[operation_class]]
name = "free"
free = true
operations = ["DeleteObject"]

[[storage_class]]
name = "STANDARD"
title = "Standard"

[[storage_class.tier]]
up_to = "50 TB"
price = "0.02"

[[storage_class.tier]]
above = "50 TB"
price = "0.01 USD"

[[storage_class.requests]]
class = "A"
price = "0.005"
per = 1_000

[egress]
unit = "GB"

[[egress.tier]]
price = "0.09"
"""


def line(text, part):
    """The number of the first line that has this in it."""
    return next(number for number, found in enumerate(text.splitlines(), 1) if part in found)


TIERS = GOOD[GOOD.index("[[storage_class.tier]]") : GOOD.index("[[storage_class.requests]]")]


def bad(old, new, marked, *, without=""):
    """The good sheet with one thing changed, and the line that is to be named: the first with `marked`."""
    assert old in GOOD
    text = GOOD.replace(without, "").replace(old, new, 1)
    return text, line(text, marked)


BAD = {
    "gap between tiers": (*bad('above = "50 TB"', 'above = "60 TB"', "60 TB"), "gap"),
    "tiers overlap": (*bad('above = "50 TB"', 'above = "40 TB"', "40 TB"), "overlap"),
    "overlap with a tier that has no end": (
        *bad('up_to = "50 TB"\nprice = "0.02"', 'price = "0.02"', 'above = "50 TB"'),
        "has no end",
    ),
    "gap below the first tier": (*bad('up_to = "50 TB"', 'above = "1 GB"\nup_to = "50 TB"', "1 GB"), "gap"),
    "gap above the last tier": (
        *bad('above = "50 TB"\n', 'above = "50 TB"\nup_to = "90 TB"\n', "90 TB"),
        "gap: nothing covers what is above",
    ),
    "tier that ends before it begins": (*bad('up_to = "50 TB"', 'up_to = "0 B"', '"0 B"'), "ends above"),
    "tier with neither price nor unknown": (
        *bad('[[egress.tier]]\nprice = "0.09"', "[[egress.tier]]", "[[egress.tier]]"),
        "either a price or unknown",
    ),
    "tier with both": (*bad('price = "0.09"', 'price = "0.09"\nunknown = true', "[[egress.tier]]"), "either"),
    "egress without a tier": (
        *bad('[[egress.tier]]\nprice = "0.09"', "tier = []", "[egress]"),
        "has no tier",
    ),
    "negative price": (*bad('"0.09"', '"-0.09"', "-0.09"), "not negative"),
    "price that is no text": (*bad('"0.09"', "0.09", "0.09"), "in quotes"),
    "price that is no number": (*bad('"0.09"', '"cheap"', "cheap"), "not a price"),
    "price in another currency": (*bad('"0.09"', '"0.09 EUR"', "EUR"), "EUR on a sheet in USD"),
    "unknown currency": (*bad('currency = "USD"', 'currency = "Dollar"', "Dollar"), "ISO 4217"),
    "unknown unit": (*bad('unit = "GB"', 'unit = "gigs"', "gigs"), "Invalid enum value 'gigs'"),
    "unknown period": (*bad('"byte-hours-month"', '"yearly"', "yearly"), "Invalid enum value 'yearly'"),
    "unknown trust": (*bad('trust = "quoted"', 'trust = "sure"', "sure"), "Invalid enum value 'sure'"),
    "size without a unit": (*bad('up_to = "50 TB"', 'up_to = "50 Tera"', "Tera"), "not a size"),
    "size that is no text": (*bad('up_to = "50 TB"', "up_to = 50", "up_to = 50"), "not a size"),
    "operation in two classes": (
        *bad('["DeleteObject"]', '["DeleteObject", "PutObject"]', '"DeleteObject", '),
        "A and again",
    ),
    "operation twice in a class": (
        *bad('    "ListObjects",\n]', '    "ListObjects",\n    "PutObject", # here\n]', "here"),
        "again in class A",
    ),
    "no name of an operation": (*bad('    "PutObject",', '    "put object",', "put object"), "not the name"),
    "class-blind operation without a price": (
        *bad('class_blind = ["ListObjects"]', 'class_blind = ["DeleteObject"]', "class_blind"),
        "no operation class that has a price",
    ),
    "unknown key": (*bad("per = 1_000", "per = 1_000\nfrei = 5", "frei"), "unknown key 'frei'"),
    "unknown table": (*bad("[egress]", "[ingress]\nx = 1\n\n[egress]", "[ingress]"), "unknown key 'ingress'"),
    "missing key": (
        *bad("per = 1_000\n", "", "[[storage_class.requests]]"),
        "'per' of storage_class.requests is missing",
    ),
    "missing key of the sheet": (*bad('trust = "quoted"\n', "", 'provider = "acme"'), "'trust' is missing"),
    "nothing to divide by": (*bad("per = 1_000", "per = 0", "per = 0"), "Expected `int` >= 1"),
    "date that is no date": (
        *bad("read = 2026-11-20", 'read = "soon"', "soon"),
        "Invalid RFC3339 encoded date",
    ),
    "end before the beginning": (
        *bad(
            "read =", "effective_from = 2026-05-01\neffective_until = 2026-05-01\nread =", "effective_until"
        ),
        "is not after",
    ),
    "unknown default storage class": (
        *bad('default_storage_class = "STANDARD"', 'default_storage_class = "COLD"', "COLD"),
        "no storage class 'COLD'",
    ),
    "minimum without a price": (
        *bad('unit = "GB"\nperiod', 'unit = "GB"\nminimum = "1 TB"\nperiod', "minimum", without=TIERS),
        "has no price for it",
    ),
    "storage class twice": (
        *bad("[egress]", '[[storage_class]]\ntitle = "Again"\nname = "STANDARD" # here\n\n[egress]', "here"),
        "there already",
    ),
    "price of an unknown class": (*bad('class = "A"', 'class = "Z"', '"Z"'), "no operation class 'Z'"),
    "price of a free class": (*bad('class = "A"', 'class = "free"', 'class = "free"'), "is free"),
    "price twice": (
        *bad(
            "[egress]",
            '[[storage_class.requests]]\nper = 1\nprice = "1"\nclass = "A" # here\n\n[egress]',
            "here",
        ),
        "has a price already",
    ),
    "not TOML": (*bad("per = 1_000", "per = 1_000_", "1_000_"), "not TOML"),
}


@pytest.mark.parametrize(("text", "number", "message"), BAD.values(), ids=BAD)
def test_a_bad_sheet_is_refused_with_the_line(text, number, message):
    with pytest.raises(sheets.PriceSheetError) as caught:
        sheets.read_sheet(text, "acme.toml")
    problem = caught.value.problems[0]
    assert (problem.file, problem.line) == ("acme.toml", number)
    assert message in problem.message
    assert f"acme.toml, line {number}: " in caught.value.detail
    assert caught.value.problem()["problems"][0]["line"] == number


def test_all_that_is_wrong_is_told_at_once():
    text = GOOD.replace('above = "50 TB"', 'above = "60 TB"').replace('["DeleteObject"]', '["PutObject"]')
    with pytest.raises(sheets.PriceSheetError) as caught:
        sheets.read_sheet(text, "acme.toml")
    assert [problem.line for problem in caught.value.problems] == [
        line(text, '["PutObject"]'),
        line(text, "60 TB"),
    ]


def test_the_end_of_an_unfinished_file_is_its_last_line():
    with pytest.raises(sheets.PriceSheetError, match="line 2: not TOML"):
        sheets.read_sheet('provider = "acme"\nregion = [', "acme.toml")
    with pytest.raises(sheets.PriceSheetError, match=r"line 1: the key .* is missing"):
        sheets.read_sheet("", "acme.toml")


def test_a_good_sheet_is_read():
    sheet = sheets.read_sheet(GOOD, "acme.toml")
    assert sheet.id == "acme/*/undated"
    assert (sheet.storage.unit, sheet.storage.period) == (Unit.GB, Period.BYTE_HOURS_MONTH)
    assert [(tier.above, tier.up_to, str(tier.price)) for tier in sheet.storage_class[0].tier] == [
        (0, 50 * 10**12, "0.02"),
        (50 * 10**12, None, "0.01"),
    ]


def test_every_value_has_its_line():
    lines = locate(GOOD)
    assert lines["storage_class", 0, "tier", 1, "price"] == line(GOOD, "0.01 USD")
    assert lines["operation_class", 0, "operations", 1] == line(GOOD, '    "ListObjects"')
    assert lines["operation_class", 1, "operations", 0] == line(GOOD, '["DeleteObject"]')
    assert line_of(("egress", "tier", 0, "no such key"), lines) == line(GOOD, "[[egress.tier]]")
    assert line_of(("no such table",), lines) == 1
    twice = GOOD + '\n[[storage_class]]\nname = "COLD"\n\n[[storage_class.tier]]\nprice = "7"\n'
    assert locate(twice)["storage_class", 1, "tier", 0, "price"] == line(twice, '"7"')


class TestPackage:
    def test_each_provider_has_a_sheet(self):
        book = sheets.load()
        assert not book.problems
        assert {one.sheet.provider for one in book.entries} == {
            "aws", "b2", "gcs", "r2", "self-hosted", "wasabi",
        }  # fmt: skip
        assert not any(one.own for one in book.entries)

    def test_prices_that_changed_are_side_by_side(self):
        book = sheets.load()
        found = {
            (provider, day.isoformat()): str(book.choose(provider, "any", day).storage_class[0].tier[0].price)
            for provider, change in (("b2", date(2026, 5, 1)), ("wasabi", date(2026, 7, 1)))
            for day in (change - timedelta(1), change)
        }
        assert found == {
            ("b2", "2026-04-30"): "6.00",
            ("b2", "2026-05-01"): "6.95",
            ("wasabi", "2026-06-30"): "6.99",
            ("wasabi", "2026-07-01"): "7.99",
        }

    @pytest.mark.parametrize("provider", ["minio", "ceph", "folder", "memory", "self-hosted"])
    def test_storage_of_one_s_own_is_unset_and_not_free(self, provider):
        sheet = sheets.load().choose(provider, "", date(2026, 11, 1))
        assert sheet.unset
        assert "not because it is free" in sheet.notes

    def test_a_region_without_a_sheet_has_no_prices(self):
        book = sheets.load()
        assert book.choose("aws", "us-east-1", date(2026, 11, 1)) is not None
        assert book.choose("aws", "eu-central-1", date(2026, 11, 1)) is None
        assert book.choose("digitalocean", "fra1", date(2026, 11, 1)) is None

    def test_what_is_not_verified_says_so(self):
        (aws,) = (one.sheet for one in sheets.load().entries if one.sheet.provider == "aws")
        assert aws.trust is Trust.QUOTED
        assert [tier.trust for tier in aws.storage_class[0].tier] == [
            None,
            Trust.UNVERIFIED,
            Trust.UNVERIFIED,
        ]

    def test_a_sheet_is_stale_after_180_days(self):
        sheet = sheets.load().choose("r2", "auto", date(2026, 11, 20))
        assert not is_stale(sheet, sheet.read + timedelta(180))
        assert is_stale(sheet, sheet.read + timedelta(181))


class TestOwn:
    def own(self, folder, name, text):
        (folder / name).write_text(text)
        return sheets.load(folder)

    def test_the_same_period_replaces_ours(self, tmp_path):
        text = sheets.load().find("r2/*/undated").text.replace('price = "0.015"', 'price = "0.012"')
        book = self.own(tmp_path, "cheaper.toml", text)
        assert str(book.choose("r2", "auto", date(2026, 11, 1)).storage_class[0].tier[0].price) == "0.012"
        assert [(one.file, one.own) for one in book.entries if one.sheet.provider == "r2"] == [
            ("cheaper.toml", True)
        ]
        assert book.find("r2/*/undated").digest != sheets.load().find("r2/*/undated").digest

    def test_another_period_is_added(self, tmp_path):
        text = GOOD.replace('"acme"', '"b2"').replace("read =", "effective_from = 2026-10-01\nread =")
        book = self.own(tmp_path, "b2.toml", text)
        assert [one.id for one in book.series("b2", "")] == [
            "b2/*/undated",
            "b2/*/2026-05-01",
            "b2/*/2026-10-01",
        ]
        assert book.choose("b2", "", date(2026, 9, 30)).title == "Backblaze B2"
        assert book.choose("b2", "", date(2026, 10, 1)).title == "Acme"

    def test_a_region_of_its_own_wins_over_all_regions(self, tmp_path):
        book = self.own(tmp_path, "eu.toml", GOOD.replace('"acme"', '"r2"').replace('"*"', '"eu"'))
        assert [sheet.title for sheet in book.series("r2", "eu")] == ["Acme"]
        assert book.choose("r2", "auto", date(2026, 11, 1)).title == "Cloudflare R2"

    def test_a_bad_file_is_left_out_and_told_of(self, tmp_path):
        (tmp_path / "good.toml").write_text(GOOD)
        (tmp_path / "latin.toml").write_bytes(b"title = '\xe9'")
        (tmp_path / "notes.txt").write_text("not a sheet")
        book = self.own(tmp_path, "bad.toml", GOOD.replace("per = 1_000", "per = 0"))
        assert [(one.file, one.line) for one in book.problems] == [
            ("bad.toml", line(GOOD, "per = 1_000")),
            ("latin.toml", 1),
        ]
        assert book.choose("acme", "", date(2026, 11, 1)).title == "Acme"

    def test_without_a_folder_there_are_ours(self, tmp_path):
        assert len(sheets.load(tmp_path / "prices").entries) == len(sheets.load().entries)

    @pytest.mark.parametrize(
        ("first", "second", "key", "message"),
        [
            ("", "", 'provider = "acme"', "has no effective_from"),
            (
                "effective_from = 2026-05-01",
                "effective_from = 2026-05-01",
                "effective_from",
                "holds from 2026-05-01",
            ),
            (
                "effective_until = 2026-07-01",
                "effective_from = 2026-06-30",
                "effective_from",
                "overlaps with a.toml",
            ),
        ],
    )
    def test_periods_that_overlap_are_refused(self, tmp_path, first, second, key, message):
        (tmp_path / "a.toml").write_text(GOOD.replace("read =", f"{first}\nread ="))
        text = GOOD.replace("read =", f"{second}\nread =")
        (problem,) = self.own(tmp_path, "b.toml", text).problems
        assert (problem.file, problem.line) == ("b.toml", line(text, key))
        assert message in problem.message
        with pytest.raises(sheets.PriceSheetError, match=message):
            sheets.load_strictly(tmp_path)

    def test_periods_that_touch_do_not_overlap(self, tmp_path):
        (tmp_path / "a.toml").write_text(GOOD.replace("read =", "effective_until = 2026-07-01\nread ="))
        book = self.own(tmp_path, "b.toml", GOOD.replace("read =", "effective_from = 2026-07-01\nread ="))
        assert not book.problems
        assert book.choose("acme", "", date(2026, 7, 1)).id == "acme/*/2026-07-01"

    def test_periods_in_two_currencies_are_refused(self, tmp_path):
        (tmp_path / "a.toml").write_text(GOOD)
        text = GOOD.replace("USD", "EUR").replace("read =", "effective_from = 2026-07-01\nread =")
        (problem,) = self.own(tmp_path, "b.toml", text).problems
        assert (problem.line, problem.message) == (line(text, "currency"), "EUR, but a.toml is in USD")
