"""Vantage points over HTTP: what they are given, what they may report, what is made of it."""

import threading
from datetime import datetime, timedelta

import pytest
from litestar.testing import TestClient

from storekeeper import health
from storekeeper.health import vantage as vantage_room
from storekeeper.health.api import checks
from storekeeper.health.model import HealthChange
from storekeeper.infra.web import Answers, Pages, Principal, Role, WebOptions, create
from storekeeper.objectstore.probing import parse_name

KEYS = {"fra-1": "a" * 24 + "11111111", "nyc-1": "b" * 24 + "22222222"}
PLAN, ROUNDS = "/api/health/vantage/plan", "/api/health/vantage/rounds"
ENDPOINT = "http://127.0.0.1:9"


class Bearers:
    """An administrator, or a vantage point by its name."""

    def recall(self, _authorization, _session_cookie):
        return None

    def authenticate(self, *, authorization, session_cookie):
        name = authorization.removeprefix("Bearer ")
        if name in KEYS:
            email = "admin@example.com"
            scopes = frozenset({"probe"})
            return Principal(id=KEYS[name], email=email, role=Role.ADMIN, via="key", name=name, scopes=scopes)
        return Principal(id=name, email=f"{name}@example.com", role=Role(name), via="token")


class Site:
    """The server as vantage points see it. Buckets are in memory where no endpoint is given."""

    def __init__(self, world, client):
        self.world, self.client = world, client

    def ask(self, who, method, path, status=200, **options):
        headers = {"Authorization": f"Bearer {who}"}
        answer = self.client.request(method, path, headers=headers, **options)
        assert answer.status_code == status, answer.text
        return answer.json()

    def plan(self, who="fra-1", **query):
        return self.ask(who, "GET", PLAN, params=query)

    def report(self, *rounds, who="fra-1", **options):
        return self.ask(who, "POST", ROUNDS, json={"rounds": list(rounds)}, **options)

    def rounds(self, who="fra-1"):
        """What it is to do next, in order of time."""
        found = [one for bucket in self.plan(who)["buckets"] for one in bucket["rounds"]]
        return sorted(found, key=lambda one: one["at"])

    def live(self, outcomes, rounds=3):
        """Let that many intervals pass in which each place sees its outcome; `admin` is this server."""
        for _ in range(rounds):
            planned = {who: self.rounds(who)[0] for who in outcomes if who != "admin"}
            self.world.clock.advance(30)
            for who, one in planned.items():
                assert self.report(made(one, outcomes[who]), who=who)["accepted"] == 1
            self.world.health.check_now("photos")

    def status(self):
        found = self.ask("admin", "GET", "/api/health/buckets/photos")
        return found["status"], found["reason"]


def made(planned, outcome="ok", **fields):
    """A report of a round."""
    check = {"outcome": outcome, "latencyMs": 12.5}
    if outcome == "failure":
        check |= {"failure": "connect", "code": "connection-failed", "detail": "Connection refused"}
    operations = ("put", "get", "delete")
    return {
        "ticket": planned["ticket"],
        "checks": [{"operation": one} | check for one in operations],
    } | fields


@pytest.fixture
def site(world):
    vantage = health.VantageService(world.health, world.buckets, world.clock, key=b"k" * 32)
    application = create(
        routes=[*checks.ROUTES, *vantage_room.ROUTES],
        services={
            "clock": world.clock, "buckets": world.buckets, "health": world.health, "vantage": vantage,
            "stopping": threading.Event(),
        },
        pages=Pages(world.clock, (), "test"),
        authenticator=Bearers(),
        answers=Answers(world.clock),
        options=WebOptions(version="test"),
    )  # fmt: skip
    with TestClient(application, base_url="https://storekeeper.test") as client:
        yield Site(world, client)


@pytest.fixture
def dead(site):
    """A bucket whose endpoint refuses this server."""
    site.world.health.configure(HealthChange(timeout=500, slow_response_threshold=400), actor="test")
    site.world.add("photos", ENDPOINT)
    return site


