"""What the commands say of several vantage points."""

import pytest

TIME = "2026-11-20T12:00:00Z"
HERE = {"name": "this server", "status": "healthy", "reason": "All work.", "checkedAt": TIME, "here": True}
FRA = {"name": "fra-1", "status": "unhealthy", "reason": "All fail", "checkedAt": TIME, "here": False}
SILENT = {"name": "nyc-1", "status": "unknown", "reason": "Nothing heard since 11:02.", "checkedAt": TIME}
BUCKET = {
    "bucket": "photos", "status": "degraded", "reason": "All fail; seen failing from fra-1 only",
    "breaker": "closed", "mode": "automatic", "vantage": [HERE, FRA, SILENT],
}  # fmt: skip
CONFIG = {
    "checkInterval": 30000, "timeout": 5000, "failureThreshold": 3, "recoveryTimeout": 60000,
    "monitoringWindow": 300000, "slowResponseThreshold": 2000, "testOperations": ["get"],
    "alertOnFailure": True, "alertOnRecovery": True, "enabled": True,
}  # fmt: skip


def tell(server, *buckets):
    ready = {"status": "healthy", "timestamp": TIME, "services": {"storage": "degraded"}, "buckets": buckets}
    server.answer("GET", "/api/health", ready)
    server.answer("GET", "/api/health/uptime", {"items": []})
    server.answer("GET", "/api/health/buckets/photos", buckets[0])


def test_that_places_do_not_agree_is_said(server, ran):
    tell(server, BUCKET)
    said = ran("health")
    assert "photos: vantage points do not agree: this server healthy, fra-1 unhealthy." in said.out
    assert said.status == 1


@pytest.mark.parametrize("vantage", [[], [HERE], [HERE, SILENT], [HERE, FRA | {"status": "healthy"}]])
def test_where_they_agree_nothing_is_said(server, ran, vantage):
    tell(server, BUCKET | {"status": "healthy", "vantage": vantage})
    said = ran("health")
    assert "agree" not in said.out
    assert said.status == 0


def test_a_bucket_has_a_row_for_each_place(server, ran):
    tell(server, BUCKET)
    said = ran("health", "photos").out
    rows = [line for line in said.splitlines() if line.startswith(("this server", "fra-1", "nyc-1"))]
    assert [row.split()[-2:] for row in rows] == [["All", "work."], ["All", "fail"], ["since", "11:02."]]
    assert ran("health", "photos", "--json").json["vantage"][1]["name"] == "fra-1"


def test_the_quorum_is_written_as_a_number_or_as_the_majority(server, ran):
    for method in ("GET", "PUT"):
        server.answer(method, "/api/health/config", CONFIG | {"quorum": 0})
    server.answer("GET", "/api/health/probe-cost", {"total": {}})
    assert "quorum" in (said := ran("health", "config").out)
    assert "majority" in said
    ran("health", "config", "--set", "quorum=2")
    ran("health", "config", "--set", "quorum=majority")
    assert [one.body for one in server.asked if one.method == "PUT"] == [{"quorum": 2}, {"quorum": 0}]
    assert ran("health", "config", "--set", "quorum=most").status == 2


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--role", "prober", "--port", "80"], "listens nowhere"),
        (["--role", "prober", "--data-dir", "x"], "keeps nothing"),
        (["--server", "http://127.0.0.1:9"], "--role prober"),
        (["--role", "watcher"], "watcher"),
    ],
)
def test_roles_have_options_of_their_own(ran, arguments, words):
    said = ran("serve", *arguments)
    assert said.status == 2
    assert words in said.err


def test_a_prober_needs_a_key(ran, monkeypatch, tmp_path):
    monkeypatch.delenv("STOREKEEPER_TOKEN", raising=False)
    said = ran("serve", "--role", "prober", "--server", "http://127.0.0.1:9")
    assert said.status == 4
    assert "scope probe" in said.err
