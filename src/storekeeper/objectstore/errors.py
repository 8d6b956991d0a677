"""What can go wrong at a bucket, told apart so that each gets its own advice.

`retry` says whether the same request may succeed later; `outage` whether it speaks against the endpoint's
health (a caller's own mistake does not).
"""

from typing import ClassVar

from storekeeper.kernel.errors import StorekeeperError


class ObjectStoreError(StorekeeperError):
    """The bucket could not be used; the detail says which request failed and how."""

    slug, title, status = "object-store", "The bucket could not be used", 502
    retry: ClassVar[bool] = False
    outage: ClassVar[bool] = False


class WrongCredentialsError(ObjectStoreError):
    """The endpoint does not accept the access key or its signature."""

    slug, title, status = "wrong-credentials", "Wrong credentials", 422


class MissingPermissionError(ObjectStoreError):
    """The credentials are valid, but may not do this; `permission` names what to grant."""

    slug, title, status = "missing-permission", "Missing permission", 422


class NoSuchBucketError(ObjectStoreError):
    """The endpoint answers, but has no bucket of that name."""

    slug, title, status = "no-such-bucket", "No such bucket", 422


class NoSuchKeyError(ObjectStoreError):
    """There is no object under that key."""

    slug, title, status = "no-such-key", "No such object", 404


class RedirectedError(ObjectStoreError):
    """The bucket lives in another region or behind another endpoint, which the detail names."""

    slug, title, status = "redirected", "Bucket is elsewhere", 422


class ClockSkewError(ObjectStoreError):
    """The endpoint's clock and ours differ too much for a signature to be valid."""

    slug, title, status = "clock-skew", "Clocks disagree", 422


class BadEndpointError(ObjectStoreError):
    """The endpoint is not acceptable: link-local or metadata address, or not an HTTP(S) URL."""

    slug, title, status = "bad-endpoint", "Endpoint refused by policy", 400


class DnsError(ObjectStoreError):
    """The endpoint's name does not resolve."""

    slug, title, outage = "dns-failure", "Name does not resolve", True
    retry = True


class ConnectError(ObjectStoreError):
    """Nothing accepts connections at the endpoint, or the connection broke."""

    slug, title, outage = "connection-failed", "Connection failed", True
    retry = True


class TlsError(ObjectStoreError):
    """The endpoint's certificate or TLS handshake is not acceptable."""

    slug, title, outage = "tls-failure", "TLS failure", True


class StoreTimeoutError(ObjectStoreError):
    """The endpoint did not answer in time."""

    slug, title, status, outage = "endpoint-timeout", "Endpoint timed out", 504, True
    retry = True


class ThrottledError(ObjectStoreError):
    """The endpoint asks to slow down (429, 503 SlowDown)."""

    slug, title, status = "throttled", "Endpoint asks to slow down", 503
    retry = True


class ServerFaultError(ObjectStoreError):
    """The endpoint answered with a server error (5xx)."""

    slug, title, outage = "endpoint-fault", "Endpoint failed", True
    retry = True


class MalformedAnswerError(ObjectStoreError):
    """The endpoint's answer is not valid S3: cut short, not XML, or contradicting itself."""

    slug, title, outage = "malformed-answer", "Answer is not valid S3", True
    retry = True


class ListingLoopError(ObjectStoreError):
    """The listing does not advance: a page repeats or goes back. Its result would be wrong, so there is none."""

    slug, title, outage = "listing-loop", "Listing does not advance", True


class ChangedMeanwhileError(ObjectStoreError):
    """The object is not the one that was seen before: it was written anew meanwhile, and was left alone."""

    slug, title, status = "changed-meanwhile", "Object has changed", 409


class UnsupportedError(ObjectStoreError):
    """The provider does not have this operation; nothing is wrong with the bucket."""

    slug, title, status = "unsupported-by-provider", "Not supported by the provider", 501
