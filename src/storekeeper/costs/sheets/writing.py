"""The text of a price sheet for storage of one's own, from the few figures that matter there."""

import json
import re
from datetime import date
from decimal import Decimal

import msgspec

from storekeeper.kernel.errors import BadInputError

SELF_HOSTED = "self-hosted"  # stands for all of these
ALSO_FOR = ("minio", "ceph", "folder", "memory")
_PRICE = re.compile(r"\d{1,9}(?:\.\d{1,12})?", re.ASCII)


class OwnPrices(msgspec.Struct, frozen=True, kw_only=True):
    """Prices as they are typed: decimal numbers, empty for 0."""

    title: str
    provider: str
    currency: str
    storage: str  # of a GB and month
    requests: str = ""  # of a million, whatever they are
    egress: str = ""  # of a GB
    effective_from: str = ""  # a day; empty for always
    source: str = "entered by hand"


def text_of(prices: OwnPrices, today: date) -> str:
    """The file's text. Raises BadInputError for what is not a price or a day; the reader of sheets checks the rest."""
    storage, requests, egress = (
        _price(name, value)
        for name, value in (("storage", prices.storage), ("requests", prices.requests), ("egress", prices.egress))
    )  # fmt: skip
    known_for = ALSO_FOR if prices.provider == SELF_HOSTED else ()
    lines = [
        f"provider = {_quoted(prices.provider)}",
        'region = "*"',
        f"title = {_quoted(prices.title)}",
        f"currency = {_quoted(prices.currency)}",
        f"source = {_quoted(prices.source)}",
        f"read = {today.isoformat()}",
        'trust = "verified"',
        *([f"effective_from = {_day(prices.effective_from)}"] if prices.effective_from else []),
        *([f"also_for = {json.dumps(known_for)}"] if known_for else []),
        'default_storage_class = "STANDARD"',
        "",
        "[storage]",
        'unit = "GB"',
        'period = "byte-hours-month"',
        "",
        "[[operation_class]]",
        'name = "all"',
        *([] if requests else ["free = true"]),
        'operations = ["*"]',
        "",
        "[[storage_class]]",
        'name = "STANDARD"',
        'title = "Standard"',
        "",
        "[[storage_class.tier]]",
        f"price = {_quoted(storage or '0')}",
        *(_requests(requests) if requests else []),
        "",
        "[egress]",
        'unit = "GB"',
        "",
        "[[egress.tier]]",
        f"price = {_quoted(egress or '0')}",
    ]
    return "\n".join(lines) + "\n"


def _requests(price: str) -> list[str]:
    return ["", "[[storage_class.requests]]", 'class = "all"', f"price = {_quoted(price)}", "per = 1_000_000"]


def _price(name: str, written: str) -> str:
    """As it was written; empty for zero."""
    text = written.strip()
    if not text:
        return ""
    if not _PRICE.fullmatch(text):
        raise BadInputError(
            f"{name}: {written[:50]!r} is not a price.", hint="Write a decimal number such as 0.004."
        )
    return text if Decimal(text) else ""


def _day(written: str) -> str:
    try:
        return date.fromisoformat(written.strip()).isoformat()
    except ValueError:
        raise BadInputError(f"from: {written[:50]!r} is not a day.", hint="Write it as 2027-01-01.") from None


def _quoted(text: str) -> str:
    """A basic string of TOML, which are those of JSON."""
    return json.dumps(text.replace("\x7f", ""), ensure_ascii=False)