class TestPlan:
    def test_it_tells_how_each_bucket_is_watched_and_signs_rounds_ahead(self, site):
        site.world.add("photos", ENDPOINT)
        plan = site.plan()
        assert (plan["vantage"], plan["node"], plan["now"]) == (
            "fra-1",
            "fra-1-11111111",
            "2026-11-20T12:00:00Z",
        )
        assert plan["until"] == "2026-11-20T12:05:00Z"
        (bucket,) = plan["buckets"]
        assert bucket | {"rounds": []} == {
            "name": "photos", "endpoint": ENDPOINT, "bucket": "photos", "checkInterval": 30_000, "timeout": 5000,
            "failureThreshold": 3, "slowResponseThreshold": 2000, "testOperations": ["put", "get", "delete"],
            "rounds": [],
        }  # fmt: skip
        assert len(bucket["rounds"]) == 10
        for one in bucket["rounds"]:
            assert [request["method"] for request in one["requests"]] == ["PUT", "GET", "DELETE"]
            name = parse_name(one["key"])
            at = datetime.fromisoformat(one["at"])
            assert (name.node, at - name.made < timedelta(milliseconds=1)) == ("fra-1-11111111", True)
        assert len({one["key"] for one in bucket["rounds"]}) == 10

    def test_it_goes_on_where_the_last_one_ended(self, site):
        site.world.add("photos", ENDPOINT)
        first = site.plan()
        site.world.clock.advance(60)
        second = site.plan(after=first["until"], version=first["version"])
        times = [one["at"] for plan in (first, second) for one in plan["buckets"][0]["rounds"]]
        assert len(times) == len(set(times)) == 12
        assert second["version"] == first["version"]

    def test_it_begins_anew_when_settings_or_buckets_have_changed(self, site):
        site.world.add("photos", ENDPOINT)
        first = site.plan()
        site.world.health.configure(HealthChange(check_interval=60_000), actor="test")
        second = site.plan(after=first["until"], version=first["version"])
        assert second["version"] != first["version"]
        assert len(second["buckets"][0]["rounds"]) == 5
        site.world.add("videos", ENDPOINT)
        assert site.plan()["version"] != second["version"]

    def test_what_is_not_checked_or_not_reachable_from_elsewhere_is_left_out(self, site):
        site.world.add("here")
        site.world.add("photos", ENDPOINT)
        assert [one["name"] for one in site.plan()["buckets"]] == ["photos"]
        site.world.health.override("photos", HealthChange(enabled=False), actor="test")
        assert site.plan()["buckets"] == []

    @pytest.mark.parametrize("after", ["yesterday", "2026-11-20T12:00:00", "9" * 500])
    def test_a_moment_that_is_none_is_refused(self, site, after):
        told = site.ask("fra-1", "GET", PLAN, 400, params={"after": after})
        assert told["type"] == "/problems/bad-input"

    def test_it_is_kept_by_nobody(self, site):
        answer = site.client.get(PLAN, headers={"Authorization": "Bearer fra-1"})
        assert answer.headers["cache-control"] == "no-store"


class TestReport:
    def test_rounds_are_recorded_with_who_made_them_and_not_added_up_with_ours(self, site):
        site.world.add("photos", ENDPOINT)
        first, second = site.rounds()[:2]
        site.world.clock.advance(70)
        told = site.report(made(first, lateMs=250), made(second))
        assert told == {"accepted": 2, "rejected": []}
        site.world.drain()
        found = site.ask("admin", "GET", "/api/health/history")["items"]
        assert len(found) == 6
        assert {one["vantage"] for one in found} == {"fra-1"}
        assert {one["id"].partition(".")[0] for one in found} == {first["id"], second["id"]}
        begun = datetime.fromisoformat(first["at"]) + timedelta(seconds=0.25)
        assert abs(datetime.fromisoformat(found[-1]["time"]) - begun) < timedelta(milliseconds=2)
        assert site.ask("admin", "GET", "/api/health/metrics")["totals"] == []

    def test_the_same_again_changes_nothing(self, site):
        site.world.add("photos", ENDPOINT)
        (first, *_) = site.rounds()
        site.world.clock.advance(30)
        for _ in range(3):
            assert site.report(made(first, "failure"), made(first, "failure"))["accepted"] == 2
        site.world.drain()
        assert len(site.ask("admin", "GET", "/api/health/history")["items"]) == 3
        known = site.world.health._board.of(site.world.buckets.get("photos").id)
        assert known.sightings[0].operations[0].streak == 1

    def test_rounds_of_others_and_of_nobody_are_refused_one_by_one(self, site):
        site.world.add("photos", ENDPOINT)
        mine, foreign = site.rounds()[0], site.rounds("nyc-1")[0]
        site.world.clock.advance(31)
        forged = mine | {"ticket": mine["ticket"][:-8] + "AAAAAAA="}
        wrong = made(mine) | {"checks": [{"operation": "list", "outcome": "ok"}]}
        told = site.report(made(foreign), made(forged), made({"ticket": "x"}), wrong, made(mine))
        assert told["accepted"] == 1
        assert [(one["index"], one["reason"]) for one in told["rejected"]] == [
            (0, "The round was planned for another vantage point."),
            (1, "This server did not plan that round."),
            (2, "This server did not plan that round."),
            (3, "Its checks are not those that were planned."),
        ]

    def test_rounds_that_are_not_due_or_too_old_are_refused(self, site):
        site.world.add("photos", ENDPOINT)
        rounds = site.rounds()
        assert "not due yet" in site.report(made(rounds[-1]))["rejected"][0]["reason"]
        site.world.clock.advance(3601 + 300)
        assert "too old" in site.report(made(rounds[-1]))["rejected"][0]["reason"]

    def test_rounds_of_a_bucket_that_is_gone_are_refused(self, site):
        site.world.add("photos", ENDPOINT)
        (first, *_) = site.rounds()
        site.world.clock.advance(30)
        site.world.buckets.remove("photos", actor="test")
        assert "not watched any more" in site.report(made(first))["rejected"][0]["reason"]

    @pytest.mark.parametrize(
        "change",
        [
            {"lateMs": -1},
            {"lateMs": 1e12},
            {"checks": []},
            {"checks": [{"operation": "get", "outcome": "ok"}] * 6},
            {"checks": [{"operation": "burn", "outcome": "ok"}]},
            {"checks": [{"operation": "get", "outcome": "splendid"}]},
            {"checks": [{"operation": "get", "outcome": "ok", "status": 70_000}]},
            {"checks": [{"operation": "get", "outcome": "ok", "latencyMs": -5}]},
            {"checks": [{"operation": "get", "outcome": "ok", "detail": "x" * 1001}]},
            {"ticket": "x" * 1001},
            {"vantage": "nyc-1"},
        ],
    )
    def test_bad_input_is_refused_as_a_whole(self, site, change):
        site.world.add("photos", ENDPOINT)
        (first, *_) = site.rounds()
        site.world.clock.advance(30)
        told = site.ask("fra-1", "POST", ROUNDS, 400, json={"rounds": [made(first) | change]})
        assert told["type"] == "/problems/bad-input"

    def test_a_report_is_bounded(self, site):
        site.world.add("photos", ENDPOINT)
        (first, *_) = site.rounds()
        site.ask("fra-1", "POST", ROUNDS, 400, json={"rounds": [made(first)] * 501})


