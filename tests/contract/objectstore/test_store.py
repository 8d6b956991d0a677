"""What every store promises, on real servers, real files and memory."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest

from storekeeper.kernel.clock import SystemClock
from storekeeper.objectstore.errors import NoSuchKeyError
from storekeeper.objectstore.port import LISTING

FILE_KEYS = [
    "a b",
    "a+b",
    "a%2Fb",
    "a%20b",
    "a&<>\"'b",
    "a-b",
    "a/b",
    "a/c/d e.txt",
    "a=b?c#d",
    "ä/ö/日本語.txt",
    "emoji-😀.png",
    "e\u0301-decomposed",
    "~tilde/(paren)*!.log",
    "under_score..dots...txt",
    "z" * 200 + "/" + "y" * 200,
    ("k" * 199 + "/") * 5 + "k" * 24,  # 1,024 bytes, the most that S3 allows
]
ODD_KEYS = [
    "//",
    "/lead",
    "trail/",
    "x//y",
    "a/./b",
    "x/../y",
    "ab/" * 341 + "z",
    "ü" * 512,
    " ",
    "tab\there",
]


def listed(store, **query):
    """{key: size} over all pages; fails when keys repeat, are out of order, or pages do not advance."""
    sizes, tokens, token = {}, set(), ""
    while True:
        page = store.list_page(token=token, **query)
        assert page.objects.schema == LISTING
        keys = page.objects["key"].to_pylist()
        assert keys == sorted(keys, key=str.encode)
        assert not sizes.keys() & set(keys)
        sizes |= dict(zip(keys, page.objects["size"].to_pylist(), strict=True))
        if not page.truncated:
            assert page.token == ""
            return sizes
        assert page.token not in tokens
        tokens.add(token := page.token)


def fill(store, keys):
    """Put every key with a body as long as its own bytes."""
    with ThreadPoolExecutor(4) as threads:
        list(threads.map(lambda key: store.put(key, key.encode()), keys))


def test_an_empty_bucket_lists_nothing(store):
    page = store.list_page()
    assert page.objects.schema == LISTING
    assert (page.objects.num_rows, list(page.prefixes), page.truncated, page.token) == (0, [], False, "")


def test_file_like_keys_come_back_to_the_byte(store):
    fill(store, FILE_KEYS)
    assert listed(store) == {key: len(key.encode()) for key in FILE_KEYS}
    for key in FILE_KEYS:
        assert store.get(key) == key.encode()
        assert store.head(key) == len(key.encode())


def test_keys_that_no_file_system_holds_come_back_to_the_byte(any_key_store):
    keys = FILE_KEYS + ODD_KEYS
    fill(any_key_store, keys)
    assert listed(any_key_store) == {key: len(key.encode()) for key in keys}
    assert listed(any_key_store, limit=3) == {key: len(key.encode()) for key in keys}
    for key in keys:
        assert any_key_store.get(key) == key.encode()


@pytest.mark.parametrize("count", [1, 1000, 1001])
def test_every_object_is_counted_once_at_page_borders(store, count):
    keys = [f"d{index % 7}/f{index:05}" for index in range(count)]
    fill(store, keys)
    page = store.list_page()
    assert page.objects.num_rows == min(count, 1000)
    assert page.truncated == (count > 1000)
    assert listed(store) == dict.fromkeys(keys, 9)


def test_small_pages_give_the_same_as_one(store):
    fill(store, FILE_KEYS)
    assert listed(store, limit=1) == listed(store, limit=2) == listed(store)


@pytest.mark.parametrize("prefix", ["a", "a/", "a/c/", "ä/", "a%", "a+", "none", "a b"])
def test_a_prefix_chooses_by_bytes(store, prefix):
    fill(store, FILE_KEYS)
    assert set(listed(store, prefix=prefix)) == {key for key in FILE_KEYS if key.startswith(prefix)}


def test_a_delimiter_folds_what_lies_below(store):
    fill(store, FILE_KEYS)
    page = store.list_page(delimiter="/")
    assert list(page.prefixes) == sorted(
        {key[: key.index("/") + 1] for key in FILE_KEYS if "/" in key}, key=str.encode
    )
    assert page.objects["key"].to_pylist() == sorted(
        (key for key in FILE_KEYS if "/" not in key), key=str.encode
    )
    below = store.list_page(prefix="a/", delimiter="/")
    assert (below.objects["key"].to_pylist(), list(below.prefixes)) == (["a/b"], ["a/c/"])


def test_a_delimiter_pages_over_keys_and_prefixes_together(store):
    fill(store, ["a/1", "a/2", "b", "c/1", "d", "e/f/g"])
    names, token = [], ""
    while True:
        page = store.list_page(delimiter="/", limit=2, token=token)
        assert page.objects.num_rows + len(page.prefixes) <= 2
        names += page.objects["key"].to_pylist() + list(page.prefixes)
        if not page.truncated:
            break
        token = page.token
    assert sorted(names) == ["a/", "b", "c/", "d", "e/"]


@pytest.mark.parametrize("start_after", ["", "a%2Fb", "a b", "a/", "a/b", "a/bb", "b", "zzzz", "ä/ö"])
def test_start_after_skips_what_comes_before_and_itself(store, start_after):
    fill(store, FILE_KEYS)
    expected = {key for key in FILE_KEYS if key.encode() > start_after.encode()}
    assert set(listed(store, start_after=start_after)) == expected
    assert set(listed(store, start_after=start_after, limit=2)) == expected


def test_dates_are_when_it_was_stored(store):
    store.put("now", b"x")
    modified = store.list_page().objects["modified"][0].as_py()
    assert abs(modified - SystemClock().now()) < timedelta(minutes=2)
    assert modified.tzinfo is not None
    assert modified > datetime(2020, 1, 1, tzinfo=UTC)


def test_put_replaces_and_delete_removes(store):
    store.put("dir/key", b"first")
    store.put("dir/key", b"second!")
    assert (store.get("dir/key"), listed(store)) == (b"second!", {"dir/key": 7})
    store.delete("dir/key")
    store.delete("dir/key")
    assert listed(store) == {}


def test_an_empty_object_is_an_object(store):
    store.put("empty", b"")
    assert (store.get("empty"), store.head("empty"), listed(store)) == (b"", 0, {"empty": 0})


def test_what_is_not_there_is_said_so(store):
    with pytest.raises(NoSuchKeyError):
        store.get("nothing/here")
    with pytest.raises(NoSuchKeyError):
        store.head("nothing/here")


def test_no_uploads_and_no_versions_are_empty_pages(store):
    assert not store.is_versioned()
    assert (list(store.list_uploads().uploads), store.list_uploads().token) == ([], "")


def test_many_threads_may_share_a_store(store):
    keys = [f"t/{index}" for index in range(60)]
    fill(store, keys)
    with ThreadPoolExecutor(8) as threads:
        results = list(threads.map(lambda _: listed(store, limit=7), range(16)))
    assert all(set(result) == set(keys) for result in results)
