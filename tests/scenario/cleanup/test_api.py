"""Clean-up over HTTP: the routes, the files, the pages, and who may do what."""

import csv
import io
import json

import pytest

POLICY = {"name": "old", "bucket": "photos", "prefixes": ["tmp/"], "minAgeDays": 90, "reason": "a test"}
PAGE = {"Accept": "text/html"}


@pytest.fixture
def store(world):
    store = world.memory()
    world.fill(store, 60)
    return store


def planned(world, client):
    """A plan that was made over HTTP."""
    assert client.post("/api/cleanup/policies", json=POLICY).status_code == 201
    answer = client.post("/api/cleanup/policies/old/plan")
    assert answer.status_code == 202
    world.jobs._execute_run(answer.json()["runId"])
    return client.get(f"/api/cleanup/plans/{answer.json()['runId']}").json()


def test_from_a_policy_to_a_log(world, store, client):
    plan = planned(world, client)
    assert (plan["state"], plan["objects"], plan["byPrefix"][0]["name"]) == ("ready", 60, "tmp/ann/")
    path = f"/api/cleanup/plans/{plan['id']}"
    page = client.get(f"{path}/objects", params={"limit": 50}).json()
    rest = client.get(f"{path}/objects", params={"cursor": page["nextCursor"]}).json()
    assert (len(page["items"]), len(rest["items"]), rest["nextCursor"]) == (50, 10, None)
    seen = {"objects": plan["objects"], "bytes": plan["bytes"]}
    assert (
        client.post(f"{path}/confirm", json=seen | {"bytes": 1}).json()["type"]
        == "/problems/stale-cleanup-plan"
    )
    run = f"/api/cleanup/runs/{client.post(f'{path}/confirm', json=seen).json()['runId']}"
    assert client.get(run).json()["state"] == "queued"
    world.attempt(run.rpartition("/")[2])
    assert client.get(run).json()["deleted"] == 60
    assert client.get("/api/cleanup/runs?policy=old").json()["items"][0]["state"] == "succeeded"
    assert client.get("/api/cleanup/plans?policy=old").json()["items"][0]["state"] == "confirmed"
    rows = list(csv.DictReader(io.StringIO(client.get(f"{run}/log?format=csv").text)))
    lines = [json.loads(line) for line in client.get(f"{run}/log?format=ndjson").text.splitlines()]
    assert [row["key"] for row in rows] == [line["key"] for line in lines]
    assert ({row["outcome"] for row in rows}, len(rows)) == ({"deleted"}, 60)
    assert client.get(f"{run}/log?outcome=failed&format=csv").text.startswith('"key","size"')
    assert client.post(f"{run}/restore").json()["type"] == "/problems/not-restorable"
    assert client.post(f"{run}/stop").status_code == 409


@pytest.mark.parametrize(("who", "status"), [("readonly", 403), ("key", 403), ("admin", 202)])
def test_only_an_admin_in_person_confirms(world, store, client, who, status):
    plan = planned(world, client)
    seen = {"objects": plan["objects"], "bytes": plan["bytes"]}
    headers = {"Authorization": f"Bearer {who}"}
    assert (
        client.post(f"/api/cleanup/plans/{plan['id']}/confirm", json=seen, headers=headers).status_code
        == status
    )


@pytest.mark.parametrize(
    "change",
    [{"minAgeDays": 0}, {"prefixes": []}, {"name": "a b"}, {"reason": " "}, {"cron": "x"}, {"more": 1}],
)
def test_what_makes_no_sense_is_refused(world, store, client, change):
    assert client.post("/api/cleanup/policies", json=POLICY | change).status_code == 400
    assert client.get("/api/cleanup/policies").json()["items"] == []


def test_a_change_needs_what_was_seen(world, store, client):
    client.post("/api/cleanup/policies", json=POLICY)
    one = "/api/cleanup/policies/old"
    changed = client.patch(one, json={"revision": 1, "maxSize": 5, "reason": "small ones"}).json()
    assert (changed["revision"], changed["maxSize"], changed["minAgeDays"]) == (2, 5, 90)
    refused = client.patch(one, json={"revision": 1, "maxSize": None, "reason": "x"}).json()
    assert (refused["type"], refused["revision"]) == ("/problems/cleanup-policy-changed", 2)
    assert client.delete(one, params={"reason": "done"}).status_code == 204
    assert client.get(one).status_code == 404


def test_the_pages_lead_from_one_to_the_next(world, store, client):
    form = {"name": "old", "bucket": "photos", "prefixes": "tmp/\r\nb/", "min_age_days": "90", "enabled": "true",
            "most_objects": "100", "most_bytes": "1 GB", "per_second": "50", "reason": "a test"}  # fmt: skip
    refused = client.post("/cleanup", data=form | {"tags": "nonsense"}, headers=PAGE)
    assert (refused.status_code, "is not NAME=VALUE" in refused.text) == (400, True)
    policy = client.post("/cleanup", data=form, headers=PAGE).headers["location"]
    assert list(world.cleanup.policies.get("old").prefixes) == ["tmp/", "b/"]
    plan = client.post(f"{policy}/plan", headers=PAGE).headers["location"]
    assert "being listed" in client.get(plan, headers=PAGE).text
    world.jobs._execute_run(plan.rpartition("/")[2])
    seen = {"objects": "60", "bytes": "600"}
    wrong = client.post(f"{plan}/confirm", data=seen | {"bucket_name": "other"}, headers=PAGE)
    assert (wrong.status_code, "not the bucket&#39;s name" in wrong.text) == (400, True)
    run = client.post(f"{plan}/confirm", data=seen | {"bucket_name": "photos"}, headers=PAGE).headers[
        "location"
    ]
    assert "Stop it" in client.get(run, headers=PAGE).text
    world.attempt(run.rpartition("/")[2])
    done = client.get(run, headers=PAGE).text
    assert "tmp/ann/00001" in done
    assert "only come from a backup" in done
    assert client.post(f"{policy}/remove", data={"remove_reason": "done"}, headers=PAGE).status_code == 303
    assert "old" in client.get("/cleanup", headers=PAGE).text
