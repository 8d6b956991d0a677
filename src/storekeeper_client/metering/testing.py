"""A server for tests of programs that meter: real HTTP on loopback, taking operations as Storekeeper does.

with FakeIngest() as ingest, Meter(ingest.url, ingest.token) as meter:
    …
    meter.flush()
    assert [operation.key for operation in ingest.operations] == ["cat.jpg"]
"""

import threading
import zlib
from collections.abc import Callable, Mapping
from typing import Any, ClassVar, NamedTuple

import msgspec

from storekeeper_client.decoding import decode
from storekeeper_client.loopback import LoopbackServer, QuietHandler

from .operation import Operation


class Received(NamedTuple):
    """A request that arrived, whatever became of it."""

    key: str  # the Idempotency-Key
    body: bytes  # unpacked
    gzipped: bool
    token: str


class _Reply(NamedTuple):
    status: int
    headers: Mapping[str, str]
    body: bytes


_NOT_FOUND = _Reply(404, {}, b'{"type":"/problems/not-found","title":"Not found"}')
_NOT_SIGNED_IN = _Reply(401, {}, b'{"type":"/problems/not-signed-in","title":"Sign in first"}')


class FakeIngest(LoopbackServer):
    """Takes operations, each batch once. `operations` lists what was taken, `received` every request, in order."""

    def __init__(self, token: str = "test-token") -> None:  # noqa: S107 - for tests only
        self.token = token
        self.operations: list[Operation] = []
        self.received: list[Received] = []
        self.reject: Callable[[Operation], str] = lambda _operation: ""  # the reason, or nothing
        self.questions = 0  # how often it was asked for its advice
        self.advise()
        self._seen: dict[str, int] = {}
        self._refusal: _Reply | None = None
        self._refusals = 0
        self._away = self._silent = False
        self._open = threading.Event()
        self._open.set()
        self._arrived = threading.Condition()
        super().__init__(_Handler)

    def _release(self) -> None:
        self._open.set()

    def go_away(self) -> None:
        """Cut every connection before the request is read, until `recover()`."""
        self._away = True

    def lose_replies(self) -> None:
        """Take what comes and cut the connection instead of saying so, until `recover()`."""
        self._silent = True

    def refuse(self, status: int, *, retry_after: str = "", times: int = 0) -> None:
        """Answer with that status, so many times or (0) until `recover()`. `retry_after` is the header's value."""
        headers = {"Retry-After": retry_after} if retry_after else {}
        body = msgspec.json.encode({"type": "/problems/told-to", "title": "Told to refuse", "status": status})
        self._refusal, self._refusals = _Reply(status, headers, body), times

    def advise(self, *, status: int = 200, body: bytes | None = None, **figures: float) -> None:
        """Advise meters so from now on: `successSamplingRate`, `errorSamplingRate`, `batchSize`, `flushIntervalSeconds`.

        With a status, refuse to; with a body, answer that.
        """
        told = {
            "successSamplingRate": 1.0,
            "errorSamplingRate": 1.0,
            "batchSize": 50,
            "flushIntervalSeconds": 30.0,
        }
        self._advice = _Reply(status, {}, msgspec.json.encode(told | figures) if body is None else body)

    def hold(self) -> None:
        """Let every request wait until `release()`."""
        self._open.clear()

    def release(self) -> None:
        self._open.set()

    def recover(self) -> None:
        """Answer as a healthy server does."""
        self._away = self._silent = False
        self._refusal = None
        self._open.set()

    def wait_for(self, operations: int, timeout: float = 10.0) -> bool:
        """Whether at least so many operations were taken within that many seconds."""
        with self._arrived:
            return self._arrived.wait_for(lambda: len(self.operations) >= operations, timeout)

    def wait_for_requests(self, requests: int, timeout: float = 10.0) -> bool:
        """Whether at least so many requests arrived within that many seconds."""
        with self._arrived:
            return self._arrived.wait_for(lambda: len(self.received) >= requests, timeout)

    def wait_for_questions(self, questions: int, timeout: float = 10.0) -> bool:
        """Whether it was asked for its advice so often within that many seconds."""
        with self._arrived:
            return self._arrived.wait_for(lambda: self.questions >= questions, timeout)

    def answer_question(self, token: str) -> _Reply | None:
        """The reply to a meter that asks for advice, or nothing when the connection is to be cut."""
        with self._arrived:
            self.questions += 1
            self._arrived.notify_all()
        self._open.wait()
        if self._silent:
            return None
        return self._advice if token == self.token else _NOT_SIGNED_IN

    def answer(self, request: Received) -> _Reply | None:
        """The reply, or nothing when the connection is to be cut; asked by the handler of each connection."""
        with self._arrived:
            self.received.append(request)
            self._arrived.notify_all()
        self._open.wait()
        with self._arrived:
            reply = self._refused(request) or self._taken(request)
            self._arrived.notify_all()
        return None if self._silent else reply

    @property
    def away(self) -> bool:
        return self._away

    def _refused(self, request: Received) -> _Reply | None:
        if request.token != self.token:
            return _NOT_SIGNED_IN
        refusal = self._refusal
        if refusal is not None and self._refusals:
            self._refusals -= 1
            if self._refusals == 0:
                self._refusal = None
        return refusal

    def _taken(self, request: Received) -> _Reply:
        if request.key in self._seen:
            reply = {"accepted": 0, "duplicates": self._seen[request.key], "rejected": []}
            return _Reply(200, {}, msgspec.json.encode(reply))
        accepted, rejected = list[Operation](), list[dict[str, Any]]()
        for index, line in enumerate(request.body.splitlines()):
            try:
                operation = decode(line, Operation)
                reason = self.reject(operation)
            except msgspec.MsgspecError as error:
                reason = str(error)
            if reason:
                rejected.append({"index": index, "reason": reason})
            else:
                accepted.append(operation)
        self.operations += accepted
        self._seen[request.key] = len(accepted)
        reply = {"accepted": len(accepted), "duplicates": 0, "rejected": rejected}
        return _Reply(200, {}, msgspec.json.encode(reply))


class _Handler(QuietHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # head and body are two writes; the second must not wait 40 ms
    fake: ClassVar[FakeIngest]

    def do_POST(self) -> None:  # noqa: N802 - the name that http.server calls
        raw = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if self.fake.away:
            self.close_connection = True
            return
        self._send(self._reply(raw))

    def do_GET(self) -> None:  # noqa: N802 - the name that http.server calls
        if self.fake.away:
            self.close_connection = True
        elif self.path == "/api/operations/settings":
            self._send(self.fake.answer_question(self._token()))
        else:
            self._send(_NOT_FOUND)

    def _send(self, reply: _Reply | None) -> None:
        if reply is None:
            self.close_connection = True
            return
        self.send_response(reply.status)
        for name, value in reply.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(reply.body)))
        self.end_headers()
        self.wfile.write(reply.body)

    def _reply(self, raw: bytes) -> _Reply | None:
        if self.path != "/api/operations":
            return _NOT_FOUND
        gzipped = self.headers.get("Content-Encoding") == "gzip"
        try:
            body = zlib.decompress(raw, wbits=31) if gzipped else raw
        except zlib.error:
            return _Reply(400, {}, b'{"type":"/problems/bad-input","title":"Invalid input"}')
        key = self.headers.get("Idempotency-Key", "")
        return self.fake.answer(Received(key, body, gzipped, self._token()))

    def _token(self) -> str:
        return str(self.headers.get("Authorization", "")).removeprefix("Bearer ")
