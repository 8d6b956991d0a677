"""What the commands of health ask for, print, and end with."""

import pytest

TIME = "2026-11-20T12:00:00Z"
OPERATION = {"operation": "put", "recent": "oof", "since": TIME, "streak": 1, "problem": "503 SlowDown",
             "latencyMs": 1234.5, "firstByteMs": None}  # fmt: skip
NETWORK = {"dnsMs": 0.4, "connectMs": 12.0, "tlsMs": 30.5, "certificateDays": 41.3, "clockSkewMs": None}
BUCKET = {
    "bucket": "photos", "status": "healthy", "reason": "All operations work.", "since": TIME, "checkedAt": TIME,
    "nextCheckAt": TIME, "operations": [OPERATION], "network": NETWORK, "breaker": "closed", "mode": "automatic",
    "monitored": True,
}  # fmt: skip
SERVICES = {"database": "healthy", "analytics": "healthy", "storage": "healthy", "queue": "healthy"}
READY = {
    "status": "healthy", "timestamp": TIME, "services": SERVICES, "buckets": [BUCKET],
    "metrics": {"uptime": 60.0, "responseTimeMs": 3.25, "errorRate": 0.0},
}  # fmt: skip
UPTIME = {"items": [{"bucket": "photos", "days": [], "uptime": 0.99953, "budget": {}}]}
CHECK = {
    "id": "r1.put", "time": TIME, "bucket": "photos", "operation": "put", "outcome": "failure", "failure": "server",
    "status": 503, "code": "SlowDown", "latencyMs": 20.04, "firstByteMs": 19.9, "slow": False, "corrupt": False,
    "detail": "The storage asks for less.", "hint": "Ask less often.",
}  # fmt: skip
WELL = CHECK | {"id": "r1.get", "operation": "get", "outcome": "ok", "failure": "", "status": 200, "code": "",
                "detail": "", "hint": ""}  # fmt: skip
ROUND = {"id": "r1", "time": TIME, "bucket": "photos", "outcome": "failure", "durationMs": 55.5,
         "checks": [CHECK, WELL], "network": NETWORK, "diagnosis": "PUT fails: 503 SlowDown."}  # fmt: skip
BREAKER = {
    "bucket": "photos", "state": "closed", "mode": "automatic", "epoch": 7, "until": None, "k": 0,
    "reason": "reset by hand", "changedAt": TIME, "actor": "ann@example.com", "automatic": False,
    "figures": {"calls": 12, "failures": 3, "slow": 0, "consecutive": 0},
}  # fmt: skip
TRANSITION = {"id": "t1", "at": TIME, "bucket": "photos", "before": "open", "after": "closed", "mode": "automatic",
              "epoch": 7, "until": None, "reason": "reset by hand", "actor": "ann@example.com"}  # fmt: skip
CONFIG = {
    "checkInterval": 30000, "timeout": 5000, "failureThreshold": 3, "recoveryTimeout": 60000,
    "monitoringWindow": 300000, "slowResponseThreshold": 2000, "testOperations": ["put", "get", "delete"],
    "alertOnFailure": True, "alertOnRecovery": True, "enabled": True,
}  # fmt: skip
OWN = {"bucket": "photos", "own": {"timeout": 5000}, "effective": CONFIG}
COST = {"total": {"classA": 87120, "classB": 86400, "free": 86400}, "items": []}
ROOT, BREAKERS = "/api/health", "/api/health/circuit-breaker"


def tell(server, others=()):
    """Everything is well, but for others."""
    told = {
        f"GET {ROOT}": READY,
        f"GET {ROOT}/buckets/photos": BUCKET,
        f"GET {ROOT}/uptime": UPTIME,
        f"GET {ROOT}/history": {"items": [CHECK, WELL], "nextCursor": None},
        f"POST {ROOT}/check": {"items": [ROUND | {"checks": [WELL], "diagnosis": ""}]},
        f"GET {BREAKERS}": {"items": [BREAKER], "nextCursor": None},
        f"GET {BREAKERS}/transitions": {"items": [TRANSITION], "nextCursor": None},
        **{f"POST {BREAKERS}/{verb}": BREAKER for verb in ("reset", "open", "close", "mode")},
        **{f"{method} {ROOT}/config": CONFIG for method in ("GET", "PUT")},
        **{f"{method} {ROOT}/config/photos": OWN for method in ("GET", "PUT")},
        f"GET {ROOT}/probe-cost": COST,
    }
    for route, body in (told | dict(others)).items():
        unwell = body.get("status") == "unhealthy" and "services" in body
        server.answer(*route.split(), body, status=503 if unwell else 200)


@pytest.fixture
def answered(server):
    tell(server)
    return server


