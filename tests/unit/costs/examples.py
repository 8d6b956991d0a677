"""Worked examples: what is billed, computed by hand. They are printed in docs/explanation/how-costs-are-computed.md."""

import calendar
from datetime import date, timedelta
from typing import NamedTuple

from storekeeper.costs import sheets
from storekeeper.costs.model import AccountFacts, DeletionFact, RequestFact, Sheet, Small, StorageFact

GB, TB = 10**9, 10**12
KIB, GIB, TIB = 2**10, 2**30, 2**40
NOVEMBER, OCTOBER, LEAP = date(2026, 11, 1), date(2026, 10, 1), date(2028, 2, 1)
IA = "STANDARD_IA"
OWN_PRICE = "0.012"
BOOK = sheets.load()


class Step(NamedTuple):
    """An expression over numbers, worked out by hand; `kind` is that of the charges whose sum it is."""

    kind: str
    expression: str
    amount: str


class Example(NamedTuple):
    """What happened in a month and what it costs. `unclassified`: how many charges are of unknown price."""

    provider: str
    title: str
    facts: AccountFacts
    steps: tuple[Step, ...]
    total: str
    unclassified: int = 0


def days(month: date, count: int = 0, *, after: int = 0) -> list[date]:
    """The first `count` days of a month (all of them without), or those after some."""
    last = calendar.monthrange(month.year, month.month)[1]
    return [month + timedelta(number) for number in range(after, after + count if count else last)]


def stored(on, size, storage_class="STANDARD", *, hours=24, objects=0, small=()):
    return [
        StorageFact(
            day=day, bucket="photos", storage_class=storage_class, byte_hours=size * hours, peak_bytes=size,
            objects=objects, small=small,
        )
        for day in on
    ]  # fmt: skip


def asked(operation, count=0, storage_class="STANDARD", *, day=NOVEMBER, **more):
    return RequestFact(
        day=day, bucket="photos", storage_class=storage_class, operation=operation, succeeded=count, **more
    )


def gone(size, age, storage_class, *, day=NOVEMBER, **more):
    return DeletionFact(
        day=day, bucket="photos", storage_class=storage_class, bytes=size, age_days=age, **more
    )


def account(*, stored=(), asked=(), gone=(), month=NOVEMBER):
    return AccountFacts(month=month, storage=stored, requests=asked, deletions=gone)


def sheets_for(provider: str) -> list[Sheet]:
    """The package's sheets; for storage of one's own, one in which a price has been entered."""
    if provider != "own price":
        return BOOK.series(provider, {"aws": "us-east-1", "gcs": "us-central1"}.get(provider, "auto"))
    text = BOOK.find("self-hosted/*/undated").text
    text = text.replace("unset = true\n", "").replace('price = "0"', f'price = "{OWN_PRICE}"', 1)
    return [sheets.read_sheet(text, "own.toml")]


ONE_DAY = days(NOVEMBER, 1)
NOV = days(NOVEMBER)

