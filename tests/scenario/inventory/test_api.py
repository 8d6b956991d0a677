"""Programs start, watch and cancel scans, and read what they found."""

import json

import pytest

pytestmark = pytest.mark.slow


@pytest.fixture
def scanned(world):
    """A bucket with twenty objects below two owners, and its scan."""
    store, _ = world.memory(owner_pattern="users/{owner}/")
    for number in range(20):
        store.place(f"users/{'ann' if number % 2 else 'bob'}/{number}.jpg", b"x" * number)
    return world.scan()


def test_a_scan_from_start_to_inventory(world, client):
    store, _ = world.memory()
    store.place("a/b.txt", b"12345")
    assert client.get("/api/buckets/photos/inventory").json()["type"] == "/problems/never-scanned"

    quote = client.get("/api/buckets/photos/scan/quote").json()
    assert quote["basis"] == "sample"
    assert (quote["objects"], quote["pages"], quote["requests"]) == (1, 1, {"free": 3})

    answer = client.post("/api/buckets/photos/scan")
    assert answer.status_code == 202
    run_id = answer.json()["runId"]
    again = client.post("/api/buckets/photos/scan")
    assert (again.status_code, again.json()["runId"]) == (409, run_id)
    assert client.get(f"/api/scans/{run_id}").json()["status"] == "queued"

    world.attempt(run_id)
    scan = client.get(f"/api/scans/{run_id}").json()
    assert (scan["status"], scan["bucket"], scan["objects"], scan["bytes"]) == ("succeeded", "photos", 1, 5)
    assert scan["shardsDone"] == scan["shardsTotal"] == 1
    [listed] = client.get("/api/buckets/photos/scans").json()["items"]
    assert (listed["id"], listed["status"], listed["objects"]) == (run_id, "succeeded", 1)

    found = client.get("/api/buckets/photos/inventory").json()
    assert (found["objects"], found["bytes"], found["complete"], found["provenance"]) == (
        1,
        5,
        True,
        "measured",
    )
    assert found["byExtension"] == [{"name": "txt", "objects": 1, "bytes": 5, "mediaType": "text/plain"}]
    assert found["byPrefix"] == [{"name": "a/", "objects": 1, "bytes": 5}]
    assert found["largest"][0]["key"] == "a/b.txt"
    assert found["versions"] == {"noncurrent": 0, "noncurrentBytes": 0, "deleteMarkers": 0, "unknown": ""}
    listed = client.get("/api/buckets").json()["items"][0]
    assert (listed["objects"], listed["bytes"], listed["growthBytes7d"]) == (1, 5, None)
    assert client.get("/api/buckets/photos/scan/quote").json()["basis"] == "previous snapshot"


def test_scans_are_paged(world, client):
    world.memory()
    ids = [world.scan().id for _ in range(3)]
    first = client.get("/api/buckets/photos/scans?limit=2").json()
    assert [scan["id"] for scan in first["items"]] == ids[:0:-1]
    rest = client.get(f"/api/buckets/photos/scans?limit=2&cursor={first['nextCursor']}").json()
    assert ([scan["id"] for scan in rest["items"]], rest["nextCursor"]) == (ids[:1], None)


def test_folders_and_files(client, scanned):
    folders = client.get("/api/buckets/photos/inventory/prefixes", params={"prefix": "users/"}).json()
    assert [(item["name"], item["objects"], item["leaf"]) for item in folders["items"]] == [
        ("users/ann/", 10, True), ("users/bob/", 10, True),
    ]  # fmt: skip
    assert folders["direct"] == {"objects": 0, "bytes": 0}
    files = client.get("/api/buckets/photos/inventory/files", params={"owner": "bob", "limit": 2}).json()
    assert [item["size"] for item in files["items"]] == [18, 16]
    assert (files["nextCursor"], files["ofLargest"]) == ("2", 10_000)
    more = client.get(
        "/api/buckets/photos/inventory/files", params={"owner": "bob", "limit": 2, "cursor": "2"}
    )
    assert [item["size"] for item in more.json()["items"]] == [14, 12]


def test_files_as_csv_are_all_that_match(client, scanned):
    answer = client.get(
        "/api/buckets/photos/inventory/files?owner=ann&limit=2", headers={"Accept": "text/csv"}
    )
    assert answer.headers["content-type"].startswith("text/csv")
    lines = answer.text.splitlines()
    assert lines[0] == "key,prefix,extension,owner,size,modified,storageClass"
    assert len(lines) == 11
    assert lines[1].startswith("users/ann/19.jpg,users/ann/,jpg,ann,19,")


def test_wrong_questions_are_refused(client, scanned):
    for query in ("cursor=x", "cursor=-1", "sort=name", "order=up", "limit=many"):
        assert client.get(f"/api/buckets/photos/inventory/files?{query}").status_code == 400, query


def test_unknown_things_are_404(client, scanned):
    for path in ("/api/buckets/none/inventory", "/api/scans/none", "/api/scans/none/events",
                 "/api/buckets/photos/inventory?at=none"):  # fmt: skip
        assert client.get(path).status_code == 404, path


def test_history_is_a_point_for_each_scan(world, client, scanned):
    world.scan()
    items = client.get("/api/buckets/photos/inventory/history?range=7d").json()["items"]
    assert [item["objects"] for item in items] == [20, 20]
    assert client.get("/api/buckets/photos/inventory/history?range=soon").status_code == 400
    assert len(client.get("/api/buckets/photos/inventory/history?format=csv").text.splitlines()) == 3


def test_a_queued_scan_is_cancelled_and_audited(world, client):
    world.memory()
    run_id = client.post("/api/buckets/photos/scan").json()["runId"]
    assert client.post(f"/api/scans/{run_id}/cancel").json()["status"] == "cancelled"
    assert client.post(f"/api/scans/{run_id}/cancel").status_code == 409
    actions = [record.action for record in world.audit.page().items]
    assert actions[:2] == ["scan.cancel", "scan.start"]


def test_a_stopping_server_ends_the_events(world, client):
    world.memory()
    run = world.inventory.scans.start("photos", actor="test")
    world.stopping.set()
    assert "event" not in client.get(f"/api/scans/{run.id}/events").text  # queued, and never run here


def test_events_end_with_done(client, scanned):
    events = client.get(f"/api/scans/{scanned.id}/events").text.split("\r\n\r\n")
    kind, data = events[0].splitlines()
    assert kind == "event: done"
    assert json.loads(data.removeprefix("data: "))["status"] == "succeeded"


def test_who_may_do_what(client, scanned):
    client.headers["Authorization"] = "Bearer readonly"
    assert client.get("/api/buckets/photos/inventory").status_code == 200
    assert client.post("/api/buckets/photos/scan").status_code == 403
    client.headers["Authorization"] = "Bearer user"
    assert client.get("/api/buckets/photos/inventory").status_code == 403