COMMANDS = [
    "health",
    "health photos",
    "health history photos --limit 2",
    "health config",
    "health config --bucket photos",
    "health config --set checkInterval=10s --set testOperations=get,PUT --set enabled=false",
    "health config --bucket photos --set timeout=inherit --set failureThreshold=5",
    "check photos",
    "check --all",
    "breaker list",
    "breaker show photos",
    "breaker photos",
    "breaker reset photos",
    "breaker open photos --reason disk --for 10m",
    "breaker photos close --reason done",
    "breaker mode photos forced-open --reason disk --yes",
    "breaker mode photos automatic",
]


@pytest.mark.parametrize("command", COMMANDS)
def test_json(ran, answered, snapshot, command):
    said = ran(*command.split(), "--json")
    assert (said.status, said.err) == (0, "")
    asked = [(one.method, one.path, one.query, one.body) for one in answered.asked]
    assert {"asked": asked, "said": said.json} == snapshot


@pytest.mark.parametrize("command", COMMANDS)
def test_words(ran, answered, snapshot, command):
    said = ran(*command.split())
    assert (said.status, said.err) == (0, "")
    assert "\n".join(line.rstrip() for line in said.out.splitlines()) == snapshot


def test_a_check_that_fails_is_shown_with_what_to_do(ran, server, snapshot):
    tell(server, {f"POST {ROOT}/check": {"items": [ROUND]}})
    said = ran("check", "photos")
    assert (said.status, said.err) == (1, "")
    assert "\n".join(line.rstrip() for line in said.out.splitlines()) == snapshot


@pytest.mark.parametrize(
    ("told", "status"),
    [
        ({"status": "unhealthy"}, 1),
        ({"status": "degraded"}, 1),
        ({"status": "unknown"}, 1),
        ({"status": "unknown", "monitored": False}, 0),
        ({"status": "healthy", "breaker": "open", "mode": "forced-open"}, 0),
    ],
)
def test_a_bucket_that_is_not_well_ends_with_1(ran, server, told, status):
    one = BUCKET | told
    tell(server, {f"GET {ROOT}": READY | {"buckets": [BUCKET, one]}, f"GET {ROOT}/buckets/photos": one})
    assert ran("health").status == status
    assert ran("health", "photos").status == status
    assert ran("health", "--json").status == status


def test_a_server_that_is_not_ready_is_shown_all_the_same(ran, server):
    services = SERVICES | {"analytics": "unhealthy"}
    body = {"status": "unhealthy", "timestamp": TIME, "services": services}
    tell(server, {f"GET {ROOT}": body})
    said = ran("health")
    assert said.status == 1
    assert "The server is unhealthy: database healthy, analytics unhealthy" in said.out
    assert said.err == ""


def test_an_open_breaker_ends_with_1(ran, server):
    tell(server, {f"GET {BREAKERS}": {"items": [BREAKER | {"state": "open", "until": TIME}]}})
    said = ran("breaker", "show", "photos")
    assert said.status == 1
    assert "Tried again (UTC)  2026-11-20 12:00" in said.out


def test_a_bucket_that_is_not_there(ran, server):
    for method, path in (("GET", f"{ROOT}/buckets/x"), ("POST", f"{ROOT}/check"), ("GET", BREAKERS)):
        server.refuse(method, path, "unknown-bucket", 404, detail="No bucket is registered as 'x'.")
    for command in (("health", "x"), ("check", "x"), ("breaker", "show", "x"), ("breaker", "x")):
        said = ran(*command)
        assert (said.status, said.out) == (2, "")
        assert "No bucket is registered as 'x'." in said.err


def test_forced_open_asks_first(ran, answered):
    said = ran("breaker", "mode", "photos", "forced-open", "--reason", "disk")
    assert said.status == 2
    assert "--yes" in said.err
    assert answered.asked == []


@pytest.mark.parametrize(
    ("command", "words"),
    [
        ("check", "--all"),
        ("check photos --all", "--all"),
        ("breaker open photos", "--reason"),
        ("breaker open photos --reason x --for soon", "not a duration"),
        ("breaker mode photos forced-open --yes", "--reason"),
        ("breaker mode photos disabled --for 5m", "forced-open"),
        ("breaker mode photos wild", "MODE"),
        ("health config --set checkInterval", "SETTING=VALUE"),
        ("health config --set interval=5s", "settings are checkInterval"),
        ("health config --set checkInterval=10", "10s or 10ms"),
        ("health config --set checkInterval=soon", "not a duration"),
        ("health config --set failureThreshold=many", "no number"),
        ("health config --set enabled=maybe", "neither true nor false"),
        ("health config --set timeout=inherit", "not a duration"),
        ("health history photos --limit 0", "--limit"),
        ("health photos config2", "config2"),
    ],
)
def test_wrong_use(ran, answered, command, words):
    said = ran(*command.split())
    assert (said.status, said.out) == (2, "")
    assert words in said.err
    assert answered.asked == []
