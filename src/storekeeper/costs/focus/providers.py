"""How providers and their storage are called in billing data."""

from collections.abc import Mapping
from typing import NamedTuple


class Named(NamedTuple):
    """A provider's name in billing data, and that of its object storage."""

    provider: str
    service: str


_NAMES: Mapping[str, Named] = {
    "aws": Named("AWS", "Amazon Simple Storage Service"),
    "r2": Named("Cloudflare", "R2"),
    "b2": Named("Backblaze", "Backblaze B2 Cloud Storage"),
    "gcs": Named("Google Cloud", "Cloud Storage"),
    "wasabi": Named("Wasabi", "Wasabi Hot Cloud Storage"),
    "azure": Named("Microsoft", "Storage Accounts"),
}


def named(provider: str) -> Named:
    """Of storage that nobody sells, the program that serves it."""
    return _NAMES.get(provider) or Named(provider, f"Object storage ({provider})")
