"""Liveness and readiness: what orchestrators see, and what those see who are signed in."""

import pytest

from storekeeper.infra.analytics import Analytics


@pytest.fixture
def stranger(client):
    del client.headers["Authorization"]
    return client


def test_liveness_needs_nothing(stranger):
    assert stranger.get("/health").json() == {"status": "ok", "timestamp": "2026-11-20T12:00:00Z"}


def test_a_stranger_sees_services_only(world, stranger):
    world.add("a")
    answer = stranger.get("/api/health")
    assert answer.status_code == 200
    assert answer.json() == {
        "status": "healthy",
        "timestamp": "2026-11-20T12:00:00Z",
        "services": dict.fromkeys(("database", "analytics", "storage", "queue"), "healthy"),
    }


def test_figures_for_all_who_are_signed_in_and_buckets_for_those_who_may_see_them(world, client):
    world.add("a")
    world.clock.advance(10)
    client.headers["Authorization"] = "Bearer user"
    told = client.get("/api/health").json()
    assert "buckets" not in told
    assert told["metrics"] == {"uptime": 10, "responseTimeMs": 0, "errorRate": 0}
    client.headers["Authorization"] = "Bearer readonly"
    told = client.get("/api/health").json()
    assert [(one["bucket"], one["status"], one["breaker"]) for one in told["buckets"]] == [
        ("a", "unknown", "closed")
    ]
    assert told["metrics"]["responseTimeMs"] > 0


def test_a_sick_bucket_makes_storage_degraded_and_no_more(world, client, free_port):
    world.add("well")
    world.add("gone", endpoint=f"http://127.0.0.1:{free_port()}")
    for _ in range(3):
        client.post("/api/health/check")
    answer = client.get("/api/health")
    assert answer.status_code == 200
    told = answer.json()
    assert told["status"] == "degraded"
    assert told["services"] == {
        "database": "healthy",
        "analytics": "healthy",
        "storage": "degraded",
        "queue": "healthy",
    }
    assert [(one["bucket"], one["status"]) for one in told["buckets"]] == [
        ("gone", "unhealthy"),
        ("well", "healthy"),
    ]


def test_without_its_analytics_the_server_is_not_ready(world, stranger, free_port):
    world.dashboard._analytics = Analytics(f"clickhouse://127.0.0.1:{free_port()}")
    answer = stranger.get("/api/health")
    assert answer.status_code == 503
    told = answer.json()
    assert (told["status"], told["services"]["analytics"]) == ("unhealthy", "unhealthy")
    assert stranger.get("/health").status_code == 200
