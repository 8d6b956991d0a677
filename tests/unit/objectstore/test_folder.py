"""What is special about folders: links, odd names, files that come and go."""

import os
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from storekeeper.kernel.errors import BadInputError
from storekeeper.objectstore.errors import NoSuchBucketError, NoSuchKeyError
from storekeeper.objectstore.folder import FolderStore
from storekeeper.objectstore.folder_walk import raw, shown, walk
from thoroughness import examples


def keys(store, **query):
    found, token = [], ""
    while True:
        page = store.list_page(token=token, **query)
        found += page.objects["key"].to_pylist()
        token = page.token
        if not page.truncated:
            return found


def plant(root, *names):
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x")


@pytest.fixture
def folder(tmp_path):
    root = tmp_path / "bucket"
    root.mkdir()
    return root


def test_links_are_not_followed(folder, tmp_path):
    plant(tmp_path, "outside/secret")
    plant(folder, "real")
    (folder / "file-link").symlink_to(tmp_path / "outside/secret")
    (folder / "dir-link").symlink_to(tmp_path / "outside")
    store = FolderStore(str(folder))
    assert keys(store) == ["real"]
    assert keys(store, prefix="dir-link/") == []
    assert list(store.list_page(delimiter="/").prefixes) == []
    with pytest.raises(NoSuchKeyError):
        store.get("file-link")
    with pytest.raises(NoSuchKeyError):
        store.head("file-link")
    for touch in (
        lambda: store.get("dir-link/secret"),
        lambda: store.put("dir-link/new", b""),
        lambda: store.delete("dir-link/secret"),
    ):
        with pytest.raises(BadInputError):
            touch()
    assert [path.name for path in (tmp_path / "outside").iterdir()] == ["secret"]


@pytest.mark.parametrize(
    "key", ["../x", "a/../../x", "/etc/passwd", "a//b", "a/", "", ".", "a/./b", "nul\0", "n" * 300]
)
def test_keys_that_are_no_relative_path_are_refused(folder, key):
    store = FolderStore(str(folder))
    for touch in (
        lambda: store.put(key, b""),
        lambda: store.get(key),
        lambda: store.head(key),
        lambda: store.delete(key),
    ):
        with pytest.raises(BadInputError):
            touch()
    assert list(folder.parent.iterdir()) == [folder]


@pytest.mark.parametrize("prefix", ["../", "../../etc/", "/", "//", "./", "nul\0/"])
def test_prefixes_do_not_lead_out(folder, prefix):
    plant(folder.parent, "beside")
    assert keys(FolderStore(str(folder)), prefix=prefix) == []


def test_a_folder_behind_a_link_is_fine(folder, tmp_path):
    plant(folder, "a/b")
    (tmp_path / "link").symlink_to(folder)
    assert keys(FolderStore(str(tmp_path / "link"))) == ["a/b"]


def test_names_that_are_not_utf8_are_shown_listed_and_read(folder):
    directory = os.fsencode(folder) + b"/d\xff"
    Path(os.fsdecode(directory)).mkdir()
    Path(os.fsdecode(directory + b"/f\xfe.txt")).write_bytes(b"abc")
    store = FolderStore(str(folder))
    (key,) = keys(store)
    assert key == "d\ufffdFF/f\ufffdFE.txt"
    assert (store.get(key), store.head(key)) == (b"abc", 3)
    assert keys(store, prefix="d\ufffdFF/") == [key]
    assert keys(store, limit=1, start_after="d") == [key]
    store.delete(key)
    assert keys(store) == []


@given(st.binary(min_size=1, max_size=20).filter(lambda name: b"\0" not in name and b"/" not in name))
def test_no_two_names_are_shown_alike(name):
    text = os.fsdecode(name)
    shown(text).encode()
    assert raw(shown(text)) == text or "\ufffd" in text


def test_a_missing_folder_is_a_missing_bucket(tmp_path):
    store = FolderStore(str(tmp_path / "nowhere"))
    with pytest.raises(NoSuchBucketError):
        store.list_page()
    with pytest.raises(NoSuchBucketError):
        store.put("k", b"")


def test_empty_directories_do_not_show(folder):
    (folder / "empty/deeper").mkdir(parents=True)
    plant(folder, "full/deep/file")
    page = FolderStore(str(folder)).list_page(delimiter="/")
    assert list(page.prefixes) == ["full/"]


def test_delete_takes_emptied_directories_along_but_no_others(folder):
    plant(folder, "a/b/c", "a/d")
    store = FolderStore(str(folder))
    store.delete("a/b/c")
    assert sorted(path.name for path in folder.rglob("*")) == ["a", "d"]
    store.delete("a/d")
    assert list(folder.iterdir()) == []


def test_files_that_vanish_between_pages_are_left_out(folder):
    plant(folder, *[f"f{index:03}" for index in range(150)])
    store = FolderStore(str(folder))
    first = store.list_page(limit=100)
    (folder / "f120").unlink()
    (folder / "f140").unlink()
    second = store.list_page(limit=100, token=first.token)
    assert second.objects.num_rows == 48


def test_a_directory_that_vanishes_is_left_out(folder):
    plant(folder, "a/1", "b/1", "c/1")
    walking = walk(str(folder), prefix="", after="")
    assert next(walking).key == "a/1"
    (folder / "b/1").unlink()
    (folder / "b").rmdir()
    assert [found.key for found in walking] == ["c/1"]


def test_a_file_and_a_folder_cannot_share_a_name(folder):
    plant(folder, "a", "b/c")
    store = FolderStore(str(folder))
    for key in ("a/below", "b"):
        with pytest.raises(BadInputError, match="same name"):
            store.put(key, b"")
    assert keys(store) == ["a", "b/c"]


def test_half_written_files_do_not_show(folder):
    plant(folder, "real", ".storekeeper-part-0123")
    assert keys(FolderStore(str(folder))) == ["real"]


def test_devices_and_pipes_are_no_objects(folder):
    os.mkfifo(folder / "pipe")
    plant(folder, "real")
    assert keys(FolderStore(str(folder))) == ["real"]


NAMES = st.sampled_from(["a", "a-b", "a.b", "a0", "b", "ä", "Z", "😀", "a b", "~"])
PATHS = st.lists(NAMES, min_size=1, max_size=3).map("/".join)


@settings(deadline=None, max_examples=examples(60))
@given(
    st.sets(PATHS, max_size=25),
    PATHS,
    st.sampled_from([1, 2, 3, 100]),
    st.sampled_from(["", "a", "a/", "a/a-b/"]),
)
def test_order_and_pages_are_those_of_a_bucket(tmp_path_factory, wanted, after, limit, prefix):
    folder = tmp_path_factory.mktemp("tree")
    planted = set()
    for key in sorted(wanted):
        # A file system has no room for both `a` and `a/b`.
        if not any(key.startswith(f"{other}/") or other.startswith(f"{key}/") for other in planted):
            planted.add(key)
    plant(folder, *planted)
    expected = sorted((key for key in planted if key.startswith(prefix)), key=str.encode)
    store = FolderStore(str(folder))
    assert keys(store, prefix=prefix, limit=limit) == expected
    rest = [key for key in expected if key.encode() > after.encode()]
    assert keys(store, prefix=prefix, limit=limit, start_after=after) == rest
