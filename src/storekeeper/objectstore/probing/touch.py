"""The five operations as probes do them: over a signed connection of their own, or through the port where there is none."""

from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Protocol

import msgspec

from storekeeper.kernel.clock import Clock
from storekeeper.objectstore import xml
from storekeeper.objectstore.answers import Operation, Request, error_from
from storekeeper.objectstore.errors import (
    ConnectError,
    MalformedAnswerError,
    MissingPermissionError,
    NoSuchKeyError,
    ObjectStoreError,
    StoreTimeoutError,
)
from storekeeper.objectstore.port import ObjectStore
from storekeeper.objectstore.probing.line import Line, Reply
from storekeeper.objectstore.probing.model import Network
from storekeeper.objectstore.s3 import DELETE, GET, HEAD, LIST, PUT
from storekeeper.objectstore.signing import Credentials
from storekeeper.objectstore.url import Location
from storekeeper.objectstore.wire import request_target

_HALF_A_SECOND = 0.5  # what a Date header leaves out, on average
_AGENT = {"User-Agent": "storekeeper"}


class Signing(Protocol):
    """Makes the headers of a signed request, or has them ready. Raises MissingPermissionError where it may not."""

    def headers(self, method: str, url: str, body: bytes, /) -> Mapping[str, str]: ...


class Touch(Protocol):
    """One round's way to the bucket. `begin` says how long the next operation may take; all raise objectstore.errors."""

    network: Network
    first_byte: float | None  # of the last operation: when it began to be answered, by the monotonic clock
    status: int  # of HTTP, of the same; 0 where there is none

    @property
    def versioned(self) -> bool:
        """Whether what was put is one version of several."""

    def begin(self, seconds: float) -> None:
        """Get ready; what can be done before the operation's time counts is done here."""

    def put(self, key: str, body: bytes) -> None: ...

    def head(self, key: str) -> int: ...

    def get(self, key: str) -> bytes: ...

    def list(self, prefix: str) -> None: ...

    def delete(self, key: str) -> None: ...

    def close(self) -> None: ...


class StoreTouch:
    """Through the port: what there is to a folder or to memory. Nothing is measured but the operations."""

    first_byte: float | None = None
    status = 0
    versioned = False

    def __init__(self, store: ObjectStore) -> None:
        self._store, self.network = store, Network()

    def begin(self, seconds: float) -> None:
        """There is no connection to make, and no way to cut a call short."""

    def put(self, key: str, body: bytes) -> None:
        self._store.put(key, body)

    def head(self, key: str) -> int:
        return self._store.head(key)

    def get(self, key: str) -> bytes:
        return self._store.get(key)

    def list(self, prefix: str) -> None:
        self._store.list_page(prefix=prefix, limit=1)

    def delete(self, key: str) -> None:
        self._store.delete(key)

    def close(self) -> None:
        self._store.close()


class SignedTouch:
    """Over one fresh connection, which is made again where the endpoint ends it. If it can not be made, that holds
    for the rest of the round.
    """

    first_byte: float | None = None
    status = 0

    def __init__(
        self,
        location: Location,
        credentials: Credentials | None,
        signer: Signing,
        clock: Clock,
        ca_file: str | None,
    ) -> None:
        self._location, self._signer, self._clock = location, signer, clock
        self._secrets = (credentials.secret_access_key, credentials.session_token) if credentials else ()
        self._line = Line(location.endpoint, clock, ca_file=ca_file)
        self._dead: ObjectStoreError | None = None
        self._until, self._reused = 0.0, False
        self._version, self.network = "", Network()

    @property
    def versioned(self) -> bool:
        return bool(self._version)

    def begin(self, seconds: float) -> None:
        if self._dead:
            raise self._dead
        self.first_byte, self.status, self._reused = None, 0, self._line.connected
        if not self._line.connected:
            try:
                self._connect(self._clock.monotonic() + seconds)
            except ObjectStoreError as error:
                self._dead = error
                raise
        self._until = self._clock.monotonic() + seconds

    def put(self, key: str, body: bytes) -> None:
        reply = self._ask(PUT, "PUT", key, body=body)
        version = reply.headers.get("x-amz-version-id", "")
        self._version = "" if version == "null" else version

    def head(self, key: str) -> int:
        length = self._ask(HEAD, "HEAD", key).headers.get("content-length", "")
        if not length.isdecimal():
            raise MalformedAnswerError(f"{HEAD.name} on {key}: the answer tells no size")
        return int(length)

    def get(self, key: str) -> bytes:
        return self._ask(GET, "GET", key).body

    def list(self, prefix: str) -> None:
        root = xml.parse(self._ask(LIST, "GET", query=list_query(prefix)).body)
        if root.name != "ListBucketResult":
            raise MalformedAnswerError(f"{LIST.name}: expected a listing, got {root.name}")

    def delete(self, key: str) -> None:
        """The version that was put, if it is one: an old version would stay, and be paid for."""
        try:
            if self._version:
                try:
                    self._ask(DELETE, "DELETE", key, query={"versionId": self._version})
                except MissingPermissionError:
                    self._ask(DELETE, "DELETE", key)
            else:
                self._ask(DELETE, "DELETE", key)
        except NoSuchKeyError:
            return  # some providers say so; the outcome is the one wanted

    def close(self) -> None:
        self._line.close()

    def _connect(self, until: float) -> None:
        self._line.connect(until)
        if self.network == Network():
            self.network = self._line.network

    def _ask(
        self,
        operation: Operation,
        method: str,
        key: str = "",
        *,
        query: Mapping[str, str] | None = None,
        body: bytes = b"",
    ) -> Reply:
        target = request_target(self._location.bucket, key, query or {})
        signed = self._signer.headers(method, self._location.endpoint + target, body)
        reply = self._send(method, target, {**signed, **_AGENT}, body)
        self.first_byte, self.status = reply.first_byte, reply.status
        self._note_skew(reply)
        asked = Request(operation, self._location.bucket, key, self._secrets)
        if not 200 <= reply.status < 300 or _is_error(reply.body):
            raise error_from(asked, reply.status, reply.headers, reply.body, self._clock.now())
        return reply

    def _send(self, method: str, target: str, headers: Mapping[str, str], body: bytes) -> Reply:
        """Again on another connection, where one that was used before had ended meanwhile, as it may."""
        if not self._line.connected:
            self._connect(self._until)
        try:
            return self._line.exchange(method, target, headers, body, self._until)
        except (ConnectError, MalformedAnswerError) as error:
            if not self._reused or isinstance(error, StoreTimeoutError):
                raise
            self._reused = False
            self._connect(self._until)
            return self._line.exchange(method, target, headers, body, self._until)

    def _note_skew(self, reply: Reply) -> None:
        if self.network.clock_skew is not None or "date" not in reply.headers:
            return
        try:
            said = parsedate_to_datetime(reply.headers["date"])
        except ValueError:
            return
        skew = _utc(said).timestamp() + _HALF_A_SECOND - self._clock.now().timestamp()
        self.network = msgspec.structs.replace(self.network, clock_skew=skew)


def list_query(prefix: str) -> Mapping[str, str]:
    """Of a listing that is to tell no more than that there is one."""
    return {"list-type": "2", "encoding-type": "url", "max-keys": "1", "prefix": prefix}


def _utc(moment: datetime) -> datetime:
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _is_error(body: bytes) -> bool:
    """Whether it is an error under status 200; what probes store never begins like XML."""
    if body.lstrip()[:1] != b"<":
        return False
    try:
        return xml.parse(body).name == "Error"
    except MalformedAnswerError:
        return False
