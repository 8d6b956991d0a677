"""Which buckets share free allowances, tiers and whole units: those of one account."""

from urllib.parse import urlsplit

from storekeeper.buckets.model import Bucket

_ACCOUNT_IN_HOST = frozenset({"r2"})
_BY_ITSELF = frozenset({"folder", "memory", "minio", "ceph", "garage", "other"})


def account_of(bucket: Bucket) -> str:
    """A name for the account that pays for a bucket.

    Cloudflare's endpoints name the account. Storage of one's own is an account for each endpoint. With all others, all buckets of the
    provider are taken to be one account: a second account would have allowances of its own, so this is never too little.
    """
    host = urlsplit(bucket.endpoint).hostname or bucket.url
    if bucket.provider in _ACCOUNT_IN_HOST or bucket.provider in _BY_ITSELF:
        return f"{bucket.provider}:{host}"
    return bucket.provider
