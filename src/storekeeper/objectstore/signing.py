"""Who we are at an endpoint, and the proof of it on each request (AWS Signature Version 4)."""

import hashlib
from collections.abc import Mapping

import msgspec
from botocore.auth import SIGV4_TIMESTAMP, S3SigV4Auth, SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials as BotocoreCredentials

from storekeeper.kernel.clock import Clock


class Credentials(msgspec.Struct, frozen=True, kw_only=True):
    """An access key; its secret parts never show in a repr, a log or an error."""

    access_key_id: str
    secret_access_key: str
    session_token: str = ""

    def __repr__(self) -> str:
        return f"Credentials(access_key_id={self.access_key_id!r}, secret_access_key=…)"

    __str__ = __repr__


class _Clocked(SigV4Auth):  # type: ignore[misc]
    """botocore's signer, told the time instead of asking the machine."""

    def __init__(self, credentials: Credentials, service: str, region: str, clock: Clock) -> None:
        token = credentials.session_token or None
        keys = BotocoreCredentials(credentials.access_key_id, credentials.secret_access_key, token)
        super().__init__(keys, service, region)
        self._clock = clock

    def add_auth(self, request: AWSRequest) -> None:
        request.context["timestamp"] = self._clock.now().strftime(SIGV4_TIMESTAMP)
        self._modify_request_before_signing(request)
        to_sign = self.string_to_sign(request, self.canonical_request(request))
        self._inject_signature_to_request(request, self.signature(to_sign, request))


class _ClockedForS3(_Clocked, S3SigV4Auth):  # type: ignore[misc]
    """S3 signs a hash of the body beside it, and paths as they are."""


class ServiceSigner:
    """Makes the headers of signed requests to another service than a bucket."""

    def __init__(self, credentials: Credentials, *, service: str, region: str, clock: Clock) -> None:
        kind = _ClockedForS3 if service == "s3" else _Clocked
        self._signer = kind(credentials, service, region, clock)

    def headers(self, method: str, url: str, headers: Mapping[str, str], body: bytes) -> Mapping[str, str]:
        """The given headers, signed, and those of the signature."""
        request = AWSRequest(method, url, data=body or None, headers=dict(headers))
        self._signer.add_auth(request)
        return dict(request.headers.items())


class Signer:
    """Makes the headers of signed requests; without credentials, of anonymous ones."""

    def __init__(self, credentials: Credentials | None, *, region: str, clock: Clock) -> None:
        self._signer = _ClockedForS3(credentials, "s3", region, clock) if credentials else None

    def headers(self, method: str, url: str, body: bytes) -> Mapping[str, str]:
        """All headers to send; `url` is absolute and already percent-encoded."""
        if self._signer is None:
            return {"x-amz-content-sha256": hashlib.sha256(body).hexdigest()}
        request = AWSRequest(method, url, data=body or None)
        self._signer.add_auth(request)
        return dict(request.headers.items())
