"""A server for tests of programs that follow breakers: real HTTP on loopback, speaking as Storekeeper does.

with FakeBreakers() as server:
    following = follow(server.url, server.token, breakers)
    server.say("media", "open", seconds=30)
    assert server.wait_for_listeners(1)
"""

import threading
from datetime import UTC, datetime, timedelta
from typing import ClassVar

import msgspec

from storekeeper_client.loopback import LoopbackServer, QuietHandler

from .following import PATH, BreakerEvent
from .model import Mode, State

_NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)  # any will do: only the difference to `until` is used


class FakeBreakers(LoopbackServer):
    """Keeps each bucket's last event and sends it to whoever listens, at once and when it changes."""

    def __init__(self, token: str = "test-token") -> None:  # noqa: S107 - for tests only
        self.token = token
        self.listeners = 0  # streams that are open
        self.asked = 0  # requests that arrived
        self._said: dict[str, bytes] = {}
        self._epochs: dict[str, int] = {}
        self._log: list[bytes] = []
        self._away = self._ended = False
        self._drops = 0
        self._news = threading.Condition()
        super().__init__(_Handler)

    def _release(self) -> None:
        with self._news:
            self._ended = True
            self._news.notify_all()

    def say(
        self,
        bucket: str,
        state: State | str,
        *,
        seconds: float | None = None,
        mode: Mode | str = Mode.AUTOMATIC,
        epoch: int | None = None,
    ) -> None:
        """The bucket's breaker changed; an open one is tried again after `seconds`. Epochs count by themselves."""
        with self._news:
            number = self._epochs.get(bucket, 0) + 1 if epoch is None else epoch
            self._epochs[bucket] = number
            event = BreakerEvent(
                bucket=bucket,
                state=State(state),
                epoch=number,
                until=_NOW + timedelta(seconds=seconds) if seconds is not None else None,
                mode=Mode(mode),
                now=_NOW,
            )
            self._said[bucket] = b"event: breaker\ndata: " + msgspec.json.encode(event) + b"\n\n"
            self._log.append(self._said[bucket])
            self._news.notify_all()

    def go_away(self) -> None:
        """Cut all streams, and every request before it is answered, until `recover()`."""
        with self._news:
            self._away = True
            self._drops += 1
            self._news.notify_all()

    def drop(self) -> None:
        """End all streams; who comes again is served."""
        with self._news:
            self._drops += 1
            self._news.notify_all()

    def recover(self) -> None:
        with self._news:
            self._away = False

    def wait_for_listeners(self, count: int, timeout: float = 10.0) -> bool:
        """Whether so many streams are open within that many seconds."""
        with self._news:
            return self._news.wait_for(lambda: self.listeners == count, timeout)

    def wait_for_requests(self, count: int, timeout: float = 10.0) -> bool:
        """Whether at least so many requests arrived within that many seconds."""
        with self._news:
            return self._news.wait_for(lambda: self.asked >= count, timeout)

    def serve(self, handler: "_Handler") -> None:
        """Answer one request; asked by the handler of each connection."""
        with self._news:
            self.asked += 1
            self._news.notify_all()
            if self._away:
                return
            known, drops = len(self._log), self._drops
            first = b": hello\n\n" + b"".join(self._said.values())
        status = self._refusal(handler.path, handler.headers.get("Authorization", ""))
        if status:
            handler.send_error(status)
            return
        handler.begin(first)
        with self._news:
            self.listeners += 1
            self._news.notify_all()
        try:
            self._stream(handler, known, drops)
        finally:
            with self._news:
                self.listeners -= 1
                self._news.notify_all()

    def _refusal(self, path: str, authorization: str) -> int:
        if path != PATH:
            return 404
        return 0 if authorization == f"Bearer {self.token}" else 401

    def _stream(self, handler: "_Handler", known: int, drops: int) -> None:
        while (fresh := self._next(known, drops)) is not None:
            handler.wfile.write(b"".join(fresh))
            known += len(fresh)

    def _next(self, known: int, drops: int) -> list[bytes] | None:
        """Wait for what comes after so many events; None when the stream is to end."""
        with self._news:
            while not (self._ended or self._drops > drops or len(self._log) > known):
                self._news.wait()
            return None if self._ended or self._drops > drops else self._log[known:]


class _Handler(QuietHandler):
    fake: ClassVar[FakeBreakers]

    def do_GET(self) -> None:  # noqa: N802 - the name that http.server calls
        self.close_connection = True
        try:
            self.fake.serve(self)
        except ConnectionError:
            return

    def begin(self, first: bytes) -> None:
        """The head, and what is known so far."""
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.end_headers()
        self.wfile.write(first)