R2 = [
    Example(
        "r2", "The provider's own first example: 1,000 GB for 30 days, 1,000 writes, a million reads",
        account(stored=stored(NOV, 1000 * GB), asked=[asked("PutObject", 1000), asked("GetObject", 1_000_000)]),
        (Step("storage", "(1000 - 10) * 0.015", "14.85"), Step("requests", "0 * 4.50 + 0 * 0.36", "0")),
        "14.85",
    ),
    Example(
        "r2", "Its second one: 1,000 GB in Infrequent Access, written once, read 1,000 times each and deleted after 5 days of 30",
        account(
            stored=stored(days(NOVEMBER, 5), 1000 * GB, IA),
            asked=[
                asked("PutObject", 1000, IA),
                asked("GetObject", 1_000_000, IA, bytes_retrieved=1000 * GB),
                asked("DeleteObject", 1000, IA, day=NOVEMBER + timedelta(5)),
            ],
            gone=[gone(1000 * GB, 5, IA, day=NOVEMBER + timedelta(5))],
        ),
        (
            Step("storage", "ceil(1000 * 5 / 30) * 0.01", "1.67"),
            Step("early-deletion", "ceil(1000 * 5 / 30 + 1000 * 25 / 30) * 0.01 - 1.67", "8.33"),
            Step("requests", "ceil(1000 / 1000000) * 9.00 + 1 * 0.90", "9.90"),
            Step("retrieval", "1000 * 0.01", "10"),
        ),
        "29.90",
    ),
    Example(
        "r2", "Its third one: 100,000 files of 100 kB, ten million reads a day",
        account(
            stored=stored(NOV, 10 * GB),
            asked=[asked("PutObject", 100_000), *(asked("GetObject", 10_000_000, day=day) for day in NOV)],
        ),
        (Step("storage", "(10 - 10) * 0.015", "0"), Step("requests", "0 * 4.50 + (30 * 10 - 10) * 0.36", "104.40")),
        "104.40",
    ),
    Example(
        "r2", "Whole units: 1 GB for 5 days, then 3 GB for 25, in Infrequent Access",
        account(stored=stored(days(NOVEMBER, 5), GB, IA) + stored(days(NOVEMBER, 25, after=5), 3 * GB, IA)),
        (Step("storage", "ceil(1 * 5 / 30 + 3 * 25 / 30) * 0.01", "0.03"),),
        "0.03",
    ),
    Example(
        "r2", "Whole units: a million reads, and one",
        account(asked=[asked("GetObject", 1_000_001, IA)]),
        (Step("requests", "ceil(1000001 / 1000000) * 0.90", "1.80"),),
        "1.80",
    ),
    Example(
        "r2", "Daily peak: 100 GB that are there for one hour of each day",
        account(stored=stored(NOV, 100 * GB, hours=1)),
        (Step("storage", "(100 * 30 / 30 - 10) * 0.015", "1.35"),),
        "1.35",
    ),
    Example(
        "r2", "Allowance: exactly 10 GB",
        account(stored=stored(NOV, 10 * GB)),
        (Step("storage", "(10 - 10) * 0.015", "0"),),
        "0.00",
    ),
    Example(
        "r2", "Allowance: 10 GB, and one byte more on the last day",
        account(stored=stored(days(NOVEMBER, 29), 10 * GB) + stored(days(NOVEMBER, 1, after=29), 10 * GB + 1)),
        (Step("storage", "(ceil(10 + 1 / 10**9 / 30) - 10) * 0.015", "0.015"),),
        "0.02",
    ),
    Example(
        "r2", "A month of 31 days is more than 30 days: 100 GB",
        account(stored=stored(days(OCTOBER), 100 * GB), month=OCTOBER),
        (Step("storage", "(ceil(100 * 31 / 30) - 10) * 0.015", "1.41"),),
        "1.41",
    ),
    Example(
        "r2", "A month of 29 days is less: 100 GB",
        account(stored=stored(days(LEAP), 100 * GB), month=LEAP),
        (Step("storage", "(ceil(100 * 29 / 30) - 10) * 0.015", "1.305"),),
        "1.30",
    ),
    Example(
        "r2", "Failures: 999,990 writes, 10 answered 412, and 500 answered 403, which are free",
        account(asked=[asked("PutObject", 999_990, IA, client_errors=10, refused=500)]),
        (Step("requests", "ceil((999990 + 10) / 1000000) * 9.00", "9"),),
        "9.00",
    ),
    Example(
        "r2", "An operation that is in no list of the provider",
        account(asked=[asked("DeleteObjects", 7)]),
        (),
        "0.00",
        unclassified=1,
    ),
]  # fmt: skip

