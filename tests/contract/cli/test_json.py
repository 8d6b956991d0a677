"""`--json` prints one JSON value to stdout and nothing else, in a shape that stays."""

import pytest
from syrupy.filters import props

TIME = "2026-11-20T12:00:00Z"
BUCKET = {"id": "b1", "name": "photos", "url": "s3://photos", "provider": "aws", "createdAt": TIME}
LISTED = BUCKET | {"objects": 3, "bytes": 30, "scannedAt": TIME, "growthBytes7d": -5}
SCAN = {"id": "s1", "bucket": "photos", "status": "succeeded", "objects": 3, "bytes": 30, "startedAt": TIME}
GROUP = {"name": "a/", "objects": 3, "bytes": 30}
FILE = {
    "key": "a/b.jpg",
    "prefix": "a/",
    "extension": "jpg",
    "size": 10,
    "modified": TIME,
    "storageClass": "STANDARD",
}
INVENTORY = {
    "objects": 3,
    "bytes": 30,
    "byPrefix": [GROUP],
    "byOwner": [GROUP | {"name": "ann"}],
    "byAge": [GROUP | {"name": "7–30 days", "from": 7, "to": 30}],
    "incompleteUploads": {"count": 1, "bytes": 7},
    "versions": {"noncurrent": 2, "noncurrentBytes": 9, "deleteMarkers": 1},
    "change": {"previous": {"objects": 1, "bytes": 10}, "sevenDays": None, "thirtyDays": None},
    "scannedAt": TIME,
    "durationMs": 1500,
    "requests": 4,
}
RUN = {
    "id": "r1",
    "job": "scan",
    "key": "b1",
    "status": "running",
    "progress": {"objects": 3},
    "createdAt": TIME,
}
USER = {"id": "u1", "email": "ann@example.com", "role": "admin", "createdAt": TIME, "lastSeenAt": None}
KEY = {"id": "k1", "name": "ci", "scopes": ["read"], "buckets": [], "createdAt": TIME, "expiresAt": None}
RECORD = {
    "id": "a1",
    "time": TIME,
    "actor": "ann",
    "action": "bucket.create",
    "target": "photos",
    "details": {"n": 1},
}
TEST = {
    "ok": True,
    "findings": [{"check": "list", "ok": True, "detail": "yes"}],
    "policy": {"a": 1},
    "latencyMs": 5,
}
QUOTE = {"objects": 3, "pages": 1, "requests": {"A": 1, "B": 0}, "basis": "sample", "secondsEstimate": 0.5}


def _page(*items):
    return {"items": items, "nextCursor": None}


