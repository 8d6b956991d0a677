"""What a person sees of buckets and scans, as HTML without scripts."""

import re

import lxml.html
import pytest

pytestmark = pytest.mark.slow


@pytest.fixture
def page(client):
    """`page(path)` is the parsed page; it must be whole."""
    client.headers["Accept"] = "text/html"

    def get(path):
        answer = client.get(path)
        assert answer.status_code == 200, answer.text
        assert "Undefined" not in answer.text
        return lxml.html.fromstring(answer.text)

    return get


def text(element):
    return re.sub(r"\s+", " ", element.text_content()).strip()


def test_a_bucket_before_its_first_scan(world, page):
    world.memory()
    shown = text(page("/buckets/photos"))
    assert "Not scanned yet" in shown
    assert "storekeeper scan photos --wait" in shown
    assert "never scanned" in text(page("/buckets"))


def test_a_bucket_with_a_snapshot(world, page):
    store, _ = world.memory(owner_pattern="users/{owner}/")
    for number in range(40):
        store.place(f"users/ann/album{number % 3}/{number}.jpg", b"x" * number * 1000)
    store.place("readme", b"12")
    world.scan()
    shown = text(page("/buckets/photos"))
    for words in ("780 kB", "users/", "All folders", "jpg", "ann", "STANDARD", "users/ann/album0/39.jpg"):
        assert words in shown
    below = page("/buckets/photos?prefix=users/ann/&range=7d")
    trail = below.xpath("//nav[@aria-label='Folder']")[0]
    assert text(trail) == "All foldersusers/ann/"
    assert [link.get("href") for link in trail.xpath(".//a")] == ["?range=7d", "?prefix=users%2F&range=7d"]
    assert "album2/" in text(below)


def test_files_are_sorted_filtered_and_paged_by_links(world, page):
    store, _ = world.memory()
    for number in range(60):
        store.place(f"{number:02}.{'txt' if number % 2 else 'jpg'}", b"x" * number)
    world.scan()

    def keys(query):
        return page(f"/buckets/photos{query}").xpath("//*[@id='files']//tbody//td[1]//text()")

    assert keys("")[0] == "59.txt"
    assert len(keys("")) == 25
    assert keys("?cursor=25")[0] == "34.jpg"
    assert keys("?sort=bytes")[0] == "00.jpg"
    assert keys("?extension=jpg&q=4") == [f"{n:02}.jpg" for n in (54, 48, 46, 44, 42, 40, 34, 24, 14, 4)]


def test_a_scan_under_way_is_shown_and_can_be_cancelled(world, client, page):
    world.memory()
    started = client.post("/buckets/photos/scan")
    assert (started.status_code, started.headers["location"]) == (303, "/buckets/photos")
    shown = page("/buckets/photos")
    [run] = shown.xpath("//section[@data-events]")
    scan_id = run.get("id").removeprefix("run-")
    assert run.get("data-events") == f"/api/scans/{scan_id}/events"
    assert "Scan now" not in text(shown)
    assert "scanning" in text(page("/buckets"))
    assert client.post(f"/scans/{scan_id}/cancel").status_code == 303
    assert not page("/buckets/photos").xpath("//section[@data-events]")


def test_buckets_are_sorted_and_found(world, page):
    for name, size in (("alpha", 5), ("beta", 50), ("gamma", 1)):
        store, _ = world.memory(name=name)
        store.place("x", b"x" * size)
        world.scan(name)

    def names(query):
        return page(f"/buckets{query}").xpath("//tbody//th/a/text()")

    assert names("") == ["alpha", "beta", "gamma"]
    assert names("?sort=-bytes") == ["beta", "alpha", "gamma"]
    assert names("?q=ALP") == ["alpha"]


def test_names_of_other_people_are_text_not_markup(world, page):
    store, _ = world.memory()
    store.place("<script>alert(1)</script>/<b>.svg", b"x")
    world.scan()
    shown = page("/buckets/photos")
    assert "<script>alert(1)</script>/<b>.svg" in shown.xpath("//*[@id='files']")[0].text_content()
    assert not shown.xpath("//b")


def test_a_reader_gets_no_buttons(world, client, page):
    world.memory()
    client.headers["Authorization"] = "Bearer readonly"
    assert "Scan now" not in text(page("/buckets/photos"))
