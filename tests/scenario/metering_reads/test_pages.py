"""Pages of metering, the overview's figures, and one owner's storage, as a browser gets them."""

import io
import re
from urllib.parse import urlsplit

import pyarrow.parquet as pq
import pytest

pytestmark = pytest.mark.slow
ANN = "ann@example.com"


@pytest.fixture
def page(client):
    """The HTML of a page."""

    def read(path, *, who="admin", status=200):
        headers = {"Accept": "text/html"} | ({"Authorization": f"Bearer {who}"} if who else {})
        if not who:
            client.headers.pop("Authorization", None)
        answer = client.get(path, headers=headers)
        assert answer.status_code == status, answer.text[:500]
        return answer.text

    return read


@pytest.fixture
def stored(world, report):
    """Ann has two files in photos and does something with them."""
    world.bucket("gallery", owner_pattern="users/{owner}/")
    for name, size in (("1.jpg", 1000), ("2.jpg", 3000)):
        world.stores["gallery"].place(f"users/{ANN}/{name}", b"x" * size)
    world.stores["gallery"].place("users/bob/3.png", b"x" * 500)
    assert world.scan("gallery") == "succeeded"
    report(6, bucket="gallery", owner=ANN)
    report(2, bucket="gallery", owner=ANN, operation="PutObject", bytesIn=700, bytesOut=0)
    report(1, bucket="photos", owner="bob", status=500)


def test_empty_pages_say_what_to_do(world, page):
    assert "<h1>" in page("/usage/owners/ann")
    for path in ("/usage", "/performance", "/activity", "/ingestion"):
        assert "storekeeper token create meter --scope ingest" in page(path), path


def test_pages_with_figures(stored, page):
    for path in ("/usage", f"/usage/owners/{ANN}", "/performance", "/activity", "/ingestion"):
        for query in ("", "?range=7d", "?range=1h"):
            assert "<h1>" in page(path + query), path + query


def test_bad_questions_are_refused(world, client):
    paths = (
        "/usage?range=x",
        "/usage?show=nothing",
        "/performance?range=x",
        "/activity?cursor=x",
        "/activity?status=x",
    )
    told = {path: client.get(path, headers={"Accept": "text/html"}).status_code for path in paths}
    assert told == dict.fromkeys(paths, 400)


def test_usage_leads_to_owners_and_buckets(stored, page):
    text = page("/usage?range=7d&bucket=gallery")
    assert f"/usage/owners/{ANN.replace('@', '%40')}?range=7d&amp;bucket=gallery" in text
    assert 'href="/buckets/gallery"' in text
    assert ">8</data>" in text


def test_live_follows_with_the_filters(stored, page):
    assert "data-tail" not in page("/activity?status=errors")
    text = page("/activity?status=errors&live=1")
    tail = re.search(r'data-tail="([^"]+)"', text)[1]
    assert tail == "/api/user/storage/activity/events?status=errors&amp;seconds=600"


def test_the_overview_counts_today(stored, page, ask):
    assert "Requests in 24 hours" in page("/")
    metrics = ask("/api/dashboard")["metrics"]
    assert (metrics["requests"], metrics["uploadsToday"], metrics["downloadsToday"]) == (9, 2, 6)
    assert metrics["errorRate"] == pytest.approx(1 / 9)
    assert metrics["avgResponseTimeMs"] == pytest.approx(20)
    assert metrics["uploadsTodayTrend"]["change"] == 2
    assert len(metrics["requestsTrend"]["values"]) == 25


def test_the_dashboard_of_all_and_of_one_owner(stored, ask):
    found = ask("/api/dashboard")
    assert (found["storage"]["used"], found["storage"]["objects"]) == (4500, 3)
    assert {one["name"]: one["bytes"] for one in found["storage"]["fileTypes"]} == {"jpg": 4000, "png": 500}
    assert found["storage"]["largestFiles"][0]["key"] == f"users/{ANN}/2.jpg"
    assert len(found["activity"]) == 9
    found = ask("/api/dashboard", owner=ANN)
    assert (found["metrics"]["totalStorage"], found["metrics"]["totalFiles"]) == (4000, 2)
    assert (found["metrics"]["requests"], found["storage"]["fileTypes"]) == (8, None)
    assert [one["size"] for one in found["storage"]["largestFiles"]] == [3000, 1000]


def test_history_has_scans_and_operations(stored, ask):
    found = ask("/api/dashboard/metrics-history", range="7d")
    assert [(one["bucket"], one["objects"]) for one in found["items"]] == [("gallery", 3)]
    assert sum(one["requests"] for one in found["operations"]) == 9
    found = ask("/api/dashboard/metrics-history", range="7d", owner=ANN)
    assert (found["items"], sum(one["requests"] for one in found["operations"])) == ([], 8)


def test_history_is_a_table_too(stored, client):
    path = "/api/dashboard/metrics-history"
    assert client.get(f"{path}?format=csv").text.splitlines()[0] == "bucket,scannedAt,objects,bytes"
    table = pq.read_table(io.BytesIO(client.get(f"{path}?format=parquet&table=operations").content))
    assert sum(table["requests"].to_pylist()) == 9
    for query in ("format=xml", "table=none", "range=x"):
        assert client.get(f"{path}?{query}").status_code == 400


