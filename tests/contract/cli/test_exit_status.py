"""0 done, 1 not well, 2 wrong use, 3 unreachable, 4 not allowed: scripts go by it. Errors are words on stderr."""

import pytest

BUCKET = {"id": "b1", "name": "photos", "url": "s3://photos"}
SCAN = {"id": "s1", "bucket": "photos", "status": "running", "objects": 10, "bytes": 100}
DONE = SCAN | {
    "status": "succeeded",
    "startedAt": "2026-11-20T12:00:00Z",
    "finishedAt": "2026-11-20T12:00:02Z",
}
WELL = {
    "ok": True,
    "findings": [{"check": "list", "ok": True, "detail": "can list"}],
    "policy": {},
    "latencyMs": 5,
}
FINDING = {
    "check": "list",
    "ok": False,
    "detail": "denied",
    "missingPermission": "s3:ListBucket",
    "hint": "Grant it.",
}
UNWELL = {"ok": False, "findings": [FINDING], "policy": {"Action": ["s3:ListBucket"]}, "latencyMs": 5}


def test_done(ran, server):
    server.answer("GET", "/api/buckets", {"items": [BUCKET], "nextCursor": None})

    assert ran("bucket", "list").status == 0


def test_a_bucket_that_fails_its_test_is_not_well(ran, server):
    server.answer("POST", "/api/buckets/photos/test", UNWELL)

    tested = ran("bucket", "test", "photos")

    assert tested.status == 1
    assert "✗ list: denied" in tested.out
    assert "Missing: s3:ListBucket" in tested.out
    assert '"Action"' in tested.out


def test_a_bucket_that_was_added_but_fails_its_test_is_not_well(ran, server):
    server.answer("POST", "/api/buckets", BUCKET, status=201)
    server.answer("POST", "/api/buckets/photos/test", UNWELL)

    assert ran("bucket", "add", "photos", "s3://photos").status == 1
    assert ran("bucket", "add", "photos", "s3://photos", "--no-test").status == 0


def test_a_pattern_that_matches_nothing_is_not_well(ran, server):
    server.answer("POST", "/api/buckets/photos/owner-pattern", {"matched": 0, "unmatched": 9, "examples": []})

    assert ran("bucket", "try-owner-pattern", "photos", "users/{owner}/").status == 1


@pytest.mark.parametrize("status", ["dead", "cancelled"])
def test_a_scan_that_did_not_succeed_is_not_well(ran, server, status):
    server.answer("POST", "/api/buckets/photos/scan", {"runId": "s1"}, status=202)
    server.stream("/api/scans/s1/events", [("done", SCAN | {"status": status, "error": "no such bucket"})])

    waited = ran("scan", "photos", "--wait")

    assert waited.status == 1
    assert f"ended as {status} after 10 objects. no such bucket" in waited.err


def test_a_scan_that_succeeds_is_done(ran, server):
    server.answer("POST", "/api/buckets/photos/scan", {"runId": "s1"}, status=202)
    server.stream("/api/scans/s1/events", [("progress", SCAN), ("done", DONE)])

    waited = ran("scan", "photos", "--wait")

    assert (waited.status, waited.err.strip()) == (0, "")
    assert "10 objects, 100 B, in 2 s" in waited.out


def test_who_waits_for_a_scan_that_is_tried_again_hears_why(ran, server):
    trouble = SCAN | {"status": "retrying", "error": "SlowDown [busy]"}
    server.answer("POST", "/api/buckets/photos/scan", {"runId": "s1"}, status=202)
    server.stream("/api/scans/s1/events", [("progress", trouble), ("progress", trouble), ("done", DONE)])

    waited = ran("scan", "photos", "--wait")

    assert waited.status == 0
    assert waited.err.strip() == "It will be tried again after this: SlowDown [busy]"


