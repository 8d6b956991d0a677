"""Checks on demand, what is told of them, and how they are set, over HTTP."""

import csv
import io

import pytest


def test_a_check_is_made_and_told_at_once(world, ask, refused):
    world.add("a")
    world.add("b")
    (found,) = ask("POST", "/check", {"bucket": "a"})["items"]
    assert (found["bucket"], found["outcome"], found["diagnosis"]) == ("a", "ok", "")
    assert [one["operation"] for one in found["checks"]] == ["put", "get", "delete"]
    assert [one["bucket"] for one in ask("POST", "/check")["items"]] == ["a", "b"]
    assert len(ask("POST", "/check", {})["items"]) == 2
    assert refused("POST", "/check", {"bucket": "c"})[:2] == (404, "unknown-bucket")
    assert refused("POST", "/check", {"buckets": "a"})[:2] == (400, "bad-input")


def test_a_sick_bucket_is_told_operation_by_operation(world, ask, free_port):
    world.add("gone", endpoint=f"http://127.0.0.1:{free_port()}")
    for _ in range(3):
        (found,) = ask("POST", "/check", {"bucket": "gone"})["items"]
        world.clock.advance(30)
    assert found["outcome"] != "ok"
    assert found["diagnosis"]
    told = ask("GET", "/buckets/gone")
    assert told == ask("GET", "/buckets")["items"][0]
    assert told["status"] == "unhealthy"
    assert told["operations"][0]["streak"] == 3
    world.health._tick()
    change = ask("GET", "/changes", bucket="gone", limit=1)["items"][0]
    assert (change["after"], change["reason"]) == ("unhealthy", told["reason"])
    (uptime,) = ask("GET", "/uptime", days=2, bucket="gone")["items"]
    assert [day["day"] for day in uptime["days"]] == ["2026-11-19", "2026-11-20"]
    assert uptime["days"][1]["unhealthy"] == 30


def test_history_goes_page_by_page_and_as_a_table(world, client, ask, refused):
    world.add("a")
    world.add("b")
    for _ in range(4):
        ask("POST", "/check")
        world.clock.advance(30)
    world.drain()
    seen, cursor = [], ""
    while cursor is not None:
        page = ask("GET", "/history", limit=5, cursor=cursor)
        seen += page["items"]
        cursor = page["nextCursor"]
    assert len(seen) == len({one["id"] for one in seen}) == 4 * 2 * 3
    assert seen == sorted(seen, key=lambda one: one["time"], reverse=True)
    assert {one["bucket"] for one in ask("GET", "/history", bucket="a")["items"]} == {"a"}
    for answer in (
        client.get("/api/health/history", params={"format": "csv", "limit": 1000}),
        client.get("/api/health/history", params={"limit": 1000}, headers={"Accept": "text/csv"}),
    ):
        assert answer.headers["content-type"].startswith("text/csv")
        rows = list(csv.DictReader(io.StringIO(answer.text)))
        assert [row["id"] for row in rows] == [one["id"] for one in seen]
    for wrong in ("x", "1.2", "99999999999999999999.a.get", "1.a.get;"):
        assert refused("GET", "/history", cursor=wrong)[:2] == (400, "bad-input")
    assert refused("GET", "/history", bucket="c")[:2] == (404, "unknown-bucket")
    assert refused("GET", "/changes", cursor="x\0")[:2] == (400, "bad-input")
    totals = ask("GET", "/metrics", hours=1)["totals"]
    assert {(one["bucket"], one["operation"]): one["checks"] for one in totals} == {
        (bucket, operation): 4 for bucket in "ab" for operation in ("put", "get", "delete")
    }
    assert [one["bucket"] for one in ask("GET", "/metrics", bucket="a")["totals"]] == ["a"] * 3


def test_an_empty_history_has_a_heading(client):
    answer = client.get("/api/health/history", params={"format": "csv"})
    assert answer.text.startswith("id,time,bucket,operation,outcome,")


