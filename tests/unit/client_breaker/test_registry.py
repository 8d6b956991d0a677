"""One breaker for each bucket, and how far somebody else may hold them open."""

import pytest

from storekeeper_client.breaker import BreakerConfig, BreakerRegistry, Mode, State
from storekeeper_client.breaker.shared import Word


@pytest.fixture
def registry(clock):
    return BreakerRegistry(
        BreakerConfig(jitter=0.0),
        configs={"own": BreakerConfig(failure_threshold=1)},
        clock=clock.monotonic,
        random=lambda: 0.5,
    )


def word(bucket="a", state=State.OPEN, epoch=1, left=30.0, mode=Mode.AUTOMATIC):
    return Word(bucket=bucket, state=state, epoch=epoch, left=left, mode=mode)


def test_a_bucket_has_one_breaker_with_its_own_settings(registry):
    assert registry.get("a") is registry.get("a")
    assert registry.get("own").config.failure_threshold == 1
    assert [each.bucket for each in registry.snapshots()] == ["a", "own"]


def test_listeners_hear_of_breakers_that_are_made_later(registry):
    seen = []
    registry.get("a")
    registry.on_transition(seen.append)
    registry.get("a").open()
    registry.get("b").open()
    assert [each.bucket for each in seen] == ["a", "b"]


def test_automation_may_hold_open_a_share(registry):
    for name in "abcd":
        registry.get(name)
    assert [registry.force_open(name, "too expensive", 60) for name in "abcd"] == [True, True, False, False]
    assert registry.force_open("a", "still too expensive", 60)
    assert not registry.heed(word("c"))
    registry.get("a").reset()
    assert registry.heed(word("c"))


def test_one_bucket_may_always_be_held_open_unless_none_may(registry, clock):
    assert registry.force_open("only", "too expensive", 60)
    none = BreakerRegistry(max_forced_open_share=0.0, clock=clock.monotonic)
    assert not none.force_open("only", "too expensive", 60)
    with pytest.raises(ValueError, match="from 0 to 1"):
        BreakerRegistry(max_forced_open_share=2)


def test_people_are_not_limited(registry):
    for name in "abcd":
        registry.get(name)
        assert registry.heed(word(name, mode=Mode.FORCED_OPEN))
    assert {each.mode for each in registry.snapshots()} == {Mode.FORCED_OPEN}


def test_a_word_opens_until_its_time_and_a_later_one_closes(registry, clock):
    breaker = registry.get("a")
    assert registry.heed(word(left=300.0))
    assert (breaker.state, breaker.snapshot().retry_after) == (State.OPEN, 300.0)
    assert breaker.snapshot().reason == "Storekeeper says so"
    assert registry.heed(word(state=State.CLOSED, epoch=3, left=None))
    assert breaker.state is State.CLOSED
    assert not registry.heed(word(epoch=2))
    assert registry.heed(word(epoch=4, left=5.0))
    clock.advance(5)
    assert breaker.state is State.HALF_OPEN


def test_what_the_program_found_out_itself_stays(registry):
    breaker = registry.get("a")
    for _ in range(3):
        breaker.acquire().failure()
    assert not registry.heed(word(state=State.CLOSED, left=None))
    assert not registry.heed(word(epoch=2, left=10.0))
    assert breaker.snapshot().retry_after == 60.0
    assert registry.heed(word(epoch=3, left=90.0))
    assert breaker.snapshot().retry_after == 90.0


def test_modes_come_and_go_with_the_server(registry):
    breaker = registry.get("a")
    registry.heed(word(state=State.CLOSED, left=None, mode=Mode.DISABLED))
    assert breaker.snapshot().mode is Mode.DISABLED
    registry.heed(word(epoch=2, left=30.0))
    assert (breaker.snapshot().mode, breaker.state) == (Mode.AUTOMATIC, State.OPEN)
    registry.heed(word(epoch=3, left=None, mode=Mode.FORCED_OPEN))
    registry.go_alone()
    assert (breaker.snapshot().mode, breaker.state) == (Mode.AUTOMATIC, State.HALF_OPEN)
    registry.heed(word(epoch=3, left=None, mode=Mode.FORCED_OPEN))
    assert breaker.snapshot().mode is Mode.FORCED_OPEN


def test_a_mode_that_the_program_chose_stands_above_the_servers(registry):
    breaker = registry.get("a")
    breaker.set_mode(Mode.DISABLED)
    assert not registry.heed(word())
    registry.go_alone()
    assert breaker.snapshot().mode is Mode.DISABLED


def test_a_bucket_that_is_used_later_has_heard_it_too(registry, clock):
    assert not registry.heed(word(left=100.0))
    assert len(registry) == 0
    clock.advance(30)
    assert registry.get("a").snapshot().retry_after == 70.0


def test_settings_may_change_for_all(registry):
    registry.get("a")
    registry.configure(BreakerConfig(failure_threshold=9), {"b": BreakerConfig(failure_threshold=8)})
    assert [registry.get(name).config.failure_threshold for name in ("a", "b", "own")] == [9, 8, 9]


def test_a_bucket_may_be_forgotten(registry):
    registry.get("a").open()
    registry.forget("a")
    registry.forget("a")
    assert registry.get("a").state is State.CLOSED
