"""What a line of an invoice says: which numbers, what for, whose bucket. No clock, no database."""

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal, InvalidOperation

from storekeeper.costs.invoices.model import Category

PLACES, WHOLE = 30, 40  # digits after and before the point that are kept
_MONTH = re.compile(r"(\d{4})-(0[1-9]|1[0-2])", re.ASCII)
_CURRENCY = re.compile(r"[A-Z]{3}", re.ASCII)
_ARN = re.compile(r"arn:aws[\w-]*:s3:::([^/]+)(?:/.*)?")
_GOOGLE = re.compile(r"//storage\.googleapis\.com/projects/[^/]+/buckets/([^/]+)")
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,3})?", re.ASCII)
_SCHEMES = ("s3", "r2", "gs", "b2")
# Object storage by the names that its providers bill it under, without signs and spaces.
_SERVICES = frozenset(
    (
        "amazonsimplestorageservice", "amazons3", "s3", "amazonglacier", "amazons3glacier", "amazons3glacierdeeparchive",
        "cloudstorage", "googlecloudstorage", "r2", "cloudflarer2", "r2storage", "r2objectstorage",
        "backblazeb2", "backblazeb2cloudstorage", "b2cloudstorage", "wasabi", "wasabihotcloudstorage", "objectstorage",
    )
)  # fmt: skip
_MIXED = frozenset({"storageaccounts", "storage"})  # where words of the line have to tell of blobs
_PROVIDERS = {
    "aws": "aws", "amazonwebservices": "aws", "amazon": "aws", "microsoft": "azure", "microsoftazure": "azure", "azure": "azure",
    "googlecloud": "gcs", "googlecloudplatform": "gcs", "google": "gcs", "gcp": "gcs", "gcs": "gcs",
    "cloudflare": "r2", "r2": "r2", "cloudflarer2": "r2", "backblaze": "b2", "b2": "b2", "backblazeb2": "b2", "wasabi": "wasabi",
}  # fmt: skip
_CATEGORIES: Mapping[str, Category] = {
    **{one.value: one for one in Category},
    "": Category.USAGE,
    "discountedusage": Category.USAGE,
    "savingsplancoveredusage": Category.USAGE,
    **dict.fromkeys(("fee", "rifee", "savingsplanupfrontfee", "savingsplanrecurringfee"), Category.PURCHASE),
    "vat": Category.TAX,
    **dict.fromkeys(
        ("discount", "edpdiscount", "bundleddiscount", "privateratediscount", "sppdiscount", "rivolumediscount",
         "savingsplannegation", "rounding"), Category.ADJUSTMENT,
    ),
}  # fmt: skip
# What a line is for, by the first that its words have; groups are those that costs are told in.
_WORDS = (
    ("other", ("retriev",)),
    ("storage", ("earlydelet", "early delet", "early-deletion", "monitoring")),
    ("egress", ("datatransfer", "data transfer", "egress", "out-bytes", "download", "bandwidth", "bytes sent")),
    ("requests", ("request", "class a", "class b", "operations", "tier1", "tier2", "api call", "transactions")),
    ("storage", ("timedstorage", "storage", "byte-h", "bytehrs", "gb-mo", "gib-mo", "gb-hour", "padding", "minimum", "stored")),
)  # fmt: skip


class MalformedError(Exception):
    """A line can not be read; the message says why, the field first."""


def decimal(text: str, field: str) -> Decimal:
    """A number exactly as it is written. Raises MalformedError for what is none, or has more digits than are kept."""
    if not _NUMBER.fullmatch(text):
        raise MalformedError(f"{field}: {text[:40]!r} is not a number such as -1234.5")
    try:
        value = Decimal(text)
    except InvalidOperation:
        raise MalformedError(f"{field}: {text[:40]!r} is not a number") from None
    _, digits, exponent = value.as_tuple()
    if not isinstance(exponent, int) or -exponent > PLACES or len(digits) + exponent > WHOLE:
        raise MalformedError(f"{field}: more than {PLACES} decimal places, or {WHOLE} before the point")
    return value


def currency(text: str) -> str:
    if not _CURRENCY.fullmatch(text):
        raise MalformedError(f"currency: {text[:20]!r} is not a code of three letters such as USD")
    return text


def period(start: str, end: str) -> tuple[date, date]:
    """(first day, day after the last) of a line. A month alone is all of it. Raises MalformedError."""
    if found := _MONTH.fullmatch(start):
        first = date(int(found[1]), int(found[2]), 1)
        return first, month_after(first)
    begun = _moment(start, "date")
    if not end:
        return begun.date(), begun.date() + timedelta(days=1)
    ended = _moment(end, "end")
    if ended < begun:
        raise MalformedError(f"end: {end[:40]!r} is before {start[:40]!r}")
    last = max(ended - timedelta(microseconds=1), begun).date()
    return begun.date(), last + timedelta(days=1)


def month(text: str, day: date) -> str:
    """The month that is billed, such as `2026-11`; without a text that of the day."""
    if not text:
        return day.strftime("%Y-%m")
    return text if _MONTH.fullmatch(text) else _moment(text, "month").strftime("%Y-%m")


def month_after(first: date) -> date:
    return (first.replace(day=1) + timedelta(days=31)).replace(day=1)


def category(text: str, *, is_correction: bool) -> Category:
    """Raises MalformedError for one that is not known: it might be a credit."""
    found = _CATEGORIES.get(_plain(text))
    if found is None:
        raise MalformedError(f"category: {text[:40]!r} is not known")
    return Category.CORRECTION if is_correction else found


def is_object_storage(service: str, subcategory: str, words: str) -> bool:
    """By the subcategory of FOCUS 1.1 and later where there is one, else by the service's name."""
    if subcategory:
        return subcategory == "Object Storage"
    name = _plain(service)
    return name in _SERVICES or (name in _MIXED and "blob" in words.lower())


def kind(hints: str, unit: str, description: str) -> str:
    """Storage, requests, egress or other, by the words that tell most reliably first."""
    for words in (hints, unit, description):
        low = words.lower()
        for group, marks in _WORDS:
            if any(mark in low for mark in marks):
                return group
    return "other"


def provider(text: str) -> str:
    """As buckets name it; one that is not known by its own name."""
    return _PROVIDERS.get(_plain(text), text.strip().lower()[:64])


def bucket_in(resource: str) -> str:
    """The name of a bucket at its provider, of an ARN, a URL or the name itself."""
    for pattern in (_ARN, _GOOGLE):
        if found := pattern.fullmatch(resource):
            return found[1]
    scheme, separator, rest = resource.partition("://")
    if separator and scheme in _SCHEMES:
        first, _, second = rest.partition("/")
        return second.strip("/") if scheme == "r2" else first
    return resource


def _plain(text: str) -> str:
    return re.sub(r"[\W_]+", "", text.lower())


def _moment(text: str, field: str) -> datetime:
    try:
        found = datetime.fromisoformat(text.removesuffix(" UTC"))
    except ValueError:
        raise MalformedError(
            f"{field}: {text[:40]!r} is not a day such as 2026-11-03, nor RFC 3339"
        ) from None
    try:
        found = found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)
    except (OverflowError, ValueError):
        raise MalformedError(f"{field}: out of range") from None
    if not 2000 <= found.year < 2100:
        raise MalformedError(f"{field}: the year {found.year}")
    return found