def test_settings_change_in_part_at_once_and_audited(world, ask):
    world.add("a")
    before = ask("GET", "/config")
    assert before.items() >= {
        "checkInterval": 30000, "timeout": 5000, "failureThreshold": 3, "recoveryTimeout": 60000,
        "monitoringWindow": 300000, "slowResponseThreshold": 2000, "testOperations": ["put", "get", "delete"],
        "alertOnFailure": True, "alertOnRecovery": True, "enabled": True,
    }.items()  # fmt: skip
    after = ask("PUT", "/config", {"checkInterval": 10_000, "testOperations": ["list", "get"]})
    assert after == before | {"checkInterval": 10_000, "testOperations": ["get", "list"]}
    (found,) = ask("POST", "/check", {"bucket": "a"})["items"]
    assert [one["operation"] for one in found["checks"]] == ["get", "list"]
    own = ask("PUT", "/config/a", {"checkInterval": 60_000, "timeout": 900, "slowResponseThreshold": 500})
    assert own["own"] == {"checkInterval": 60_000, "timeout": 900, "slowResponseThreshold": 500}
    assert own["effective"]["testOperations"] == ["get", "list"]
    assert ask("GET", "/config/a") == own
    back = ask("PUT", "/config/a", {"checkInterval": None})
    assert (back["effective"]["checkInterval"], back["effective"]["timeout"]) == (10_000, 900)
    assert world.audited() == [
        ("health-config.update", "all buckets", "admin@example.com"),
        ("health-config.update", "a", "admin@example.com"),
        ("health-config.update", "a", "admin@example.com"),
    ]


@pytest.mark.parametrize(
    ("change", "slug", "words"),
    [
        ({"checkInterval": 10}, "bad-input", "checkInterval"),
        ({"checkInterval": "soon"}, "bad-input", "checkInterval"),
        ({"checkInterval": None}, "bad-health-config", "inherit"),
        ({"timeout": 60_000}, "bad-health-config", "timeout is longer"),
        ({"testOperations": []}, "bad-health-config", "testOperations is empty"),
        ({"testOperations": ["copy"]}, "bad-input", "testOperations"),
        ({"interval": 1}, "bad-input", "unknown field `interval`"),
        ([], "bad-input", "object"),
    ],
)
def test_settings_that_make_no_sense_change_nothing(world, ask, refused, change, slug, words):
    before = ask("GET", "/config")
    status, told, detail = refused("PUT", "/config", change)
    assert (status, told) == (400, slug)
    assert words in detail
    assert ask("GET", "/config") == before
    assert world.audited() == []


def test_settings_of_a_bucket_that_is_not_there(refused):
    assert refused("GET", "/config/nothing")[:2] == (404, "unknown-bucket")
    assert refused("PUT", "/config/nothing", {"timeout": 900})[:2] == (404, "unknown-bucket")


def test_monitoring_is_switched(world, ask):
    world.add("a")
    assert ask("GET", "/monitoring")["running"] is True
    stopped = ask("POST", "/monitoring/stop")
    assert (stopped["running"], stopped["buckets"]) == (False, 0)
    assert ask("GET", "/buckets/a")["monitored"] is False
    started = ask("POST", "/monitoring/start")
    assert (started["running"], started["buckets"]) == (True, 1)
    assert [action for action, _, _ in world.audited()] == ["monitoring.stop", "monitoring.start"]


def test_what_checks_cost(world, ask, refused):
    world.add("a")
    world.add("b")
    ask("PUT", "/config/b", {"checkInterval": 60_000})
    found = ask("GET", "/probe-cost")
    assert [one["bucket"] for one in found["items"]] == ["a", "b"]
    a, b = found["items"]
    assert (a["classA"], a["classB"], a["free"]) == (86_400 + 720, 86_400, 86_400)
    assert found["total"]["classB"] == a["classB"] + b["classB"] == 86_400 + 43_200
    assert ask("GET", "/probe-cost", bucket="b")["total"]["classB"] == b["classB"]
    assert refused("GET", "/probe-cost", bucket="c")[:2] == (404, "unknown-bucket")