AWS = [
    Example(
        "aws", "100 GiB for a month of 30 days",
        account(stored=stored(NOV, 100 * GIB)),
        (Step("storage", "100 * 0.023", "2.30"),),
        "2.30",
    ),
    Example(
        "aws", "100 GiB for the first 15 days of 31",
        account(stored=stored(days(OCTOBER, 15), 100 * GIB), month=OCTOBER),
        (Step("storage", "100 * 15 / 31 * 0.023", "1.112903226"),),
        "1.11",
    ),
    Example(
        "aws", "100 GiB for one day of 29",
        account(stored=stored(days(LEAP, 1), 100 * GIB), month=LEAP),
        (Step("storage", "100 * 1 / 29 * 0.023", "0.079310345"),),
        "0.08",
    ),
    Example(
        "aws", "Tier boundary: a byte less than 50 TiB",
        account(stored=stored(NOV, 50 * TIB - 1)),
        (Step("storage", "(51200 - 1 / 2**30) * 0.023", "1177.6"),),
        "1177.60",
    ),
    Example(
        "aws", "Tier boundary: 50 TiB",
        account(stored=stored(NOV, 50 * TIB)),
        (Step("storage", "51200 * 0.023", "1177.60"),),
        "1177.60",
    ),
    Example(
        "aws", "Tier boundary: a byte more than 50 TiB",
        account(stored=stored(NOV, 50 * TIB + 1)),
        (Step("storage", "51200 * 0.023 + 1 / 2**30 * 0.022", "1177.6"),),
        "1177.60",
    ),
    Example(
        "aws", "Tier boundary: 50 TiB and 1,000,000 bytes",
        account(stored=stored(NOV, 50 * TIB + 1_000_000)),
        (Step("storage", "51200 * 0.023 + 1000000 / 2**30 * 0.022", "1177.600020489"),),
        "1177.60",
    ),
    Example(
        "aws", "Deletion after 10 of 30 days: 100 GiB of Standard-IA",
        account(
            stored=stored(days(NOVEMBER, 10), 100 * GIB, IA),
            gone=[gone(100 * GIB, 10, IA, day=NOVEMBER + timedelta(10))],
        ),
        (
            Step("storage", "100 * 10 / 30 * 0.0125", "0.416666667"),
            Step("early-deletion", "100 * 20 / 30 * 0.0125", "0.833333333"),
        ),
        "1.25",
    ),
    Example(
        "aws", "Deletion after 30 of 30 days",
        account(gone=[gone(100 * GIB, 30, IA)]),
        (),
        "0.00",
    ),
    Example(
        "aws", "Deletion on the first day: 2^20 objects of 1 KiB in Standard-IA, each billed as 128 KiB",
        account(gone=[gone(GIB, 0, IA, objects=2**20, small=(Small(128 * KIB, 2**20, GIB),))]),
        (Step("early-deletion", "128 * 30 / 30 * 0.0125", "1.60"),),
        "1.60",
    ),
    Example(
        "aws", "128 KB floor: 2^20 objects of 1 KiB, and as many of 128 KiB, in Standard-IA",
        account(stored=stored(NOV, 129 * GIB, IA, objects=2**21, small=(Small(128 * KIB, 2**20, GIB),))),
        (Step("storage", "(1 + 128) * 0.0125", "1.6125"), Step("padding", "(128 - 1) * 0.0125", "1.5875")),
        "3.20",
    ),
    Example(
        "aws", "128 KB floor: 2^20 objects of a byte less than 128 KiB",
        account(
            stored=stored(
                NOV, 128 * GIB - 2**20, IA, objects=2**20, small=(Small(128 * KIB, 2**20, 128 * GIB - 2**20),)
            )
        ),
        (
            Step("storage", "(128 - 1 / 2**10) * 0.0125", "1.599987793"),
            Step("padding", "1 / 2**10 * 0.0125", "0.000012207"),
        ),
        "1.60",
    ),
    Example(
        "aws", "LIST costs in Standard-IA what it costs in Standard; PUT does not",
        account(asked=[asked("ListObjectsV2", 10_000, IA), asked("PutObject", 10_000, IA)]),
        (Step("requests", "10000 / 1000 * 0.005 + 10000 / 1000 * 0.01", "0.15"),),
        "0.15",
    ),
    Example(
        "aws", "Failures: 400,000 reads, 100,000 answered 404, and 50,000 answered 503, which are free",
        account(asked=[asked("GetObject", 400_000, client_errors=100_000, server_errors=50_000)]),
        (Step("requests", "(400000 + 100000) / 1000 * 0.0004", "0.20"),),
        "0.20",
    ),
    Example(
        "aws", "Bytes out: 100 GiB are free",
        account(asked=[asked("GetObject", bytes_out=100 * GIB)]),
        (Step("egress", "(100 - 100) * 0.09", "0"),),
        "0.00",
    ),
    Example(
        "aws", "Bytes out: 1 GiB more than what is free and the first tier",
        account(asked=[asked("GetObject", bytes_out=10 * TIB + 101 * GIB)]),
        (Step("egress", "10240 * 0.09 + 1 * 0.085", "921.685"),),
        "921.68",
    ),
    Example(
        "aws", "10 GiB read from Glacier Instant Retrieval in 1,000 requests",
        account(asked=[asked("GetObject", 1000, "GLACIER_IR", bytes_retrieved=10 * GIB)]),
        (Step("requests", "1000 / 1000 * 0.01", "0.01"), Step("retrieval", "10 * 0.03", "0.30")),
        "0.31",
    ),
    Example(
        "aws", "Intelligent-Tiering: of 1.5 million objects, the million of 128 KiB or more is monitored",
        account(
            stored=stored(
                NOV, 200 * GIB, "INTELLIGENT_TIERING", objects=1_500_000, small=(Small(128 * KIB, 500_000, GIB),)
            )
        ),
        (Step("storage", "200 * 0.023", "4.60"), Step("monitoring", "1000000 / 1000 * 0.0025", "2.50")),
        "7.10",
    ),
]  # fmt: skip

