"""Shortcuts: only the plain answer is theirs, everything else reaches the application as it came."""

import asyncio
from concurrent.futures import Future

import pytest

from storekeeper.infra.web import Access, Principal, Role, Shortcut
from storekeeper.infra.web.shortcut import LARGEST, posted
from storekeeper.kernel.errors import UnavailableError

KEY = Principal(id="k", email="", role=Role.USER, via="key", scopes=frozenset({"ingest"}))
READER = Principal(id="r", email="", role=Role.ADMIN, via="key", scopes=frozenset({"read"}))
PERSON = Principal(id="p", email="a@b", role=Role.ADMIN, via="token")
CALLERS = {"Bearer key": KEY, "Bearer reader": READER, "Bearer person": PERSON}


class Recalled:
    """Knows CALLERS."""

    def recall(self, authorization):
        return CALLERS.get(authorization)


def body_of(call):
    return b"".join(message["body"] for message in call)


def ask(answer, *, parts=(b"body",), gone=False, method="POST", path="/in", **headers):
    """(what the application was called with, what was sent back)."""
    size = str(sum(map(len, parts)))
    given = {"authorization": "Bearer key", "content-length": size} | headers
    last = len(parts) - 1
    came = [
        {"type": "http.request", "body": part, "more_body": gone or n < last} for n, part in enumerate(parts)
    ]
    came.append({"type": "http.disconnect"})
    reached, sent = [], []

    async def receive():
        return came.pop(0)

    async def send(message):
        sent.append(message)

    async def application(_scope, receive, _send):
        call = [await receive()]
        while call[-1].get("more_body"):
            call.append(await receive())
        reached.append(call)

    scope = {
        "type": "http", "method": method, "path": path,
        "headers": [(name.encode(), value.encode()) for name, value in given.items()],
    }  # fmt: skip
    wrapped = posted(Shortcut("/in", Access.INGEST, answer), Recalled())(application)
    asyncio.run(wrapped(scope, receive, send))
    return reached, sent


def done(value=None, error=None):
    future = Future()
    future.set_exception(error) if error else future.set_result(value)
    return future


def test_what_is_plain_is_answered_and_the_application_hears_nothing_of_it():
    seen = []
    reached, sent = ask(
        lambda small: seen.append(small) or done({"accepted": 1}), parts=(b"bo", b"dy"), **{"x-kind": "Few"}
    )
    assert not reached
    assert sent[0]["status"] == 200
    assert sent[1]["body"] == b'{"accepted":1}'
    assert dict(sent[0]["headers"])[b"content-length"] == b"14"
    (small,) = seen
    assert (small.body, small.caller, small.header("x-kind"), small.header("x-other")) == (
        b"body",
        KEY,
        "Few",
        "",
    )


def refuse(_small):
    raise UnavailableError("no")


@pytest.mark.parametrize(
    "answer",
    [lambda _small: None, refuse, lambda _small: done(error=UnavailableError("no"))],
    ids=["not-now", "refused", "failed-later"],
)
def test_what_it_can_not_answer_reaches_the_application_with_its_whole_body(answer):
    reached, sent = ask(answer, parts=(b"bo", b"dy"))
    assert not sent
    assert [body_of(call) for call in reached] == [b"body"]


@pytest.mark.parametrize(
    "other",
    [
        {"method": "GET"},
        {"path": "/in/other"},
        {"authorization": "Bearer unknown"},
        {"authorization": "Bearer reader"},
        {"authorization": "Bearer person"},
        {"content-length": ""},
        {"content-length": "-1"},
        {"content-length": str(LARGEST + 1)},
        {"content-length": "9" * 30},
    ],
    ids=str,
)
def test_others_are_none_of_its_business(other):
    reached, sent = ask(lambda _small: pytest.fail("not its business"), **other)
    assert not sent
    assert [body_of(call) for call in reached] == [b"body"]


def test_a_sender_who_went_away_is_the_applications_to_notice():
    reached, sent = ask(lambda _small: pytest.fail("it is not whole"), gone=True)
    assert not sent
    assert [message["type"] for message in reached[0]] == ["http.request", "http.disconnect"]


def test_its_own_faults_are_not_hidden():
    with pytest.raises(ZeroDivisionError):
        ask(lambda _small: done(error=ZeroDivisionError()))
