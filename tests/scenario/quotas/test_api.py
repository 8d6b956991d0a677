"""Quotas over HTTP: made, changed, listed, asked; by those who may, and with bad input."""

from datetime import timedelta

import pytest

NEW = {"owner": "ann", "measure": "bytes", "limit": 1000, "reason": "the small plan"}


@pytest.fixture
def call(client):
    """`call("POST", path, role="user", json={…})`: (status, JSON)."""

    def send(method, path, *, role="admin", **options):
        answer = client.request(method, path, headers={"Authorization": f"Bearer {role}"}, **options)
        return answer.status_code, answer.json() if answer.content else None

    return send


def test_a_quota_lives(world, call):
    status, made = call("POST", "/api/quotas", json=NEW)
    assert status == 201
    assert {name: made[name] for name in ("owner", "bucket", "limit", "warnPercent", "hard", "used", "state")} == {
        "owner": "ann", "bucket": "", "limit": 1000, "warnPercent": 80, "hard": True, "used": 0, "state": "ok",
    }  # fmt: skip
    path = f"/api/quotas/{made['id']}"
    status, same = call("POST", "/api/quotas", json=NEW)
    assert (status, same["type"], same["quotaId"]) == (409, "/problems/quota-exists", made["id"])
    assert call("PATCH", path, json={"limit": 2000, "reason": "grows"})[1]["effectiveLimit"] == 2000
    until = (world.clock.now() + timedelta(days=7)).isoformat()
    raised = call("POST", f"{path}/raise", json={"limit": 5000, "until": until, "reason": "moves"})[1]
    assert (raised["effectiveLimit"], raised["raised"]["reason"]) == (5000, "moves")
    assert call("DELETE", f"{path}/raise", params={"reason": "moved"})[1]["effectiveLimit"] == 2000
    assert call("GET", path)[1]["raised"] is None
    assert call("DELETE", path, params={"reason": "left"}) == (204, None)
    assert call("GET", path)[0] == 404
    told = [(action, target, details["reason"]) for action, target, _, details in world.audited()]
    assert told == [
        ("quota.create", "ann", "the small plan"),
        ("quota.update", "ann", "grows"),
        ("quota.raise", "ann", "moves"),
        ("quota.raise-ended", "ann", "moved"),
        ("quota.delete", "ann", "left"),
    ]


WRONG = (
    ({"owner": "", "bucket": ""}, "bad-quota"),
    ({"owner": "  "}, "bad-quota"),
    ({"owner": "a\nb"}, "bad-input"),
    ({"owner": "x" * 257}, "bad-input"),
    ({"bucket": "nowhere"}, "unknown-bucket"),
    ({"measure": "cats"}, "bad-input"),
    ({"limit": -1}, "bad-input"),
    ({"limit": 10**19}, "bad-input"),
    ({"limit": 1.5}, "bad-input"),
    ({"warnPercent": 0}, "bad-input"),
    ({"warnPercent": 101}, "bad-input"),
    ({"reason": " "}, "bad-input"),
    ({"reason": "x" * 501}, "bad-input"),
    ({"colour": "red"}, "bad-input"),
)


def test_what_makes_no_quota_is_refused(world, call):
    for wrong, slug in WRONG:
        status, problem = call("POST", "/api/quotas", json=NEW | wrong)
        assert (status in (400, 404), problem["type"]) == (True, f"/problems/{slug}"), wrong
    assert world.quotas.of_owner("ann").items == []
    assert world.audited() == []


def test_what_makes_no_raise_is_refused(world, call):
    path = f"/api/quotas/{world.limit(limit=1000)}/raise"
    later = world.clock.now() + timedelta(days=1)
    for limit, until in ((1000, later), (999, later), (2000, world.clock.now())):
        body = {"limit": limit, "until": until.isoformat(), "reason": "why not"}
        assert call("POST", path, json=body)[1]["type"] == "/problems/bad-quota"
    body = {"limit": 2000, "until": "2026-12-01T00:00:00", "reason": "no zone"}
    assert call("POST", path, json=body)[0] == 400
    assert call("DELETE", path, params={"reason": "none"})[1]["type"] == "/problems/bad-quota"
    assert (
        call("DELETE", path.removesuffix("/raise"), params={"reason": " "})[1]["type"]
        == "/problems/bad-quota"
    )


