"""A vantage point with a clock that is turned by hand: what is due, what waits, what is carried and when."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storekeeper.kernel.clock import ManualClock
from storekeeper.objectstore.probing import Network, Probed, ProbeOperation, Round, SignedRequest
from storekeeper.prober import outbox as outbox_module
from storekeeper.prober import rules
from storekeeper.prober.agenda import Agenda
from storekeeper.prober.courier import Courier
from storekeeper.prober.model import (
    PlannedBucket,
    PlannedRound,
    RefusedRound,
    ReportedCheck,
    ReportedRound,
    ReportReply,
    VantagePlan,
)
from storekeeper.prober.outbox import Outbox
from storekeeper.prober.reporting import found_by, reported
from storekeeper_client import ApiError, UnreachableError
from storekeeper_client.breaker import Failure, Outcome
from storekeeper_client.errors import Problem

GET = ProbeOperation.GET


def plan(clock, seconds, *, version="1", bucket="photos", ahead=300, skew=0):
    """Rounds so many seconds from now; the server's clock is ahead of ours by `skew`."""
    now = clock.now() + timedelta(seconds=skew)
    rounds = [
        PlannedRound(
            id=str(second), at=now + timedelta(seconds=second), ticket=f"{bucket}-{second}", key=".storekeeper-probe/n/k",
            requests=[SignedRequest(method="GET", url="http://127.0.0.1:9/b/k", headers={})],
        )
        for second in seconds
    ]  # fmt: skip
    planned = PlannedBucket(
        name=bucket, endpoint="http://127.0.0.1:9", bucket="b", check_interval=30_000, timeout=1000,
        failure_threshold=3, slow_response_threshold=900, test_operations=(GET,), rounds=rounds,
    )  # fmt: skip
    until = now + timedelta(seconds=ahead)
    return VantagePlan(vantage="fra-1", node="n", version=version, now=now, until=until, buckets=[planned])


def made(ticket):
    return ReportedRound(ticket=ticket, checks=[ReportedCheck(operation=GET, outcome=Outcome.OK)])


class TestAgenda:
    def test_rounds_are_due_at_their_time_whatever_the_wall_clock_says(self):
        clock = ManualClock()
        agenda = Agenda(clock)
        agenda.take(plan(clock, [10, 40], skew=7200))
        clock.jump(-86_400)
        assert agenda.pause() == 10
        clock.advance(9.9)
        assert agenda.due() == []
        clock.advance(0.1)
        assert [one.round.id for one in agenda.due()] == ["10"]
        assert agenda.pause() == pytest.approx(30)

    def test_a_plan_that_goes_on_is_added_and_another_version_replaces(self):
        clock = ManualClock()
        agenda = Agenda(clock)
        agenda.take(plan(clock, [10, 20]))
        agenda.take(plan(clock, [30]))
        assert len(agenda) == 3
        agenda.take(plan(clock, [15], version="2"))
        assert (len(agenda), agenda.pause()) == (1, 15)

    def test_after_a_standstill_only_the_last_of_each_bucket_is_made(self):
        clock = ManualClock()
        agenda = Agenda(clock)
        agenda.take(plan(clock, [10, 20, 30]))
        agenda.take(plan(clock, [10], bucket="videos"))
        clock.advance(35)
        assert sorted(one.round.ticket for one in agenda.due()) == ["photos-30", "videos-10"]
        assert agenda.missed == 2

    def test_what_is_no_longer_signed_is_not_made(self):
        clock = ManualClock()
        agenda = Agenda(clock)
        agenda.take(plan(clock, [10]))
        clock.advance(10 + rules.MOST_LATE + 1)
        assert agenda.due() == []
        assert (agenda.missed, agenda.pause()) == (1, None)


class TestOutbox:
    def test_what_has_arrived_is_let_go(self):
        box = Outbox()
        box.put(made("a"))
        batch = box.batch()
        box.put(made("b"))
        box.let_go(batch)
        assert [one.ticket for one in box.batch()] == ["b"]

    def test_it_is_bounded_and_loses_the_oldest(self, monkeypatch):
        monkeypatch.setattr(outbox_module, "MOST_KEPT", 3)
        box = Outbox()
        for ticket in "abcde":
            box.put(made(ticket))
        assert ([one.ticket for one in box.batch()], box.lost) == (["c", "d", "e"], 2)

    def test_a_report_has_a_bounded_number(self):
        box = Outbox()
        for number in range(outbox_module.MOST_ROUNDS + 1):
            box.put(made(str(number)))
        assert len(box.batch()) == outbox_module.MOST_ROUNDS


