"""Rounds signed ahead of their time, for a machine that has no credentials: it can send these requests and no others.

A signature in headers holds for 15 minutes from the time that it names (AWS Signature Version 4), which is here the
time at which the round is to be made.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime

import msgspec

from storekeeper.kernel.clock import Clock, ManualClock
from storekeeper.objectstore.errors import MissingPermissionError
from storekeeper.objectstore.probing.model import Plan, ProbeOperation, Round
from storekeeper.objectstore.probing.names import PREFIX, new_name
from storekeeper.objectstore.probing.prober import Prober
from storekeeper.objectstore.probing.rounds import RoundRun, new_body
from storekeeper.objectstore.probing.touch import SignedTouch, list_query
from storekeeper.objectstore.signing import Credentials, Signer
from storekeeper.objectstore.url import Location
from storekeeper.objectstore.wire import request_target


class SignedRequest(msgspec.Struct, frozen=True, kw_only=True):
    """All that is to be sent. Only what stores has a body."""

    method: str
    url: str
    headers: Mapping[str, str]
    body: str = ""


class SignedRound(msgspec.Struct, frozen=True, kw_only=True):
    """One round's requests, in its order, for an object that no other round has."""

    key: str
    requests: Sequence[SignedRequest]

    @property
    def body(self) -> bytes:
        """What is to be stored; empty where nothing is."""
        return "".join(one.body for one in self.requests).encode()


class RoundSigner:
    """Signs rounds on one bucket of an S3 endpoint. Without credentials, requests are anonymous."""

    def __init__(self, location: Location, credentials: Credentials | None) -> None:
        self.location, self._credentials = location, credentials

    def sign(self, node: str, operations: Iterable[ProbeOperation], at: datetime) -> SignedRound:
        """For that moment. What is put can be deleted, also where deleting is not tested."""
        key = new_name(node, at)
        body, wanted = new_body(key), set(operations)
        if ProbeOperation.PUT in wanted:
            wanted.add(ProbeOperation.DELETE)
        signer = Signer(self._credentials, region=self.location.region, clock=ManualClock(at))
        return SignedRound(
            key=key,
            requests=[self._signed(one, key, body, node, signer) for one in ProbeOperation if one in wanted],
        )

    def _signed(
        self, operation: ProbeOperation, key: str, body: bytes, node: str, signer: Signer
    ) -> SignedRequest:
        stored = body if operation is ProbeOperation.PUT else b""
        if operation is ProbeOperation.LIST:
            method = "GET"
            target = request_target(self.location.bucket, "", list_query(PREFIX.format(node=node)))
        else:
            method = operation.upper()
            target = request_target(self.location.bucket, key, {})
        url = self.location.endpoint + target
        return SignedRequest(
            method=method, url=url, headers=signer.headers(method, url, stored), body=stored.decode()
        )


class _SignedAhead:
    """The headers that are there, in place of a signer."""

    def __init__(self, requests: Iterable[SignedRequest]) -> None:
        self._known = {(one.method, one.url): one.headers for one in requests}

    def headers(self, method: str, url: str, _body: bytes) -> Mapping[str, str]:
        known = self._known.get((method, url))
        if known is None:
            raise MissingPermissionError(f"{method} {url.partition('?')[0]} was not signed ahead of time.")
        return known


class _Replayer:
    def __init__(self, location: Location, requests: Sequence[SignedRequest], clock: Clock) -> None:
        self._location, self._requests, self._clock = location, requests, clock

    def run(self, plan: Plan, stopped: Callable[[], bool] = lambda: False) -> Round:
        touch = SignedTouch(self._location, None, _SignedAhead(self._requests), self._clock, None)
        return RoundRun(touch, plan, self._clock, stopped).run()


def open_replayer(endpoint: str, bucket: str, requests: Sequence[SignedRequest], *, clock: Clock) -> Prober:
    """Makes a round of requests that were signed elsewhere; the plan is to have their key and body."""
    return _Replayer(
        Location(scheme="s3", bucket=bucket, provider="other", endpoint=endpoint), requests, clock
    )
