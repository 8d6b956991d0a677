"""Which rounds a vantage point is given, and which it may report."""

import base64
import itertools
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storekeeper.health.vantage import rules, tickets
from storekeeper.health.vantage.rules import AHEAD, MOST_PLANNED, Watched
from storekeeper.health.vantage.tickets import Ticket
from storekeeper.objectstore.probing import ProbeOperation, new_name, parse_name
from storekeeper.prober.model import ReportedCheck, ReportedRound
from storekeeper_client.breaker import Outcome

NOW = datetime(2026, 11, 21, 14, 2, tzinfo=UTC)
KEY = b"k" * 32
PUT, GET, DELETE = ProbeOperation.PUT, ProbeOperation.GET, ProbeOperation.DELETE
HALF_MINUTE = timedelta(seconds=30)
watched = st.lists(
    st.builds(Watched, st.uuids().map(str), st.integers(1, 86_400).map(lambda s: timedelta(seconds=s))),
    max_size=8,
)


def ticket(at=NOW, vantage="key-1"):
    millis = int(at.timestamp() * 1000)
    return Ticket(round="r", vantage=vantage, bucket_id="b", at=millis, operations=(PUT, GET, DELETE))


def told(*operations, late_ms=0.0):
    checks = [ReportedCheck(operation=one, outcome=Outcome.OK) for one in operations or (PUT, GET, DELETE)]
    return ReportedRound(ticket="", late_ms=late_ms, checks=checks)


class TestAhead:
    @given(watched, st.integers(0, 300))
    def test_rounds_are_after_one_moment_and_at_most_five_minutes_ahead(self, buckets, seconds):
        after = NOW + timedelta(seconds=seconds)
        found = rules.ahead(buckets, "key-1", after, NOW)
        assert all(after < one.at <= found.until <= NOW + AHEAD for one in found.moments)
        assert len(found.moments) <= MOST_PLANNED

    @given(watched, st.lists(st.integers(1, 120), max_size=5))
    def test_plans_that_follow_each_other_leave_no_round_out_and_have_none_twice(self, buckets, pauses):
        after, now, found = NOW, NOW, []
        for pause in pauses:
            part = rules.ahead(buckets, "key-1", after, now)
            found += part.moments
            after, now = part.until, now + timedelta(seconds=pause)
        assert len(set(found)) == len(found)
        for bucket in buckets:
            times = sorted(one.at for one in found if one.bucket_id == bucket.bucket_id)
            gaps = {after - before for before, after in itertools.pairwise(times)}
            assert gaps <= {bucket.interval}

    def test_what_is_too_much_to_sign_at_once_ends_earlier(self):
        buckets = [Watched(str(number), timedelta(seconds=1)) for number in range(100)]
        found = rules.ahead(buckets, "key-1", NOW, NOW)
        assert len(found.moments) == MOST_PLANNED
        assert found.until == found.moments[-1].at < NOW + AHEAD

    def test_vantage_points_do_not_come_at_the_same_time(self):
        bucket = Watched("b", HALF_MINUTE)
        one, other = (rules.ahead([bucket], key, NOW, NOW).moments for key in ("key-1", "key-2"))
        assert {moment.at for moment in one}.isdisjoint(moment.at for moment in other)

    def test_a_plan_goes_on_where_the_known_one_ends_if_that_can_be_relied_on(self):
        known = NOW + timedelta(minutes=2)
        assert rules.asked_after(known, is_current=True, now=NOW) == known
        assert rules.asked_after(known, is_current=False, now=NOW) == NOW
        assert rules.asked_after(None, is_current=True, now=NOW) == NOW
        assert rules.asked_after(NOW - timedelta(minutes=1), is_current=True, now=NOW) == NOW
        assert rules.asked_after(NOW + timedelta(minutes=6), is_current=True, now=NOW) == NOW


class TestNames:
    @given(st.text(max_size=100), st.text("0123456789abcdef", min_size=32, max_size=32))
    def test_probe_objects_can_be_told_whatever_the_key_is_called(self, name, key_id):
        node = rules.node_of(key_id, name)
        assert parse_name(new_name(node, NOW)).node == node

    def test_the_name_can_be_read(self):
        assert rules.node_of("0" * 24 + "9f3a2b10", "fra 1 (Hetzner)") == "fra-1-Hetzner-9f3a2b10"


class TestTickets:
    def test_one_that_was_issued_is_known_again(self):
        assert tickets.presented(tickets.issued(ticket(), KEY), KEY) == ticket()

    def test_one_of_another_key_is_none(self):
        assert tickets.presented(tickets.issued(ticket(), b"other"), KEY) is None

    @given(st.text(max_size=200))
    def test_anything_else_is_none(self, word):
        assert tickets.presented(word, KEY) is None

    @given(st.integers(0, 10_000))
    def test_a_changed_one_is_none(self, bit):
        raw = bytearray(base64.urlsafe_b64decode(tickets.issued(ticket(), KEY)))
        place, bit = divmod(bit % (len(raw) * 8), 8)
        raw[place] ^= 1 << bit
        assert tickets.presented(base64.urlsafe_b64encode(raw).decode(), KEY) is None


class TestRefusal:
    @pytest.mark.parametrize(
        ("given", "made", "words"),
        [
            (None, told(), "did not plan"),
            (ticket(vantage="key-2"), told(), "another vantage point"),
            (ticket(NOW + timedelta(minutes=1)), told(), "not due yet"),
            (ticket(NOW), told(late_ms=60_000), "not due yet"),
            (ticket(NOW - timedelta(minutes=61)), told(), "too old"),
            (ticket(), told(ProbeOperation.LIST), "not those that were planned"),
            (ticket(), told(GET, PUT), "not those that were planned"),
            (ticket(), told(GET, GET), "not those that were planned"),
        ],
    )
    def test_what_is_refused(self, given, made, words):
        assert words in rules.refusal(given, made, "key-1", NOW)

    def test_what_is_taken(self):
        assert rules.refusal(ticket(), told(), "key-1", NOW) == ""
        assert rules.refusal(ticket(NOW - timedelta(minutes=59)), told(GET), "key-1", NOW) == ""
        assert rules.begun_at(ticket(), told(late_ms=1500)) == NOW + timedelta(seconds=1.5)