def test_lists_are_filtered_sorted_and_paged(world, call, report):
    world.clock.advance(60)
    for owner, size in (("ann", 900), ("bob", 500), ("carla", 1100)):
        world.limit(owner)
        report(owner=owner, bytesIn=size)
    world.limit("", "photos", measure="objects", limit=100)
    world.quotas.refresh()

    def owners(**query):
        found = call("GET", "/api/quotas", params=query)[1]
        return [one["owner"] or one["bucket"] for one in found["items"]], found["nextCursor"], found["total"]

    assert owners() == (["carla", "ann", "bob", "photos"], None, 4)
    assert owners(sort="owner", limit=2) == (["photos", "ann"], "2", 4)
    assert owners(sort="owner", limit=2, cursor="2") == (["bob", "carla"], None, 4)
    assert owners(state="exceeded")[0] == ["carla"]
    assert owners(measure="objects")[0] == ["photos"]
    assert owners(q="AR")[0] == ["carla"]
    assert owners(q="100%")[0] == []
    assert owners(bucket="photos")[0] == ["photos"]
    for wrong in ({"sort": "colour"}, {"cursor": "-1"}, {"cursor": "x"}, {"state": "tired"}):
        assert call("GET", "/api/quotas", params=wrong)[0] == 400, wrong

    found = call("GET", "/api/admin/users/quota-violations")[1]["items"]
    assert {(one["owner"], one["level"]) for one in found} == {
        ("ann", "warned"), ("carla", "warned"), ("carla", "exceeded"),
    }  # fmt: skip
    found = call("GET", "/api/admin/users/quota-violations", params={"level": "exceeded", "limit": 1})[1]
    assert (found["items"][0]["summary"], found["nextCursor"]) == ("carla uses 1.10 kB of 1 kB stored.", None)
    assert call("GET", "/api/admin/users/quota-violations", params={"status": "closed"})[1]["items"] == []
    assert call("GET", "/api/admin/users/quota-violations", params={"status": "odd"})[0] == 400


def test_a_user_sees_their_own_and_nothing_else(world, call, report):
    world.clock.advance(60)
    world.limit("user@example.com")
    world.limit("user@example.com", "photos", measure="objects", limit=5)
    world.limit("ann")
    report(owner="user@example.com", bytesIn=250)
    world.quotas.refresh()
    status, own = call("GET", "/api/user/storage/quota", role="user")
    assert (status, own["owner"], own["used"], own["quota"], own["usagePercent"]) == (
        200, "user@example.com", 250, 1000, 25.0,
    )  # fmt: skip
    assert len(own["items"]) == 2
    assert call("GET", "/api/user/storage/quota", role="user", params={"owner": "ann"})[0] == 403
    other = call("GET", "/api/user/storage/quota", params={"owner": "ann"})[1]
    assert (other["owner"], other["quota"]) == ("ann", 1000)
    nobody = call("GET", "/api/user/storage/quota", params={"owner": "nobody"})[1]
    assert (nobody["used"], nobody["quota"], nobody["usagePercent"], nobody["items"]) == (
        None,
        None,
        None,
        [],
    )
    for path in ("/api/quotas", "/api/admin/users/quota-violations"):
        assert call("GET", path, role="user")[0] == 403


def test_applications_ask_with_a_key(world, call):
    world.limit("ann", limit=1000)
    ask = {"owner": "ann", "bucket": "photos", "bytes": 600}
    status, answer = call("POST", "/api/quota/check", role="ingest", json=ask)
    assert (status, answer["allowed"], answer["leaseBytes"], answer["slackBytes"]) == (200, True, 600, 0)
    assert answer["validSeconds"] > 0
    looked = call("GET", "/api/quota/check", params={"owner": "ann", "bucket": "photos", "bytes": 401})[1]
    assert (looked["allowed"], looked["remainingBytes"], looked["leaseId"]) == (False, 400, None)
    looked = call("GET", "/api/quota/check", params={"owner": "ann", "bucket": "photos", "bytes": 400})[1]
    assert (looked["allowed"], looked["slackBytes"]) == (True, None)
    settled = {"settled": [{"leaseId": answer["leaseId"], "bytes": 100, "writes": 1}]}
    assert call("POST", "/api/quota/settle", role="ingest", json=settled) == (204, None)
    assert (
        call("GET", "/api/quota/check", params={"owner": "ann", "bucket": "photos"})[1]["remainingBytes"]
        == 900
    )
    assert call("POST", "/api/quota/check", role="ingest photos", json=ask | {"bucket": "logs"})[0] == 403
    assert call("POST", "/api/quota/check", role="ingest photos", json=ask | {"bytes": 1})[0] == 200
    for wrong in ({"bucket": "nowhere"}, {"bytes": -1}, {"bytes": 10**19}, {"bucket": None}):
        assert call("POST", "/api/quota/check", role="ingest", json=ask | wrong)[0] in (400, 404), wrong
    for role in ("user", "readonly"):
        assert call("POST", "/api/quota/check", role=role, json=ask)[0] == 403


def test_with_a_bucket_go_its_quotas(world, call):
    world.limit("ann", "photos")
    world.limit("", "photos", limit=0)
    kept = world.limit("ann")
    world.buckets.remove("photos", actor="test")
    assert [one["id"] for one in call("GET", "/api/quotas")[1]["items"]] == [kept]


def test_the_dashboard_asks_for_one_figure(world):
    world.limit("ann", limit=500)
    world.limit("", "photos", limit=700)
    assert world.quotas.storage(owner="ann").effective_limit == 500
    assert world.quotas.storage(bucket="photos").effective_limit == 700
    assert world.quotas.storage(owner="ann", bucket="photos") is None
    assert world.quotas.storage() is None
