"""A bucket is scanned, and what the snapshot says is true to the object and to the byte."""

from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from storekeeper.inventory.model import FileQuery, NeverScannedError

pytestmark = pytest.mark.slow

ODD_KEYS = [
    " leading space",
    "trailing space ",
    "a b/c d.TXT",
    "plus+sign+.jpg",
    "percent%2Fencoded",
    "/leading/slash",
    "double//slash",
    "//",
    "folder/",
    "ünïcödé/日本語/🚀.png",
    "new\nline/x.log",
    "quote\"'&<>;.js",
    "\x7f",
    "\U0010ffff",
    "x" * 1024,
    "d/" * 512,
    ".hidden",
    "a/.hidden",
    "archive.tar.gz",
    "dots..",
    "~",
]


@pytest.mark.parametrize("count", [0, 1, 1000, 1001])
def test_totals_are_exact(world, count):
    store, _ = world.memory()
    for number in range(count):
        store.place(f"d{number % 7}/{number}.txt", b"x" * (number % 13))
    view = world.scan()
    assert view.status == "succeeded"
    found = world.inventory.snapshot("photos").inventory()
    assert (found.objects, found.bytes) == (count, sum(number % 13 for number in range(count)))
    assert sum(group.objects for group in found.by_extension) == count
    assert sum(bin_.bytes for bin_ in found.by_size) == found.bytes
    assert sum(bin_.objects for bin_ in found.by_age) == count


def test_odd_keys_are_counted_once_each_and_come_back_as_they_are(world):
    store, _ = world.memory()
    for size, key in enumerate(ODD_KEYS):
        store.place(key, b"x" * size)
    world.scan()
    found = world.inventory.snapshot("photos").inventory(limit=1000)
    assert found.objects == len(ODD_KEYS)
    assert {item.key: item.size for item in found.largest} == {key: size for size, key in enumerate(ODD_KEYS)}
    assert {group.name for group in found.by_extension} == {"", "txt", "jpg", "png", "log", "js", "gz"}


def folders_below(world, prefix):
    found = world.inventory.snapshot("photos").folders(prefix)
    totals = [found.direct.objects, *(item.objects for item in found.items), found.others.objects]
    return {item.name: (item.objects, item.leaf) for item in found.items}, sum(totals)


def test_folders_add_up_on_every_level(world):
    store, _ = world.memory()
    for key in ["root", "a/1", "a/b/2", "a/b/3", "a/b/c/4", "a//5", "//6", "z/"]:
        store.place(key, b"12345")
    world.scan()
    assert folders_below(world, "") == ({"a/": (5, False), "/": (1, False), "z/": (1, True)}, 8)
    assert folders_below(world, "a/") == ({"a/b/": (3, False), "a//": (1, True)}, 5)
    assert folders_below(world, "a/b/") == ({"a/b/c/": (1, True)}, 3)
    assert folders_below(world, "/") == ({"//": (1, True)}, 1)
    assert folders_below(world, "nowhere/") == ({}, 0)
    assert world.inventory.snapshot("photos").folders("a/").direct.bytes == 5


def test_owners_classes_ages_and_sizes(world):
    store, _ = world.memory(owner_pattern="users/{owner}/")
    now = world.clock.now()
    store.place("users/ann/a.jpg", b"x" * 10, modified=now - timedelta(days=1))
    store.place("users/ann/b.JPG", b"x" * 20_000, modified=now - timedelta(days=40))
    store.place("users/bob/c.mp4", b"", modified=now - timedelta(days=1000), storage_class="GLACIER")
    store.place("other", b"x", modified=datetime(2000, 1, 1, tzinfo=UTC))
    world.scan()
    found = world.inventory.snapshot("photos").inventory()
    assert [(group.name, group.objects, group.bytes) for group in found.by_owner] == [
        ("ann", 2, 20010), ("", 1, 1), ("bob", 1, 0),
    ]  # fmt: skip
    assert [(group.name, group.media_type) for group in found.by_extension] == [
        ("jpg", "image/jpeg"), ("", None), ("mp4", "video/mp4"),
    ]  # fmt: skip
    assert {group.name: group.objects for group in found.by_storage_class} == {"STANDARD": 3, "GLACIER": 1}
    assert {bin_.name: bin_.objects for bin_ in found.by_age if bin_.objects} == {
        "under 7 days": 1, "30–90 days": 1, "over 2 years": 2,
    }  # fmt: skip
    assert {bin_.name: bin_.objects for bin_ in found.by_size if bin_.objects} == {
        "empty": 1, "under 10 kB": 2, "10 kB–100 kB": 1,
    }  # fmt: skip
    assert [item.key for item in found.oldest][:2] == ["other", "users/bob/c.mp4"]
    wire = msgspec.to_builtins(found.by_age[0])
    assert (wire["from"], wire["to"]) == (0, 7)