def test_a_scan_under_way_is_joined(ran, server):
    server.refuse("POST", "/api/buckets/photos/scan", "conflict", 409, runId="s1")
    server.stream("/api/scans/s1/events", [("done", DONE)])

    assert ran("scan", "photos", "--wait", "--json").json["id"] == "s1"
    assert ran("scan", "photos", "--json").json == {"runId": "s1", "joined": True}


def test_cancelling_what_is_not_under_way_is_not_well(ran, server):
    server.answer("GET", "/api/buckets/photos/scans", {"items": [DONE], "nextCursor": None})

    assert ran("scan", "photos", "--cancel").status == 1


def test_a_bucket_that_was_never_scanned_is_not_well(ran, server):
    server.refuse("GET", "/api/buckets/photos/inventory", "never-scanned", 404, detail="Not scanned yet.")

    assert ran("inventory", "photos").status == 1


def test_a_dead_run_is_not_well(ran, server):
    server.answer("GET", "/api/jobs/r1", {"id": "r1", "job": "scan", "status": "dead", "error": "gave up"})

    shown = ran("job", "show", "r1")

    assert shown.status == 1
    assert "gave up" in shown.out


@pytest.mark.parametrize(
    "arguments",
    [
        ("scan", "photos", "--quote", "--wait"),
        ("bucket", "edit", "photos"),
        ("bucket", "add", "photos"),
        ("bucket", "remove", "photos"),
        ("bucket", "add", "photos", "s3://photos", "--access-key-id", "AKIA"),
        ("inventory", "photos", "--by", "color"),
        ("inventory", "photos", "--by", "owner", "--prefix", "a/"),
        ("token", "create", "ci", "--expires", "soon"),
        ("token", "create", "ci", "--expires", "1h"),
        ("audit", "search", "--since", "yesterday"),
        ("login", "http://127.0.0.1:1"),
        ("login", "ftp://keeper", "--email", "a@b.c", "--password-stdin"),
    ],
    ids=" ".join,
)
def test_wrong_use_is_told_before_anything_is_asked(ran, server, arguments):
    refused = ran(*arguments)

    assert refused.status == 2
    assert refused.err
    assert not refused.out
    assert server.asked == []


@pytest.mark.parametrize(
    ("status", "expected"), [(400, 2), (404, 2), (409, 2), (401, 4), (403, 4), (429, 1), (500, 1), (503, 3)]
)
def test_a_refusal_has_its_status_and_words(ran, server, status, expected):
    server.refuse("GET", "/api/buckets", "some-problem", status, detail="It is so.", hint="Do this.")

    refused = ran("bucket", "list", "--json")

    assert refused.status == expected
    assert "Error: It is so." in refused.err
    assert status == 401 or "Do this." in refused.err
    assert not refused.out


def test_wrong_fields_are_named(ran, server):
    errors = [{"key": "scanCron", "message": "not five fields"}]
    server.refuse("PATCH", "/api/buckets/photos", "bad-input", 400, detail="Invalid input.", errors=errors)

    assert "scanCron: not five fields" in ran("bucket", "edit", "photos", "--scan-cron", "x").err


def test_nobody_there_is_unreachable(run, environ, free_port):
    environ.setenv("STOREKEEPER_URL", f"http://127.0.0.1:{free_port()}")

    refused = run("bucket", "list")

    assert refused.status == 3
    assert "nothing listens" in refused.err
    assert "storekeeper serve" in refused.err


def test_who_never_signed_in_is_told_how(run, server, environ):
    environ.setenv("STOREKEEPER_URL", server.url)
    server.refuse("GET", "/api/buckets", "not-signed-in", 401, detail="Sign in first.")

    refused = run("bucket", "list")

    assert refused.status == 4
    assert "storekeeper login" in refused.err


def test_a_name_that_two_keys_share_is_wrong_use(ran, server):
    keys = [{"id": "k1", "name": "ci"}, {"id": "k2", "name": "ci"}]
    server.answer("GET", "/api/tokens", {"items": keys, "nextCursor": None})

    assert ran("token", "revoke", "ci").status == 2