B2 = [
    Example(
        "b2", "1 TB for 30 days, and requests, which are free",
        account(stored=stored(NOV, TB), asked=[asked("PutObject", 1_000_000)]),
        (Step("storage", "(1 - 0.01) * 6.95", "6.8805"), Step("requests", "1000000 * 0", "0")),
        "6.88",
    ),
    Example(
        "b2", "1 TB in April 2026, before the price changed",
        account(stored=stored(days(date(2026, 4, 1)), TB), month=date(2026, 4, 1)),
        (Step("storage", "(1 - 0.01) * 6.00", "5.94"),),
        "5.94",
    ),
    Example(
        "b2", "A month of 31 days: 1 TB",
        account(stored=stored(days(OCTOBER), TB), month=OCTOBER),
        (Step("storage", "(31 / 30 - 0.01) * 6.95", "7.112166667"),),
        "7.11",
    ),
    Example(
        "b2", "A month of 29 days: 1 TB",
        account(stored=stored(days(LEAP), TB), month=LEAP),
        (Step("storage", "(29 / 30 - 0.01) * 6.95", "6.648833333"),),
        "6.65",
    ),
    Example(
        "b2", "Byte-hours: 1 TB for 12 hours",
        account(stored=stored(ONE_DAY, TB, hours=12)),
        (Step("storage", "(12 / 720 - 0.01) * 6.95", "0.046333333"),),
        "0.05",
    ),
    Example(
        "b2", "Allowance: exactly 10 GB",
        account(stored=stored(NOV, 10 * GB)),
        (Step("storage", "(0.01 - 0.01) * 6.95", "0"),),
        "0.00",
    ),
    Example(
        "b2", "Allowance: 1 GB more",
        account(stored=stored(NOV, 11 * GB)),
        (Step("storage", "(0.011 - 0.01) * 6.95", "0.00695"),),
        "0.01",
    ),
    Example(
        "b2", "Bytes out: 10 GB are stored, 30 GB are free",
        account(stored=stored(NOV, 10 * GB), asked=[asked("GetObject", bytes_out=30 * GB)]),
        (Step("storage", "0 * 6.95", "0"), Step("egress", "(30 - 3 * 10) * 0.01", "0")),
        "0.00",
    ),
    Example(
        "b2", "Bytes out: 1 GB more than three times what is stored",
        account(stored=stored(NOV, 10 * GB), asked=[asked("GetObject", bytes_out=31 * GB)]),
        (Step("storage", "0 * 6.95", "0"), Step("egress", "(31 - 3 * 10) * 0.01", "0.01")),
        "0.01",
    ),
]  # fmt: skip

