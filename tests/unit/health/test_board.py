"""How a bucket is, told by several at the same time."""

from datetime import UTC, datetime, timedelta

from storekeeper.health.model import Check, CheckRound, HealthConfig, NetworkFigures, Status
from storekeeper.health.rules.quorum import Voice
from storekeeper.health.rules.sighting import Glance
from storekeeper.health.rules.status import Seen
from storekeeper.health.service.board import Board
from storekeeper.health.sightings import Vantage
from storekeeper.objectstore.probing import ProbeOperation
from storekeeper_client.breaker import Outcome
from storekeeper_client.breaker.verdict import CONNECT, OK

NOW = datetime(2026, 11, 21, 14, 2, tzinfo=UTC)
FRA = Vantage(id="1", name="fra-1", node="fra-1-1")
GET = ProbeOperation.GET
CONFIG = HealthConfig(test_operations=(GET,), failure_threshold=1)


def at(seconds):
    return NOW + timedelta(seconds=seconds)


def own(board, seconds, outcome=Outcome.OK):
    check = Check(id="r.get", time=at(seconds), bucket="photos", operation=GET, outcome=outcome)
    round_ = CheckRound(
        id="r", time=at(seconds), bucket="photos", outcome=outcome, duration_ms=1.0, checks=[check],
        network=NetworkFigures(), diagnosis="",
    )  # fmt: skip
    board.take("b", round_, ["connection-failed"], CONFIG)


def heard(board, seconds, outcome):
    seen = Seen(operation=GET, outcome=outcome, latency_ms=1.0, problem="connection-failed")
    voice = Voice(OK if outcome is Outcome.OK else CONNECT, 0.1)
    board.hear("b", "photos", Glance(FRA, at(seconds), [seen], voice), CONFIG, at(seconds))


def told(board):
    return [(one.at, one.before, one.after) for _, one in board.unsaved()[1]]


def test_what_another_place_tells_changes_the_status_at_once():
    board = Board({})
    own(board, 0)
    heard(board, 5, Outcome.FAILURE)
    assert board.of("b").status is Status.DEGRADED
    own(board, 30, Outcome.FAILURE)
    assert board.of("b").status is Status.UNHEALTHY
    assert told(board) == [
        (at(0), Status.UNKNOWN, Status.HEALTHY),
        (at(5), Status.HEALTHY, Status.DEGRADED),
        (at(30), Status.DEGRADED, Status.UNHEALTHY),
    ]


def test_changes_are_in_order_of_time_though_a_round_began_before_another_place_told():
    board = Board({})
    own(board, 0)
    heard(board, 31, Outcome.FAILURE)
    own(board, 30, Outcome.FAILURE)
    assert [moment for moment, *_ in told(board)] == [at(0), at(31), at(31)]


def test_who_falls_silent_takes_along_what_it_saw():
    board = Board({})
    own(board, 0)
    heard(board, 1, Outcome.FAILURE)
    own(board, 60)
    board.expire("b", "photos", CONFIG, at(90.9))
    assert board.of("b").status is Status.DEGRADED
    board.expire("b", "photos", CONFIG, at(91))
    assert board.of("b").status is Status.HEALTHY
    assert len(board.of("b").sightings) == 1


def test_who_is_silent_for_a_day_is_forgotten():
    board = Board({})
    own(board, 0)
    heard(board, 1, Outcome.OK)
    own(board, 86_390)
    board.unsaved()
    board.expire("b", "photos", CONFIG, at(86_401))
    assert board.of("b").sightings == []
    assert [one.sightings for one in board.unsaved()[0]] == [[]]


def test_without_any_check_of_our_own_nothing_is_known():
    board = Board({})
    heard(board, 1, Outcome.OK)
    assert board.of("b").status is Status.UNKNOWN
    own(board, 2)
    board.expire("b", "photos", CONFIG, at(92))
    heard(board, 93, Outcome.OK)
    assert board.of("b").status is Status.UNKNOWN