def test_own_storage_is_ones_own(stored, report, page):
    report(4, owner="user@example.com")
    text = page("/me/storage", who="user")
    assert "user@example.com" in text
    assert ANN not in text
    page(f"/me/storage?owner={ANN}", who="user", status=403)
    assert "4.00 kB" in page(f"/me/storage?owner={ANN}") or "4 kB" in page(f"/me/storage?owner={ANN}")


@pytest.fixture
def link(client):
    """The path and query of a new link."""

    def make(owner=ANN, seconds=3600):
        answer = client.post("/api/user/storage/embed-link", json={"owner": owner, "expiresIn": seconds})
        assert answer.status_code == 201, answer.text
        parts = urlsplit(answer.json()["url"])
        assert (parts.scheme, parts.netloc) == ("https", "keeper.test")
        return f"{parts.path}?{parts.query}"

    return make


def test_an_embedded_page_needs_no_sign_in_and_may_be_framed(stored, client, link, page):
    path = link()
    text = page(path, who=None)
    assert f"Storage of {ANN}" in text
    assert "bob" not in text
    assert 'class="nav"' not in text
    answer = client.get(path, headers={"Accept": "text/html"})
    assert "x-frame-options" not in answer.headers
    assert "frame-ancestors *" in answer.headers["content-security-policy"]
    page(f"{path}&range=7d", who=None)


def test_no_other_page_may_be_framed(stored, client):
    answer = client.get("/usage", headers={"Accept": "text/html"})
    assert answer.headers["x-frame-options"] == "DENY"
    assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]


def test_an_embedded_page_ends(world, stored, link, page):
    path = link(seconds=60)
    world.clock.advance(59)
    page(path, who=None)
    world.clock.advance(1)
    assert "expired" in page(path, who=None, status=410)


def test_a_link_is_good_for_one_owner_and_one_time(stored, link, page):
    path = link()
    page(path.replace("owner=ann", "owner=bob"), who=None, status=404)
    page(re.sub(r"expires=\d+", "expires=9999999999", path), who=None, status=404)
    page(path[:-1], who=None, status=404)
    page("/embed/storage", who=None, status=404)


def test_a_link_can_not_take_another_generation(stored, client, link, page):
    path = link()
    client.delete("/api/user/storage/embed-links", params={"owner": ANN})
    page(path.replace("generation=0", "generation=1"), who=None, status=404)


def test_revoked_links_end_and_new_ones_work(world, stored, client, link, page):
    first, others = link(), link("bob")
    for generation in (1, 2):
        old = link()
        assert client.delete("/api/user/storage/embed-links", params={"owner": ANN}).status_code == 204
        for path in (first, old):
            headers = {"Authorization": "", "Accept": "application/json"}
            answer = client.get(path, headers=headers)
            assert (answer.status_code, answer.json()["type"]) == (410, "/problems/link-revoked")
        assert f"generation={generation}&" in link()
        assert f"Storage of {ANN}" in page(link(), who="admin")
    assert "Storage of bob" in page(others, who=None)
    records = world.audit.page(action="embed-links").items
    assert [(one.actor, one.action, one.target) for one in records] == [
        ("admin@example.com", "embed-links.revoke", ANN)
    ] * 2


def test_a_link_that_was_revoked_and_has_expired_too_was_revoked(world, stored, client, link, page):
    path = link(seconds=60)
    world.clock.advance(61)
    client.delete("/api/user/storage/embed-links", params={"owner": ANN})
    assert "revoked" in page(path, who=None, status=410)


def test_links_are_revoked_on_the_page_of_their_owner(stored, client, link, page):
    path = link()
    assert "Revoke links" in page(f"/usage/owners/{ANN}")
    assert "Revoke links" not in page(f"/usage/owners/{ANN}", who="readonly")
    assert "Revoke links" not in page("/usage")
    answer = client.post("/usage/embed-links/revoke", data={"owner": ANN})
    assert (answer.status_code, answer.headers["location"]) == (303, "/usage/owners/ann%40example.com")
    page(path, who=None, status=410)


def test_who_can_not_be_an_owner_has_no_links(world, client):
    for owner in ("", "x" * 257, "a\0b"):
        assert client.delete("/api/user/storage/embed-links", params={"owner": owner}).status_code == 400, (
            owner
        )
        assert client.post("/api/user/storage/embed-link", json={"owner": owner}).status_code == 400, owner


def test_bad_links_are_refused(world, client):
    for body in ({}, {"owner": ""}, {"owner": "a", "expiresIn": 5}, {"owner": "a", "more": 1}):
        assert client.post("/api/user/storage/embed-link", json=body).status_code == 400, body


def test_only_administrators_make_links(world, client):
    for who in ("user", "readonly"):
        client.headers["Authorization"] = f"Bearer {who}"
        assert client.post("/api/user/storage/embed-link", json={"owner": "a"}).status_code == 403
        assert client.delete("/api/user/storage/embed-links", params={"owner": "a"}).status_code == 403