class TestQuorum:
    def test_what_only_this_server_sees_is_no_outage(self, dead):
        dead.live({"admin": "failure", "fra-1": "ok"}, rounds=4)
        status, reason = dead.status()
        assert status == "degraded"
        assert reason.endswith("seen failing from this server only")
        assert dead.world.health.breakers.get("photos").state == "closed"

    def test_what_both_see_is_one(self, dead):
        dead.live({"admin": "failure", "fra-1": "failure"})
        status, reason = dead.status()
        assert status == "unhealthy"
        assert reason.endswith("seen failing from this server and fra-1")
        assert dead.world.health.breakers.get("photos").state == "open"

    def test_the_quorum_is_a_setting(self, dead):
        dead.world.health.configure(HealthChange(quorum=1), actor="test")
        dead.live({"admin": "failure", "fra-1": "ok", "nyc-1": "ok"})
        assert dead.status()[0] == "unhealthy"
        assert dead.world.health.breakers.get("photos").state == "open"

    def test_alone_everything_is_as_before(self, dead):
        dead.live({"admin": "failure"})
        status, reason = dead.status()
        assert (status, "seen" in reason) == ("unhealthy", False)
        assert dead.ask("admin", "GET", "/api/health/buckets/photos")["vantage"] == []

    def test_who_falls_silent_does_not_count_and_is_shown_as_unknown(self, dead):
        dead.live({"admin": "failure", "fra-1": "ok"}, rounds=4)
        dead.live({"admin": "failure"}, rounds=6)
        assert dead.status()[0] == "unhealthy"
        assert dead.world.health.breakers.get("photos").state == "open"
        here, fra = dead.ask("admin", "GET", "/api/health/buckets/photos")["vantage"]
        assert (here["status"], here["here"], fra["status"]) == ("unhealthy", True, "unknown")
        (point,) = dead.ask("admin", "GET", "/api/health/vantage")["items"]
        assert (point["name"], point["heard"]) == ("fra-1", False)

    def test_what_was_told_outlives_a_restart(self, dead):
        dead.live({"admin": "failure", "fra-1": "ok"}, rounds=4)
        world = dead.world
        with world.database.read() as connection:
            (stored,) = health.service.health.repository.statuses(connection).values()
        assert [one.vantage.name for one in stored.sightings] == ["fra-1"]
        assert stored.reason.endswith("this server only")


class TestShown:
    def test_vantage_points_with_what_each_sees(self, site):
        site.world.add("photos", ENDPOINT)
        assert site.ask("admin", "GET", "/api/health/vantage") == {"items": [], "nextCursor": None}
        first = site.rounds()[0]
        site.world.clock.advance(30)
        site.report(made(first))
        (point,) = site.ask("readonly", "GET", "/api/health/vantage")["items"]
        assert (point["name"], point["node"], point["heard"]) == ("fra-1", "fra-1-11111111", True)
        (seen,) = point["buckets"]
        assert (seen["bucket"], seen["status"]) == ("photos", "healthy")
        assert seen["checkedAt"] == point["heardAt"]

    @pytest.mark.parametrize("who", ["admin", "readonly", "user"])
    def test_rounds_are_for_keys_of_the_scope_only(self, site, who):
        site.ask(who, "GET", PLAN, 403)
        site.ask(who, "POST", ROUNDS, 403, json={"rounds": []})

    def test_such_a_key_is_good_for_nothing_else(self, site):
        site.ask("fra-1", "GET", "/api/health/vantage", 403)
        site.ask("fra-1", "POST", "/api/health/check", 403)