WASABI = [
    Example(
        "wasabi", "2 TB for a month",
        account(stored=stored(NOV, 2 * TB), asked=[asked("GetObject", 1_000_000)]),
        (Step("storage", "2 * 7.99", "15.98"), Step("requests", "1000000 * 0", "0")),
        "15.98",
    ),
    Example(
        "wasabi", "2 TB in June 2026, before the price changed",
        account(stored=stored(days(date(2026, 6, 1)), 2 * TB), month=date(2026, 6, 1)),
        (Step("storage", "2 * 6.99", "13.98"),),
        "13.98",
    ),
    Example(
        "wasabi", "Minimum: a quarter of a TB is billed as one",
        account(stored=stored(NOV, 250 * GB)),
        (Step("storage", "0.25 * 7.99", "1.9975"), Step("minimum", "(1 - 0.25) * 7.99", "5.9925")),
        "7.99",
    ),
    Example(
        "wasabi", "Minimum: half a TB for half of the month, 1.5 TB for the other half",
        account(stored=stored(days(NOVEMBER, 15), 500 * GB) + stored(days(NOVEMBER, 15, after=15), 1500 * GB)),
        (Step("storage", "(0.5 * 15 / 30 + 1.5 * 15 / 30) * 7.99", "7.99"), Step("minimum", "(1 - 1) * 7.99", "0")),
        "7.99",
    ),
    Example(
        "wasabi", "Deletion after 30 of 90 days: 1 TB of 2",
        account(stored=stored(NOV, 2 * TB), gone=[gone(TB, 30, "STANDARD", day=date(2026, 11, 30))]),
        (Step("storage", "2 * 7.99", "15.98"), Step("early-deletion", "1 * 60 / 30 * 7.99", "15.98")),
        "31.96",
    ),
    Example(
        "wasabi", "4 KB floor: a billion objects of 1,096 bytes",
        account(
            stored=stored(NOV, 1_096_000_000_000, objects=10**9, small=(Small(4096, 10**9, 1_096_000_000_000),))
        ),
        (Step("storage", "1.096 * 7.99", "8.75704"), Step("padding", "(4.096 - 1.096) * 7.99", "23.97")),
        "32.73",
    ),
    Example(
        "wasabi", "Bytes out: up to what is stored they are free; above it there is no price",
        account(stored=stored(NOV, 2 * TB), asked=[asked("GetObject", bytes_out=2 * TB + 1)]),
        (Step("storage", "2 * 7.99", "15.98"), Step("egress", "2 * 0", "0")),
        "15.98",
        unclassified=1,
    ),
]  # fmt: skip

