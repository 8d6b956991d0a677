"""Figures of the server's own answers are of the last five minutes."""

from storekeeper.infra.web import Answers
from storekeeper.infra.web.answers import AnswerFigures
from storekeeper.kernel.clock import ManualClock


def test_nobody_asked():
    assert Answers(ManualClock()).figures() == AnswerFigures()


def test_mean_and_share():
    answers = Answers(ManualClock())
    for status, seconds in ((200, 0.01), (404, 0.02), (503, 0.06)):
        answers.note(status, seconds)
    assert answers.figures() == AnswerFigures(answered=3, response_ms=30.0, error_rate=0.3333)


def test_what_is_old_is_forgotten():
    clock = ManualClock()
    answers = Answers(clock)
    answers.note(500, 9.0)
    clock.advance(280)
    answers.note(200, 0.1)
    assert answers.figures().error_rate == 0.5
    clock.advance(30)
    assert answers.figures() == AnswerFigures(answered=1, response_ms=100.0, error_rate=0.0)
    clock.advance(10_000)
    assert answers.figures() == AnswerFigures()


def test_memory_stays_bounded():
    clock = ManualClock()
    answers = Answers(clock)
    for _ in range(1000):
        answers.note(200, 0.1)
        clock.advance(10)
    assert len(answers._steps) == 30