CASES = {
    "whoami": ("GET /api/me", {"id": "u1", "email": "ann@example.com", "role": "admin", "via": "key"}),
    "bucket list": ("GET /api/buckets", _page(LISTED)),
    "bucket show photos": ("GET /api/buckets/photos", BUCKET),
    "bucket add photos s3://photos --no-test": ("POST /api/buckets", BUCKET),
    "bucket edit photos --max-concurrency 4 --no-store-keys": ("PATCH /api/buckets/photos", BUCKET),
    "inventory photos --by age": ("GET /api/buckets/photos/inventory", INVENTORY),
    "bucket test photos": ("POST /api/buckets/photos/test", TEST),
    "bucket remove photos --yes": ("DELETE /api/buckets/photos", None),
    "bucket try-owner-pattern photos users/{owner}/": (
        "POST /api/buckets/photos/owner-pattern",
        {
            "matched": 1,
            "unmatched": 1,
            "examples": [{"key": "users/ann/x", "owner": "ann"}, {"key": "y", "owner": ""}],
        },
    ),
    "scan photos": ("POST /api/buckets/photos/scan", {"runId": "s1"}),
    "scan photos --quote": ("GET /api/buckets/photos/scan/quote", QUOTE),
    "scans photos": ("GET /api/buckets/photos/scans", _page(SCAN)),
    "inventory photos": ("GET /api/buckets/photos/inventory", INVENTORY),
    "inventory photos --by owner": ("GET /api/buckets/photos/inventory", INVENTORY),
    "inventory photos --prefix a/": (
        "GET /api/buckets/photos/inventory/prefixes",
        {
            "prefix": "a/",
            "items": [GROUP | {"name": "a/b/", "leaf": True}],
            "direct": {"objects": 1, "bytes": 10},
        },
    ),
    "inventory photos --by largest --limit 1": ("GET /api/buckets/photos/inventory/files", _page(FILE)),
    "job list": (
        "GET /api/metrics/jobs",
        _page(
            {
                "name": "scan",
                "about": "Lists.",
                "cron": "",
                "lastRun": RUN,
                "counts": {"running": 1, "dead": 0},
            }
        ),
    ),
    "job runs scan --status running": ("GET /api/jobs", _page(RUN)),
    "job run scan": ("POST /api/metrics/jobs/scan/run", {"runId": "r1"}),
    "job show r1": ("GET /api/jobs/r1", RUN),
    "job retry r1": ("POST /api/jobs/r1/retry", RUN),
    "job cancel r1": ("POST /api/jobs/r1/cancel", RUN),
    "job purge --yes": ("DELETE /api/jobs/dead", {"purged": 2}),
    "user add ann@example.com --role admin": ("POST /api/users", USER | {"generatedPassword": "made"}),
    "user list": ("GET /api/users", _page(USER)),
    "user disable ann@example.com": ("PATCH /api/users/ann%40example.com", USER | {"disabled": True}),
    "user enable ann@example.com": ("PATCH /api/users/ann%40example.com", USER),
    "user set-role ann@example.com user": ("PATCH /api/users/ann%40example.com", USER | {"role": "user"}),
    "user reset-password ann@example.com": (
        "POST /api/users/ann%40example.com/reset-password",
        {"password": "made"},
    ),
    "token create ci --scope read --scope metrics --expires 90d --bucket photos": (
        "POST /api/tokens",
        KEY | {"secret": "sk_k1.secret"},
    ),
    "token list": ("GET /api/tokens", _page(KEY)),
    "audit search --action bucket --since 2026-11-01 --limit 5": ("GET /api/audit-logs", _page(RECORD)),
}


@pytest.mark.parametrize("command", CASES)
def test_json(ran, server, snapshot, command):
    route, answer = CASES[command]
    server.answer(*route.split(" "), answer)

    said = ran(*command.split(" "), "--json")

    assert (said.status, said.err) == (0, "")
    asked = server.asked[0]
    assert {"asked": (asked.method, asked.path, asked.query, asked.body), "said": said.json} == snapshot(
        exclude=props("url") if command == "whoami" else None
    )
    assert asked.token == "sk_1.secret"


@pytest.mark.parametrize("command", CASES)
def test_words(ran, server, snapshot, command):
    """The same for people."""
    route, answer = CASES[command]
    server.answer(*route.split(" "), answer)

    said = ran(*command.split(" "))

    assert (said.status, said.err) == (0, "")
    shown = said.out.replace(server.url, "http://server")
    assert "\n".join(line.rstrip() for line in shown.splitlines()) == snapshot


def test_a_key_is_revoked_by_its_name(ran, server):
    server.answer("GET", "/api/tokens", _page(KEY))
    server.answer("DELETE", "/api/tokens/k1", status=204)

    assert ran("token", "revoke", "ci", "--json").json == {"revoked": "k1"}


def test_a_scan_is_cancelled_by_its_bucket(ran, server):
    server.answer("GET", "/api/buckets/photos/scans", _page(SCAN | {"id": "s2", "status": "running"}, SCAN))
    server.answer("POST", "/api/scans/s2/cancel", SCAN | {"id": "s2", "status": "cancelled"})

    assert ran("scan", "photos", "--cancel", "--json").json["id"] == "s2"


def test_the_version_is_json_too(run):
    assert list(run("version", "--json").json) == ["version"]