GCS = [
    Example(
        "gcs", "100 GiB for the 720 hours of a month of 30 days",
        account(stored=stored(NOV, 100 * GIB)),
        (Step("storage", "(100 - 5 * 10**9 / 2**30) * 720 * 0.000027397", "1.880728400"),),
        "1.88",
    ),
    Example(
        "gcs", "100 GiB for the 744 hours of a month of 31 days",
        account(stored=stored(days(OCTOBER), 100 * GIB), month=OCTOBER),
        (Step("storage", "(100 - 5 * 10**9 / 2**30) * 744 * 0.000027397", "1.943419346"),),
        "1.94",
    ),
    Example(
        "gcs", "100 GiB for the 696 hours of a month of 29 days",
        account(stored=stored(days(LEAP), 100 * GIB), month=LEAP),
        (Step("storage", "(100 - 5 * 10**9 / 2**30) * 696 * 0.000027397", "1.818037453"),),
        "1.82",
    ),
    Example(
        "gcs", "Allowance: 5 GB",
        account(stored=stored(NOV, 5 * GB)),
        (Step("storage", "0 * 0.000027397", "0"),),
        "0.00",
    ),
    Example(
        "gcs", "Allowance: 5,000 writes are free, the 5,001st is not; 50,000 reads are",
        account(asked=[asked("PutObject", 5_001), asked("GetObject", 50_000)]),
        (Step("requests", "(5001 - 5000) / 1000 * 0.005 + 0 * 0.0004", "0.000005"),),
        "0.00",
    ),
    Example(
        "gcs", "Deletion after 10 of 30 days: 1,000 GiB of Nearline",
        account(gone=[gone(1000 * GIB, 10, "NEARLINE")]),
        (Step("early-deletion", "1000 * 20 * 24 * 0.000013699", "6.57552"),),
        "6.58",
    ),
    Example(
        "gcs", "10 GiB read from Nearline; what the request costs there is not known",
        account(asked=[asked("GetObject", 1, "NEARLINE", bytes_retrieved=10 * GIB)]),
        (Step("retrieval", "10 * 0.01", "0.10"),),
        "0.10",
        unclassified=1,
    ),
    Example(
        "gcs", "Bytes out: 200 GB, of which 100 GB are free",
        account(asked=[asked("GetObject", bytes_out=200 * GB)]),
        (Step("egress", "(200 - 100) * 10**9 / 2**30 * 0.12", "11.175870895"),),
        "11.18",
    ),
    Example(
        "gcs", "Tier boundary: 10 TiB out, beside the 100 GB that are free",
        account(asked=[asked("GetObject", bytes_out=10 * TIB + 100 * GB)]),
        (Step("egress", "10 * 1024 * 0.12", "1228.80"),),
        "1228.80",
    ),
    Example(
        "gcs", "Tier boundary: a byte more, for which no price is known",
        account(asked=[asked("GetObject", bytes_out=10 * TIB + 100 * GB + 1)]),
        (Step("egress", "10 * 1024 * 0.12", "1228.80"),),
        "1228.80",
        unclassified=1,
    ),
]  # fmt: skip

OWN = [
    Example(
        "folder", "Self-hosted, before a price is entered: zero, and said to be unset",
        account(stored=stored(NOV, 100 * GB)),
        (Step("storage", "100 * 0", "0"),),
        "0.00",
    ),
    Example(
        "own price", "100 GB for a month of 30 days",
        account(stored=stored(NOV, 100 * GB)),
        (Step("storage", "100 * 0.012", "1.20"),),
        "1.20",
    ),
    Example(
        "own price", "100 GB for a month of 31 days: the same",
        account(stored=stored(days(OCTOBER), 100 * GB), month=OCTOBER),
        (Step("storage", "100 * 31 / 31 * 0.012", "1.20"),),
        "1.20",
    ),
    Example(
        "own price", "100 GB for 10 days of 29",
        account(stored=stored(days(LEAP, 10), 100 * GB), month=LEAP),
        (Step("storage", "100 * 10 / 29 * 0.012", "0.413793103"),),
        "0.41",
    ),
]  # fmt: skip

SECTIONS = {
    "Cloudflare R2": R2,
    "Amazon S3, us-east-1": AWS,
    "Backblaze B2": B2,
    "Wasabi": WASABI,
    "Google Cloud Storage, us-central1": GCS,
    f"Self-hosted, with {OWN_PRICE} per GB-month entered": OWN,
}
EXAMPLES = [example for section in SECTIONS.values() for example in section]


def markdown() -> str:
    """The table of the page, as it is to be printed."""
    lines = []
    for title, examples in SECTIONS.items():
        lines += [f"### {title}", "", "| what happened | computation | cost |", "| --- | --- | ---: |"]
        lines += [f"| {one.title} | {_written(one)} | {one.total} |" for one in examples]
        lines.append("")
    return "\n".join(lines)


def _written(example: Example) -> str:
    parts = [f"{step.kind}: {_readable(step.expression)} = {step.amount}" for step in example.steps]
    unknown = ["a line of unknown price, `unclassified`"] if example.unclassified else []
    return "<br>".join(parts + unknown) or "nothing is billed"


def _readable(expression: str) -> str:
    for code, sign in (("**", "^"), (" * ", " × "), (" - ", " − ")):
        expression = expression.replace(code, sign)
    return expression
