"""`cleanup`: what it asks of the server, and what it says."""

import pytest

TIME = "2026-11-20T12:00:00Z"
POLICY = {
    "id": "p1", "name": "old", "bucket": "photos", "prefixes": ["tmp/"], "wholeBucket": False, "excluded": [], "pattern": "",
    "tags": {}, "minAgeDays": 90, "minSize": None, "maxSize": None, "mostObjects": 100000, "mostBytes": 10**12,
    "perSecond": 50, "cron": "", "enabled": True, "confirmed": False, "revision": 3, "reason": "x", "createdAt": TIME,
    "updatedAt": TIME, "updatedBy": "eve@x",
}  # fmt: skip
PLAN = {
    "id": "n1", "policy": "old", "bucket": "photos", "state": "ready", "listed": 10, "objects": 3, "bytes": 3000,
    "leftObjects": 2, "leftBytes": 5000, "byPrefix": [{"name": "tmp/", "objects": 3, "bytes": 3000}], "byAge": [],
    "saving": {"amount": "1.20", "currency": "USD"}, "startedAt": TIME,
}  # fmt: skip
RUN = {
    "id": "r1", "planId": "n1", "policy": "old", "bucket": "photos", "state": "succeeded", "planned": 3, "deleted": 2,
    "deletedBytes": 2000, "spared": 1, "restorable": 2, "startedAt": TIME,
}  # fmt: skip
POLICIES = "/api/cleanup/policies"


def test_a_policy_is_added_with_what_was_given(ran, server):
    server.answer("POST", POLICIES, POLICY, status=201)
    rules = ["--prefix", "tmp/", "--exclude", "tmp/keep/", "--tag", "a=b", "--min-size", "1kB", "--off"]
    said = ran("cleanup", "add", "old", "--bucket", "photos", "--older-than", "90", "--reason", "x", *rules)
    assert (said.status, said.out) == (0, "From photos may go: tmp/; older than 90 days.\n")
    assert "storekeeper cleanup plan old" in said.err
    assert server.asked[0].body == {
        "name": "old", "bucket": "photos", "minAgeDays": 90, "reason": "x", "prefixes": ["tmp/"], "wholeBucket": False,
        "excluded": ["tmp/keep/"], "tags": {"a": "b"}, "minSize": 1000, "enabled": False,
    }  # fmt: skip


@pytest.mark.parametrize("rule", [["--tag", "a"], ["--min-size", "big"]])
def test_what_is_no_rule_is_wrong_use(ran, server, rule):
    arguments = ("cleanup", "add", "old", "--bucket", "photos", "--older-than", "90", "--reason", "x")
    assert ran(*arguments, *rule).status == 2
    assert server.asked == []


def test_a_change_names_the_revision_that_was_seen(ran, server):
    server.answer("GET", f"{POLICIES}/old", POLICY)
    server.answer("PATCH", f"{POLICIES}/old", POLICY | {"cron": "0 4 * * 0"})
    said = ran("cleanup", "change", "old", "--cron", "0 4 * * 0", "--reason", "weekly")
    assert said.out.endswith("Runs 0 4 * * 0 (UTC), once a plan was confirmed.\n")
    assert server.asked[1].body == {"revision": 3, "reason": "weekly", "cron": "0 4 * * 0"}


def test_a_plan_is_told_with_sizes(ran, server):
    server.answer("POST", f"{POLICIES}/old/plan", {"runId": "n1"}, status=202)
    server.answer("GET", "/api/cleanup/plans/n1", PLAN)
    said = ran("cleanup", "plan", "old")
    assert said.status == 0
    for words in ("3 objects (3 kB) of 10", "2 objects (5 kB) more are beyond the cap", "1.20 USD", "tmp/"):
        assert words in said.out
    assert ran("cleanup", "plan", "old", "--json").json["objects"] == 3
    server.answer("GET", "/api/cleanup/plans/n1", PLAN | {"state": "failed", "error": "no such bucket"})
    said = ran("cleanup", "plan", "old")
    assert (said.status, "no such bucket" in said.err) == (1, True)


def test_confirming_asks_and_tells_what_was_seen(ran, server):
    server.answer("GET", "/api/cleanup/plans/n1", PLAN)
    server.answer("POST", "/api/cleanup/plans/n1/confirm", {"runId": "r1"}, status=202)
    server.answer("GET", "/api/cleanup/runs/r1", RUN)
    assert ran("cleanup", "confirm", "n1").status == 2
    said = ran("cleanup", "confirm", "n1", "--yes", "--wait")
    assert (said.status, said.out) == (0, "photos: succeeded, 2 objects (2 kB) of 3 deleted, 1 spared.\n")
    assert server.asked[2].body == {"objects": 3, "bytes": 3000}


def test_logs_and_runs_are_listed(ran, server):
    row = {
        "key": "tmp/a",
        "size": 5,
        "modified": TIME,
        "outcome": "spared",
        "reason": "its size is 6",
        "time": TIME,
    }
    server.answer("GET", "/api/cleanup/runs/r1/log", {"items": [row], "nextCursor": None})
    assert "its size is 6" in ran("cleanup", "log", "r1", "--outcome", "spared").out
    assert server.asked[0].query == {"outcome": "spared", "limit": "100"}
    server.answer("GET", "/api/cleanup/runs", {"items": [RUN], "nextCursor": None})
    assert "r1" in ran("cleanup", "runs").out
    server.answer("GET", POLICIES, {"items": [], "nextCursor": None})
    assert "No policies" in ran("cleanup", "list").out


def test_restoring_tells_what_did_not_come_back(ran, server):
    server.answer("GET", "/api/cleanup/runs/r1", RUN | {"restored": 1, "restorable": 1})
    server.answer("POST", "/api/cleanup/runs/r1/restore", {"runId": "j1"}, status=202)
    job = {"id": "j1", "job": "cleanup-restore", "status": "succeeded", "finishedAt": TIME}
    server.answer("GET", "/api/jobs/j1", job)
    said = ran("cleanup", "restore", "r1", "--yes")
    assert (said.status, said.out) == (1, "1 object of photos is back.\n")
    assert "1 object could not be brought back" in said.err