def test_histograms_are_whole_whatever_the_limit(world):
    store, _ = world.memory()
    for number, size in enumerate((1, 20_000, 20_000, 300_000)):
        store.put(f"a{number}.{number}", b"x" * size)
    world.scan()
    found = world.inventory.snapshot("photos").inventory(limit=1)
    assert len(found.by_extension) == 1
    for bins in (found.by_age, found.by_size):
        assert (sum(one.objects for one in bins), sum(one.bytes for one in bins)) == (4, 340_001)


def test_names_are_not_kept_where_the_bucket_forbids_it(world):
    store, _ = world.memory(store_keys=False)
    store.place("secret/patient-name.pdf", b"x")
    world.scan()
    largest = world.inventory.snapshot("photos").inventory().largest
    assert [(item.key, item.prefix, item.extension) for item in largest] == [(None, "secret/", "pdf")]
    names = world.engine.rows(
        "SELECT name FROM inventory_object UNION ALL SELECT name FROM inventory_extreme"
    )
    assert {row["name"] for row in names} == {""}


def test_uploads_and_versions_are_counted_beside_the_objects(world):
    store, _ = world.memory()
    store.enable_versioning()
    store.place("kept", b"old")
    store.place("kept", b"newer")
    store.place("gone", b"four")
    store.delete("gone")
    store.begin_upload("big", "upload-1", [5, 6])
    world.scan()
    found = world.inventory.snapshot("photos").inventory()
    assert (found.objects, found.bytes) == (1, 5)
    assert (found.incomplete_uploads.count, found.incomplete_uploads.bytes) == (1, 11)
    versions = found.versions
    assert (versions.noncurrent, versions.noncurrent_bytes, versions.delete_markers) == (2, 7, 1)


def test_change_since_earlier_snapshots(world):
    store, _ = world.memory()
    with pytest.raises(NeverScannedError):
        world.inventory.snapshot("photos").inventory()
    for days, size in ((0, 1), (25, 10), (31, 100), (32, 1000)):
        world.clock.ahead = timedelta(days=days)
        store.place(f"at-{days}", b"x" * size)
        world.scan()
    change = world.inventory.snapshot("photos").inventory().change
    assert change.previous.bytes == 1000
    assert change.seven_days.bytes == 1100
    assert change.thirty_days.bytes == 1110
    points = world.inventory.history(timedelta(days=10), "photos")["photos"]
    assert [point.bytes for point in points] == [11, 111, 1111]
    listed = world.inventory.listed_buckets()[0]
    assert (listed.bytes, listed.growth_bytes7d) == (1111, 1100)


def test_files_are_filtered_sorted_and_paged(world):
    store, _ = world.memory(owner_pattern="users/{owner}/")
    now = world.clock.now()
    for number in range(30):
        owner = "ann" if number % 2 else "bob"
        kind = "jpg" if number % 3 else "txt"
        store.place(f"users/{owner}/{number}.{kind}", b"x" * number, modified=now - timedelta(hours=number))
    world.scan()

    def keys(**query):
        return [item.size for item in world.inventory.snapshot("photos").files(FileQuery(**query)).items]

    assert keys(limit=3) == [29, 28, 27]
    assert keys(limit=2, offset=3) == [26, 25]
    assert keys(sort="size", order="asc", limit=2) == [0, 1]
    assert keys(sort="modified", order="desc", limit=2) == [0, 1]
    assert keys(extension="txt", owner="ann") == [27, 21, 15, 9, 3]
    assert keys(prefix="users/bob/", text="8.JPG") == [28, 8]
    page = world.inventory.snapshot("photos").files(FileQuery(limit=20))
    assert page.next_cursor == "20"
    assert world.inventory.snapshot("photos").files(FileQuery(limit=20, offset=20)).next_cursor is None
