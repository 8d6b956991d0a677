"""A server for tests of programs that use this client: real HTTP on loopback, answering what the test says.

with FakeServer() as server:
    server.answer("GET", "/api/buckets", {"items": [], "nextCursor": None})
    assert Client(server.url).buckets() == []
    assert server.asked[-1].path == "/api/buckets"
"""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, NamedTuple
from urllib.parse import parse_qsl, urlsplit

import msgspec

from .loopback import LoopbackServer, QuietHandler


class Asked(NamedTuple):
    """A request that arrived."""

    method: str
    path: str
    query: dict[str, str]
    body: Any
    token: str  # the bearer's, empty for nobody


class _Answer(NamedTuple):
    status: int
    media_type: str
    body: bytes


class FakeServer(LoopbackServer):
    """Answers by method and path. `asked` lists what arrived, in order."""

    def __init__(self) -> None:
        self.asked: list[Asked] = []
        self._answers: dict[tuple[str, str], list[_Answer]] = {}
        self._spent: set[tuple[str, str]] = set()  # routes whose last answer was given
        super().__init__(_Handler)

    def answer(self, method: str, path: str, body: Any = None, *, status: int = 200) -> None:
        """Answer with this JSON; None is an empty answer.

        Several answers to one route are given in turn, and the last one for good, until another is told.
        """
        encoded = b"" if body is None else msgspec.json.encode(body)
        self._add(method, path, _Answer(status, "application/json", encoded))

    def refuse(self, method: str, path: str, slug: str, status: int, **members: Any) -> None:
        """Answer with a problem (RFC 9457), for example `detail=` and `hint=`."""
        problem = {"type": f"/problems/{slug}", "title": slug, "status": status, **members}
        self._add(method, path, _Answer(status, "application/problem+json", msgspec.json.encode(problem)))

    def stream(self, path: str, events: Sequence[tuple[str, Mapping[str, Any]]]) -> None:
        """Answer with these Server-Sent Events, then end the stream."""
        body = b"".join(
            b"event: %b\ndata: %b\n\n" % (name.encode(), msgspec.json.encode(data)) for name, data in events
        )
        self._add("GET", path, _Answer(200, "text/event-stream", b": hello\n\n" + body))

    def _add(self, method: str, path: str, answer: _Answer) -> None:
        answers = self._answers.setdefault((method, path), [])
        if (method, path) in self._spent:
            answers.clear()
            self._spent.remove((method, path))
        answers.append(answer)

    def take(self, asked: Asked) -> _Answer:
        """The answer to a request; asked by the handler of each connection."""
        self.asked.append(asked)
        route = (asked.method, asked.path)
        answers = self._answers.get(route)
        if not answers:
            problem = {"type": "/problems/not-found", "title": "Not found", "status": 404}
            return _Answer(404, "application/problem+json", msgspec.json.encode(problem))
        if len(answers) > 1:
            return answers.pop(0)
        self._spent.add(route)
        return answers[0]


class _Handler(QuietHandler):
    protocol_version = "HTTP/1.1"
    fake: ClassVar[FakeServer]

    def _handle(self) -> None:
        parts = urlsplit(self.path)
        raw = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        token = self.headers.get("Authorization", "").removeprefix("Bearer ")
        body = msgspec.json.decode(raw) if raw else None
        asked = Asked(self.command, parts.path, dict(parse_qsl(parts.query)), body, token)
        answer = self.fake.take(asked)
        self.send_response(answer.status)
        self.send_header("Content-Type", answer.media_type)
        self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        self.wfile.write(answer.body)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _handle  # noqa: N815 - the names that http.server calls
