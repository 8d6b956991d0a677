"""Following a server's breakers, over real HTTP from the fake that the library ships."""

import threading
from datetime import UTC, datetime

import msgspec
import pytest

from storekeeper_client.breaker import BreakerConfig, BreakerRegistry, Mode, State
from storekeeper_client.breaker.following import BreakerEvent, Following, follow, word_of
from storekeeper_client.breaker.testing import FakeBreakers
from storekeeper_client.transport import Transport


@pytest.fixture
def server():
    with FakeBreakers() as fake:
        yield fake


@pytest.fixture
def registry(clock):
    made = BreakerRegistry(BreakerConfig(jitter=0.0), clock=clock.monotonic, random=lambda: 0.5)
    made.get("media")
    return made


@pytest.fixture
def following(server, registry, clock):
    """One that is stepped by hand."""
    transport = Transport(server.url, timeout=5.0)
    return Following(transport, server.token, registry, clock=clock, random=lambda: 1.0)


def until(condition, registry):
    """Wait for the thread: whatever changes a breaker lets this look again."""
    changed = threading.Event()
    registry.on_transition(lambda _: changed.set())
    while not condition():
        assert changed.wait(10)
        changed.clear()


def test_an_application_follows_in_one_line(server, registry):
    server.say("media", State.OPEN, seconds=30)
    following = follow(server.url, server.token, registry)
    until(lambda: registry.get("media").state is State.OPEN, registry)
    assert registry.get("media").snapshot().retry_after == 30.0
    assert following.connected
    server.say("media", State.CLOSED)
    until(lambda: registry.get("media").state is State.CLOSED, registry)
    server.say("media", "closed", mode="disabled")
    until(lambda: registry.get("media").snapshot().mode is Mode.DISABLED, registry)
    following.stop()
    server.go_away()


def heard(server, following, state="open", **event):
    """One connection in which the server says that, and then ends the stream; the pause after it."""
    server.say("media", state, **event)
    ender = threading.Thread(target=lambda: server.wait_for_listeners(1) and server.drop())
    ender.start()
    pause = following.step()
    ender.join()
    return pause


def test_a_stream_that_ends_is_asked_for_again_soon(server, following, registry):
    assert heard(server, following, seconds=30) == 1.0
    assert registry.get("media").state is State.OPEN
    assert not following.connected
    assert heard(server, following, "closed") == 1.0
    assert registry.get("media").state is State.CLOSED


def test_old_news_is_no_news(server, following, registry):
    heard(server, following, "closed", epoch=7)
    heard(server, following, "open", epoch=6, seconds=30)
    assert registry.get("media").state is State.CLOSED
    heard(server, following, "open", epoch=7, seconds=30)
    assert registry.get("media").state is State.OPEN


def test_without_the_server_programs_go_on_alone(server, following, registry, clock):
    breaker = registry.get("media")
    heard(server, following, "open", mode="forced-open")
    assert breaker.snapshot().mode is Mode.FORCED_OPEN
    server.go_away()
    clock.advance(59)
    pauses = [following.step()]
    assert breaker.snapshot().mode is Mode.FORCED_OPEN
    clock.advance(1)
    pauses += [following.step() for _ in range(7)]
    assert (breaker.snapshot().mode, breaker.state) == (Mode.AUTOMATIC, State.HALF_OPEN)
    assert pauses == [2.0, 4.0, 8.0, 16.0, 32.0, 60.0, 60.0, 60.0]
    assert breaker.call(int) == 0
    assert breaker.state is State.CLOSED
    server.recover()
    heard(server, following, "open", mode="forced-open")
    assert breaker.snapshot().mode is Mode.FORCED_OPEN


def test_a_wrong_token_is_not_tried_often(server, registry, clock):
    following = Following(
        Transport(server.url, timeout=5.0), "wrong", registry, clock=clock, random=lambda: 0.0
    )
    assert following.step() == 30.0
    assert server.asked == 1


def test_times_are_the_servers(clock):
    event = msgspec.json.decode(
        b'{"bucket":"media","state":"open","epoch":7,"mode":"automatic",'
        b'"until":"2026-11-20T12:01:00Z","now":"2026-11-20T12:00:30Z"}',
        type=BreakerEvent,
    )
    assert word_of(event, datetime(1999, 1, 1, tzinfo=UTC)).left == 30.0
    bare = msgspec.structs.replace(event, now=None)
    assert word_of(bare, clock.now()).left == 60.0


def test_what_can_not_be_read_is_left_out(server, following, registry, caplog):
    server._said["odd"] = b"event: breaker\ndata: {}\n\nevent: other\ndata: 1\n\n"
    heard(server, following, seconds=30)
    assert registry.get("media").state is State.OPEN
    assert "can not be read" in caplog.text
