"""Laws of what several vantage points make of a bucket together."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from storekeeper.health.model import Status
from storekeeper.health.rules import quorum, sighting
from storekeeper.health.rules.quorum import HERE, View, Voice
from storekeeper.health.rules.sighting import Glance
from storekeeper.health.rules.status import Judgment, Seen
from storekeeper.health.sightings import Vantage
from storekeeper.objectstore.probing import ProbeOperation
from storekeeper_client.breaker import Failure, Outcome
from storekeeper_client.breaker.verdict import CALLER, CONNECT, OK, SERVER, THROTTLED, Verdict

NOW = datetime(2026, 11, 21, 14, 2, tzinfo=UTC)
INTERVAL = timedelta(seconds=30)
FRA = Vantage(id="1", name="fra-1", node="fra-1-1")
NYC = Vantage(id="2", name="nyc-1", node="nyc-1-2")
known = st.sampled_from([Status.HEALTHY, Status.DEGRADED, Status.UNHEALTHY])
judgments = known.map(lambda status: Judgment(status, f"It is {status}."))
others = st.lists(judgments, max_size=6).map(
    lambda found: [View(f"place-{number}", one) for number, one in enumerate(found)]
)
verdicts = st.sampled_from([OK, CALLER, CONNECT, SERVER, THROTTLED, Verdict(Outcome.UNKNOWN)])
voices = st.builds(Voice, verdicts, st.floats(0, 10))
quorums = st.integers(0, 8)


def failing(judged):
    return sum(one.status is Status.UNHEALTHY for one in judged)


def is_failure(voice):
    return voice.verdict.outcome is Outcome.FAILURE


class TestNeeded:
    def test_the_majority_is_more_than_half(self):
        assert [quorum.needed(quorum.MAJORITY, heard) for heard in range(1, 7)] == [1, 2, 2, 3, 3, 4]

    def test_a_quorum_that_can_not_be_reached_is_all_of_them(self):
        assert quorum.needed(5, 2) == 2
        assert quorum.needed(1, 3) == 1


class TestTogether:
    @given(judgments, quorums)
    def test_alone_everything_is_as_it_is_seen(self, own, least):
        assert quorum.together(own, [], least) == own

    @given(judgments, others, quorums)
    def test_unhealthy_is_what_a_quorum_sees(self, own, seen, least):
        found = quorum.together(own, seen, least)
        count = failing([own, *(one.judgment for one in seen)])
        assert (found.status is Status.UNHEALTHY) == (count >= quorum.needed(least, len(seen) + 1))

    @given(judgments, others, quorums)
    def test_what_a_minority_sees_is_never_hidden(self, own, seen, least):
        found = quorum.together(own, seen, least)
        alike = all(one.judgment.status is Status.HEALTHY for one in seen) and own.status is Status.HEALTHY
        assert (found.status is Status.HEALTHY) == alike

    @given(judgments, others, quorums, st.randoms())
    def test_the_order_does_not_matter(self, own, seen, least, random):
        mixed = random.sample(seen, len(seen))
        assert quorum.together(own, mixed, least).status is quorum.together(own, seen, least).status

    @given(others, quorums)
    def test_where_the_server_knows_nothing_nothing_is_known(self, seen, least):
        own = Judgment(Status.UNKNOWN, "No check yet.")
        assert quorum.together(own, seen, least) == own

    def test_the_reason_says_who_sees_it(self):
        well, bad = Judgment(Status.HEALTHY, "All work."), Judgment(Status.UNHEALTHY, "All fail")
        slow = Judgment(Status.DEGRADED, "GET is slow")
        here = quorum.together(bad, [View("fra-1", well), View("nyc-1", well)], 0)
        assert here == (Status.DEGRADED, f"All fail; seen failing from {HERE} only")
        there = quorum.together(well, [View("fra-1", bad)], 0)
        assert there == (Status.DEGRADED, "All fail; seen failing from fra-1 only")
        most = quorum.together(well, [View("fra-1", bad), View("nyc-1", bad)], 0)
        assert most == (Status.UNHEALTHY, "All fail; seen failing from fra-1 and nyc-1")
        one_slow = quorum.together(well, [View("fra-1", slow)], 0)
        assert one_slow == (Status.DEGRADED, "GET is slow; seen from fra-1 only")
        all_slow = quorum.together(slow, [View("fra-1", slow)], 0)
        assert all_slow == (Status.DEGRADED, "GET is slow")


class TestVote:
    @given(voices, quorums)
    def test_alone_it_is_the_own_one(self, own, least):
        assert quorum.vote(own, [], least) == own

    @given(voices, st.lists(voices, max_size=6), quorums)
    def test_a_failure_is_voted_where_a_quorum_sees_one(self, own, heard, least):
        found = quorum.vote(own, heard, least)
        count = sum(map(is_failure, [own, *heard]))
        assert is_failure(found) == (count >= quorum.needed(least, len(heard) + 1))
        assert found in [own, *heard]

    @given(voices, st.lists(voices, max_size=6), quorums)
    def test_what_is_no_failure_stays_the_own_one(self, own, heard, least):
        found = quorum.vote(own, heard, least)
        assert is_failure(found) or is_failure(own) or found == own

    def test_one_who_fails_alone_is_overruled_by_one_to_whom_it_works(self):
        refused, works = Voice(CALLER, 0.1), Voice(OK, 0.2)
        assert quorum.vote(Voice(CONNECT, 5.0), [refused, works], 0) == works


def glance(vantage, outcome, at, slowest=0.1):
    seen = Seen(operation=ProbeOperation.GET, outcome=outcome, latency_ms=1.0, problem="connection-failed")
    kind = Failure.CONNECT if outcome is Outcome.FAILURE else None
    return Glance(vantage, at, [seen], Voice(Verdict(outcome, kind), slowest))


class TestSightings:
    def test_rounds_add_up_to_how_a_place_sees_the_bucket(self):
        found = ()
        for number in range(3):
            found = sighting.noted(found, glance(FRA, Outcome.FAILURE, NOW + number * INTERVAL), 3)
            found = sighting.noted(found, glance(NYC, Outcome.OK, NOW + number * INTERVAL), 3)
        now = NOW + 3 * INTERVAL
        assert [(one.who, one.judgment.status) for one in sighting.views(found, 3, INTERVAL, now)] == [
            ("fra-1", Status.UNHEALTHY),
            ("nyc-1", Status.HEALTHY),
        ]
        assert [one.verdict for one in sighting.voices(found, INTERVAL, now)] == [CONNECT, OK]

    def test_a_round_counts_once_and_an_older_one_not_at_all(self):
        found = sighting.noted((), glance(FRA, Outcome.FAILURE, NOW), 3)
        assert sighting.noted(found, glance(FRA, Outcome.FAILURE, NOW), 3) is found
        assert sighting.noted(found, glance(FRA, Outcome.OK, NOW - INTERVAL), 3) is found
        assert found[0].operations[0].streak == 1

    def test_who_is_silent_for_three_intervals_does_not_count(self):
        found = sighting.noted((), glance(FRA, Outcome.FAILURE, NOW), 1)
        last = NOW + 3 * INTERVAL - timedelta(milliseconds=1)
        assert len(sighting.views(found, 1, INTERVAL, last)) == 1
        silent = NOW + 3 * INTERVAL
        assert sighting.views(found, 1, INTERVAL, silent) == []
        assert sighting.voices(found, INTERVAL, silent) == []
        shown = sighting.shown(found[0], 1, INTERVAL, silent)
        assert (shown.status, shown.reason) == (Status.UNKNOWN, "Nothing heard since 14:02.")

    def test_who_is_silent_for_a_day_is_forgotten(self):
        found = sighting.noted((), glance(FRA, Outcome.OK, NOW), 3)
        assert sighting.kept(found, NOW + timedelta(hours=23)) == found
        assert sighting.kept(found, NOW + timedelta(hours=24)) == []
