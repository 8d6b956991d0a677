"""Breakers over HTTP: shown, told what to do, followed."""

import asyncio
import json

import pytest

from storekeeper.health.api import breakers
from storekeeper.health.model import BreakerAction, BreakerOrder

ROOT = "/circuit-breaker"
ORDER = BreakerOrder(action=BreakerAction.OPEN, reason="x")


def test_breakers_are_shown(world, ask, refused):
    world.add("b")
    world.add("a")
    found = ask("GET", ROOT)
    assert [(one["bucket"], one["state"], one["mode"]) for one in found["items"]] == [
        ("a", "closed", "automatic"),
        ("b", "closed", "automatic"),
    ]
    assert ask("GET", f"{ROOT}/a") == ask("GET", ROOT, bucket="a")["items"][0] == found["items"][0]
    assert refused("GET", f"{ROOT}/c")[:2] == (404, "unknown-bucket")
    assert refused("GET", ROOT, bucket="c")[:2] == (404, "unknown-bucket")


def test_a_breaker_opens_for_a_while_and_is_closed(world, ask):
    world.add("a")
    opened = ask("POST", f"{ROOT}/open", {"bucket": "a", "reason": "disk is replaced", "seconds": 90})
    assert (opened["state"], opened["reason"], opened["actor"]) == (
        "open",
        "disk is replaced",
        "admin@example.com",
    )
    assert opened["until"] == "2026-11-20T12:01:30Z"
    world.clock.advance(91)
    assert ask("GET", f"{ROOT}/a")["state"] == "half-open"
    closed = ask("POST", f"{ROOT}/close", {"bucket": "a"})
    assert closed["state"] == "closed"
    assert closed["epoch"] > opened["epoch"]
    assert world.audited() == [
        ("breaker.open", "a", "admin@example.com"),
        ("breaker.close", "a", "admin@example.com"),
    ]
    told = ask("GET", f"{ROOT}/transitions", bucket="a", limit=2)
    assert [(one["before"], one["after"]) for one in told["items"]] == [
        ("half-open", "closed"),
        ("open", "half-open"),
    ]
    rest = ask("GET", f"{ROOT}/transitions", bucket="a", cursor=told["nextCursor"])
    assert [(one["before"], one["after"], one["reason"]) for one in rest["items"]] == [
        ("closed", "open", "disk is replaced")
    ]
    assert rest["nextCursor"] is None


@pytest.mark.parametrize(
    ("mode", "state"),
    [("disabled", "closed"), ("metrics-only", "closed"), ("forced-open", "open"), ("automatic", "closed")],
)
def test_modes(world, ask, mode, state):
    world.add("a")
    found = ask("POST", f"{ROOT}/mode", {"bucket": "a", "mode": mode, "reason": "migration"})
    assert (found["mode"], found["state"], found["reason"]) == (mode, state, "migration")
    back = ask("POST", f"{ROOT}/reset", {"bucket": "a", "reason": "done"})
    assert (back["mode"], back["state"], back["reason"]) == ("automatic", "closed", "done")
    assert [target for _, target, _ in world.audited()] == ["a", "a"]


@pytest.mark.parametrize(
    ("verb", "body", "words"),
    [
        ("open", {"bucket": "a"}, "reason"),
        ("open", {"bucket": "a", "reason": " "}, "reason"),
        ("open", {"bucket": "a", "reason": "x", "seconds": 0}, "seconds"),
        ("open", {"bucket": "a", "reason": "x", "seconds": 90_000}, "seconds"),
        ("open", {"reason": "x"}, "bucket"),
        ("open", {"bucket": "a", "reason": "x" * 501}, "reason"),
        ("close", {"bucket": "a", "seconds": 5}, "seconds"),
        ("mode", {"bucket": "a", "mode": "forced-open"}, "reason"),
        ("mode", {"bucket": "a", "mode": "disabled", "seconds": 5}, "seconds"),
        ("mode", {"bucket": "a", "mode": "broken"}, "mode"),
        ("mode", {"bucket": "a"}, "mode"),
    ],
)
def test_orders_that_make_no_sense_change_nothing(world, ask, refused, verb, body, words):
    world.add("a")
    before = ask("GET", f"{ROOT}/a")
    status, slug, detail = refused("POST", f"{ROOT}/{verb}", body)
    assert (status, slug) == (400, "bad-input")
    assert words in detail
    assert ask("GET", f"{ROOT}/a") == before
    assert world.audited() == []


@pytest.mark.parametrize("verb", ["open", "close", "reset", "mode"])
def test_orders_for_a_bucket_that_is_not_there(refused, verb):
    body = {"bucket": "c", "reason": "x"} | ({"mode": "automatic"} if verb == "mode" else {})
    assert refused("POST", f"{ROOT}/{verb}", body)[:2] == (404, "unknown-bucket")


def events(client, **query):
    answer = client.get(f"/api/health{ROOT}/events", params=query)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"].startswith("text/event-stream")
    lines = answer.text.splitlines()
    assert {line for line in lines if line.startswith("event:")} <= {"event: breaker"}
    return [json.loads(line.removeprefix("data: ")) for line in lines if line.startswith("data: ")]


def test_events_begin_with_every_breaker(world, client, ask):
    world.add("a")
    world.add("b")
    ask("POST", f"{ROOT}/open", {"bucket": "b", "reason": "x", "seconds": 30})
    a, b = events(client, seconds=0)
    assert (a["bucket"], a["state"], a["mode"], a["until"]) == ("a", "closed", "automatic", None)
    assert (b["bucket"], b["state"]) == ("b", "open")
    assert (b["until"], b["now"]) == ("2026-11-20T12:00:30Z", "2026-11-20T12:00:00Z")
    assert b["epoch"] == ask("GET", f"{ROOT}/b")["epoch"]


def test_events_are_for_those_who_may_read(world, client, refused):
    world.add("a")
    client.headers["Authorization"] = "Bearer readonly"
    assert len(events(client, seconds=0)) == 1
    assert refused("GET", f"{ROOT}/events", seconds=-1)[:2] == (400, "bad-input")
    assert refused("GET", f"{ROOT}/events", seconds=100_000)[:2] == (400, "bad-input")
    client.headers["Authorization"] = "Bearer user"
    assert refused("GET", f"{ROOT}/events")[:2] == (403, "not-allowed")


def test_changes_are_told_as_they_come_and_silence_is_broken_by_comments(world, ask):
    world.add("a")

    async def watch():
        told = breakers._events(world.health, world.clock, lambda: False)
        first = await anext(told)
        world.clock.advance(11)
        silent = await anext(told)
        world.health.breakers.act("a", ORDER, actor="ann@x")
        second = await anext(told)
        await told.aclose()
        return first, silent, second

    first, silent, second = asyncio.run(asyncio.wait_for(watch(), 10))
    assert json.loads(first.data)["state"] == "closed"
    assert silent.encode() == b": nothing new\r\n\r\n"
    assert json.loads(second.data)["state"] == "open"
    assert json.loads(second.data)["epoch"] > json.loads(first.data)["epoch"]