class Server:
    """Answers what it was told to, and keeps what it was asked."""

    def __init__(self, clock):
        self.clock, self.asked, self.reported, self.fault, self.rejected = clock, [], [], None, ()

    def call(self, method, path, returns, *, body=None, **query):
        if self.fault and (self.fault[0] in path):
            raise self.fault[1]
        if returns is VantagePlan:
            self.asked.append(query)
            return plan(self.clock, [10])
        self.reported += [one.ticket for one in body.rounds]
        return ReportReply(accepted=len(body.rounds), rejected=self.rejected)


def refusal(status, **fields):
    return ApiError(Problem(status=status, detail="no", **fields))


class TestCourier:
    @pytest.fixture
    def clock(self):
        return ManualClock()

    @pytest.fixture
    def server(self, clock):
        return Server(clock)

    @pytest.fixture
    def box(self):
        return Outbox()

    @pytest.fixture
    def courier(self, server, box, clock):
        return Courier(server, Agenda(clock), box, clock, lambda: 1.0)

    def test_it_asks_for_what_follows_well_before_the_plan_ends(self, courier, server, clock):
        assert courier.step() == rules.LONGEST_WAIT
        until = courier.plan.until
        courier.step()
        assert len(server.asked) == 1
        clock.advance(rules.LONGEST_WAIT)
        courier.step()
        assert server.asked == [
            {"after": "", "version": ""},
            {"after": until.isoformat(), "version": "1"},
        ]

    def test_it_carries_what_is_there(self, courier, server, box):
        box.put(made("a"))
        courier.step()
        assert (server.reported, len(box)) == (["a"], 0)

    def test_while_the_server_is_away_everything_waits(self, courier, server, box):
        courier.step()
        server.fault = ("rounds", UnreachableError("http://s", "nothing listens"))
        box.put(made("a"))
        pauses = [courier.step() for _ in range(8)]
        assert pauses == [2, 4, 8, 16, 32, 60, 60, 60]
        box.put(made("b"))
        server.fault = None
        courier.step()
        assert (server.reported, len(box), courier.failures) == (["a", "b"], 0, 0)

    def test_it_waits_as_long_as_the_server_asks(self, courier, server, box):
        courier.step()
        server.fault = ("rounds", refusal(503, retry_after_seconds=20.0))
        box.put(made("a"))
        assert courier.step() == 22

    def test_a_report_that_is_never_taken_does_not_stop_those_after_it(self, courier, server, box):
        courier.step()
        server.fault = ("rounds", refusal(400))
        box.put(made("a"))
        courier.step()
        server.fault = None
        box.put(made("b"))
        courier.step()
        assert (server.reported, courier.failures) == (["b"], 0)

    def test_rounds_that_were_refused_are_not_sent_again(self, courier, server, box):
        server.rejected = [RefusedRound(index=0, reason="The round is too old.")]
        box.put(made("a"))
        courier.step()
        courier.step()
        assert server.reported == ["a"]

    @pytest.mark.parametrize("status", [401, 403, 404])
    def test_who_is_never_let_in_gives_up(self, courier, server, status):
        server.fault = ("plan", refusal(status))
        with pytest.raises(ApiError):
            courier.step()

    def test_who_was_let_in_once_tries_on(self, courier, server, clock):
        courier.step()
        server.fault = ("plan", refusal(403))
        clock.advance(rules.LONGEST_WAIT)
        assert courier.step() > 0
        assert courier.failures == 1


class TestRules:
    @given(st.floats(0, 300), st.floats(0, 1))
    def test_the_next_plan_is_there_before_the_last_one_ends(self, left, random):
        found = rules.until_next_plan(left, random)
        assert rules.SHORTEST_WAIT <= found <= max(left / 2, rules.SHORTEST_WAIT)
        assert found <= rules.LONGEST_WAIT

    @given(st.integers(1, 1000), st.none() | st.floats(0, 100), st.floats(0, 1))
    def test_attempts_are_never_at_once_and_never_far_apart(self, failures, asked, random):
        found = rules.until_next_attempt(failures, asked, random)
        assert max(asked or 0, 1) <= found <= (asked or 0) + rules.LONGEST_WAIT


def test_what_is_told_is_what_was_found():
    bad = Probed(
        operation=GET, outcome=Outcome.FAILURE, failure=Failure.CONNECT, code="connection-failed", latency=0.5,
        first_byte=None, detail="refused", hint="Is it up?",
    )  # fmt: skip
    found = Round(operations=[bad], network=Network(dns=0.001, connect=0.002, clock_skew=-1.5))
    assert found_by(reported("t", found, late=0.1, seconds=1)) == found


def test_words_are_cut_to_what_the_server_takes():
    long = Probed(operation=GET, outcome=Outcome.CALLER, detail="x" * 5000, hint="y" * 5000, code="z" * 500)
    (told,) = reported("t", Round(operations=[long]), late=-0.1, seconds=1).checks
    assert (len(told.detail), len(told.hint), len(told.code)) == (1000, 1000, 100)
